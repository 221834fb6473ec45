"""Made-up cases for measuring the plan: skewed topics, fixed seed, no database.

A request and a person are bags of words of one topic with ordinary words mixed in; the score is the cosine
of their TF-IDF vectors. What is asked for and what is offered follow different power laws, so that some
topics are short of people. Each request has one session, each person so many activities.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from matching.engine.planning import Limit, Pair, Problem, best_first, first_come, solve, total

SEED = 20_261_001
TOPICS, WORDS, ORDINARY = 100, 30, 2000  # words of each topic, and those all share
OWN = 0.7  # the share of a text's words that are its topic's
ASKED, OFFERED = 1.0, 0.6  # exponents of the two power laws
DAYS, HOURS, LENGTH = 40, (9.0, 10.0, 13.0, 14.0, 15.0), 1.5
CANDIDATES, SUITABLE = 50, 0.05
AT_ONCE = 500  # requests compared with everybody in one product
ACTIVITIES = Limit("monthly_limit", (2026, 10))


@dataclass(frozen=True, slots=True)
class Case:
    """How many requests, people, and activities of all people together."""

    requests: int
    people: int
    capacity: int


CASES = {
    "usual": Case(1_000, 10_000, 10_000),
    "scarce": Case(4_000, 2_500, 3_500),
    "large": Case(10_000, 100_000, 100_000),
}


def measure(case: Case) -> dict[str, Any]:
    """The plan next to choosing one by one: seconds, filled places, score, bound."""
    problem = made_up(case)
    plan, seconds = _timed(solve, problem)
    result = {
        "requests": case.requests,
        "people": case.people,
        "capacity": case.capacity,
        "pairs": len(problem.pairs),
        "seconds": seconds,
        "status": plan.status,
        "filled": plan.filled,
        "places": plan.places,
        "score": plan.score,
        "bound": plan.bound,
    }
    for name, choose in (("first_come", first_come), ("best_first", best_first)):
        chosen, seconds = _timed(choose, problem)
        result[name] = {"seconds": seconds, "filled": len(chosen), "score": total(chosen)}
    return result


def made_up(case: Case, seed: int = SEED) -> Problem:
    """The same case gives the same problem."""
    chance = np.random.default_rng(seed)
    ranks = np.arange(1, TOPICS + 1)
    asked = _texts(chance, case.requests, ranks**-ASKED, length=12)
    offered = _texts(chance, case.people, chance.permutation(ranks**-OFFERED), length=16)
    weights = TfidfTransformer().fit(offered)
    left = np.bincount(chance.integers(0, case.people, max(case.capacity - case.people, 0)))
    left = 1 + np.pad(left, (0, case.people - len(left)))
    starts = 24.0 * chance.integers(0, DAYS, case.requests) + chance.choice(HOURS, case.requests)
    pairs = [
        Pair(request, person, score, ((start, start + LENGTH),), ((ACTIVITIES, 1),))
        for request, (start, best) in enumerate(
            zip(starts.tolist(), _best(weights.transform(asked), weights.transform(offered)), strict=True)
        )
        for person, score in best
    ]
    limits = {person: {ACTIVITIES: int(n)} for person, n in enumerate(left)}
    return Problem(dict.fromkeys(range(case.requests), 1), pairs, limits)


def _texts(chance: np.random.Generator, number: int, popularity: Any, length: int) -> csr_matrix:
    """Texts × words: how often each word stands in each text."""
    topics = chance.choice(TOPICS, number, p=popularity / popularity.sum())
    own = topics[:, None] * WORDS + np.minimum(chance.geometric(0.15, (number, length)), WORDS) - 1
    ordinary = TOPICS * WORDS + np.minimum(chance.zipf(1.3, (number, length)), ORDINARY) - 1
    words = np.where(chance.random((number, length)) < OWN, own, ordinary).ravel()
    texts = np.repeat(np.arange(number), length)
    return csr_matrix((np.ones(len(words)), (texts, words)), (number, TOPICS * WORDS + ORDINARY))


def _best(asked: csr_matrix, offered: csr_matrix) -> Sequence[Sequence[tuple[int, float]]]:
    """Of each request the people who fit best, with the score."""
    found = []
    by_word = offered.T.tocsr()
    for first in range(0, asked.shape[0], AT_ONCE):
        for row in (asked[first : first + AT_ONCE] @ by_word).tocsr():
            best = np.argsort(-row.data, kind="stable")[:CANDIDATES]
            people, scores = row.indices[best].tolist(), row.data[best].tolist()
            found.append([pair for pair in zip(people, scores, strict=True) if pair[1] >= SUITABLE])
    return found


def _timed(choose: Callable[[Problem], Any], problem: Problem) -> tuple[Any, float]:
    start = perf_counter()
    chosen = choose(problem)
    return chosen, perf_counter() - start
