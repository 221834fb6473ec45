"""Council seats: occupied during their own term, and a limit that names its article."""

import dataclasses
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.matches.services import offers, seats
from matching.municipality.city import Limit, municipality
from tests.factories import (
    make_coordinator,
    make_match,
    make_organisation,
    make_registration,
    make_request,
)


@pytest.fixture
def one_seat_each(app, monkeypatch):
    city = municipality()
    limited = dataclasses.replace(city.programmes["women_talent"], seat_limit=Limit(1, "要綱第7条"))
    programmes = {**city.programmes, "women_talent": limited}
    monkeypatch.setitem(app.extensions, "municipality", dataclasses.replace(city, programmes=programmes))


def seat(first, last):
    office = make_organisation(kind="city_office")
    request = make_request(office, programmes=("women_talent",), term_start=first, term_end=last)
    request.sessions.clear()
    db.session.commit()
    return request


def ask(person, request):
    with transaction():
        return offers.approve_match(
            make_coordinator(), request, person.registrant, offers.Terms(clock.today())
        )


@pytest.mark.parametrize("status", [MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.COMPLETED])
def test_a_seat_is_occupied_during_its_own_term_only(one_seat_each, status):
    person = make_registration(programme="women_talent")
    make_match(seat(date(2027, 4, 1), date(2029, 3, 31)), person, status)
    with pytest.raises(RuleViolation, match=r"ほかの委員を1つ務めています（兼職は1まで、要綱第7条）"):
        ask(person, seat(date(2029, 3, 1), date(2030, 3, 31)))
    db.session.rollback()
    assert ask(person, seat(date(2026, 12, 1), date(2027, 3, 31)))
    assert ask(person, seat(date(2029, 4, 1), date(2031, 3, 31)))


def resigned(match, on, reason="person"):
    with transaction():
        seats.resign(make_coordinator(), match, on, reason)


def test_a_seat_given_up_mid_term_is_free_from_that_day_and_its_count_stays(one_seat_each):
    person = make_registration(programme="women_talent")
    held = seat(date(2025, 4, 1), date(2029, 3, 31))
    match = make_match(held, person, MatchStatus.COMPLETED)
    for on in (date(2028, 1, 1), date(2027, 10, 1)):  # the first was typed wrongly: the last one counts
        resigned(match, on)
    with pytest.raises(RuleViolation, match="ほかの委員を1つ務めています"):
        ask(person, seat(date(2027, 9, 30), date(2028, 3, 31)))
    db.session.rollback()
    assert ask(person, seat(date(2027, 10, 1), date(2028, 3, 31)))
    assert match.status is MatchStatus.COMPLETED
    after = make_registration(programme="women_talent")
    assert ask(after, seat(date(2027, 10, 1), date(2028, 3, 31)))  # nobody else's seat


def test_the_same_again_is_said_once_and_to_both_sides(app):
    held = seat(date(2025, 4, 1), date(2029, 3, 31))
    match = make_match(held, make_registration(programme="women_talent"), MatchStatus.COMPLETED)
    for _ in range(2):
        resigned(match, date(2027, 10, 1))
    mails = list(db.session.scalars(select(OutboxMessage)))
    assert sorted(mail.recipient for mail in mails) == sorted([match.registrant.address, held.contact_email])
    assert all("2027年10月1日" in mail.body for mail in mails)


@pytest.mark.parametrize("on", [date(2025, 3, 31), date(2029, 4, 1)])
def test_a_day_outside_of_the_term_is_refused_beside_the_field(app, on):
    held = seat(date(2025, 4, 1), date(2029, 3, 31))
    match = make_match(held, make_registration(programme="women_talent"), MatchStatus.COMPLETED)
    with pytest.raises(Invalid, match="任期のうちの日") as refused:
        resigned(match, on)
    assert refused.value.field == "on"


@pytest.mark.parametrize("status", [s for s in MatchStatus if s is not MatchStatus.COMPLETED])
def test_only_an_appointment_that_was_made_can_end_so(app, status):
    held = seat(date(2025, 4, 1), date(2029, 3, 31))
    match = make_match(held, make_registration(programme="women_talent"), status)
    with pytest.raises(RuleViolation):
        resigned(match, date(2027, 10, 1))


def test_a_seat_given_up_is_free(one_seat_each):
    person = make_registration(programme="women_talent")
    make_match(seat(date(2027, 4, 1), date(2029, 3, 31)), person, MatchStatus.CANCELLED)
    assert ask(person, seat(date(2027, 4, 1), date(2029, 3, 31)))
