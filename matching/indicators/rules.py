"""Grades (目標達成度) as the city's plan gives them, and what is too small to be shown."""

from collections.abc import Mapping, Sequence, Set
from datetime import date
from enum import StrEnum
from typing import TypeVar

FULL, PARTLY = 100, 60  # A: reached; C: 0 to 60 per cent (計画骨子, 目標達成度)

Key = TypeVar("Key")
LEAP_DAY = (2, 29)


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"


def percent(actual: int, target: int) -> int:
    """⌊100 × actual ÷ target⌋, never below 0. ValueError for a target below 1."""
    if target < 1:
        raise ValueError("a target is at least 1")
    return 100 * max(actual, 0) // target  # below 0: corrections of closed years outweigh what was done


def grade(actual: int, target: int | None) -> Grade | None:
    """D 未着手 (0件), C to 60 %, B 61–99 %, A from 100 %; without a target none."""
    if target is None:
        return None
    reached = percent(actual, target)
    if actual <= 0:
        return Grade.D
    if reached >= FULL:
        return Grade.A
    return Grade.B if reached > PARTLY else Grade.C


FEW = 5  # people: a smaller group could be recognised (design §7)


def hidden(people: Mapping[Key, int]) -> set[Key]:
    """Which parts of a breakdown are not shown, so that no group of fewer than FEW people can be told.

    Parts of 1 to FEW − 1 people, and as many more, the smallest first, as it takes that the rest cannot be
    had by subtraction from the whole: at least two parts and FEW people are hidden, or none.
    """
    some = sorted((n, str(key), key) for key, n in people.items() if n > 0)
    found = [(n, key) for n, _, key in some if n < FEW]
    rest = [(n, key) for n, _, key in some if n >= FEW]
    while found and rest and (len(found) == 1 or sum(n for n, _ in found) < FEW):
        found.append(rest.pop(0))
    return {key for _, key in found}


def merged(groups: Mapping[Key, Sequence[Set[int]]]) -> list[list[Key]] | None:
    """Which groups are told together, so that each cell told is of nobody or of FEW people and more.

    A group has one set of people in each column. Groups with a cell of 1 to FEW − 1 are told as one, with as
    many more, the smallest first, as it takes that no cell of theirs is of few: at least two, so that no sum
    or difference of what is told leads to one of them. None: even all groups together have such a cell.
    """
    together = [key for key, cells in groups.items() if _few(cells)]
    while few := _few([set[int]().union(*(groups[key][n] for key in together)) for n in _columns(groups)]):
        rest = [key for key in groups if key not in together and any(groups[key][n] for n in few)]
        if not rest:
            return None
        together.append(min(rest, key=lambda key: (len(set[int]().union(*groups[key])), str(key))))
    found = [[key] for key in groups if key not in together]
    return [*found, [key for key in groups if key in together]] if together else found


def _columns(groups: Mapping[Key, Sequence[Set[int]]]) -> range:
    return range(max((len(cells) for cells in groups.values()), default=0))


def _few(cells: Sequence[Set[int]]) -> list[int]:
    """The columns with 1 to FEW − 1 people."""
    return [n for n, cell in enumerate(cells) if 0 < len(cell) < FEW]


def a_year_after(day: date) -> date:
    """The last day within 12 months of `day`: the same one a year later (29 February: the 28th)."""
    leap = (day.month, day.day) == LEAP_DAY
    return day.replace(year=day.year + 1, day=28 if leap else day.day)


def needed(wanted: Grade, target: int) -> int:
    """The fewest completed matches that give the grade, B or A, for this target."""
    per_cent = FULL if wanted is Grade.A else PARTLY + 1
    return -(-per_cent * target // 100)


SEASONS = {
    "春（3〜5月）": (3, 4, 5),
    "夏（6〜8月）": (6, 7, 8),
    "秋（9〜11月）": (9, 10, 11),
    "冬（12〜2月）": (12, 1, 2),
}


def season(day: date) -> str:
    """The season of `day`, as a page calls it."""
    return next(name for name, months in SEASONS.items() if day.month in months)


def half_gone(opened: date, first: date, day: date) -> bool:
    """Whether half of the time from a request's opening to its first day is over on `day`."""
    return 2 * (day - opened) >= first - opened
