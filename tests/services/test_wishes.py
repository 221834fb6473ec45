"""「やってみたい」: the wish, what becomes of it, and who is told."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, NotAllowed, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.kernel.permissions import allowed
from matching.matches import rules
from matching.matches.models import Match, MatchStatus, Origin
from matching.matches.pages_match import match_page
from matching.matches.services import offers, reports, wishes
from matching.matches.timelines import HAPPENED
from matching.registry.models import Blackout
from matching.registry.services import life
from matching.requests import queries as requests_queries
from matching.requests import rules as request_rules
from matching.requests import services as requests
from matching.requests.models import RequestStatus
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)
TERMS = offers.Terms(answer_by=date(2026, 10, 8))


def wish(request=None, registration=None):
    request = request or make_request(None, DAY)
    registration = registration or make_registration(make_registrant(make_account()))
    person = registration.registrant
    with transaction():
        return wishes.wish(person.account, request, person, score=0.5, reasons=[{"term": "ミシン"}])


def mails():
    return {m.recipient: m for m in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))}


def test_a_wish_is_a_proposed_match_of_the_persons_own_origin(app):
    match = wish()
    assert (match.status, match.origin, match.place) == ("proposed", "registrant", None)
    assert (match.programme, match.measure, match.score) == ("school_support", 3, 0.5)
    assert [row.standing for row in match.session_rows] == [False]
    assert db.session.scalars(select(AuditEvent.action)).all() == ["match.wish"]


def test_the_coordinators_in_scope_are_told_without_a_name_or_a_contact(app):
    here, elsewhere = make_coordinator(wards=["東区"]), make_coordinator(wards=["西区"])
    other_measure, gone = make_coordinator(measures=[1]), make_coordinator(disabled_at=clock.now())
    member = make_coordinator()
    request = make_request(make_organisation(member), DAY)
    match = wish(request)
    assert set(mails()) == {here.email}
    told = mails()[here.email]
    person = match.registrant
    for secret in (person.name, person.phone, person.email, request.contact_phone, request.contact_email):
        assert secret not in told.subject + told.body
    everybody = (here, elsewhere, other_measure)
    seeing = [c.id for c in everybody if allowed(c, "request.candidates", request)]
    assert [c.id for c in requests_queries.looked_after_by(request)] == seeing
    assert gone.id not in seeing


def test_the_same_wish_again_changes_nothing(app):
    make_coordinator()
    first = wish()
    assert wish(first.request, first.registration).id == first.id
    assert len(db.session.scalars(select(OutboxMessage)).all()) == 1
    assert len(db.session.scalars(select(AuditEvent)).all()) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda r: setattr(r, "valid_until", date(2026, 9, 30)), "有効な登録がありません"),
        (lambda r: setattr(r.registrant, "areas", ["西区"]), "東区は含まれません"),
        (lambda r: r.registrant.blackouts.append(Blackout(first_day=DAY, last_day=DAY)), "不在の予定"),
        (lambda r: setattr(r.registrant, "monthly_limit", 0), "上限"),
    ],
)
def test_a_failing_gate_refuses_with_its_sentence(app, change, sentence):
    registration = make_registration(make_registrant(make_account()))
    change(registration)
    db.session.commit()
    with pytest.raises(RuleViolation, match=sentence):
        wish(None, registration)
    assert db.session.scalars(select(Match)).all() == []


def test_nobody_wishes_for_what_their_own_organisation_asks(app):
    account = make_requester()
    registration = make_registration(make_registrant(account))
    with pytest.raises(RuleViolation, match="依頼した団体の担当者"):
        wish(make_request(make_organisation(account), DAY), registration)


@pytest.mark.parametrize("status", set(RequestStatus) - {RequestStatus.OPEN})
def test_only_an_open_request_is_wished_for(app, status):
    with pytest.raises(RuleViolation, match=status.label):
        wish(make_request(None, DAY, status=status))


def test_a_wish_covers_what_is_to_come(app):
    days = [DAY + timedelta(weeks=n) for n in range(5)]
    registration = make_registration(make_registrant(make_account()))
    registration.registrant.blackouts.append(Blackout(first_day=days[3], last_day=days[3]))
    db.session.commit()
    with clock.frozen(clock.at(days[1], time(9))):
        match = wish(make_request(None, *days), registration)
        assert [row.starts_at for row in match.session_rows] == [
            clock.at(day, time(10)) for day in (days[1], days[2], days[4])
        ]
    with clock.frozen(clock.at(DAY, time(11))), pytest.raises(RuleViolation, match="すでに始まった"):
        wish(make_request(None, DAY))
    with clock.frozen(clock.at(days[4], time(11))), pytest.raises(RuleViolation, match="これからの日時に"):
        wish(make_request(None, *days))


@pytest.mark.parametrize("status", list(MatchStatus))
def test_what_a_wish_does_to_the_match_there_is(app, status):
    registration = make_registration(make_registrant(make_account()))
    match = make_match(make_request(None, DAY), registration, status)
    again = (MatchStatus.PROPOSED, MatchStatus.DECLINED, MatchStatus.LAPSED, MatchStatus.WITHDRAWN)
    if status in again:
        assert wish(match.request, registration).id == match.id
        assert match.wished
    else:
        with pytest.raises(RuleViolation):
            wish(match.request, registration)
        db.session.refresh(match)
        assert (match.status, match.origin) == (status, Origin.COORDINATOR)


def test_approving_a_wish_leads_straight_to_acceptance(app):
    match = wish()
    actor = make_coordinator()
    with transaction():
        offers.approve_match(actor, match.request, match.registrant, TERMS)
    assert (match.status, match.origin, match.place) == ("accepted", "registrant", 1)
    assert match.request.status is RequestStatus.FILLED
    assert [row.standing for row in match.session_rows] == [True]
    told = mails()
    assert set(told) == {match.registrant.email, match.request.contact_email}
    for mail in told.values():
        for secret in (match.registrant.phone, match.request.contact_phone, match.registrant.email):
            assert secret not in mail.body
    assert match.registrant.name not in told[match.request.contact_email].body


def test_granting_keeps_the_score_and_is_harmless_twice(app):
    match, actor = wish(), make_coordinator()
    for _ in range(2):
        with transaction():
            wishes.grant(actor, match)
    assert (match.status, match.score, match.approved_by_id) == ("accepted", 0.5, actor.id)
    approvals = select(AuditEvent).filter_by(action="match.approve")
    assert len(db.session.scalars(approvals).all()) == 1
    assert wish(match.request, match.registration).status is MatchStatus.ACCEPTED  # the late second press


def test_what_is_no_longer_wished_is_not_granted(app):
    match = wish()
    with transaction():
        wishes.withdraw(match.registrant.account, match)
    with pytest.raises(RuleViolation), transaction():
        wishes.grant(make_coordinator(), match)
    db.session.refresh(match)
    assert match.status is MatchStatus.WITHDRAWN
    with transaction():  # asked again, by a coordinator: an offer, which the person answers
        offers.approve_match(make_coordinator(), match.request, match.registrant, TERMS)
    assert (match.status, match.origin) == ("offered", "coordinator")


def test_a_wish_taken_back_twice_and_made_again(app):
    match = wish()
    for _ in range(2):
        with transaction():
            wishes.withdraw(match.registrant.account, match)
    assert match.status is MatchStatus.WITHDRAWN
    assert wish(match.request, match.registration).wished


def test_a_wish_rejected_is_told_kindly_and_not_made_again(app):
    match = wish()
    with pytest.raises(Invalid):
        wishes.reject(make_coordinator(), match, "no such reason")
    for _ in range(2):
        with transaction():
            wishes.reject(make_coordinator(), match, "dates")
    assert match.status is MatchStatus.REJECTED
    told = db.session.scalars(select(OutboxMessage).filter_by(recipient=match.registrant.email)).one()
    assert "日時の折り合いがつきませんでした" in told.body
    assert "ありがとうございました" in told.body
    assert match.request.contact_phone not in told.body
    with pytest.raises(RuleViolation):
        wish(match.request, match.registration)


def test_only_a_wish_is_rejected_and_only_from_outside(app):
    proposed = make_match(make_request(None, DAY), status=MatchStatus.PROPOSED)
    with pytest.raises(RuleViolation), transaction():
        wishes.reject(make_coordinator(), proposed, "other")
    actor = make_coordinator()
    match = wish(make_request(make_organisation(actor), DAY))
    for act in (lambda: wishes.reject(actor, match, "other"), lambda: wishes.grant(actor, match)):
        with pytest.raises(NotAllowed), transaction():
            act()


def test_a_wish_ends_with_its_request_and_with_its_registration(app):
    called_off, closed, ended = wish(), wish(), wish()
    with transaction():
        requests.cancel_request(make_coordinator(), called_off.request, "event")
        life.suspend(make_coordinator(), ended.registration)
    with clock.frozen(clock.at(DAY, time(18))), transaction():
        reports.close(make_coordinator(), closed.request)
    statuses = [match.status for match in (called_off, closed, ended)]
    assert statuses == [MatchStatus.LAPSED, MatchStatus.LAPSED, MatchStatus.WITHDRAWN]
    for match in (called_off, closed, ended):
        assert match.registrant.email in mails()


def told(match):
    """What the person reads of it, the latest first."""
    return [what for _, what in match_page(match.registrant.account, match).timeline]


def test_what_becomes_of_a_wish_is_told_as_it_was(app):
    coordinator = make_coordinator()
    granted, rejected, taken_back, outrun = wish(), wish(), wish(), wish()
    with transaction():
        wishes.grant(coordinator, granted)
    with transaction():
        wishes.reject(coordinator, rejected, "another")
    with transaction():
        wishes.withdraw(taken_back.registrant.account, taken_back)
    with transaction():
        requests.cancel_request(coordinator, outrun.request, "event")
    assert told(granted) == ["お願いすることが決まりました", "「やってみたい」と伝えました"]
    assert told(rejected) == ["希望は見送られました", "「やってみたい」と伝えました"]
    assert told(outrun) == ["募集が終わりました", "「やってみたい」と伝えました"]
    assert told(taken_back) == ["希望を取り下げました", "「やってみたい」と伝えました"]


def test_the_timeline_has_words_for_every_move():
    silent = {"match.propose"}  # the approval follows in the same act
    acts = {f"match.{verb}" for _, verb in rules.LIFE_CYCLE}
    acts |= {f"request.{verb}" for _, verb in request_rules.LIFE_CYCLE}
    assert acts - HAPPENED.keys() == silent


def test_a_wish_that_ends_frees_no_place(app):
    request = make_request(None, DAY, status=RequestStatus.FILLED)
    make_match(request, status=MatchStatus.ACCEPTED)
    registration = make_registration(make_registrant(make_account()))
    wished = make_match(request, registration, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    with transaction():
        life.withdraw(registration.registrant.account, registration, "other")
    assert (wished.status, request.status) == (MatchStatus.WITHDRAWN, RequestStatus.FILLED)
