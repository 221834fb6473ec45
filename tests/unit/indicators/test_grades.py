"""Grades at their edges, and as a property."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from matching.indicators.rules import grade, percent


@pytest.mark.parametrize(
    ("actual", "target", "letter"),
    [
        (0, 10, "D"),
        (1, 1000, "C"),
        (6, 10, "C"),
        (60, 100, "C"),
        (609, 1000, "C"),
        (61, 100, "B"),
        (99, 100, "B"),
    ]
    + [(999, 1000, "B"), (100, 100, "A"), (300, 100, "A"), (5, None, None)],
)
def test_edges(actual, target, letter):
    assert grade(actual, target) == letter


@given(some.integers(0, 10_000), some.integers(1, 10_000))
def test_more_is_never_worse(actual, target):
    order = "DCBA"
    assert order.index(grade(actual, target)) <= order.index(grade(actual + 1, target))


def test_a_target_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        percent(1, 0)
