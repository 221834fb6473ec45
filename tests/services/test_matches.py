"""Offers, answers, contacts, reports and what ends a match."""

import dataclasses
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock, events
from matching.kernel.audit import AuditEvent, Disclosure
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.ledger.models import EntryKind, LedgerEntry
from matching.matcher import queries as matcher
from matching.matches.contacts import contacts
from matching.matches.models import AttemptResult, Channel, ContactAttempt, MatchStatus
from matching.matches.services import offers, reports
from matching.municipality.city import Limit, municipality
from matching.registry.models import Blackout, RegistrationStatus
from matching.registry.models_credentials import Verification
from matching.registry.services import life
from matching.requests import services as requests
from matching.requests.models import RequestStatus
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_credential,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)
TERMS = offers.Terms(answer_by=date(2026, 10, 8))
HELD = {"held": True, "minutes": 90, "participants": 30}


def approve(request=None, registration=None, terms=TERMS, actor=None):
    request, registration = request or make_request(None, DAY), registration or make_registration()
    actor = actor or make_coordinator()
    with transaction():
        return offers.approve_match(actor, request, registration.registrant, terms)


def test_approval_notes_everything(app):
    request = make_request(None, DAY, programmes=("lecturer", "school_support"))
    match = approve(request, make_registration(programme="school_support"))
    assert (match.status, match.programme, match.measure, match.place) == ("offered", "school_support", 3, 1)
    assert [row.standing for row in match.session_rows] == [True]
    actions = db.session.scalars(select(AuditEvent.action)).all()
    assert "match.approve" in actions


def test_the_same_approval_again_changes_nothing_another_coordinators_is_a_conflict(app):
    request, registration, actor = make_request(None, DAY), make_registration(), make_coordinator()
    first = approve(request, registration, actor=actor)
    assert approve(request, registration, actor=actor).id == first.id
    with pytest.raises(Conflict):
        approve(request, registration)


def test_a_member_never_approves_for_their_own_organisation(app):
    actor = make_coordinator()
    with pytest.raises(NotAllowed):
        approve(make_request(make_organisation(actor), DAY), actor=actor)


def away(person):
    person.blackouts.append(Blackout(first_day=DAY, last_day=DAY))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda r: setattr(r, "status", RegistrationStatus.SUSPENDED), "有効な登録がありません"),
        (lambda r: setattr(r, "valid_until", date(2026, 9, 30)), "有効な登録がありません"),
        (lambda r: setattr(r.registrant, "areas", ["西区"]), "東区は含まれません"),
        (lambda r: away(r.registrant), "不在の予定"),
        (lambda r: setattr(r.registrant, "monthly_limit", 0), "上限"),
    ],
)
def test_a_failing_gate_refuses_with_its_sentence(app, change, sentence):
    registration = make_registration()
    change(registration)
    db.session.commit()
    with pytest.raises(RuleViolation, match=sentence):
        approve(None, registration)


def test_a_limit_the_city_sets_for_a_programme_is_a_gate(app, monkeypatch):
    city = municipality()
    limited = dataclasses.replace(city.programmes["school_support"], monthly_limit=Limit(1, "要綱第5条"))
    programmes = {**city.programmes, "school_support": limited}
    monkeypatch.setitem(app.extensions, "municipality", dataclasses.replace(city, programmes=programmes))
    registration = make_registration()
    approve(make_request(None, DAY), registration)
    with pytest.raises(RuleViolation, match="市の決めた上限（1回）"):
        approve(make_request(None, DAY + timedelta(days=1)), registration)


def test_a_stated_credential_is_not_enough_a_verified_one_is(app):
    request = make_request(None, DAY, credentials_required=["bosaishi"])
    registration = make_registration()
    credential = make_credential(registration.registrant, verification=Verification.STATED)
    with pytest.raises(RuleViolation, match="申告だけ"):
        approve(request, registration)
    credential.verification = Verification.VERIFIED
    db.session.commit()
    assert approve(request, registration).status is MatchStatus.OFFERED


def test_the_coordinator_picks_the_dates_of_a_series(app):
    days = [DAY + timedelta(weeks=n) for n in range(5)]
    registration = make_registration()
    registration.registrant.blackouts.append(Blackout(first_day=days[1], last_day=days[1]))
    db.session.commit()
    assert len(approve(make_request(None, *days), registration).session_rows) == 4
    request = make_request(None, *days, hours=(time(15), time(16)))
    chosen = frozenset({request.sessions[0].code})
    assert len(approve(request, registration, offers.Terms(TERMS.answer_by, chosen)).session_rows) == 1
    with pytest.raises(Invalid):
        approve(request, make_registration(), offers.Terms(TERMS.answer_by, frozenset({"nothing"})))


@pytest.mark.parametrize("answer_by", [date(2026, 9, 30), DAY + timedelta(days=1)])
def test_the_answer_day_lies_between_today_and_the_first_day(app, answer_by):
    with pytest.raises(Invalid):
        approve(terms=offers.Terms(answer_by))


def test_a_yes_by_telephone_has_the_rank_of_a_click(app):
    match = approve(terms=offers.Terms(TERMS.answer_by, agreed_by=Channel.TELEPHONE))
    assert match.status is MatchStatus.ACCEPTED
    assert match.request.status is RequestStatus.FILLED
    other = approve()
    with transaction():
        offers.record_attempt(make_coordinator(), other, Channel.TELEPHONE, AttemptResult.NO_ANSWER)
        offers.record_attempt(make_coordinator(), other, Channel.TELEPHONE, AttemptResult.ACCEPTED)
    assert other.status is MatchStatus.ACCEPTED
    assert len(db.session.scalars(select(ContactAttempt)).all()) == 3


def test_a_late_answer_is_refused_and_the_worker_lets_offers_lapse(app):
    match = approve()
    with clock.frozen(clock.at(date(2026, 10, 9), time(9))):
        with pytest.raises(RuleViolation, match="期限を過ぎ"), transaction():
            offers.accept(None, match)
        assert offers.any_overdue()
        with transaction():
            assert offers.lapse_overdue() == 1
    assert (match.status, match.place) == (MatchStatus.LAPSED, None)
    assert approve(match.request).status is MatchStatus.OFFERED


def test_somebody_who_declined_can_be_asked_again(app):
    match = approve()
    with transaction():
        offers.decline(None, match, "busy")
    assert match.place is None
    again = approve(match.request, match.registration)
    assert again.id == match.id
    assert (again.status, again.decline_reason) == (MatchStatus.OFFERED, "")


def test_a_place_that_falls_free_opens_the_request(app):
    match = approve(terms=offers.Terms(TERMS.answer_by, agreed_by=Channel.IN_PERSON))
    with transaction():
        offers.cancel(make_coordinator(), match, "person")
    assert (match.status, match.request.status) == (MatchStatus.CANCELLED, RequestStatus.OPEN)


def test_what_the_end_of_a_registration_does_to_matches(app):
    registration = make_registration()
    offered = approve(make_request(None, DAY), registration)
    accepted = approve(
        make_request(None, DAY, hours=(time(14), time(15))),
        registration,
        offers.Terms(TERMS.answer_by, agreed_by=Channel.TELEPHONE),
    )
    with transaction():
        life.suspend(make_coordinator(), registration)
    assert (offered.status, accepted.status) == (MatchStatus.WITHDRAWN, MatchStatus.CANCELLED)


def test_a_cancelled_request_frees_everybody(app):
    request = make_request(None, DAY, headcount=2)
    first = approve(request)
    second = approve(request, terms=offers.Terms(TERMS.answer_by, agreed_by=Channel.TELEPHONE))
    with transaction():
        requests.cancel_request(make_coordinator(), request, "event")
    assert {first.status, second.status} == {MatchStatus.CANCELLED}


@pytest.mark.parametrize("status", list(MatchStatus))
def test_contacts_only_from_acceptance_until_the_activity(app, status):
    member, resident = make_requester(), make_account()
    match = make_match(
        make_request(make_organisation(member), DAY), make_registration(make_registrant(resident)), status
    )
    for viewer in (member, resident):
        if status in (MatchStatus.ACCEPTED, MatchStatus.REPORTED):
            assert len(contacts(viewer, match)) == 1
        else:
            with pytest.raises(RuleViolation):
                contacts(viewer, match)


def test_without_consent_the_office_stands_in_place_of_the_contact(app):
    member = make_requester()
    registration = make_registration(make_registrant(make_account()), contact_sharing=False)
    match = make_match(make_request(make_organisation(member), DAY), registration, MatchStatus.ACCEPTED)
    assert contacts(member, match) == []
    with transaction():
        offers.give_contact_consent(registration.registrant.account, match)
    assert contacts(member, match)[0].phone == registration.registrant.phone


def test_every_look_at_a_contact_is_written_down(clients):
    member = make_requester()
    match = make_match(
        make_request(make_organisation(member), DAY), make_registration(), MatchStatus.ACCEPTED
    )
    page = clients(member).post(f"/matches/{match.code}/contact").get_data(as_text=True)
    assert match.registrant.phone in page
    assert match.registrant.phone not in clients(member).get(f"/matches/{match.code}").get_data(as_text=True)
    seen = db.session.scalars(select(Disclosure)).all()
    assert [(d.viewer_id, d.subject_code) for d in seen] == [(member.id, match.registrant.code)]


def test_before_acceptance_the_requester_sees_no_name(clients):
    member = make_requester()
    registration = make_registration(make_registrant(name="秘密 花子", kana="ひみつ はなこ"))
    match = make_match(make_request(make_organisation(member), DAY), registration, MatchStatus.OFFERED)
    browser = clients(member)
    for path in (f"/requests/{match.request.code}", f"/matches/{match.code}", "/matches"):
        page = browser.get(path).get_data(as_text=True)
        assert "秘密" not in page
        assert registration.registrant.phone not in page


def reported(request, matches, actor, **values):
    session = request.sessions[0]
    came = frozenset(match.code for match in matches)
    with transaction():
        return reports.report(
            actor, request, session, reports.ReportValues(**{**HELD, "came": came, **values})
        )


def test_nobody_reports_before_the_end(app):
    member = make_requester()
    match = make_match(make_request(make_organisation(member), DAY), status=MatchStatus.ACCEPTED)
    with pytest.raises(RuleViolation, match="終わってから"):
        reported(match.request, [match], member)


def test_report_confirm_reverse_and_count_anew(app):
    member, actor = make_requester(), make_coordinator()
    request = make_request(make_organisation(member), DAY, headcount=2)
    came, missed = (make_match(request, status=MatchStatus.ACCEPTED) for _ in range(2))
    with clock.frozen(clock.at(DAY, time(18))):
        reported(request, [came], member)
        assert (came.status, missed.status) == (MatchStatus.REPORTED, MatchStatus.ACCEPTED)
        with transaction():
            reports.confirm(actor, request)
        assert (came.status, missed.status) == (MatchStatus.COMPLETED, MatchStatus.NO_SHOW)
        assert request.status is RequestStatus.CLOSED
        with transaction():
            reports.reverse(actor, came, "wrong_figures")
        with transaction():
            reports.report_again(actor, came)
        reported(request, [came], member, minutes=60)
        with transaction():
            reports.confirm(actor, request)
    entries = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
    assert [(e.kind, e.round, e.minutes) for e in entries] == [
        (EntryKind.COUNT, 1, 90),
        (EntryKind.REVERSAL, 1, 90),
        (EntryKind.COUNT, 2, 60),
    ]


def test_a_session_not_held_is_never_counted(app):
    member, actor = make_requester(), make_coordinator()
    request = make_request(make_organisation(member), DAY)
    match = make_match(request, status=MatchStatus.ACCEPTED)
    with clock.frozen(clock.at(DAY, time(18))):
        reported(request, [], member, held=False)
        with transaction():
            reports.confirm(actor, request)
    assert match.status is MatchStatus.CANCELLED
    assert request.status is RequestStatus.UNMET
    assert db.session.scalars(select(LedgerEntry)).all() == []


def test_a_report_sent_back_is_given_again(app):
    member, actor = make_requester(), make_coordinator()
    request = make_request(make_organisation(member), DAY)
    match = make_match(request, status=MatchStatus.ACCEPTED)
    with clock.frozen(clock.at(DAY, time(18))):
        reported(request, [match], member)
        with pytest.raises(Conflict):
            reported(request, [match], member, minutes=30)
        with transaction():
            reports.send_back(actor, request, "時間を確かめてください")
        assert match.status is MatchStatus.ACCEPTED
        reported(request, [match], member, minutes=30)
    assert match.status is MatchStatus.REPORTED


def test_a_council_seat_is_counted_in_the_year_its_term_begins(app):
    member, actor = make_requester(), make_coordinator()
    office = make_organisation(member, kind="city_office")
    request = make_request(
        office, programmes=("women_talent",), term_start=date(2026, 10, 1), term_end=date(2028, 9, 30)
    )
    request.sessions.clear()
    db.session.commit()
    match = make_match(request, make_registration(programme="women_talent"), MatchStatus.ACCEPTED)
    with transaction():
        values = reports.ReportValues(held=True, came=frozenset({match.code}))
        reports.report(member, request, None, values)
        reports.confirm(actor, request)
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert (entry.measure, entry.fiscal_year, entry.activity_date) == (1, 2026, date(2026, 10, 1))


def test_the_page_of_a_council_seat_asks_for_the_appointment_only(clients):
    member = make_requester()
    office = make_organisation(member, kind="city_office")
    request = make_request(
        office, programmes=("women_talent",), term_start=date(2026, 10, 1), term_end=date(2028, 9, 30)
    )
    request.sessions.clear()
    db.session.commit()
    match = make_match(request, make_registration(programme="women_talent"), MatchStatus.ACCEPTED)
    browser, path = clients(member), f"/requests/{request.code}/report/appointment"
    page = browser.get(path).get_data(as_text=True)
    assert "委嘱しましたか" in page
    assert "活動した時間" not in page
    assert browser.post(path, data={"held": "yes", "came": match.code}).status_code == 303


def test_candidates_are_ranked_with_weights_that_sum_to_the_score(app):
    sewing, drums = make_registration(offering="ミシンと手縫い"), make_registration(offering="太鼓")
    busy = make_registration(offering="ミシンの縫い方")
    busy.registrant.areas = ["西区"]
    db.session.commit()
    for registration in (sewing, drums, busy):
        indexed(registration)
    found = matcher.candidates(make_request(None, DAY))
    assert {c.registrant for c in found} == {sewing.registrant.code, busy.registrant.code}
    assert [c.passes for c in found] == [True, False]
    for candidate in found:
        assert candidate.score == pytest.approx(sum(t.weight for t in candidate.terms), abs=1e-9)
    with transaction():
        sewing.offerings[0].title = "太鼓と笛"
        sewing.offerings[0].description = "太鼓を教えます"
        events.offering_changed.send(sewing.offerings[0])
    assert {c.registrant for c in matcher.candidates(make_request(None, DAY))} == {busy.registrant.code}
