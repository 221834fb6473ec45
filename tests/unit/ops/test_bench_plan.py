"""The made-up cases: the same each time, and a measure that says what `plan` says."""

from collections import Counter

from matching.engine.planning import solve
from matching.ops.bench_plan import ACTIVITIES, CANDIDATES, Case, made_up, measure

SMALL = Case(requests=60, people=80, capacity=100)


def test_the_same_case_is_the_same_problem():
    problem = made_up(SMALL)
    assert problem == made_up(SMALL)
    assert problem != made_up(SMALL, seed=1)
    assert sum(left[ACTIVITIES] for left in problem.limits.values()) == SMALL.capacity
    assert max(Counter(pair.request for pair in problem.pairs).values()) <= CANDIDATES
    assert all(0 < pair.score <= 1 + 1e-9 for pair in problem.pairs)


def test_the_measure_sets_the_plan_beside_choosing_one_by_one():
    told = measure(SMALL)
    assert told["filled"] == solve(made_up(SMALL)).filled
    assert told["status"] == "optimal"
    assert told["bound"] >= told["score"]
    assert told["filled"] >= max(told["first_come"]["filled"], told["best_first"]["filled"])
