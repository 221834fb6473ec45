"""What a plan leaves: who could step in, and what would have to give way where places stay free."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from matching.engine.planning import Diary, Pair, Plan, Problem, by_fit, total


@dataclass(frozen=True, slots=True)
class Mend:
    """The smallest set of a request's gates to relax: `people` would then fill what they can of its places.

    Of each of them the pair and the gates that keep them away, given the rest of the plan; best first.
    """

    gates: frozenset[str]
    people: tuple[tuple[Pair, frozenset[str]], ...]


def alternates(problem: Problem, plan: Plan, most: int) -> dict[int, tuple[Pair, ...]]:
    """補欠: request → its best people not chosen whom nothing hinders, given the rest of the plan."""
    diary, chosen = Diary(problem, plan.chosen), {(pair.request, pair.person) for pair in plan.chosen}
    found: dict[int, list[Pair]] = defaultdict(list)
    for pair in sorted(problem.pairs, key=by_fit):
        spare = len(found[pair.request]) < most and (pair.request, pair.person) not in chosen
        if spare and not diary.hindrances(pair):
            found[pair.request].append(pair)
    return {request: tuple(pairs) for request, pairs in found.items() if pairs}


def mends(problem: Problem, plan: Plan) -> dict[int, Mend]:
    """Request with free places → how to fill as many of them as can be, each request taken by itself.

    The smallest set of gates comes first; of equal ones that which brings the higher scores.
    """
    diary, chosen = Diary(problem, plan.chosen), {(pair.request, pair.person) for pair in plan.chosen}
    kept_away: dict[int, list[tuple[Pair, frozenset[str]]]] = defaultdict(list)
    for pair in sorted(problem.pairs, key=by_fit):
        gates = diary.hindrances(pair)
        if gates and diary.left(pair.request) > 0 and (pair.request, pair.person) not in chosen:
            kept_away[pair.request].append((pair, gates))
    return {request: _smallest(people, diary.left(request)) for request, people in kept_away.items()}


def _smallest(people: Sequence[tuple[Pair, frozenset[str]]], missing: int) -> Mend:
    names = sorted({name for _, gates in people for name in gates})
    brought = [
        Mend(frozenset(gates), tuple([(pair, kept) for pair, kept in people if kept <= {*gates}][:missing]))
        for size in range(1, len(names) + 1)
        for gates in combinations(names, size)
    ]
    return max(brought, key=lambda m: (len(m.people), -len(m.gates), total(pair for pair, _ in m.people)))
