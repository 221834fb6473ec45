"""When an operator's check is needed, and whether it is there."""

from datetime import date

import pytest

from matching.matches.safety import Meeting, Validity, check_needed, latest_valid_to, uncovered

IN_FORCE = date(2026, 12, 25)
DAY = date(2027, 1, 12)
ALONE = Meeting(minors=True, teacher_present=False, continuing=True, one_to_one=False)


@pytest.mark.parametrize(
    ("minors", "teacher", "continuing", "one_to_one", "needed"),
    [
        (True, False, True, False, True),
        (True, False, False, True, True),
        (True, False, True, True, True),
        (True, False, False, False, False),
        (True, True, True, None, False),
        (True, True, False, None, False),
        (False, None, None, None, False),
        (True, None, None, None, True),  # not answered: as if it needed one
        (True, None, False, False, False),
        (True, False, False, None, True),
    ],
)
def test_minors_met_without_a_teacher_continuously_or_one_to_one(
    minors, teacher, continuing, one_to_one, needed
):
    assert check_needed(Meeting(minors, teacher, continuing, one_to_one), DAY, IN_FORCE) is needed


def test_the_law_binds_from_its_day_on():
    assert not check_needed(ALONE, date(2026, 12, 24), IN_FORCE)
    assert check_needed(ALONE, IN_FORCE, IN_FORCE)


def test_a_check_serves_from_its_day_to_its_last():
    check = Validity(date(2027, 1, 10), date(2027, 1, 20))
    days = [date(2026, 12, 1), date(2027, 1, 9), date(2027, 1, 10), date(2027, 1, 20), date(2027, 1, 21)]
    assert uncovered(ALONE, days, [check], IN_FORCE) == [date(2027, 1, 9), date(2027, 1, 21)]
    renewed = Validity(date(2027, 1, 20), date(2028, 3, 31))
    assert uncovered(ALONE, days, [check, renewed], IN_FORCE) == [date(2027, 1, 9)]


def test_a_check_lasts_to_a_fiscal_years_end_at_the_longest():
    assert latest_valid_to(date(2027, 1, 10), 5) == date(2032, 3, 31)
    assert latest_valid_to(date(2028, 2, 29), 5) == date(2033, 3, 31)
