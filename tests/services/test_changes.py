"""A change of the dates or the place asks those who accepted again."""

import re
from datetime import date

import pytest

from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.matches import queries_changes
from matching.matches.models import MatchStatus
from matching.matches.services import changes, reports
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_alternate,
    make_change,
    make_match,
    make_organisation,
    make_registration,
    make_request,
    make_requester,
    make_session,
)
from tests.support.standing import mails, match_of, told

DAY = date(2026, 10, 20)
LATER = date(2026, 10, 27)
PAST = date(2026, 9, 29)


def change(request, day=LATER, place=None, version=None, actor=None):
    spans = {session.code: (at(day), at(day, 11, 30)) for session in request.sessions[:1]}
    values = changes.NewValues(spans, request.place if place is None else place)
    with transaction():
        who = actor or make_requester()
        return changes.change(who, request, values, request.version if version is None else version)


def link():
    return re.search(r"/changes/(\S+)", next(b for _, b in mails() if "/changes/" in b)).group(1)


def test_a_change_asks_the_accepted_again_and_moves_their_dates(keeper):
    request = make_request(None, DAY, status=RequestStatus.FILLED)
    match = make_match(request, status=MatchStatus.ACCEPTED)
    assert change(request) == 1
    assert match.status is MatchStatus.ACCEPTED
    assert [(row.starts_at, row.standing) for row in match.session_rows] == [(at(LATER), True)]
    assert "10月20日" in queries_changes.waiting(match).before[0]
    body = dict(mails())[match.registrant.email]
    assert "10月20日" in body
    assert "10月27日" in body
    assert queries_changes.change_by_token_hash(token_hash(link())).match_id == match.id
    assert keeper.email in told()
    assert queries_changes.waiting_of(request) == {match.code}


def test_yes_keeps_the_match_and_no_frees_the_place(keeper):
    request = make_request(None, DAY, status=RequestStatus.FILLED, headcount=2)
    yes, no = (make_match(request, status=MatchStatus.ACCEPTED) for _ in range(2))
    next_one = make_registration()
    make_alternate(request, next_one, keeper)
    change(request, place="体育館")
    with transaction():
        changes.answer(None, yes, queries_changes.waiting(yes).id, kept=True)
    assert (yes.status, queries_changes.waiting(yes), request.status) == (
        MatchStatus.ACCEPTED,
        None,
        RequestStatus.FILLED,
    )
    asked = queries_changes.waiting(no).id
    with transaction():
        changes.answer(None, no, asked, kept=False)
        changes.answer(None, no, asked, kept=False)
    with pytest.raises(RuleViolation), transaction():
        changes.answer(None, no, asked, kept=True)
    assert (no.status, request.status) == (MatchStatus.CANCELLED, RequestStatus.OPEN)
    offered = match_of(request, next_one)
    assert [row.starts_at for row in offered.session_rows] == [at(LATER)]


def test_whoever_has_another_activity_then_loses_the_place(keeper):
    request = make_request(None, DAY, status=RequestStatus.FILLED)
    registration, next_one = make_registration(), make_registration()
    match = make_match(request, registration, MatchStatus.ACCEPTED)
    make_match(make_request(None, LATER), registration, MatchStatus.ACCEPTED)
    make_alternate(request, next_one, keeper)
    assert change(request) == 0
    assert match.status is MatchStatus.CANCELLED
    assert [row.starts_at for row in match_of(request, next_one).session_rows] == [at(LATER)]


def test_a_change_within_a_series_does_not_meet_itself(app):
    request = make_request(None, DAY, LATER)
    match = make_match(request, status=MatchStatus.ACCEPTED)
    first, second = request.sessions
    spans = {first.code: (at(DAY, 11), at(DAY, 12)), second.code: (at(DAY, 12), at(DAY, 13))}
    with transaction():
        changes.change(make_requester(), request, changes.NewValues(spans, request.place), request.version)
    assert [row.starts_at for row in match.session_rows] == [at(DAY, 11), at(DAY, 12)]


def test_the_offered_get_the_offer_anew_and_the_same_again_tells_nobody(app):
    request = make_request(None, DAY)
    match = make_match(request, answer_token_hash="old")
    change(request)
    assert match.answer_token_hash != "old"
    assert "/answer/" in dict(mails())[match.registrant.email]
    before = len(mails())
    assert change(request) == 0
    assert len(mails()) == before


def test_the_answer_is_due_before_the_new_first_day_and_never_later_than_it_was(app):
    request, other = make_request(None, DAY), make_request(None, DAY)
    sooner = make_match(request, answer_by=date(2026, 10, 8))
    later = make_match(other, answer_by=date(2026, 10, 8))
    change(request, date(2026, 10, 3))
    change(other, LATER)
    assert (sooner.answer_by, later.answer_by) == (date(2026, 10, 2), date(2026, 10, 8))
    assert "10月2日" in dict(mails())[sooner.registrant.email]


def test_a_second_change_asks_once_more_only(app):
    request = make_request(None, DAY)
    match = make_match(request, status=MatchStatus.ACCEPTED)
    change(request)
    change(request, date(2026, 10, 28))
    assert queries_changes.waiting_of(request) == {match.code}
    with transaction():
        changes.answer(None, match, queries_changes.waiting(match).id, kept=True)
    assert queries_changes.waiting(match) is None


def test_what_cannot_be_changed(app):
    request = make_request(None, DAY, LATER)
    with pytest.raises(Invalid, match="過ぎた日時"):
        change(request, date(2026, 9, 1))
    with pytest.raises(Invalid, match="重なって"):
        change(request, LATER)
    with pytest.raises(Conflict):
        change(request, date(2026, 11, 5), version=99)
    with pytest.raises(RuleViolation):
        change(make_request(None, DAY, status=RequestStatus.CANCELLED))


def begun(member, *days, came=True, **values):
    """A series of one person whose first date has been reported."""
    request = make_request(make_organisation(member), PAST, *days, **values)
    match = make_match(request, status=MatchStatus.ACCEPTED, answered_at=clock.now())
    attended = frozenset([match.code] if came else ())
    with transaction():
        reports.report(member, request, request.sessions[0], reports.ReportValues(True, 90, 30, attended))
    return match


@pytest.mark.parametrize(("came", "becomes"), [(True, MatchStatus.REPORTED), (False, MatchStatus.ACCEPTED)])
def test_no_after_a_report_calls_off_the_dates_to_come(keeper, came, becomes):
    match = begun(make_requester(), DAY, LATER, came=came)
    asked = make_change(match, "secret")
    with transaction():
        changes.answer(None, match, asked.id, kept=False)
    with pytest.raises(RuleViolation), transaction():
        changes.answer(None, match, asked.id, kept=True)
    assert (match.status, asked.kept) == (becomes, False)
    assert [row.starts_at for row in match.session_rows] == [at(PAST)]
    assert told() == {match.registrant.email, match.request.contact_email, keeper.email}
    assert all("10月20日" in body and "9月29日" not in body for _, body in mails())
    with transaction():
        reports.confirm(keeper, match.request)
    assert match.status is (MatchStatus.COMPLETED if came else MatchStatus.NO_SHOW)


def test_after_the_first_report_the_dates_to_come_can_still_be_changed(keeper):
    match = begun(make_requester(), DAY, LATER)
    request = match.request
    session = request.sessions[2]
    new = at(date(2026, 10, 28)), at(date(2026, 10, 28), 11)
    with transaction():
        values = changes.NewValues({session.code: new}, request.place)
        asked = changes.change(make_requester(), request, values, request.version)
    assert asked == 1
    assert [row.starts_at for row in match.session_rows] == [at(PAST), at(DAY), new[0]]


def test_what_is_reported_is_not_moved(keeper):
    request = begun(make_requester(), DAY).request
    with clock.frozen(at(date(2026, 9, 28))), pytest.raises(RuleViolation, match="報告された"):
        change(request)


def test_a_new_place_asks_only_those_who_have_a_date_to_come(keeper):
    match = begun(make_requester(), came=False)
    request = match.request
    request.sessions.append(make_session(DAY))
    db.session.commit()
    assert change(request, PAST, place="体育館") == 0
    assert queries_changes.waiting(match) is None


def test_another_activity_at_a_new_date_calls_off_only_what_is_to_come(keeper):
    match = begun(make_requester(), DAY)
    request = match.request
    make_match(make_request(None, LATER), match.registration, MatchStatus.ACCEPTED)
    values = changes.NewValues({request.sessions[1].code: (at(LATER), at(LATER, 11))}, request.place)
    with transaction():
        assert changes.change(make_requester(), request, values, request.version) == 0
    assert match.status is MatchStatus.REPORTED
    assert [row.starts_at for row in match.session_rows] == [at(PAST)]
