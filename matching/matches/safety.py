"""Child safety as a rule: when an operator's check is needed, and whether it is there (design §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from matching.kernel.clock import fiscal_year, fiscal_year_end


@dataclass(frozen=True, slots=True)
class Meeting:
    """How minors are met, as the requester answered; None: not answered."""

    minors: bool
    teacher_present: bool | None
    continuing: bool | None
    one_to_one: bool | None


@dataclass(frozen=True, slots=True)
class Validity:
    """A check's first and last day."""

    checked_on: date
    valid_to: date

    def covers(self, day: date) -> bool:
        return self.checked_on <= day <= self.valid_to


def check_needed(meeting: Meeting, day: date, in_force: date) -> bool:
    """Minors met without a teacher, continuously or one to one, on or after the day the law is in force.

    What has not been answered counts as if it needed one.
    """
    if not meeting.minors or meeting.teacher_present is True or day < in_force:
        return False
    return meeting.continuing is not False or meeting.one_to_one is not False


def uncovered(
    meeting: Meeting, days: Iterable[date], checks: Iterable[Validity], in_force: date
) -> list[date]:
    """The days that need a check and have none that is valid on them."""
    known = list(checks)
    return [
        day
        for day in days
        if check_needed(meeting, day, in_force) and not any(check.covers(day) for check in known)
    ]


def latest_valid_to(checked_on: date, most_years: int) -> date:
    """The last day a check made on `checked_on` may be valid to: the end of a fiscal year."""
    return fiscal_year_end(fiscal_year(checked_on) + most_years)
