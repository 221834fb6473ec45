"""After acceptance: a change asks again, an alternate moves up, the requester objects."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.matches import queries_changes, rules
from matching.matches.models import Alternate, Channel, Match, MatchStatus
from matching.matches.services import alternates, changes, objections, offers, reports
from matching.requests import services as requests
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_alternate,
    make_change,
    make_coordinator,
    make_match,
    make_objection,
    make_organisation,
    make_registration,
    make_request,
    make_requester,
    make_session,
)

DAY = date(2026, 10, 20)
LATER = date(2026, 10, 27)
PAST = date(2026, 9, 29)


@pytest.fixture
def keeper(app):
    return make_coordinator()


def mails():
    return [
        (m.recipient, m.body) for m in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    ]


def told():
    return {recipient for recipient, _ in mails()}


def match_of(request, registration):
    statement = select(Match).filter_by(request_id=request.id, registrant_id=registration.registrant_id)
    return db.session.scalars(statement).first()


# --- alternates ----------------------------------------------------------------------------------------


def freed(how, match, keeper):
    with transaction():
        if how == "decline":
            offers.decline(None, match, "busy")
        elif how == "lapse":
            match.answer_by = clock.today() - timedelta(days=1)
            db.session.flush()
            offers.lapse_overdue()
        else:
            offers.cancel(keeper, match, "person")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("decline", MatchStatus.OFFERED),
        ("lapse", MatchStatus.OFFERED),
        ("cancel", MatchStatus.OFFERED),
        ("cancel", MatchStatus.ACCEPTED),
    ],
)
def test_the_next_alternate_is_offered_the_place_that_falls_free(keeper, how, status):
    filled = RequestStatus.FILLED if status is MatchStatus.ACCEPTED else RequestStatus.OPEN
    request = make_request(None, DAY, status=filled)
    first, second = make_registration(), make_registration()
    match = make_match(request, status=status)
    make_alternate(request, first, keeper)
    make_alternate(request, second, keeper)
    freed(how, match, keeper)
    offered = match_of(request, first)
    assert (offered.status, offered.approved_by_id, offered.place) == (MatchStatus.OFFERED, keeper.id, 1)
    assert match_of(request, second) is None
    assert [row.registrant_id for row in queries_changes.alternates_of(request)] == [second.registrant_id]
    assert {first.registrant.email, request.contact_email, keeper.email} <= told()


def test_an_alternate_who_no_longer_can_is_passed_over(keeper):
    request = make_request(None, DAY)
    busy, free = make_registration(), make_registration()
    match = make_match(request)
    make_alternate(request, busy, keeper)
    make_alternate(request, free, keeper)
    make_match(make_request(None, DAY), busy, MatchStatus.ACCEPTED)
    freed("cancel", match, keeper)
    assert match_of(request, busy) is None
    assert match_of(request, free).status is MatchStatus.OFFERED
    assert db.session.scalars(select(Alternate)).all() == []


def test_nobody_moves_up_where_the_keeper_is_gone_or_the_request_cancelled(keeper):
    gone = make_coordinator(disabled_at=clock.now())
    request, ended = make_request(None, DAY), make_request(None, LATER)
    match = make_match(request)
    make_alternate(request, make_registration(), gone)
    make_match(ended)
    make_alternate(ended, make_registration(), keeper)
    freed("cancel", match, keeper)
    with transaction():
        requests.cancel_request(make_requester(), ended, "event")
    assert not db.session.scalars(select(Match).filter_by(status=MatchStatus.OFFERED)).all()


def approve(keeper, request, registration):
    with transaction():
        return offers.approve_match(
            keeper, request, registration.registrant, offers.Terms(answer_by=clock.today())
        )


def test_an_alternate_who_is_asked_directly_is_an_alternate_no_longer(keeper):
    request = make_request(None, DAY)
    asked = make_registration()
    make_alternate(request, asked, keeper)
    match = approve(keeper, request, asked)
    assert queries_changes.alternates_of(request) == []
    freed("decline", match, keeper)
    assert match.status is MatchStatus.DECLINED


def test_nobody_is_told_of_an_alternate_who_was_asked_already(keeper):
    request = make_request(None, DAY, headcount=2)
    asked, other = make_registration(), make_match(request)
    make_alternate(request, asked, keeper)
    approve(keeper, request, asked)
    freed("decline", other, keeper)
    assert not [body for _, body in mails() if "次の補欠の方に打診しました" in body]


@pytest.mark.parametrize("lost", ["role_rows", "ward_rows", "measure_rows"])
def test_nobody_is_offered_a_place_in_the_name_of_a_former_coordinator(keeper, lost):
    former = make_coordinator()
    request = make_request(None, DAY)
    match = make_match(request)
    make_alternate(request, make_registration(), former)
    getattr(former, lost).clear()
    db.session.commit()
    freed("decline", match, keeper)
    assert [one.status for one in db.session.scalars(select(Match))] == [MatchStatus.DECLINED]
    assert queries_changes.alternates_of(request) == []
    nobody = [recipient for recipient, body in mails() if "補欠の方に打診できませんでした" in body]
    assert nobody == [keeper.email]


def test_where_the_second_alternate_is_offered_nobody_hears_that_none_was(keeper):
    request = make_request(None, DAY)
    match = make_match(request)
    make_alternate(request, make_registration(), make_coordinator(disabled_at=clock.now()))
    make_alternate(request, second := make_registration(), keeper)
    freed("decline", match, keeper)
    assert match_of(request, second).status is MatchStatus.OFFERED
    assert not [body for _, body in mails() if "打診できませんでした" in body]


def test_a_second_overdue_offer_frees_its_place_for_an_alternate(keeper):
    request = make_request(None, DAY, headcount=2)
    for _ in range(2):
        make_match(request, answer_by=clock.today() - timedelta(days=1))
    kept, asked = make_registration(), make_registration()
    make_alternate(request, kept, keeper)
    approve(keeper, request, asked)
    assert match_of(request, asked).status is MatchStatus.OFFERED
    assert match_of(request, kept).status is MatchStatus.OFFERED


@pytest.mark.parametrize("how", ["cancelled", "closed", "unmet"])
def test_a_request_that_ends_keeps_no_alternates(keeper, how):
    request = make_request(None, DAY)
    make_alternate(request, make_registration(), keeper)
    if how == "closed":
        make_match(request, status=MatchStatus.COMPLETED)
    with clock.frozen(at(LATER)), transaction():
        if how == "cancelled":
            requests.cancel_request(make_requester(), request, "event")
        else:
            reports.close(keeper, request)
    assert request.status == how
    assert queries_changes.alternates_of(request) == []


def test_keeping_passes_the_gates_and_is_never_the_organisations_own_act(keeper):
    request = make_request(make_organisation(member := make_coordinator()), DAY)
    able, asked = make_registration(), make_registration()
    unfit = make_registration(programme="bosaishi")
    make_match(request, asked)

    def keep(actor, registration):
        with transaction():
            alternates.keep(actor, request, registration.registrant, score=0.4, reasons=[])

    keep(keeper, able)
    keep(keeper, able)
    assert len(queries_changes.alternates_of(request)) == 1
    with pytest.raises(RuleViolation, match="補欠にできません"):
        keep(keeper, unfit)
    with pytest.raises(RuleViolation, match="すでに打診"):
        keep(keeper, asked)
    with pytest.raises(NotAllowed):
        keep(member, unfit)
    with transaction():
        alternates.drop(keeper, request, queries_changes.alternates_of(request)[0].code)
    assert queries_changes.alternates_of(request) == []


# --- changes -------------------------------------------------------------------------------------------


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


# --- objections ----------------------------------------------------------------------------------------


def test_an_objection_is_decided_by_a_coordinator(keeper):
    member = make_requester()
    request = make_request(make_organisation(member), DAY, status=RequestStatus.FILLED, headcount=2)
    stays, goes = (make_match(request, status=MatchStatus.ACCEPTED) for _ in range(2))
    for match in (stays, goes):
        with transaction():
            objections.object_to(member, match, "before")
            objections.object_to(member, match, "fit")
    assert [recipient for recipient, _ in mails()] == [keeper.email] * 2
    with transaction():
        objections.decide(keeper, stays, upheld=False)
        objections.decide(keeper, goes, upheld=True)
        objections.decide(keeper, goes, upheld=True)
    with pytest.raises(RuleViolation), transaction():
        objections.decide(keeper, goes, upheld=False)
    assert (stays.status, goes.status) == (MatchStatus.ACCEPTED, MatchStatus.CANCELLED)
    assert request.status is RequestStatus.OPEN
    assert sum(recipient == member.email for recipient, _ in mails()) == 2
    assert queries_changes.objection_to(stays) is None


def test_no_objection_once_the_first_session_has_begun_or_for_no_reason(app):
    member = make_requester()
    school = make_organisation(member)
    begun = make_match(make_request(school, date(2026, 9, 30), DAY), status=MatchStatus.ACCEPTED)
    ended = make_match(make_request(school, DAY), status=MatchStatus.DECLINED)
    for match in (begun, ended):
        assert not rules.may_object(match.status, match.spans, match.request.term_start, clock.now())
        with pytest.raises(RuleViolation), transaction():
            objections.object_to(member, match, "fit")
    with pytest.raises(Invalid), transaction():
        objections.object_to(member, make_match(make_request(school, DAY)), "because")


def test_a_member_of_the_organisation_does_not_decide(app):
    member = make_coordinator()
    match = make_match(make_request(make_organisation(member), DAY), status=MatchStatus.ACCEPTED)
    with transaction():
        objections.object_to(member, match, "fit")
    with pytest.raises(NotAllowed), transaction():
        objections.decide(member, match, upheld=True)


def test_what_was_open_ends_with_the_match_and_stays_ended_when_they_are_asked_again(keeper):
    match = make_match(make_request(None, DAY), status=MatchStatus.ACCEPTED)
    asked = make_change(match, "secret")
    objection = make_objection(match)
    freed("cancel", match, keeper)
    assert queries_changes.objection_to(match) is None
    terms = offers.Terms(answer_by=clock.today(), agreed_by=Channel.TELEPHONE)
    with transaction():
        offers.approve_match(keeper, match.request, match.registrant, terms)
    assert match.status is MatchStatus.ACCEPTED
    assert (queries_changes.waiting(match), queries_changes.waiting_of(match.request)) == (None, set())
    assert queries_changes.objection_to(match) is None
    assert (asked.answered_at, asked.kept) == (clock.now(), None)
    assert (objection.decided_at, objection.upheld, objection.decided_by_id) == (clock.now(), None, None)
