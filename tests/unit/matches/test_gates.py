"""Gates as tables of cases and properties; what a report comes to."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from matching.kernel import clock
from matching.matches.gates import (
    Held,
    Person,
    Wanted,
    each,
    free_sessions,
    programme_used,
)
from matching.matches.rules import Outcome, Reported, joinable, outcome, usual_answer_by

MONDAY = date(2026, 10, 12)


def span(day=MONDAY, starts=(10, 0), ends=(11, 30)):
    return clock.at(day, time(*starts)), clock.at(day, time(*ends))


PERSON = Person(programmes=frozenset({"school_support", "lecturer"}))
WANTED = Wanted(
    programmes=("lecturer", "school_support"),
    sessions=(span(),),
    ward="東区",
    online=False,
    organisation=1,
    first_day=MONDAY,
)
SERIES = tuple(span(MONDAY + timedelta(weeks=n)) for n in range(5))


YEAR = (date(2027, 4, 1), date(2028, 3, 31))
BEFORE, AFTER = (date(2025, 4, 1), date(2027, 3, 31)), (date(2028, 4, 1), date(2030, 3, 31))
HALVES = ((date(2026, 10, 1), date(2027, 9, 30)), (date(2027, 10, 1), date(2028, 9, 30)))
LAST_DAY = (date(2028, 3, 31), date(2029, 3, 31))
SEAT = {"term": YEAR, "sessions": ()}


@pytest.mark.parametrize(
    ("person", "wanted", "failing"),
    [
        ({}, {}, set()),
        ({"programmes": frozenset({"aiport"})}, {}, {"registration"}),
        ({"areas": ("西区", "南区")}, {}, {"area"}),
        ({"areas": ("西区",)}, {"online": True}, set()),
        ({"areas": ("東区",)}, {}, set()),
        ({"hours": ((0, time(9), time(12)),)}, {}, set()),
        ({"hours": ((0, time(9), time(11)),)}, {}, {"availability"}),
        ({"hours": ((0, time(9), time(11)), (0, time(11), time(12)))}, {}, set()),
        ({"hours": ((1, time(9), time(12)),)}, {}, {"availability"}),
        ({"away": ((MONDAY, MONDAY),)}, {}, {"availability"}),
        ({"away": ((MONDAY + timedelta(days=1), MONDAY + timedelta(days=9)),)}, {}, set()),
        ({"busy": (span(starts=(11, 0), ends=(12, 0)),)}, {}, {"availability"}),
        ({"busy": (span(starts=(11, 30), ends=(12, 0)),)}, {}, set()),
        ({"busy": (SERIES[1],)}, {"sessions": SERIES}, set()),
        ({"busy": SERIES}, {"sessions": SERIES}, {"availability"}),
        ({}, {"credentials": ("bosaishi",)}, {"credential"}),
        ({"held": (Held("bosaishi", False),)}, {"credentials": ("bosaishi",)}, {"credential"}),
        ({"held": (Held("bosaishi", True),)}, {"credentials": ("bosaishi",)}, set()),
        (
            {"held": (Held("bosaishi", True, MONDAY - timedelta(days=1)),)},
            {"credentials": ("bosaishi",)},
            {"credential"},
        ),
        ({"held": (Held("bosaishi", True, MONDAY),)}, {"credentials": ("bosaishi",)}, set()),
        ({"monthly_limit": 2, "month_counts": {(2026, 10): 1}}, {}, set()),
        ({"monthly_limit": 2, "month_counts": {(2026, 10): 2}}, {}, {"monthly_limit"}),
        ({"month_counts": {(2026, 10): 4}}, {"monthly_limits": {"lecturer": 4}}, {"monthly_limit"}),
        ({"month_counts": {(2026, 10): 4}}, {"monthly_limits": {"school_support": 4}}, set()),
        (
            {"monthly_limit": 9, "month_counts": {(2026, 10): 4}},
            {"monthly_limits": {"lecturer": 4}},
            {"monthly_limit"},
        ),
        ({"organisations": frozenset({1})}, {}, {"organisation"}),
        ({"seats": (YEAR, YEAR)}, {**SEAT, "seat_limit": 2}, {"concurrent_seats"}),
        ({"seats": (YEAR,)}, {**SEAT, "seat_limit": 2}, set()),
        ({"seats": (YEAR,) * 9}, SEAT, set()),
        ({"seats": (BEFORE, AFTER)}, {**SEAT, "seat_limit": 1}, set()),  # adjacent terms
        ({"seats": HALVES}, {**SEAT, "seat_limit": 2}, set()),  # one after the other: never two at once
        ({"seats": (*HALVES, LAST_DAY)}, {**SEAT, "seat_limit": 2}, {"concurrent_seats"}),
    ],
)
def test_each_gate(person, wanted, failing):
    found = each(replace(PERSON, **person), replace(WANTED, **wanted))
    assert {gate.name for gate in found if not gate.passed} == failing
    assert all(gate.reason for gate in found)


def test_the_first_programme_the_person_holds_decides():
    assert programme_used(PERSON, WANTED) == "lecturer"
    assert (
        programme_used(replace(PERSON, programmes=frozenset({"school_support"})), WANTED) == "school_support"
    )
    assert programme_used(replace(PERSON, programmes=frozenset()), WANTED) is None


moments = some.datetimes(datetime(2026, 10, 1), datetime(2026, 10, 30), timezones=some.just(UTC))  # noqa: DTZ001
spans = some.builds(lambda m, n: (m, m + timedelta(minutes=n)), moments, some.integers(1, 600))


@given(spans, some.lists(spans, max_size=5))
def test_free_means_no_shared_moment(wanted, busy):
    free = free_sessions(replace(PERSON, busy=tuple(busy)), [wanted])
    shares = any(starts < wanted[1] and wanted[0] < ends for starts, ends in busy)
    assert bool(free) != shares


@given(some.dates(date(2026, 1, 1), date(2026, 12, 31)), some.integers(0, 60))
def test_the_usual_answer_day_is_never_past_and_before_the_first_day(today, ahead):
    first = today + timedelta(days=ahead)
    day = usual_answer_by(today, first)
    assert today <= day <= max(today, first)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], None),
        ([Reported(MONDAY, False, False, 0, 0)], None),
        ([Reported(MONDAY, True, False, 90, 30)], None),
        ([Reported(MONDAY, True, True, 90, 30)], Outcome(MONDAY, 90, 30)),
        (
            [
                Reported(MONDAY, True, True, 90, 30),
                Reported(MONDAY + timedelta(days=7), True, True, 60, 34),
                Reported(MONDAY + timedelta(days=14), True, False, 60, 99),
                Reported(MONDAY + timedelta(days=21), False, False, 0, 0),
            ],
            Outcome(MONDAY + timedelta(days=7), 150, 34),
        ),
    ],
)
def test_what_reports_come_to(reports, expected):
    assert outcome(reports) == expected


@pytest.mark.parametrize(
    ("sessions", "moment", "yes"),
    [
        ((), MONDAY, True),  # a council seat
        (SERIES[:2], MONDAY, True),
        (SERIES[:2], MONDAY + timedelta(days=1), False),  # one of two has begun
        (SERIES, MONDAY + timedelta(weeks=3), True),
        (SERIES, MONDAY + timedelta(weeks=9), False),
    ],
)
def test_who_can_still_join(sessions, moment, yes):
    assert joinable(sessions, clock.at(moment, time(9))) is yes


def test_the_refusal_of_a_seat_names_limit_and_article():
    wanted = replace(WANTED, **SEAT, seat_limit=1, seat_article="要綱第7条")
    (refused,) = [gate for gate in each(replace(PERSON, seats=(YEAR,)), wanted) if not gate.passed]
    assert refused.reason == "この任期のあいだに、ほかの委員を1つ務めています（兼職は1まで、要綱第7条）"
