"""nDCG, MRR and recall on small cases worked out by hand."""

import math

import pytest

from matching.engine.evaluation import evaluate


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
