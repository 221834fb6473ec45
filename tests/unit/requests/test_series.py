"""A series over a term, last year's dates, and which insurance does for which fee."""

from datetime import date, time, timedelta

import pytest

from matching.kernel import clock
from matching.requests import rules
from matching.requests.series import Closed, series


def test_every_tuesday_of_a_term():
    found = series(1, date(2026, 4, 14), date(2026, 7, 14))
    assert len(found.days) == 14
    assert (found.days[0], found.days[-1]) == (date(2026, 4, 14), date(2026, 7, 14))
    assert {day.weekday() for day in found.days} == {1}
    assert found.left_out == ()


def test_the_first_day_need_not_be_of_the_weekday():
    assert series(4, date(2026, 4, 14), date(2026, 4, 20)).days == (date(2026, 4, 17),)


def test_days_of_the_calendar_are_left_out_with_their_name():
    holidays = [Closed("大型連休", date(2026, 4, 29), date(2026, 5, 5))]
    found = series(1, date(2026, 4, 28), date(2026, 5, 12), holidays)
    assert found.days == (date(2026, 4, 28), date(2026, 5, 12))
    assert found.left_out == ((date(2026, 5, 5), "大型連休"),)


def test_the_last_day_there_is():
    assert series(4, date(9999, 12, 31), date(9999, 12, 31)).days == (date(9999, 12, 31),)
    assert series(3, date(9999, 12, 31), date(9999, 12, 31)).days == ()


def span(day):
    return clock.at(day, time(10)), clock.at(day, time(11))


@pytest.mark.parametrize(
    ("held", "today", "expected"),
    [
        (date(2025, 11, 11), date(2026, 9, 1), date(2026, 11, 10)),
        (date(2025, 11, 11), date(2026, 11, 10), date(2027, 11, 9)),  # that day has come: a year further
        (date(2022, 11, 8), date(2026, 9, 1), date(2026, 11, 3)),
    ],
)
def test_last_years_dates_come_again_on_the_same_weekday(held, today, expected):
    assert rules.a_year_on([span(held)], today) == [span(expected)]
    assert expected.weekday() == held.weekday()


def test_the_distances_between_the_dates_stay():
    first = date(2025, 11, 11)
    moved = rules.a_year_on([span(first), span(first + timedelta(days=9))], date(2026, 9, 1))
    assert moved[1][0] - moved[0][0] == timedelta(days=9)
    assert rules.a_year_on([], date(2026, 9, 1)) == []


@pytest.mark.parametrize(
    ("insurance", "fee", "fits"),
    [
        ("volunteer", "unpaid", True),
        ("volunteer", "expenses", True),
        ("volunteer", "0", True),
        ("volunteer", "3000", False),
        ("school", "3000", True),
        ("city", "", True),
    ],
)
def test_volunteer_insurance_leaves_paid_work_out(insurance, fee, fits):
    assert (rules.insurance_fault(insurance, fee) is None) is fits
    assert (rules.insurance_missing(insurance, fee) is None) is fits


def test_insurance_is_needed_for_sessions_not_for_a_seat():
    assert "保険がまだ決まっていません" in rules.insurance_missing("", "")
