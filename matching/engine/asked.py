"""A request as the index sees it: which columns each of its words can meet, and what each is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matching.engine.columns import NOTHING, Columns
from matching.engine.meaning import Floats, Meaning
from matching.engine.thesaurus import Thesaurus
from matching.engine.weights import Weights, idf, nearness, unusual

Ints = npt.NDArray[np.int32]
Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
HINT = 0.02
NO_PARTS: Floats = np.zeros((1, 0), dtype=np.float32)


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


class AskedWord(NamedTuple):
    """One word of a request. A text meets it by the best of `near` and `equals` that it holds."""

    term: str
    surface: str
    weight: float  # its share of all words' weights
    must: bool
    near: Ints  # columns of near words, nearest first; the word itself may be among them
    near_worth: Array  # of each, in (0, 1)
    equals: tuple[tuple[int, ...], ...]  # worth 1 where a text holds all of its columns; the word itself too


class Meetings(NamedTuple):
    """What any one column may meet: column `columns[i]` meets `words[j]` for `worth[j]`, j in [starts[i],
    starts[i + 1])."""

    columns: Ints  # ascending
    starts: Places
    words: Ints
    worth: Array


@dataclass(frozen=True)
class Asked:
    """A whole request."""

    words: tuple[AskedWord, ...]
    letters: Ints  # columns
    letters_worth: Array  # of each, its share of all pairs' weights
    letters_share: float  # how much of the score is for the letters
    parts: Floats  # of each word, words × dimensions
    vector: Floats  # their sum: unit, or zeros

    @cached_property
    def weights(self) -> Array:
        """Of each word."""
        return np.array([word.weight for word in self.words])

    @cached_property
    def hints(self) -> tuple[Ints, Array]:
        """Columns of near words that add much to a text's score, and how much: those of HINT and more."""
        columns, worth = [NOTHING[0]], [NOTHING[1]]
        for word in self.words:
            adds = (1 - self.letters_share) * word.weight * word.near_worth
            much = (adds >= HINT) & ~np.isin(word.near, [equal[0] for equal in word.equals])
            columns.append(word.near[much])
            worth.append(adds[much])
        return np.concatenate(columns), np.concatenate(worth)

    @cached_property
    def phrases(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Number of a word, and columns that together are its equal."""
        return tuple((at, c) for at, word in enumerate(self.words) for c in word.equals if len(c) > 1)

    @cached_property
    def meetings(self) -> Meetings:
        """The words by the single columns that meet them."""
        alone = [[equal[0] for equal in word.equals if len(equal) == 1] for word in self.words]
        numbers = np.arange(len(self.words), dtype=np.int32)
        columns = np.array([column for equals in alone for column in equals], dtype=np.int32)
        words = np.repeat(numbers, [len(equals) for equals in alone])
        near = np.repeat(numbers, [len(word.near) for word in self.words])
        worth = np.concatenate([np.ones(len(columns)), *(word.near_worth for word in self.words)])
        columns = np.concatenate([columns, *(word.near for word in self.words)])
        words = np.concatenate([words, near])
        order = np.argsort(columns, kind="stable")
        columns = columns[order]
        begins = np.flatnonzero(np.diff(columns, prepend=-1))
        return Meetings(columns[begins], np.append(begins, len(columns)), words[order], worth[order])

    def met(self, columns: Ints) -> Iterator[tuple[int, int, float]]:
        """Of a text's columns: (place among them, number of a word that it meets, for what)."""
        meetings = self.meetings
        found = np.searchsorted(meetings.columns, columns)
        there = np.searchsorted(meetings.columns, columns, side="right") > found
        for place in np.flatnonzero(there).tolist():
            span = slice(*meetings.starts[found[place] : found[place] + 2].tolist())
            for number, worth in zip(
                meetings.words[span].tolist(), meetings.worth[span].tolist(), strict=True
            ):
                yield place, number, worth


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
    columns, df = known.columns.found(terms)
    ordinary = np.array([known.meaning.share(term) if known.meaning else 0.0 for term in terms])
    background = known.weights.background if known.meaning else 0.0
    everyday = _unusual(terms, known) * np.array(list(by_part.values()))
    worth = idf(df, known.texts, ordinary, background) * everyday
    shares = (worth / worth.sum()).tolist() if terms else []
    equals = _equals([[word.term for word in words] for words, _ in parts], known)
    asked = tuple(
        AskedWord(
            term,
            surfaces[term],
            share,
            by_part[term] > 1,
            *_near(term, share, known),
            (*equals.get(term, ()), (column,)) if column >= 0 else equals.get(term, ()),
        )
        for term, share, column in zip(terms, shares, columns.tolist(), strict=True)
    )
    letters, letters_worth = _letters(pairs, known)
    adds = NO_PARTS
    if known.meaning:
        rows = [known.meaning.row(term) for term in terms]
        adds = known.meaning.parts(rows, ((-np.log(ordinary) * everyday) ** 3).tolist())
    return Asked(
        words=asked,
        letters=letters,
        letters_worth=letters_worth,
        letters_share=known.weights.letters if pairs else 0.0,
        parts=adds,
        vector=adds.sum(axis=0),
    )


def _unusual(terms: Sequence[str], known: Known) -> Array:
    rf = np.array([float(known.requests.get(term, 0)) for term in terms])
    return unusual(rf, known.request_count) ** known.weights.ordinary


def _letters(pairs: Sequence[str], known: Known) -> tuple[Ints, Array]:
    distinct = list(dict.fromkeys(pairs))
    columns, df = known.letters.found(distinct)
    rarity = idf(df, known.texts, np.zeros(len(distinct)), 0.0)
    return columns[columns >= 0], (rarity / rarity.sum())[columns >= 0]


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


def _near(term: str, share: float, known: Known) -> tuple[Ints, Array]:
    """Columns of words near this one that are worth counting, and how much."""
    row = known.meaning.row(term) if known.meaning else -1
    if row < 0:
        return NOTHING
    columns, cosines = known.columns.near(row)
    worth = nearness(cosines, known.weights.near_most)
    counted = int(np.searchsorted(-worth, -known.weights.near_least / share, side="right"))
    return columns[:counted], worth[:counted]
