"""A spreadsheet of past activities: each row is in the book, and its change a reversal and a new count."""

import pytest
from sqlalchemy import select

from matching.indicators.verification import verify
from matching.kernel.db import db, transaction
from matching.ledger.models import EntryKind, LedgerEntry
from matching.matches.imports import HEADERS as ACTIVITY
from matching.matches.models import Attendance, Match, MatchStatus
from matching.matches.services import reports
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Registration
from matching.requests.models import SupportRequest
from tests.factories import make_coordinator
from tests.support.imported import DONE, PERSON, acts, count


def test_a_programme_a_file_adds_to_a_known_activity_leaves_an_act_of_its_own(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2", "name": "別の人"}], headers=REGISTRY)
    other = DONE | {"external_id": "D2", "registrant_external_id": "X2", "programme": "学校支援ボランティア"}
    for rows in ([DONE], [DONE, other], [DONE, other]):
        assert bring("activities", rows, headers=ACTIVITY)[0] == 0
    request = db.session.scalars(select(SupportRequest)).one()
    assert request.programmes == ["lecturer", "school_support"]
    assert acts("request.add_programme") == [
        ("request.add_programme", request.code, {"programme": "school_support"})
    ]


def test_people_of_one_activity_share_a_request_and_a_change_is_reversed(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    second = DONE | {"external_id": "D2", "registrant_external_id": "X2"}
    bring("activities", [DONE, second], headers=ACTIVITY)
    assert count(SupportRequest) == 1
    assert count(Match) == 2
    code, result = bring(
        "activities", [DONE | {"participants": "25"}, second | {"participants": "25"}], headers=ACTIVITY
    )
    assert (code, result["updated"]) == (0, 2)
    kinds = list(db.session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))
    assert kinds == [EntryKind.COUNT] * 2 + [EntryKind.REVERSAL, EntryKind.COUNT] * 2
    assert verify().ok
    assert count(Registration) == 4


@pytest.mark.parametrize(
    ("changed", "figure"),
    [
        ({"ward": "西区", "school_district": ""}, ("西区", "", 20)),
        ({"school_district": "健軍"}, ("東区", "健軍", 20)),
        ({"participants": "0"}, ("東区", "", 0)),
        ({"title": "ミシンの会"}, ("東区", "", 20)),
        ({"organisation": "泉ヶ丘小学校"}, ("東区", "", 20)),
        ({"sessions": "R7.10.13 14:00-16:00；R7.10.14 9:00-10:00"}, ("東区", "", 20)),
        ({"programme": "学校支援ボランティア"}, ("東区", "", 20)),
        ({"registrant_external_id": "X2"}, ("東区", "", 20)),
    ],
)
def test_whatever_a_row_of_activities_changes_is_a_reversal_and_a_new_count(bring, changed, figure):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    full = dict.fromkeys({**DONE, **changed}, "")
    bring("activities", [full | DONE], headers=ACTIVITY)
    for row in (full | DONE | changed, full | DONE):
        before = count(LedgerEntry)
        _, result = bring("activities", [row], headers=ACTIVITY)
        assert (result["updated"], count(LedgerEntry)) == (1, before + 2)
        assert bring("activities", [row], headers=ACTIVITY)[1]["unchanged"] == 1
        assert verify().ok
        booked = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        expected = figure if row != full | DONE else ("東区", "", 20)
        assert (booked.ward, booked.district, booked.participants) == expected
    assert count(Match, Match.status == MatchStatus.COMPLETED) == 1
    assert count(Attendance) == 1


def test_two_who_helped_at_one_activity_may_be_booked_for_two_wards(bring):
    bring("registry", [PERSON, PERSON | {"external_id": "X2"}], headers=REGISTRY)
    other = DONE | {"external_id": "D2", "registrant_external_id": "X2", "ward": "西区"}
    assert bring("activities", [DONE, other], headers=ACTIVITY)[1]["created"] == 2
    assert bring("activities", [DONE, other], headers=ACTIVITY)[1]["unchanged"] == 2


def test_an_imported_activity_that_was_taken_back_is_counted_again_only_when_its_row_changes(bring):
    bring("registry", [PERSON], headers=REGISTRY)
    bring("activities", [DONE], headers=ACTIVITY)
    match, coordinator = db.session.scalars(select(Match)).one(), make_coordinator()
    with transaction():
        reports.reverse(coordinator, match, "wrong_figures")
    assert bring("activities", [DONE], headers=ACTIVITY)[1]["unchanged"] == 1
    assert bring("activities", [DONE | {"participants": "25"}], headers=ACTIVITY)[1]["updated"] == 1
    assert verify().ok
    with transaction():
        reports.reverse(coordinator, match, "wrong_figures")
        reports.report_again(coordinator, match)
    code, result = bring("activities", [DONE | {"participants": "30"}], headers=ACTIVITY)
    assert (code, result["unchanged"]) == (0, 1)
    assert "承諾" in bring.told


def test_an_activity_needs_a_programme_that_is_or_was_held(bring):
    bring("registry", [PERSON | {"status": "申請中", "valid_until": ""}], headers=REGISTRY)
    _, result = bring("activities", [DONE], headers=ACTIVITY)
    assert [p["column"] for p in result["problems"]] == ["登録区分"]
    expired = PERSON | {"external_id": "X2", "status": "期限切れ", "valid_until": "R6.3.31"}
    bring("registry", [expired], headers=REGISTRY)
    assert bring("activities", [DONE | {"registrant_external_id": "X2"}], headers=ACTIVITY)[0] == 0
