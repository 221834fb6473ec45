"""Council seats: occupied during their own term, and a limit that names its article."""

import dataclasses
from datetime import date

import pytest

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import RuleViolation
from matching.matches.models import MatchStatus
from matching.matches.services import offers
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


def test_a_seat_given_up_is_free(one_seat_each):
    person = make_registration(programme="women_talent")
    make_match(seat(date(2027, 4, 1), date(2029, 3, 31)), person, MatchStatus.CANCELLED)
    assert ask(person, seat(date(2027, 4, 1), date(2029, 3, 31)))
