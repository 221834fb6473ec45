"""Many requests × many people → the best matches for all of them at once. Values in, values out.

*Objective*: every match earns 1 for the place it fills plus its score in [0, 1] – so a filled place is
worth a perfect fit – and the second, third … new activity of one person costs `fairness` once, twice …

*Solver*: HiGHS, which scipy brings along: first the linear relaxation by the dual simplex, then, only where
that comes out fractional, `milp` on the same rows. Measured: with one session a request and one limit a
person the relaxation comes out whole and so is the proven optimum (4,000 requests × 50 candidates: 1 s, where
`milp` alone takes 44 s and the interior-point method 7 s). Series, and limits that count several sessions,
make it fractional; one row for each largest set of activities that exclude one another keeps it within 0.2 %
of the optimum, rows for the overlaps alone within 0.6 %. Solving connected components apart gains nothing:
with fifty candidates a request nearly everything hangs together. OR-tools reached equal totals and is one
more large dependency.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

FAIRNESS = 0.02
OVERLAP = "availability"  # the gate that two activities at the same time would fail
WHOLE = 1e-6  # a share this near to 0 or 1 is whole
GAP = 1e-5  # the solver's own tolerances add up to less
Span = tuple[float, float]  # a session, half-open, in any unit of time


class Limit(NamedTuple):
    """What a person can give only so much of: the gate that says so, and of a monthly one the month."""

    gate: str
    month: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A person for a request: an edge of the plan where no gate fails, else only what could be mended.

    `spans`: the sessions it covers, none overlapping another. `uses`: how much of the person's limits.
    """

    request: int
    person: int
    score: float
    spans: tuple[Span, ...] = ()
    uses: tuple[tuple[Limit, int], ...] = ()
    failing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be planned: one pair at most of each request and person.

    `places`: request → free places, in the order in which the requests came. `limits`: person → what is
    left of each limit; one that is not named does not bind.
    """

    places: Mapping[int, int]
    pairs: Sequence[Pair]
    limits: Mapping[int, Mapping[Limit, int]] = field(default_factory=dict)
    fairness: float = FAIRNESS


@dataclass(frozen=True, slots=True)
class Plan:
    """The matches chosen. `score` is the sum of theirs.

    `bound`: no plan that fills as many places, and spreads them as fairly, scores more (from the solver's
    dual bound). `status`: optimal (bound and score meet) or feasible (the time ran out first).
    """

    status: str
    chosen: tuple[Pair, ...]
    score: float
    bound: float
    places: int

    @property
    def filled(self) -> int:
        return len(self.chosen)


class Diary:
    """Who is where when, while a plan grows match by match."""

    def __init__(self, problem: Problem, chosen: Iterable[Pair] = ()) -> None:
        self._problem = problem
        self._taken: Counter[int] = Counter()
        self._spans: dict[int, list[Span]] = defaultdict(list)
        self._used: Counter[tuple[int, Limit]] = Counter()
        for pair in chosen:
            self.add(pair)

    def add(self, pair: Pair) -> None:
        self._taken[pair.request] += 1
        self._spans[pair.person] += pair.spans
        for limit, amount in pair.uses:
            self._used[pair.person, limit] += amount

    def left(self, request: int) -> int:
        """The places of the request that are still free."""
        return self._problem.places[request] - self._taken[request]

    def hindrances(self, pair: Pair) -> frozenset[str]:
        """The gates that keep the person from the request, beside what the diary holds already."""
        found = set(pair.failing)
        spans = self._spans[pair.person]
        if any(a < other_b and other_a < b for a, b in pair.spans for other_a, other_b in spans):
            found.add(OVERLAP)
        left = self._problem.limits.get(pair.person, {})
        for limit, amount in pair.uses:
            if limit in left and self._used[pair.person, limit] + amount > left[limit]:
                found.add(limit.gate)
        return frozenset(found)


def first_come(problem: Problem) -> tuple[Pair, ...]:
    """One by one: each request, in the order they came, takes the best who are left."""
    turn = {request: place for place, request in enumerate(problem.places)}
    return _one_by_one(problem, sorted(problem.pairs, key=lambda p: (turn[p.request], *by_fit(p))))


def best_first(problem: Problem) -> tuple[Pair, ...]:
    """One by one: the highest score of all, then the next that still fits."""
    return _one_by_one(problem, sorted(problem.pairs, key=by_fit))


def total(pairs: Iterable[Pair]) -> float:
    """The sum of the scores."""
    return sum(pair.score for pair in pairs)


def solve(problem: Problem, seconds: float | None = None) -> Plan:
    """The best plan under the module's objective; after `seconds` in either step the best found so far."""
    alone = Diary(problem)
    edges = [pair for pair in problem.pairs if alone.left(pair.request) > 0 and not alone.hindrances(pair)]
    places = sum(problem.places.values())
    if not edges:
        return Plan("optimal", (), 0.0, 0.0, places)
    most, shares = _Model(problem, edges).solve(seconds)
    picked = [edge for edge, share in zip(edges, shares, strict=True) if share > 1 / 2]
    rest = [edge for edge, share in zip(edges, shares, strict=True) if share <= 1 / 2]
    # One by one again, so that no tolerance of the solver breaks a limit; out of time, the rest best first.
    tries = (picked, picked + sorted(rest, key=by_fit), first_come(problem))
    chosen = max((_one_by_one(problem, tried) for tried in tries), key=lambda c: _value(problem, c))
    slack, score = most - _value(problem, chosen), total(chosen)
    status = "optimal" if abs(slack) < GAP else "feasible"
    return Plan(status, chosen, score, score + max(slack, 0.0), places)


def by_fit(pair: Pair) -> tuple[float, int, int]:
    """The order in which pairs are tried: the highest score first, ties by id."""
    return -pair.score, pair.request, pair.person


def _one_by_one(problem: Problem, pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    diary, chosen = Diary(problem), []
    for pair in pairs:
        if diary.left(pair.request) > 0 and not diary.hindrances(pair):
            diary.add(pair)
            chosen.append(pair)
    return tuple(chosen)


def _value(problem: Problem, chosen: Sequence[Pair]) -> float:
    """What the objective gives for these matches."""
    activities = Counter(pair.person for pair in chosen)
    unfair = sum(n * (n - 1) / 2 for n in activities.values())
    return len(chosen) + total(chosen) - problem.fairness * unfair


class _Model:
    """The linear program: a column for each edge, then one for each further activity of a person."""

    def __init__(self, problem: Problem, edges: Sequence[Pair]) -> None:
        self._problem, self._edges = problem, edges
        self._costs = [-1 - edge.score for edge in edges]
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[int] = []
        self._most: list[int] = []
        of_request: dict[int, list[int]] = defaultdict(list)
        of_person: dict[int, list[int]] = defaultdict(list)
        for column, edge in enumerate(edges):
            of_request[edge.request].append(column)
            of_person[edge.person].append(column)
        for request, columns in of_request.items():
            self._at_most(problem.places[request], dict.fromkeys(columns, 1))
        for person, columns in of_person.items():
            if len(columns) > 1:
                self._person(columns, problem.limits.get(person, {}))

    def solve(self, seconds: float | None) -> tuple[float, NDArray[np.float64]]:
        """An upper bound of the objective, and each edge's share in the best solution found."""
        edges, limited = len(self._edges), {"time_limit": seconds} if seconds else {}
        rows = csr_array(
            (self._values, (self._rows, self._columns)), shape=(len(self._most), len(self._costs))
        )
        relaxed = linprog(
            self._costs, A_ub=rows, b_ub=self._most, bounds=(0, 1), method="highs-ds", options=limited
        )
        if relaxed.status != 0:
            return self._best_of_each(), np.zeros(edges)
        shares = relaxed.x[:edges]
        if np.abs(shares - np.round(shares)).max() < WHOLE:
            return -relaxed.fun, shares
        whole = milp(
            self._costs,
            integrality=np.arange(len(self._costs)) < edges,
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(rows, -np.inf, self._most),
            options={"mip_rel_gap": 0, **limited},
        )
        dual = -np.inf if whole.mip_dual_bound is None else whole.mip_dual_bound
        return -max(relaxed.fun, dual), np.zeros(edges) if whole.x is None else whole.x[:edges]

    def _best_of_each(self) -> float:
        """The bound that needs no solver: every place filled by the best for it."""
        worth: dict[int, list[float]] = defaultdict(list)
        for edge in self._edges:
            worth[edge.request].append(1 + edge.score)
        return sum(sum(sorted(w, reverse=True)[: self._problem.places[r]]) for r, w in worth.items())

    def _at_most(self, most: int, amounts: Mapping[int, int]) -> None:
        """Σ amount × column ≤ most; left out where it cannot bind."""
        if sum(amount for amount in amounts.values() if amount > 0) > most:
            self._rows += [len(self._most)] * len(amounts)
            self._columns += amounts.keys()
            self._values += amounts.values()
            self._most.append(most)

    def _person(self, columns: Sequence[int], limits: Mapping[Limit, int]) -> None:
        """What one person cannot do, and what several activities cost."""
        edges = [self._edges[column] for column in columns]
        used: dict[Limit, dict[int, int]] = defaultdict(dict)  # limit → place among the edges → amount
        for place, edge in enumerate(edges):
            for limit, amount in edge.uses:
                if limit in limits:
                    used[limit][place] = amount
        exclusive = _exclusive(edges, used, limits)
        for members in exclusive:
            self._at_most(1, {columns[place]: 1 for place in _bits(members)})
        if _mask(range(len(edges))) in exclusive:
            return
        activities = len(edges)
        for limit, amounts in used.items():
            self._at_most(limits[limit], {columns[place]: amount for place, amount in amounts.items()})
            if len(amounts) == len(edges):
                activities = min(activities, limits[limit] // min(amounts.values()))
        first = len(self._costs)
        self._costs += [self._problem.fairness * further for further in range(1, activities)]
        self._at_most(1, dict.fromkeys(columns, 1) | dict.fromkeys(range(first, len(self._costs)), -1))


def _exclusive(
    edges: Sequence[Pair], used: Mapping[Limit, Mapping[int, int]], limits: Mapping[Limit, int]
) -> set[int]:
    """Largest sets of one person's edges of which one at most can be, as bits.

    Together they hold every overlap: two activities overlap where they share the start of a session.
    """
    excluded = [0] * len(edges)
    seeds = _at_once(edges)
    for members in seeds:
        for place in _bits(members):
            excluded[place] |= members
    for limit, amounts in used.items():
        of_amount: dict[int, int] = defaultdict(int)
        for place, amount in amounts.items():
            of_amount[amount] |= 1 << place
        for place, amount in amounts.items():
            for other, members in of_amount.items():
                if amount + other > limits[limit]:
                    excluded[place] |= members
        seeds.add(_mask(place for place, amount in amounts.items() if 2 * amount > limits[limit]))
    return {_largest(members, excluded) for members in seeds if members}


def _largest(members: int, excluded: Sequence[int]) -> int:
    """The set with what all its members exclude added, one by one, as long as there is any."""
    common = -1
    for place in _bits(members):
        common &= excluded[place]
    common &= ~members
    while common:
        lowest = common & -common
        members |= lowest
        common &= excluded[lowest.bit_length() - 1] & ~lowest
    return members


def _at_once(edges: Sequence[Pair]) -> set[int]:
    """For each start of a session the edges under way then, as bits; where they are two or more."""
    sessions = sorted((start, end, place) for place, edge in enumerate(edges) for start, end in edge.spans)
    under_way, found = 0, set()
    ends: list[tuple[float, int]] = []
    for start, starting in groupby(sessions, key=lambda session: session[0]):
        while ends and ends[0][0] <= start:
            under_way &= ~(1 << heappop(ends)[1])
        for _, end, place in starting:
            under_way |= 1 << place
            heappush(ends, (end, place))
        if under_way & (under_way - 1):
            found.add(under_way)
    return found


def _mask(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
