"""Numbers, days, granting and reminding: the pure rules about certificates."""

from datetime import date, timedelta

import pytest

from matching.kernel.readings import number_key
from matching.municipality.learning import CredentialKind, covered, credential_kinds
from matching.registry import proofs

DAY = date(2026, 10, 1)
BOSAISHI = CredentialKind("bosaishi", "防災士", "日本防災士機構", (), r"\d{6}", "6けたの数字です。")
LICENCE = CredentialKind("licence", "教員免許", "教育委員会")
INSTRUCTOR = CredentialKind("instructor", "応急手当普及員", "消防局", expires=True)


@pytest.mark.parametrize("typed", ["123456", "１２３４５６", "123-456", " 第123456号 ", "123 456"])
def test_one_number_however_it_is_written(typed):
    assert number_key(typed) == "123456"
    assert proofs.number_fault(BOSAISHI, typed) == ""


@pytest.mark.parametrize("typed", ["12345", "1234567", "A23456", "番号"])
def test_a_number_of_the_wrong_form_is_told_how_it_looks(typed):
    assert proofs.number_fault(BOSAISHI, typed) == "6けたの数字です。"


def test_no_number_is_no_fault_and_no_pattern_takes_any():
    assert proofs.number_fault(BOSAISHI, "") == ""
    assert proofs.number_fault(LICENCE, "平12小一種第345号") == ""


@pytest.mark.parametrize(
    ("kind", "issued", "expires", "field"),
    [
        (BOSAISHI, None, DAY, "expires_on"),
        (BOSAISHI, DAY + timedelta(1), None, "issued_on"),
        (INSTRUCTOR, DAY, DAY - timedelta(1), "expires_on"),
        (INSTRUCTOR, DAY, DAY + timedelta(1), None),
        (BOSAISHI, DAY, None, None),
    ],
)
def test_days_that_cannot_be(kind, issued, expires, field):
    wrong = proofs.dates_fault(kind, issued, expires, DAY)
    assert (wrong and wrong[0]) == field


@pytest.mark.parametrize(
    ("organiser", "issuer", "grants"),
    [
        ("熊本市", "日本防災士機構", False),  # 防災士養成講座 does not make a 防災士
        ("熊本市消防局", "熊本市消防局", True),
        (" 熊本市 消防局", "熊本市消防局", True),
        ("熊本市消防局 東消防署", "熊本市消防局", False),
        ("", "", False),
    ],
)
def test_only_the_issuer_grants(organiser, issuer, grants):
    assert proofs.grants(organiser, issuer) is grants


@pytest.mark.parametrize(
    ("left", "due"),
    [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None)],
)
def test_which_reminder_a_day_calls_for(left, due):
    assert proofs.reminder_due(DAY + timedelta(left), DAY) == due


def test_what_is_held_is_not_offered():
    assert proofs.offered(["bosaishi", "voluntary_disaster"], ["bosaishi"]) == ["voluntary_disaster"]


def rows(**implies):
    return [{"key": key, "name": key, "issuer": "x", "implies": lower} for key, lower in implies.items()]


def test_a_higher_kind_covers_all_below_it_and_nothing_above():
    kinds = credential_kinds(rows(top=["middle"], middle=["low"], low=[], other=[]))
    assert covered(kinds, "top") == ["top", "middle", "low"]
    assert covered(kinds, "low") == ["low"]
    assert covered(kinds, "gone") == ["gone"]


@pytest.mark.parametrize("implies", [{"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["unknown"]}])
def test_a_circle_or_an_unknown_kind_is_refused(implies):
    with pytest.raises(ValueError, match="implies"):
        credential_kinds(rows(**implies))
