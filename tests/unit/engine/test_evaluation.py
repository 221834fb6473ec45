"""nDCG, MRR and recall on small cases worked out by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.evaluation import bootstrap, by_query, evaluate, mean


def test_a_small_run_by_hand():
    judged = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"d": 1}, "q3": {"e": 0}}
    quality = evaluate({"q1": ["b", "x", "a"], "q2": ["y", "z"]}, judged)
    gained = 1 / math.log2(2) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 1 / math.log2(3)
    assert quality.queries == 2
    assert quality.ndcg10 == pytest.approx(gained / best / 2)
    assert quality.mrr10 == pytest.approx(0.5)
    assert quality.recall10 == pytest.approx(0.5)


def test_grade_two_alone_and_no_query_at_all():
    judged = {"q1": {"a": 2, "b": 1}, "q2": {"d": 1}}
    assert evaluate({"q1": ["b", "a"]}, judged, least_grade=2).mrr10 == pytest.approx(0.5)
    assert evaluate({}, {"q": {"a": 0}}) is None


def test_the_mean_of_single_queries_is_the_run():
    judged = {"q1": {"a": 2, "b": 1}, "q2": {"d": 1}, "q3": {"e": 0}}
    run = {"q1": ["b", "a"], "q2": ["x", "d"]}
    each = by_query(run, judged)
    assert set(each) == {"q1", "q2"}
    assert each["q2"].mrr10 == pytest.approx(0.5)
    assert mean(list(each.values())) == evaluate(run, judged)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([0.3], 0.3, 0.3),
        ([0.5] * 40, 0.5, 0.5),
        ([0.0, 1.0] * 50, 0.4, 0.6),  # the normal distribution's 1.96 × .5 ÷ √100
        ([-1.0, 1.0], -1.0, 1.0),  # a quarter of the draws is all the one, a quarter all the other
    ],
)
def test_the_interval_of_a_mean(values, low, high):
    interval = bootstrap(values)
    assert interval.mean == pytest.approx(sum(values) / len(values))
    assert (interval.low, interval.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


@settings(max_examples=50)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_an_interval_lies_among_the_values_and_is_the_same_each_time(values):
    interval = bootstrap(values, resamples=200)
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert interval == bootstrap(values, resamples=200)


@settings(max_examples=50)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(-1, 1))
def test_what_is_better_everywhere_is_better_for_certain(values, by):
    moved, given_ = (
        bootstrap([value + by for value in values], resamples=200),
        bootstrap(values, resamples=200),
    )
    assert moved.low - given_.low == pytest.approx(by, abs=1e-9)
    assert moved.high - given_.high == pytest.approx(by, abs=1e-9)
