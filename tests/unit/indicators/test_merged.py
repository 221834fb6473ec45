"""Groups of few people are told together with others: nothing that is told leads to one of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.indicators.equity import UNKNOWN, age_band, busiest
from matching.indicators.rules import FEW, merged

CELL = st.frozensets(st.integers(1, 12))  # the same person may be in several groups, as with programmes
GROUPS = st.integers(1, 3).flatmap(
    lambda columns: st.dictionaries(
        st.sampled_from("東西南北中"), st.lists(CELL, min_size=columns, max_size=columns), min_size=1
    )
)
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


@given(APART)
def test_no_cell_of_few_can_be_had_from_the_others_and_the_whole(numbers):
    """As equations: what is told (lists, the whole, all columns together) does not settle a small cell.

    A second city with other numbers in that cell, and in no sum that is told, could stand there as well.
    """
    groups = people(numbers)
    lists = merged(groups)
    if lists is None:
        return
    size, columns = len(numbers), 3
    told = []
    for keys in [*lists, list(groups)]:
        each = [np.zeros((size, columns)) for _ in range(columns)]
        for column, picture in enumerate(each):
            picture[keys, column] = 1
        told += [*each, sum(each)]
    equations = np.array([picture.ravel() for picture in told])
    for key, row in enumerate(numbers):
        for column, n in enumerate(row):
            if 0 < n < FEW:
                one = np.zeros((size, columns))
                one[key, column] = 1
                rank = np.linalg.matrix_rank(equations)
                assert np.linalg.matrix_rank(np.vstack([equations, one.ravel()])) == rank + 1
                assert sum(numbers[other][column] for other in range(size) if other != key)  # others can give


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
