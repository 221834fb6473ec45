"""還元率: who acted within 12 months of learning, or of registering where that came later."""

from datetime import date, time

import pytest

from matching.indicators import circulation
from matching.indicators.rules import a_year_after
from matching.kernel import clock
from matching.kernel.db import transaction
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from matching.registry.models_courses import CourseParticipant, LearningRecord
from tests.factories import (
    make_account,
    make_coordinator,
    make_course,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)

LONG_AGO = date(2020, 4, 1)


def learner(*, registered=LONG_AGO, year=2024, course=None):
    """Somebody registered who learned in the year, in this course or in one that is only named."""
    registration = make_registration(make_registrant(), approved_at=clock.at(registered, time(10, 0)))
    save(
        LearningRecord(
            registrant_id=registration.registrant_id,
            course="読み聞かせ講座",
            fiscal_year=year,
            course_id=course.id if course else None,
        )
    )
    return registration


def acted(registration, day):
    match = make_match(make_request(None, day), registration, MatchStatus.COMPLETED)
    with transaction():
        ledger.count(count_values(match, Outcome(day, 60, 10)))
    return match


@pytest.mark.parametrize(
    ("registered", "last_day", "day", "counts"),
    [
        (LONG_AGO, None, date(2024, 4, 1), True),  # in the year itself, the day not being known
        (LONG_AGO, None, date(2024, 3, 31), False),
        (LONG_AGO, None, date(2026, 3, 31), True),  # twelve months after the year's end
        (LONG_AGO, None, date(2026, 4, 1), False),
        (date(2025, 9, 10), None, date(2025, 9, 9), False),  # before registering
        (date(2025, 9, 10), None, date(2026, 9, 10), True),
        (date(2025, 9, 10), None, date(2026, 9, 11), False),
        (LONG_AGO, date(2024, 6, 30), date(2024, 6, 29), False),  # the course was not over
        (LONG_AGO, date(2024, 6, 30), date(2025, 6, 30), True),
        (LONG_AGO, date(2024, 6, 30), date(2025, 7, 1), False),
    ],
)
def test_the_twelve_months(app, registered, last_day, day, counts):
    course = (
        make_course(first_day=date(2024, 5, 1), last_day=last_day, fiscal_year=2024) if last_day else None
    )
    acted(learner(registered=registered, course=course), day)
    (cohort,) = circulation.cohorts()
    assert (cohort.fiscal_year, cohort.learned, cohort.active) == (2024, 1, int(counts))


def test_what_was_taken_back_does_not_count(app):
    match = acted(learner(), date(2025, 1, 10))
    with transaction():
        ledger.reverse(match.code, match.round)
        match.status = MatchStatus.VOIDED
    assert circulation.cohorts()[0].active == 0


def test_a_person_with_two_records_of_a_year_is_one_and_may_act_after_either(app):
    person = learner()
    save(LearningRecord(registrant_id=person.registrant_id, course="防災講座", fiscal_year=2024))
    acted(person, date(2025, 1, 10))
    assert [(c.learned, c.active) for c in circulation.cohorts()] == [(1, 1)]


def test_few_people_have_no_rate_and_a_year_that_is_not_over_says_so(app):
    for _ in range(4):
        learner(year=2026)
    (few,) = circulation.cohorts()
    assert few.rate is None and few.running
    acted(learner(year=2026), date(2026, 9, 1))
    (enough,) = circulation.cohorts()
    assert str(enough.rate) == "20.0"


def test_a_course_is_followed_to_the_registry_and_to_the_matches(app):
    active, idle = learner(year=2025), learner(year=2025)
    people = [
        CourseParticipant(registrant_id=r.registrant_id, completed_at=clock.now()) for r in (active, idle)
    ]
    stranger = CourseParticipant(name="名簿だけの人", kana="めいぼ", completed_at=clock.now())
    dropped = CourseParticipant(name="途中でやめた人", kana="とちゅう")
    make_course(
        *people,
        stranger,
        dropped,
        name="防災講座",
        first_day=date(2026, 2, 1),
        last_day=date(2026, 3, 1),
        fiscal_year=2025,
    )
    acted(active, date(2026, 5, 1))
    (row,) = circulation.courses()
    assert (row.name, row.completed, row.registered, row.active) == ("防災講座", 3, 2, 1)


@pytest.mark.parametrize(
    ("day", "last"),
    [(date(2026, 5, 10), date(2027, 5, 10)), (date(2028, 2, 29), date(2029, 2, 28))],
)
def test_a_year_after(day, last):
    assert a_year_after(day) == last


def test_courses_are_shown_to_staff_only(app, clients):
    make_course(
        CourseParticipant(name="受講者", kana="じゅこう", completed_at=clock.now()), name="防災士の講座"
    )
    page = "/indicators/circulation"
    assert "防災士の講座" not in clients().get(page).get_data(as_text=True)
    assert "防災士の講座" not in clients(make_account()).get(page).get_data(as_text=True)
    assert "防災士の講座" in clients(make_coordinator()).get(page).get_data(as_text=True)
