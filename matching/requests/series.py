"""A series: the same weekday and hours over a term, without the days the calendar leaves out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

DAYS = 7


@dataclass(frozen=True, slots=True)
class Closed:
    """Days left out, from the first to the last, and their name."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Series:
    """The days of a series, and those left out with the reason."""

    days: tuple[date, ...]
    left_out: tuple[tuple[date, str], ...]


def series(weekday: int, first: date, last: date, closed: Iterable[Closed] = ()) -> Series:
    """Every `weekday` (0: Monday) from `first` to `last`, both included."""
    closed = tuple(closed)
    begin = first.toordinal() + (weekday - first.weekday()) % DAYS
    days, left_out = [], []
    for day in map(date.fromordinal, range(begin, last.toordinal() + 1, DAYS)):
        name = next((days_off.name for days_off in closed if days_off.first <= day <= days_off.last), None)
        if name is None:
            days.append(day)
        else:
            left_out.append((day, name))
    return Series(tuple(days), tuple(left_out))
