"""Grades (目標達成度) as the city's plan gives them."""

from enum import StrEnum

FULL, PARTLY = 100, 60  # A: reached; C: 0 to 60 per cent (計画骨子, 目標達成度)


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
