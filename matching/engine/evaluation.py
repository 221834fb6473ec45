"""How good a ranking is, over judged pairs: nDCG, MRR, recall (BEIR's definitions; gains 2^grade − 1)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from statistics import fmean

import numpy as np

TOP = 10
DEEP = 100
RESAMPLES, SEED = 10_000, 20_261_124
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


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it lies with 95 % confidence."""

    mean: float
    low: float
    high: float


def evaluate(run: Run, judged: Judged, *, least_grade: int = 1) -> Quality | None:
    """The run's quality; pairs below `least_grade` do not count. None: no query has a relevant document."""
    return mean(list(by_query(run, judged, least_grade=least_grade).values()))


def by_query(run: Run, judged: Judged, *, least_grade: int = 1) -> dict[str, Quality]:
    """The run's quality on each query that has a relevant document."""
    relevant = {
        query: {document: grade for document, grade in grades.items() if grade >= least_grade}
        for query, grades in judged.items()
    }
    return {
        query: Quality(
            queries=1,
            ndcg10=ndcg(ranked := list(run.get(query, ())), grades, TOP),
            mrr10=reciprocal_rank(ranked, grades, TOP),
            recall10=recall(ranked, grades, TOP),
            recall100=recall(ranked, grades, DEEP),
        )
        for query, grades in relevant.items()
        if grades
    }


def mean(each: Sequence[Quality]) -> Quality | None:
    """Of single queries; None: there are none."""
    if not each:
        return None
    figures = zip(*(astuple(one)[1:] for one in each), strict=True)
    return Quality(len(each), *(fmean(values) for values in figures))


def bootstrap(values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The mean of `values` and the percentiles of resampled means (Efron & Tibshirani 1993).

    Of the differences of two rankings, query by query, it is the paired bootstrap: 0 outside the interval
    says that one is better on other queries of this kind, too. The same values give the same interval.
    """
    given = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(len(given), size=(resamples, len(given)))
    low, high = np.percentile(given[drawn].mean(axis=1), [2.5, 97.5])
    return Interval(float(given.mean()), float(low), float(high))


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
