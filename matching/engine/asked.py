"""A request as the index sees it: which columns each of its words can meet, and what each is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matching.engine.columns import Columns
from matching.engine.meaning import Floats, Meaning
from matching.engine.thesaurus import Thesaurus
from matching.engine.weights import Weights, idf, nearness, unusual

Ints = npt.NDArray[np.int32]
Array = npt.NDArray[np.float64]


class Word(Protocol):
    """What an analyser yields: a normalised form, and how it stands in the text."""

    @property
    def term(self) -> str: ...
    @property
    def surface(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. A word of `must` weighs more than one of `text`, one of `nice` less."""

    text: str
    must: str = ""
    nice: str = ""


@dataclass(frozen=True, slots=True)
class AskedWord:
    """One word of a request. A text meets it by the best of `near` and `equals` that it holds."""

    term: str
    surface: str
    weight: float  # its share of all words' weights
    must: bool
    near: Ints  # columns of other words
    near_worth: Array  # of each, in (0, 1)
    equals: tuple[tuple[int, ...], ...]  # worth 1 where a text holds all of its columns; the word itself too


@dataclass(frozen=True)
class Asked:
    """A whole request."""

    words: tuple[AskedWord, ...]
    letters: tuple[tuple[int, float], ...]  # column, share of all pairs' weights
    letters_share: float  # how much of the score is for the letters
    parts: Floats  # of each word, words × dimensions
    vector: Floats  # their sum: unit, or zeros

    @cached_property
    def near_words(self) -> dict[int, list[tuple[int, float]]]:
        """Column → (number of a word it is near, what it is worth there)."""
        found: dict[int, list[tuple[int, float]]] = {}
        for number, word in enumerate(self.words):
            for column, worth in zip(word.near.tolist(), word.near_worth.tolist(), strict=True):
                found.setdefault(column, []).append((number, worth))
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of words when a request comes."""

    columns: Columns
    letters: Columns
    texts: int
    requests: Mapping[str, int]  # word → past requests that have it
    request_count: int
    meaning: Meaning | None
    thesaurus: Thesaurus
    weights: Weights


def ask(parts: Sequence[tuple[Sequence[Word], float]], pairs: Sequence[str], known: Known) -> Asked:
    """`parts`: analysed text with its weight, the first one the request itself; `pairs`: its letters."""
    by_part: dict[str, float] = {}
    surfaces: dict[str, str] = {}
    for words, by in parts:
        for word in words:
            by_part[word.term] = max(by_part.get(word.term, 0.0), by)
            surfaces.setdefault(word.term, word.surface)
    terms = list(by_part)
    rarity, everyday = _rarity(terms, known), _unusual(terms, known)
    worth = rarity * everyday * np.array(list(by_part.values()))
    shares = worth / worth.sum() if terms else worth
    equals = _equals([[word.term for word in words] for words, _ in parts], known)
    asked = tuple(
        _word(term, surfaces[term], float(share), by_part[term], equals.get(term, ()), known)
        for term, share in zip(terms, shares, strict=True)
    )
    letters = _letters(pairs, known)
    adds = _parts(terms, everyday * np.array(list(by_part.values())), known)
    return Asked(
        words=asked,
        letters=letters,
        letters_share=known.weights.letters if pairs else 0.0,
        parts=adds,
        vector=adds.sum(axis=0),
    )


def _rarity(terms: Sequence[str], known: Known) -> Array:
    columns = [known.columns.find(term) for term in terms]
    df = np.array([known.columns.df[column] if column >= 0 else 0.0 for column in columns])
    if known.meaning is None:
        return idf(df, known.texts, np.zeros(len(terms)), 0.0)
    share = np.array([known.meaning.share(term) for term in terms])
    return idf(df, known.texts, share, known.weights.background)


def _unusual(terms: Sequence[str], known: Known) -> Array:
    rf = np.array([float(known.requests.get(term, 0)) for term in terms])
    return unusual(rf, known.request_count) ** known.weights.ordinary


def _parts(terms: Sequence[str], by: Array, known: Known) -> Floats:
    if known.meaning is None:
        return np.zeros((len(terms), 0), dtype=np.float32)
    rarity = -np.log([known.meaning.share(term) for term in terms]) * by
    return known.meaning.parts([known.meaning.row(term) for term in terms], list(rarity**3))


def _letters(pairs: Sequence[str], known: Known) -> tuple[tuple[int, float], ...]:
    distinct = list(dict.fromkeys(pairs))
    columns = [known.letters.find(pair) for pair in distinct]
    df = np.array([known.letters.df[column] if column >= 0 else 0.0 for column in columns])
    rarity = idf(df, known.texts, np.zeros(len(distinct)), 0.0)
    shares = (rarity / rarity.sum()).tolist() if distinct else []
    return tuple((column, share) for column, share in zip(columns, shares, strict=True) if column >= 0)


def _equals(parts: Sequence[Sequence[str]], known: Known) -> dict[str, tuple[tuple[int, ...], ...]]:
    """For each word of an expanded stretch (within one part): the alternatives' columns."""
    found: dict[str, tuple[tuple[int, ...], ...]] = {}
    for terms, expansion in ((part, e) for part in parts for e in known.thesaurus.expand(part)):
        columns = tuple(
            tuple(known.columns.find(term) for term in alternative) for alternative in expansion.alternatives
        )
        met = tuple(c for c in columns if min(c) >= 0)
        for term in terms[expansion.first : expansion.first + expansion.length]:
            found[term] = found.get(term, ()) + met
    return found


def _word(
    term: str, surface: str, share: float, by: float, equals: tuple[tuple[int, ...], ...], known: Known
) -> AskedWord:
    near, worth = _near(term, share, known)
    own = known.columns.find(term)
    whole = (*equals, (own,)) if own >= 0 else equals
    apart = ~np.isin(near, [columns[0] for columns in whole if len(columns) == 1])
    return AskedWord(term, surface, share, by > 1, near[apart], worth[apart], whole)


def _near(term: str, share: float, known: Known) -> tuple[Ints, Array]:
    """Columns of other words near this one that are worth counting."""
    row = known.meaning.row(term) if known.meaning else -1
    if known.meaning is None or row < 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0)
    rows, cosines = known.meaning.near(row)
    worth = nearness(cosines, known.weights.near_most)
    counted = int(np.searchsorted(-worth * share, -known.weights.near_least, side="right"))
    groups = known.columns.on_rows(rows[:counted].tolist())
    columns = np.array([column for group in groups for column in group], dtype=np.int32)
    return columns, np.repeat(worth[:counted], [len(group) for group in groups])
