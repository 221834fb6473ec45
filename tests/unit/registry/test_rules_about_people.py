"""The programmes' rules about people: each decision at its edges."""

from datetime import date

import pytest

from matching.municipality.rulebook import Rule, Searchers
from matching.registry import rules

DAY = date(2026, 10, 1)
NAMES = {"roster": "会員名簿", "consent_form": "同意書", "bosaishi": "防災士"}


def rule(value):
    return Rule(value, "要綱第1条")


@pytest.mark.parametrize(
    ("born", "least", "field"),
    [
        (2008, rule(18), None),  # may have turned 18 this year
        (2009, rule(18), "birth_year"),
        (None, rule(18), "birth_year"),
        (2025, None, None),
        (None, None, None),
    ],
)
def test_minimum_age(born, least, field):
    ruling = rules.too_young(born, DAY, least)
    assert (ruling and ruling.field) == field
    assert ruling is None or (ruling.rule, ruling.article) == ("登録できる年齢", "要綱第1条")


@pytest.mark.parametrize(
    ("born", "guardian", "below", "article"),
    [
        (2008, "", None, "民法第5条"),
        (2007, "", None, None),
        (2006, "", rule(20), "要綱第1条"),
        (2005, "", rule(20), None),
        (2008, "髙田 一郎", None, None),
        (None, "", rule(20), None),
    ],
)
def test_guardian(born, guardian, below, article):
    ruling = rules.guardian_missing(born, guardian, DAY, below)
    assert (ruling and ruling.article) == article


@pytest.mark.parametrize(
    ("name", "guardian", "same"),
    [
        ("山田 花子", "山田花子", True),
        ("ﾔﾏﾀﾞ ハナコ", "やまだ　はなこ", True),
        ("山田 花子", "山田 一郎", False),
        ("山田 花子", "", False),
    ],
)
def test_a_guardian_is_somebody_else(name, guardian, same):
    assert rules.own_guardian(name, guardian) is same


def test_term():
    assert rules.wrong_term(date(2029, 3, 31), DAY, rule(3)) is None
    assert rules.wrong_term(date(2028, 3, 31), DAY, rule(3)).article == "要綱第1条"
    assert rules.wrong_term(date(2030, 3, 31), DAY, rule(3)).field == "valid_until"
    assert rules.wrong_term(date(2030, 3, 31), DAY, None) is None


@pytest.mark.parametrize(
    ("month", "opens"), [(4, date(2027, 4, 1)), (12, date(2027, 12, 1)), (1, date(2028, 1, 1))]
)
def test_renewal_opens_in_the_last_fiscal_year(month, opens):
    assert rules.renewal_opens(date(2028, 3, 31), rule(month)) == opens
    assert rules.renewal_opens(date(2028, 3, 31), None) is None


def test_documents():
    required = rule(("consent_form", "roster"))
    assert rules.documents_missing(required, ("roster", "consent_form"), NAMES) is None
    assert "会員名簿を見て" in rules.documents_missing(required, ("consent_form",), NAMES).sentence
    assert rules.documents_missing(None, (), NAMES) is None


def test_credentials():
    assert rules.credentials_missing(("bosaishi",), "要綱第1条", {"bosaishi"}, NAMES) is None
    assert "防災士の番号" in rules.credentials_missing(("bosaishi",), "要綱第1条", (), NAMES).sentence


def test_refused_purposes():
    reasons = ("political", "religious", "other")
    some, more = rule(("religious",)), Rule(("other", "religious"), "別の要綱第2条")
    assert rules.refusable([None], reasons) == dict.fromkeys(reasons, "")
    assert rules.refusable([some], reasons) == {"religious": "要綱第1条"}
    assert rules.refusable([some, more], reasons) == {"religious": "要綱第1条", "other": "別の要綱第2条"}
    assert rules.refusable([some, None], reasons) == {"political": "", "religious": "要綱第1条", "other": ""}
    assert rules.refusal_words("religious", [some], {"religious": "宗教"}) == "宗教（要綱第1条）"


@pytest.mark.parametrize(
    ("entered", "nobody", "requester", "staff"),
    [
        (None, False, False, True),
        (Searchers.COORDINATORS, False, False, True),
        (Searchers.REQUESTERS, False, True, True),
        (Searchers.ANYONE, True, True, True),
    ],
)
def test_who_may_search(entered, nobody, requester, staff):
    found = rule(entered) if entered else None

    def may(*, requester=False, staff=False, staff_only=False):
        return rules.may_search(found, requester=requester, staff=staff, staff_only=staff_only)

    assert (may(), may(requester=True), may(staff=True)) == (nobody, requester, staff)
    assert not may(requester=True, staff_only=True)


def test_publication_per_field():
    found = rule(("title", "ward"))
    assert rules.published(found, consented=True, staff_only=False) == ("title", "ward")
    assert rules.published(found, consented=False, staff_only=False) == ()
    assert rules.published(found, consented=True, staff_only=True) == ()
    assert rules.published(None, consented=True, staff_only=False) == ()
