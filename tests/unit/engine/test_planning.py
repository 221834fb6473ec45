"""The plan against exhaustive search on small cases; alternates and mends against brute force."""

from itertools import combinations
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from matching.engine import planning
from matching.engine.mending import alternates, mends
from matching.engine.planning import OVERLAP, Diary, Limit, Pair, Problem, best_first, first_come, solve

MONTH = Limit("monthly_limit", (2026, 10))
SEATS = Limit("concurrent_seats")
GATES = ("area", OVERLAP, "credential", "monthly_limit")

starts = st.integers(0, 4).map(float)
once = starts.map(lambda start: ((start, start + 3),))
twice = st.builds(
    lambda start, gap: ((start, start + 3), (start + gap, start + gap + 3)), starts, st.integers(3, 5)
)
spans = st.just(()) | once | twice
uses = st.sampled_from(((), ((MONTH, 1),), ((MONTH, 2),), ((MONTH, 3),), ((SEATS, 1),)))
failing = st.just(frozenset()) | st.frozensets(st.sampled_from(GATES), max_size=2)


@st.composite
def problems(draw, most_pairs=9):
    """A few requests and fewer people; who fits whom, when, under which limits is drawn."""
    places = dict(enumerate(draw(st.lists(st.integers(0, 2), min_size=2, max_size=5))))
    wanted = {request: (draw(spans), draw(uses)) for request in places}
    everybody = [(request, person) for request in places for person in range(3)]
    drawn = draw(st.lists(st.sampled_from(everybody), min_size=3, max_size=most_pairs, unique=True))
    scores = st.integers(1, 99).map(lambda n: n / 100)
    pairs = [Pair(r, p, draw(scores), *wanted[r], draw(failing)) for r, p in drawn]
    left = st.fixed_dictionaries({}, optional={MONTH: st.integers(0, 5), SEATS: st.integers(0, 2)})
    limits = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(range(3), left)))
    return Problem(places, pairs, limits, draw(st.sampled_from((0.0, 0.02, 0.7))))


def possible(problem, chosen):
    """Told another way than in the engine: every rule at once over the whole set."""
    for request, places in problem.places.items():
        if sum(pair.request == request for pair in chosen) > places:
            return False
    for one, other in combinations(chosen, 2):
        if one.person == other.person and any(a < d and c < b for a, b in one.spans for c, d in other.spans):
            return False
    for person, left in problem.limits.items():
        for limit, most in left.items():
            uses = [dict(pair.uses).get(limit, 0) for pair in chosen if pair.person == person]
            if any(uses) and sum(uses) > most:
                return False
    return not any(pair.failing for pair in chosen)


def worth(problem, chosen):
    people = [pair.person for pair in chosen]
    further = [people[:place].count(person) for place, person in enumerate(people)]
    return sum(1 + pair.score for pair in chosen) - problem.fairness * sum(further)


def every(problem):
    return (
        chosen
        for size in range(len(problem.pairs) + 1)
        for chosen in combinations(problem.pairs, size)
        if possible(problem, chosen)
    )


@settings(max_examples=150)
@given(problems())
def test_the_plan_is_the_best_of_all_sets(problem):
    plan = solve(problem)
    assert possible(problem, plan.chosen)
    assert worth(problem, plan.chosen) == pytest.approx(max(worth(problem, c) for c in every(problem)))
    assert plan.status == "optimal"
    assert plan.bound >= plan.score == pytest.approx(sum(pair.score for pair in plan.chosen))
    assert plan.places == sum(problem.places.values())


@settings(max_examples=60)
@given(problems())
def test_the_bound_holds_for_every_plan_as_full_and_as_fair(problem):
    plan = solve(problem)
    unfair = plan.filled + plan.score - worth(problem, plan.chosen)
    for other in every(problem):
        score = sum(pair.score for pair in other)
        if len(other) >= plan.filled and len(other) + score - worth(problem, other) <= unfair + 1e-9:
            assert score <= plan.bound + 1e-6


@settings(max_examples=60)
@given(problems(most_pairs=14))
def test_choosing_one_by_one_keeps_every_rule_and_is_never_better(problem):
    best = worth(problem, solve(problem).chosen)
    for chosen in (first_come(problem), best_first(problem)):
        assert possible(problem, chosen)
        assert worth(problem, chosen) <= best + 1e-6


def test_the_whole_fills_what_one_by_one_leaves():
    once = ((SEATS, 1),)
    pairs = [Pair(0, 0, 0.5), Pair(0, 1, 0.9, (), once), Pair(1, 1, 0.8, (), once)]
    problem = Problem({0: 1, 1: 1}, pairs, {1: {SEATS: 1}})
    assert [(p.request, p.person) for p in first_come(problem)] == [(0, 1)]
    assert [(p.request, p.person) for p in best_first(problem)] == [(0, 1)]
    assert {(p.request, p.person) for p in solve(problem).chosen} == {(0, 0), (1, 1)}


def test_a_second_activity_goes_to_somebody_else_who_fits_nearly_as_well():
    pairs = [Pair(0, 0, 0.50), Pair(1, 0, 0.50), Pair(1, 1, 0.49)]
    spread = {(p.request, p.person) for p in solve(Problem({0: 1, 1: 1}, pairs)).chosen}
    assert spread == {(0, 0), (1, 1)}
    assert {p.person for p in solve(Problem({0: 1, 1: 1}, pairs, fairness=0)).chosen} == {0}


def ring():
    """Five series, each meeting the next once: a person can do two, the relaxation half of each."""
    meetings = [(i, tuple((float(s), s + 1.0) for s in (i, (i + 1) % 5))) for i in range(5)]
    return Problem(dict.fromkeys(range(5), 1), [Pair(r, 0, 0.5 + r / 10, met) for r, met in meetings])


def test_a_fractional_relaxation_is_made_whole(monkeypatch):
    steps = []
    monkeypatch.setattr(planning, "milp", lambda *a, **k: steps.append("milp") or milp(*a, **k))
    plan = solve(ring())
    assert (plan.status, plan.filled, steps) == ("optimal", 2, ["milp"])


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ("linprog", SimpleNamespace(status=1)),
        ("milp", SimpleNamespace(x=None, mip_dual_bound=None)),
        ("milp", SimpleNamespace(x=None, mip_dual_bound=-4.0)),
    ],
)
def test_out_of_time_the_best_found_is_given_with_a_bound(monkeypatch, step, result):
    best = solve(ring())
    monkeypatch.setattr(planning, step, lambda *a, **k: result)
    plan = solve(ring(), seconds=1)
    assert plan.status == "feasible"
    assert plan.filled == 2
    assert plan.score <= best.score < plan.bound
    assert possible(ring(), plan.chosen)


def limited(*amounts, left):
    """One person, requests that use so much of one limit."""
    pairs = [Pair(r, 0, 0.5, (), ((MONTH, amount),)) for r, amount in enumerate(amounts)]
    return Problem(dict.fromkeys(range(len(amounts)), 1), pairs, {0: {MONTH: left}})


@pytest.mark.parametrize(
    ("amounts", "left", "filled"),
    [
        ((1, 1, 1), 2, 2),
        ((1, 1, 1), 3, 3),
        ((2, 2), 3, 1),
        ((2, 2), 4, 2),
        ((3, 1, 2), 4, 2),
        ((5, 5, 1), 6, 2),
        ((2, 2, 2, 1), 5, 3),
        ((1, 3), 4, 2),
        ((2, 2, 1), 4, 2),
        ((1, 2), 3, 2),
        ((4,), 3, 0),
    ],
)
def test_a_limit_binds_to_the_last_activity_and_no_further(amounts, left, filled):
    plan = solve(limited(*amounts, left=left))
    assert (plan.status, plan.filled) == ("optimal", filled)


def test_nothing_to_plan():
    assert solve(Problem({}, [])).status == "optimal"
    assert solve(Problem({0: 2}, [])).places == 2
    assert solve(Problem({0: 0}, [Pair(0, 0, 0.5)])).filled == 0


@settings(max_examples=100)
@given(problems(most_pairs=14))
def test_alternates_could_step_in_given_the_rest_of_the_plan(problem):
    plan = solve(problem)
    found = alternates(problem, plan, 2)
    for request, places in problem.places.items():
        rest = [pair for pair in plan.chosen if pair.request != request]
        more = Problem(dict(problem.places) | {request: places + 1}, problem.pairs, problem.limits)
        able = [
            pair
            for pair in problem.pairs
            if pair.request == request and pair not in plan.chosen and possible(more, [*rest, pair])
        ]
        able.sort(key=lambda pair: (-pair.score, pair.person))
        assert list(found.get(request, ())) == able[:2]


@settings(max_examples=150)
@given(problems(most_pairs=14))
def test_mends_are_the_smallest_that_fill_most(problem):
    plan = solve(problem)
    diary, found = Diary(problem, plan.chosen), mends(problem, plan)
    for request in problem.places:
        missing = diary.left(request)
        kept = [
            (pair, diary.hindrances(pair))
            for pair in problem.pairs
            if pair.request == request and pair not in plan.chosen and diary.hindrances(pair)
        ]
        if not kept or missing < 1:
            assert request not in found
            continue
        mend = found[request]
        names = {name for _, gates in kept for name in gates}
        subsets = [set(c) for size in range(len(names) + 1) for c in combinations(sorted(names), size)]
        fills = [(min(missing, sum(gates <= s for _, gates in kept)), len(s)) for s in subsets]
        most = max(n for n, _ in fills)
        assert len(mend.people) == most
        assert len(mend.gates) == min(size for n, size in fills if n == most)
        assert all(gates <= mend.gates for _, gates in mend.people)
        relaxed = [p for p, gates in kept if gates <= mend.gates]
        assert sum(p.score for p, _ in mend.people) == pytest.approx(
            sum(sorted((p.score for p in relaxed), reverse=True)[:missing])
        )
