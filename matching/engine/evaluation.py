"""How good a ranking is, over judged pairs: nDCG, MRR, recall (BEIR's definitions; gains 2^grade − 1)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

TOP = 10
DEEP = 100
Judged = Mapping[str, Mapping[str, int]]  # query → document → grade (0: judged, not relevant)
Run = Mapping[str, Sequence[str]]  # query → documents, best first


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the queries with a relevant document, each in [0, 1]."""

    queries: int
    ndcg10: float
    mrr10: float
    recall10: float
    recall100: float


def evaluate(run: Run, judged: Judged, *, least_grade: int = 1) -> Quality | None:
    """The run's quality; pairs below `least_grade` do not count. None: no query has a relevant document."""
    relevant = {
        query: {document: grade for document, grade in grades.items() if grade >= least_grade}
        for query, grades in judged.items()
    }
    asked = [query for query, grades in relevant.items() if grades]
    if not asked:
        return None
    ranked = {query: list(run.get(query, ())) for query in asked}
    return Quality(
        queries=len(asked),
        ndcg10=fmean(ndcg(ranked[q], relevant[q], TOP) for q in asked),
        mrr10=fmean(reciprocal_rank(ranked[q], relevant[q], TOP) for q in asked),
        recall10=fmean(recall(ranked[q], relevant[q], TOP) for q in asked),
        recall100=fmean(recall(ranked[q], relevant[q], DEEP) for q in asked),
    )


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """Discounted gain of the first `depth`, as a share of the best possible (Järvelin & Kekäläinen 2002)."""
    gained: float = _discounted([grades.get(document, 0) for document in ranked[:depth]])
    return gained / _discounted(sorted(grades.values(), reverse=True)[:depth])


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """1 ÷ the place of the first relevant document among the first `depth`; 0 without one."""
    places = (place for place, document in enumerate(ranked[:depth], 1) if document in grades)
    return 1 / next(places, math.inf)


def recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """The share of the relevant documents that are among the first `depth`."""
    return len(grades.keys() & set(ranked[:depth])) / len(grades)


def _discounted(grades: Sequence[int]) -> float:
    return sum(float(2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))
