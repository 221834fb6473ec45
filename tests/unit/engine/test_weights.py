"""The formulas, as tables and by what must hold whatever the figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.meaning import NEAR
from matching.engine.weights import FEW_REQUESTS, Weights, idf, nearness, saturated, unusual

WEIGHTS = Weights()
counts = st.integers(1, 1000)
lengths = st.floats(1, 1e5)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("df", "texts", "share", "background", "expected"),
    [
        (0, 9, 0.0, 0.0, math.log(10) + 1),
        (9, 9, 0.0, 0.0, 1.0),
        (1, 3, 0.5, 100.0, math.log(104 / 52) + 1),
        (0, 0, 1.0, 300.0, 1.0),
    ],
)
def test_idf(df: float, texts: int, share: float, background: float, expected: float) -> None:
    assert idf(array(df), texts, array(share), background)[0] == pytest.approx(expected)


@given(st.integers(0, 10_000), st.data(), st.floats(0, 1), st.floats(0, 1000))
def test_a_rarer_word_is_worth_more_and_none_less_than_one(
    texts: int, data: st.DataObject, share: float, background: float
) -> None:
    few, many = sorted(data.draw(st.tuples(st.integers(0, texts), st.integers(0, texts))))
    rare, common = idf(array(few, many), texts, array(share, share), background)
    assert rare >= common >= 1


def test_what_many_requests_say_counts_for_less_from_fifty_on() -> None:
    assert unusual(array(0, 49), FEW_REQUESTS - 1).tolist() == [1, 1]
    never, seldom, always = unusual(array(0, 5, FEW_REQUESTS), FEW_REQUESTS)
    assert never == 1
    assert seldom == pytest.approx(math.log(51 / 5.5) / math.log(51 / 0.5))
    assert 1 > seldom > always > 0


@given(st.integers(FEW_REQUESTS, 100_000), st.data())
def test_how_unusual_lies_within_zero_and_one(requests: int, data: st.DataObject) -> None:
    having = data.draw(st.integers(0, requests))
    assert 0 < unusual(array(having), requests)[0] <= 1


def test_saturation_by_hand() -> None:
    # Once in a text of ordinary length; ten times; once in one twice as long.
    strengths = saturated(array(1, 10, 1), array(10, 10, 20), 10.0, WEIGHTS)
    assert strengths == pytest.approx([1 / 1.9, 10 / 10.9, 1 / (1 + 0.9 * 1.7)])


@given(counts, counts, lengths, lengths, lengths)
def test_more_often_is_stronger_longer_is_weaker(
    one: int, other: int, short: float, long: float, pivot: float
) -> None:
    few, many = sorted((one, other))
    short, long = sorted((short, long))
    strengths = saturated(array(few, many, few), array(short, short, long), pivot, WEIGHTS)
    assert 0 < strengths[2] <= strengths[0] <= strengths[1] < 1


def test_a_near_word_is_worth_nothing_at_the_threshold_and_the_most_if_it_is_used_alike() -> None:
    assert nearness(array(-1, NEAR, (1 + NEAR) / 2, 1), 0.65) == pytest.approx([0, 0, 0.325, 0.65])
