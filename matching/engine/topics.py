"""Requests → topics: those that ask for the same thing stand together, each topic named by its own words.

Two requests are alike by their shared words, and by what they are about as wholes (their mean vectors without
what all these requests have in common: a school asking for help). Average linkage joins them as long as the
requests of a topic are on average alike enough; how many topics there are follows from that.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matching.engine.asked import Asked

WORDS = 0.3  # how much of the likeness is the shared words'; the rest is the vectors'
EMPTY = (
    2  # so many requests about nothing are added to the mean: two or three are not turned against each other
)
MOST = 3_000  # requests that are compared with each other: memory and time grow with the square
NAMED_BY = 3  # words
NAMING = re.compile(r"[一-鿿々ァ-ヴー]{2,}")  # words of kanji or katakana alone stand well by themselves
TINY = 1e-9  # in place of no length
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Topic:
    """Ids in order, and the words that say most of what they have in common, strongest first."""

    ids: tuple[str, ...]
    words: tuple[str, ...]


def topics(asked: Mapping[str, Asked], alike: float) -> list[Topic]:
    """Each request in exactly one topic, the largest first; many a topic holds one request alone.

    `alike`: the mean likeness in [0, 1] from which topics are joined. The order of `asked` does not matter.
    Of more than MOST requests the last by id stand alone.
    """
    ids = sorted(asked)
    texts = [asked[id_] for id_ in ids]
    shares, meanings = _shares(texts), _meanings(texts)
    grouped: dict[int, list[int]] = defaultdict(list)
    for place, label in enumerate(_labels(shares[:MOST], meanings[:MOST], alike)):
        grouped[label].append(place)
    groups = [*grouped.values(), *([place] for place in range(MOST, len(ids)))]
    found = [
        Topic(
            tuple(ids[place] for place in group), _named([texts[place] for place in group], meanings[group])
        )
        for group in groups
    ]
    return sorted(found, key=lambda topic: (-len(topic.ids), topic.ids))


def _labels(shares: csr_array, meanings: Array, alike: float) -> list[int]:
    if shares.shape[0] < 2:  # noqa: PLR2004 – nothing to compare
        return [0] * shares.shape[0]
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 – takes a second, and few need it

    likeness = (shares @ shares.T).toarray()
    if meanings.shape[1]:
        likeness = WORDS * likeness + (1 - WORDS) * (meanings @ meanings.T)
    apart = np.clip(1 - likeness, 0, None)
    np.fill_diagonal(apart, 0)
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - alike
    )
    labels: list[int] = clustering.fit_predict(apart).tolist()
    return labels


def _shares(texts: Sequence[Asked]) -> csr_array:
    """Requests × words: each word's share of its request, rows of length 1."""
    columns: dict[str, int] = {}
    at = [columns.setdefault(term, len(columns)) for text in texts for term in text.terms]
    starts = np.cumsum([0, *(len(text.terms) for text in texts)])
    data = np.concatenate([np.zeros(0), *map(_unit, texts)])
    return csr_array((data, at, starts), shape=(len(texts), len(columns)))


def _unit(text: Asked) -> Array:
    unit: Array = text.weights / max(float(np.linalg.norm(text.weights)), TINY)
    return unit


def _meanings(texts: Sequence[Asked]) -> Array:
    """Requests × dimensions: what each is about beside what all of them are, rows of length 1 (or 0)."""
    about = np.zeros((len(texts), max((len(text.about) for text in texts), default=0)))
    for place, text in enumerate(texts):
        about[place, : len(text.about)] = text.about  # where nothing is known: of no length
    own = about - about.sum(axis=0) / (len(texts) + EMPTY)
    known = about.any(axis=1, keepdims=True)
    rows: Array = known * own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), TINY)
    return rows


def _named(texts: Sequence[Asked], meanings: Array) -> tuple[str, ...]:
    """The words that make these requests alike: what each adds to the likeness with their mean."""
    middle, shares = meanings.mean(axis=0), [_unit(text).tolist() for text in texts]
    common, strengths = Counter[str](), Counter[str]()
    surfaces: dict[str, Counter[str]] = defaultdict(Counter)
    for text, its in zip(texts, shares, strict=True):
        for term, surface, share in zip(text.terms, text.surfaces, its, strict=True):
            common[term] += share / len(texts)
            surfaces[term][surface] += 1
    for text, its in zip(texts, shares, strict=True):
        whole = (text.parts @ middle).tolist() if len(middle) else [0.0] * len(its)
        for term, share, meant in zip(text.terms, its, whole, strict=True):
            strengths[term] += WORDS * share * common[term] + (1 - WORDS) * meant
    ordered = sorted(strengths, key=lambda term: (-strengths[term], term))
    spelt = [min(surfaces[term].items(), key=lambda one: (-one[1], one[0]))[0] for term in ordered]
    words = list(dict.fromkeys(spelt))
    return tuple([word for word in words if NAMING.fullmatch(word)][:NAMED_BY] or words[:NAMED_BY])
