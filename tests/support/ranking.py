"""The ranking written down once more, text by text and slowly, to hold the index against.

Words are Latin and stand between spaces; a few have hand-made vectors.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest

from matching.engine import explaining, weights
from matching.engine import index as rooms
from matching.engine.asked import Wish
from matching.engine.meaning import Meaning, word_key
from matching.engine.text import Term
from matching.engine.thesaurus import Group
from matching.engine.weights import Weights

# Coordinates by axis.
ROWS: list[dict[int, float]] = [
    {},  # a row that says nothing
    {0: 0.8, 70: 0.5, 1: 0.25},  # sewing
    {0: 0.5, 1: 0.9},  # machines
    {0: -2.0, 70: -0.5, 2: 0.125},  # what is used where sewing never is
    {3: 0.7, 4: 0.2},  # singing
    {3: 0.4, 4: 0.6, 65: 0.3},  # choirs
    {5: 1.0, 66: -1.5},  # tea
]
KNOWN = {  # word → row, place in the order of frequency
    "sew": (1, 900),
    "stitch": (1, 1500),  # two words on one row
    "machine": (2, 120),
    "engine": (2, 300),
    "drill": (3, 1900),
    "sing": (4, 40),
    "chant": (4, 1700),
    "choir": (5, 800),
    "tea": (6, 10),
    "of": (0, 0),
}
UNKNOWN = ["seam", "drum", "x", "teapot"]  # no vectors; some share letters with known words
WORDS = [*KNOWN, *UNKNOWN]
KEYS = 2000  # words that have a key; those not named here stand for nothing
AXES = 72


def split(text: str) -> list[Term]:
    """Words between spaces; "Sew" and "sew" are one word."""
    return [Term(word.casefold(), word, 0, 0) for word in text.split()]


def small_meaning(rows: Sequence[Mapping[int, float]] = ROWS) -> Meaning:
    """The words above as an installation's vectors."""
    vectors = np.zeros((len(rows), AXES), dtype=np.float32)
    for row, axes in enumerate(rows):
        for axis, value in axes.items():
            vectors[row, axis] = value
    others = [f"word{number}" for number in range(KEYS - len(KNOWN))]
    places = [place for place in range(KEYS) if place not in {rank for _, rank in KNOWN.values()}]
    words = {word: (0, place) for word, place in zip(others, places, strict=True)} | KNOWN
    keys = np.array([word_key(word) for word in words], dtype=np.uint64)
    order = np.argsort(keys)
    near = [
        sorted(((_cosine(one, other), at) for at, other in enumerate(vectors)), key=lambda n: (-n[0], n[1]))
        for one in vectors
    ]
    kept = [[(cosine, at) for cosine, at in row if cosine >= 0.3] for row in near]
    return Meaning(
        {
            "keys": keys[order],
            "rows": np.array([row for row, _ in words.values()], dtype=np.int32)[order],
            "ranks": np.array([place for _, place in words.values()], dtype=np.int32)[order],
            "vectors": vectors,
            "starts": np.cumsum([0, *(len(row) for row in kept)], dtype=np.int32),
            "near": np.array([at for row in kept for _, at in row], dtype=np.int16),
            "nearness": np.array([cosine for row in kept for cosine, _ in row], dtype=np.float16),
        }
    )


@contextmanager
def small_parts(*, few_requests: int = 3) -> Iterator[None]:
    """The index as it is with many texts, with few: segments, merges, blocks and both ways of `allowed`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "TAIL", 3)
        patch.setattr(rooms, "GROWTH", 2)
        patch.setattr(rooms, "FEW", 2)
        patch.setattr(weights, "FEW_REQUESTS", few_requests)
        yield


class Slow:
    """Every text scored by itself, from the formula."""

    def __init__(
        self,
        texts: Mapping[str, str],
        *,
        vectors: bool,
        groups: Sequence[Group] = (),
        requests: Collection[Collection[str]] = (),
        few_requests: int = 3,
        by: Weights = Weights(),  # noqa: B008 – frozen
    ) -> None:
        self.texts = {id: Counter(body.casefold().split()) for id, body in texts.items()}
        self.pairs = {id: Counter(_pairs(body)) for id, body in texts.items()}
        self.vectors, self.groups, self.by, self.few = vectors, groups, by, few_requests
        self.requests = [set(request) for request in requests]
        self.pivot, self.pairs_pivot = _pivot(self.texts), _pivot(self.pairs)

    def scores(self, wish: Wish) -> dict[str, tuple[float, dict[str, float]]]:
        """For each text with a score above 0: the score, and what each word, the letters (「文字」) and what
        is left of the whole text (「全体」) give."""
        worth = self._worth(wish)
        others = {word: self._alternatives(word, wish) for word in worth}
        rare = {pair: self._idf(pair, self.pairs, 0.0) for pair in _pairs(" ".join(_parts(wish)))}
        about = self._about(wish)
        found = {id: self._score(id, worth, others, rare, about) for id in self.texts}
        return {id: (sum(parts.values()), parts) for id, parts in found.items() if sum(parts.values()) > 0}

    def _score(
        self,
        id: str,
        worth: Mapping[str, float],
        others: Mapping[str, list[list[str]]],
        rare: Mapping[str, float],
        about: Mapping[str, float],
    ) -> dict[str, float]:
        text, by, pivot = self.texts[id], self.by, self.pivot
        met = {}
        for word, share in worth.items():
            ways = [self._strength(text, word, pivot)]
            ways += [
                min(self._strength(text, other, pivot) for other in alternative)
                for alternative in others[word]
            ]
            for other in text:
                cosine = _near(word, other) if self.vectors and other != word else 0.0
                near = (cosine - 0.3) / 0.7 * by.near_most
                if cosine and near * share >= by.near_least:
                    ways.append(near * self._strength(text, other, pivot))
            met[word] = share * max(ways)
        letters = sum(
            rarity / sum(rare.values()) * self._strength(self.pairs[id], pair, self.pairs_pivot)
            for pair, rarity in rare.items()
        )
        part = by.letters if rare else 0.0
        parts = {word: (1 - part) * value for word, value in met.items()} | {"文字": part * letters}
        kept = _kept(text)
        near = max(0.0, min(1.0, _dot(_mean(about), kept))) if self.vectors else 0.0
        whole = parts["全体"] = by.meaning * max(0.0, 1 - sum(parts.values())) * near
        for word, gain in _gains(about, kept).items():
            if whole and gain * whole >= explaining.A_LINE:
                parts[word] += gain * whole
                parts["全体"] -= gain * whole
        return {name: value for name, value in parts.items() if value > 1e-9}

    def _asked(self, wish: Wish) -> dict[str, float]:
        """Each word and the largest weight of a part that it stands in."""
        asked: dict[str, float] = {}
        for part, by in ((wish.text, 1.0), (wish.must, self.by.must), (wish.nice, self.by.nice)):
            for word in part.casefold().split():
                asked[word] = max(by, asked.get(word, 0.0))
        return asked

    def _worth(self, wish: Wish) -> dict[str, float]:
        background = self.by.background if self.vectors else 0.0
        worth = {
            word: by * self._unusual(word) * self._idf(word, self.texts, background)
            for word, by in self._asked(wish).items()
        }
        return {word: value / sum(worth.values()) for word, value in worth.items()}

    def _idf(self, word: str, texts: Mapping[str, Counter[str]], background: float) -> float:
        df = sum(word in text for text in texts.values())
        share = _share(word) if background else 0.0
        return math.log((1 + len(texts) + background) / (1 + df + background * share)) + 1

    def _unusual(self, word: str) -> float:
        if len(self.requests) < self.few:
            return 1.0
        all_of_them = 1 + len(self.requests)
        having = 0.5 + sum(word in request for request in self.requests)
        return (math.log(all_of_them / having) / math.log(all_of_them / 0.5)) ** self.by.ordinary

    def _strength(self, text: Counter[str], word: str, pivot: float) -> float:
        slowed = 1 - self.by.by_length + self.by.by_length * text.total() / pivot
        return text[word] / (text[word] + self.by.saturation * slowed)

    def _alternatives(self, word: str, wish: Wish) -> list[list[str]]:
        """What else meets the word: for single words and phrases of the groups (of which none overlap)."""
        found: list[list[str]] = []
        for part in _parts(wish):
            asked = part.casefold().split()
            for group in self.groups:
                for entry in (words.split() for words in group.words):
                    stands = any(asked[at : at + len(entry)] == entry for at in range(len(asked)))
                    if word in entry and stands:
                        others = [other.split() for other in (*group.words, *group.narrower)]
                        found += [other for other in others if not set(entry) <= set(other)]
        return found

    def _about(self, wish: Wish) -> dict[str, float]:
        return {
            word: (-math.log(_share(word)) * self._unusual(word) * by) ** 3
            for word, by in self._asked(wish).items()
        }


def _gains(about: Mapping[str, float], kept: Sequence[float]) -> dict[str, float]:
    """Of each word that speaks for the nearness of the whole texts: its share of it."""
    adds = {word: max(0.0, by * _dot(_vector(word), kept)) for word, by in about.items()}
    return {word: add / sum(adds.values()) for word, add in adds.items() if add > 0}


def _kept(text: Counter[str]) -> list[float]:
    """A text's unit vector as the engine keeps it."""
    there = _mean({word: math.log(_share(word)) ** 2 for word in text})
    vector = np.array(there, dtype=np.float32)
    scale = np.abs(vector).max() / np.float32(127)
    return [float(value) for value in np.rint(vector / scale if scale else vector) * scale]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _parts(wish: Wish) -> tuple[str, str, str]:
    return wish.text, wish.must, wish.nice


def _pairs(text: str) -> list[str]:
    return [word[at : at + 2] for word in text.casefold().split() for at in range(len(word) - 1)]


def _pivot(texts: Mapping[str, Counter[str]]) -> float:
    """The mean length, at least 1, to the nearest power of √2."""
    mean = max(1.0, sum(text.total() for text in texts.values()) / max(1, len(texts)))
    return math.sqrt(2) ** round(math.log(mean, math.sqrt(2)))


@cache
def _share(word: str) -> float:
    """By Zipf's law: the share of texts of 60 words that hold it."""
    rank = KNOWN[word][1] if word in KNOWN else KEYS
    return 1 - math.exp(-60 / (math.log(KEYS) * (rank + 3)))


def _vector(word: str) -> list[float]:
    axes = ROWS[KNOWN[word][0]] if word in KNOWN else {}
    return [axes.get(axis, 0.0) for axis in range(AXES)]


@cache
def _near(word: str, other: str) -> float:
    """The cosine in half precision, as it is kept; 0: not near."""
    cosine = _cosine(_vector(word), _vector(other))
    return float(np.float16(cosine)) if cosine >= 0.3 else 0.0


def _mean(weighted: Mapping[str, float]) -> list[float]:
    """The unit vector of the words' mean; zeros: nothing known.

    In single precision like the engine's: what is then halved would show where it was rounded otherwise.
    """
    known = [word for word in weighted if word in KNOWN]
    if not known:
        return [0.0] * AXES
    by = np.array([weighted[word] for word in known], dtype=np.float32)
    mean = by @ np.array([_vector(word) for word in known], dtype=np.float32)
    length = float(np.linalg.norm(mean))
    return (mean / length if length else mean).tolist()


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0
