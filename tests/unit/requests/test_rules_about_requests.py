"""The programmes' rules about requests: each decision at its edges."""

from datetime import date, timedelta

import pytest

from matching.municipality.rulebook import Rule
from matching.requests import rules

DAY = date(2026, 10, 1)


def rule(value):
    return Rule(value, "要綱第1条")


def test_yearly_limit():
    assert rules.too_often(2, rule(3)) is None
    assert (rules.too_often(3, rule(3)).rule, rules.too_often(3, rule(3)).article) == (
        "1団体の回数",
        "要綱第1条",
    )
    assert rules.too_often(99, None) is None


@pytest.mark.parametrize(("days", "late"), [(20, False), (19, True), (0, True)])
def test_lead_time(days, late):
    ruling = rules.too_late(DAY + timedelta(days=days), DAY, rule(20))
    assert (ruling is not None) is late
    assert ruling is None or "2026年10月21日以降" in ruling.sentence
    assert rules.too_late(DAY, DAY, None) is None
    assert rules.too_late(None, DAY, rule(20)) is None


@pytest.mark.parametrize(("people", "few"), [(5, False), (4, True), (None, True)])
def test_minimum_group(people, few):
    ruling = rules.too_few(people, rule(5))
    assert (ruling and ruling.field) == ("participants" if few else None)
    assert rules.too_few(people, None) is None


def test_who_asks():
    offices = ("city_office",)
    assert rules.wrong_requester("city_office", offices, "") is None
    assert rules.wrong_requester("nonprofit", (), "") is None
    ruling = rules.wrong_requester("nonprofit", offices, "要綱第1条")
    assert ruling.told("女性人材リスト").startswith(
        "「女性人材リスト」の決まり「依頼できる団体」（要綱第1条）: "
    )
