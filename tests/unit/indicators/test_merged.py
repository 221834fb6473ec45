"""Groups of few people are told together with others: nothing that is told leads to one of them."""

from collections import Counter, defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.indicators.equity import ANSWERS, NO, NONE, UNKNOWN, YES, age_band, busiest, told
from matching.indicators.rules import FEW, merged

CELL = st.frozensets(st.integers(1, 12))  # the same person may be in several groups, as with programmes
GROUPS = st.integers(1, 3).flatmap(
    lambda columns: st.dictionaries(
        st.sampled_from("東西南北中"), st.lists(CELL, min_size=columns, max_size=columns), min_size=1
    )
)
SAID = (YES, NO, NONE)
APART = st.lists(st.lists(st.integers(0, 14), min_size=3, max_size=3), min_size=1, max_size=6)


def people(numbers):
    """Groups of different people: numbers of people by column."""
    start = iter(range(10_000))
    return {key: [{next(start) for _ in range(n)} for n in row] for key, row in enumerate(numbers)}


def union(groups, keys, column):
    return set().union(*(groups[key][column] for key in keys))


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"a": 9, "b": 8}, [["a"], ["b"]]),
        ({"a": 9, "b": 0}, [["a"], ["b"]]),  # nobody is nobody
        ({"a": 9, "b": 2}, [["a", "b"]]),
        ({"a": 9, "b": 2, "c": 7}, [["a"], ["b", "c"]]),
        ({"a": 9, "b": 2, "c": 2, "d": 7}, [["a"], ["b", "c", "d"]]),
        ({"a": 9, "b": 4, "c": 3}, [["a"], ["b", "c"]]),
        ({"a": 3, "b": 1}, None),
        ({"a": 3}, None),
        ({"a": 0}, [["a"]]),
    ],
)
def test_groups_of_few_are_told_together(numbers, found):
    one_column = dict(zip(numbers, people([[n] for n in numbers.values()]).values(), strict=True))
    assert merged(one_column) == found


@given(GROUPS)
def test_every_cell_told_is_of_nobody_or_of_enough(groups):
    lists = merged(groups)
    columns = range(len(next(iter(groups.values()))))
    if lists is None:
        assert any(0 < len(union(groups, groups, column)) < FEW for column in columns)
        return
    assert sorted(key for keys in lists for key in keys) == sorted(groups)
    for keys in lists:
        for column in columns:
            assert not 0 < len(union(groups, keys, column)) < FEW


def city(numbers, again):
    """Groups by answers: numbers of people, each asked `again` times."""
    found = people(numbers)
    return {
        str(key): defaultdict(
            Counter,
            {answer: Counter(dict.fromkeys(cell, again)) for answer, cell in zip(SAID, row, strict=True)},
        )
        for key, row in found.items()
    }


def as_told(table, groups):
    """What somebody reads in a table, of these groups' numbers."""
    total = lambda names, answers: sum(groups[n][a].total() for n in names for a in answers)  # noqa: E731
    some = [name for line in table.lines for name in line.groups]
    lines = [
        (line.groups, total(line.groups, SAID))
        + (() if line.counts is None else tuple(total(line.groups, column) for column in table.columns))
        for line in table.lines
    ]
    return [*lines, tuple(total(some, column) for column in table.columns)]


@given(APART, st.integers(1, 3))
def test_what_is_told_is_of_nobody_or_of_enough_people(numbers, again):
    groups = city(numbers, again)
    table = told(groups, ANSWERS)
    whole = sum(n for row in numbers for n in row)
    if table is None:
        assert 0 < whole < FEW
        return
    for line in [*table.lines, table.whole]:
        cells = [line.all, *(line.counts or ())]
        assert all(n == 0 or n >= FEW * again for n in cells)
    assert sum(line.all for line in table.lines) == table.whole.all == whole * again


@given(APART)
def test_no_cell_of_few_can_be_had_from_what_is_told(numbers):
    """For each cell of few people another city could stand there, that differs in it and reads the same."""
    groups = city(numbers, 1)
    table = told(groups, ANSWERS)
    if table is None:
        return
    shown = as_told(table, groups)
    for name, answer in product(groups, SAID):
        if 0 < len(groups[name][answer]) < FEW:
            assert any(as_told(table, other) == shown for other in others(groups, name, answer))


def others(groups, name, answer):
    """Cities in which one person more or fewer of this group gave this answer, made good elsewhere."""
    for there, instead in product(groups, SAID):
        swaps = [[((name, answer), (name, instead))]] if instead != answer else []
        if there != name:
            swaps += [[((name, answer), (there, answer))], [((there, answer), (name, answer))]]
        if there != name and instead != answer:
            swaps += [
                [((name, answer), (name, instead)), ((there, instead), (there, answer))],
                [((name, instead), (name, answer)), ((there, answer), (there, instead))],
            ]
        yield from filter(None, (moved(groups, swap) for swap in swaps))


def moved(groups, steps):
    other = {
        name: defaultdict(Counter, {a: Counter(c) for a, c in cells.items()})
        for name, cells in groups.items()
    }
    for (start, said), (end, says) in steps:
        if not other[start][said]:
            return None
        person, _ = other[start][said].popitem()
        other[end][says][person] += 1
    return other


@given(APART)
def test_what_need_not_be_told_together_is_told_alone(numbers):
    groups = people(numbers)
    lists = merged(groups) or []
    if all(n == 0 or n >= FEW for row in numbers for n in row):
        assert lists == [[key] for key in groups]
    assert sum(len(keys) > 1 for keys in lists) <= 1


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (2007, "20歳未満"),
        (2006, "20代"),
        (1997, "20代"),
        (1996, "30代"),
        (1937, "80代"),
        (1936, "90歳以上"),
        (1920, "90歳以上"),
        (None, UNKNOWN),
    ],
)
def test_the_band_is_of_the_age_reached_in_the_year(born, band):
    assert age_band(born, 2026) == band


@pytest.mark.parametrize(
    ("acts", "share"),
    [
        ([], None),
        ([9] * 40, None),  # four people
        ([1] * 36 + [10] * 5, "58.1"),
        ([1] * 50, "10.0"),
    ],
)
def test_the_busiest_tenth_is_told_where_it_is_five_people(acts, share):
    found = busiest(acts)
    assert (None if found is None else str(found)) == share
