"""A request as the index sees it: which columns each of its words can meet, and what each is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import starmap
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matching.engine.columns import NOTHING, Columns, Near
from matching.engine.loops import Lists, Query
from matching.engine.meaning import Floats, Meaning
from matching.engine.thesaurus import Thesaurus
from matching.engine.weights import Weights, idf, unusual

Ints = npt.NDArray[np.int32]
Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
NO_PARTS: Floats = np.zeros((1, 0), dtype=np.float32)
NO_COLUMNS: Ints = np.zeros(0, dtype=np.int32)
NOTHING_HELD = Lists(np.zeros(1, dtype=np.int64), NO_COLUMNS, np.zeros(0, dtype=np.float32))


class Word(Protocol):
    """What an analyser yields: a normalised form, and how it stands in the text."""

    @property
    def term(self) -> str: ...
    @property
    def surface(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. A word of `must` weighs more than one of `text`, one of `nice` less.

    `words`: those of `text`, where they are known; else they are looked for.
    """

    text: str
    must: str = ""
    nice: str = ""
    words: Sequence[Word] = field(default=(), compare=False)


Equals = tuple[tuple[int, ...], ...]


class AskedWord(NamedTuple):
    """One word of a request. A text meets it by the best of `near` and `equals` that it holds."""

    term: str
    surface: str
    weight: float  # its share of all words' weights
    must: bool
    near: Ints  # columns of near words, nearest first; the word itself may be among them
    near_worth: Array  # of each, in (0, 1)
    equals: Equals  # worth 1 where a text holds all of its columns; the word itself too


class Meetings(NamedTuple):
    """What any one column may meet: column `columns[i]` meets `words[j]` for `worth[j]`, j in [starts[i],
    starts[i + 1])."""

    columns: Ints  # ascending
    starts: Places
    words: Ints
    worth: Array


@dataclass(eq=False)
class Asked:
    """A whole request. By word, in the order of the text: `terms`, `surfaces`, `weights`, `musts`, `near`,
    `equals`, `parts`, as AskedWord has them."""

    terms: Sequence[str]
    surfaces: Sequence[str]
    weights: Array
    musts: Sequence[bool]
    near: Sequence[Near]
    equals: Sequence[Equals]
    phrases: Sequence[
        tuple[int, tuple[int, ...]]
    ]  # number of a word, and columns that together are its equal
    letters: Ints  # columns
    letters_worth: Array  # of each, its share of all pairs' weights
    letters_share: float  # how much of the score is for the letters
    parts: Floats  # words × dimensions
    about: Floats  # their sum, a unit vector; no length where nothing is known

    @cached_property
    def words(self) -> tuple[AskedWord, ...]:
        """The same word by word, for what looks at a few texts only."""
        near, worth = zip(*self.near, strict=True) if self.near else ((), ())
        weights = self.weights.tolist()
        by_word = zip(self.terms, self.surfaces, weights, self.musts, near, worth, self.equals, strict=True)
        return tuple(starmap(AskedWord, by_word))

    @cached_property
    def query(self) -> Query:
        """The request for the compiled loops, its phrases left out."""
        columns: list[int] = []
        worth: list[float] = []
        starts = [0]
        for equals, (near, near_worth) in zip(self.equals, self.near, strict=True):
            for equal in equals:
                if len(equal) == 1:
                    columns.append(equal[0])
                    worth.append(1.0)
            if len(near):
                columns += near.tolist()
                worth += near_worth.tolist()
            starts.append(len(columns))
        return Query(
            weights=(1 - self.letters_share) * self.weights,
            starts=np.array(starts),
            columns=np.array(columns, dtype=np.int32),
            worth=np.array(worth),
            held_for=NO_COLUMNS,
            held=NOTHING_HELD,
            letters=self.letters,
            letters_weights=self.letters_share * self.letters_worth,
        )

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


class Known(NamedTuple):
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
    everyday = _unusual(terms, known) * np.array(list(by_part.values()))
    meaning, background = known.meaning, known.weights.background if known.meaning else 0.0
    ordinary = np.array([meaning.share(term) for term in terms]) if meaning else 0.0
    worth = idf(df, known.texts, ordinary, background) * everyday
    shares = worth / worth.sum() if terms else worth
    near, adds, about = [NOTHING] * len(terms), NO_PARTS, NO_PARTS[0]
    if meaning:
        rows = [meaning.row(term) for term in terms]
        near = [_near(row, share, known) for row, share in zip(rows, shares.tolist(), strict=True)]
        adds = meaning.parts(rows, ((-np.log(ordinary) * everyday) ** 3).tolist())
        about = adds.sum(axis=0)
        about = about if about.any() else NO_PARTS[0]
    letters, letters_worth = _letters(pairs, known)
    equals: list[Equals] = [((column,),) if column >= 0 else () for column in columns.tolist()]
    phrases: list[tuple[int, tuple[int, ...]]] = []
    if others := _others([[word.term for word in words] for words, _ in parts], known):
        equals = [others.get(term, ()) + own for term, own in zip(terms, equals, strict=True)]
        phrases = [(at, held) for at, equal in enumerate(equals) for held in equal if len(held) > 1]
    return Asked(
        terms=terms,
        surfaces=[surfaces[term] for term in terms],
        weights=shares,
        musts=[by > 1 for by in by_part.values()],
        near=near,
        equals=equals,
        phrases=phrases,
        letters=letters,
        letters_worth=letters_worth,
        letters_share=known.weights.letters if pairs else 0.0,
        parts=adds,
        about=about,
    )


def _unusual(terms: Sequence[str], known: Known) -> Array | float:
    if not known.request_count:
        return 1.0
    rf = np.array([float(known.requests.get(term, 0)) for term in terms])
    return unusual(rf, known.request_count) ** known.weights.ordinary


def _letters(pairs: Sequence[str], known: Known) -> tuple[Ints, Array]:
    if not pairs:
        return NOTHING
    distinct = list(dict.fromkeys(pairs))
    columns, df = known.letters.found(distinct)
    rarity = idf(df, known.texts)
    return columns[columns >= 0], (rarity / rarity.sum())[columns >= 0]


def _others(parts: Sequence[Sequence[str]], known: Known) -> dict[str, Equals]:
    """For each word of an expanded stretch (within one part): the alternatives' columns."""
    found: dict[str, Equals] = {}
    for words, expansion in ((part, e) for part in parts for e in known.thesaurus.expand(part)):
        alternatives = (tuple(known.columns.find(t) for t in terms) for terms in expansion.alternatives)
        met = tuple(alternative for alternative in alternatives if min(alternative) >= 0)
        for term in words[expansion.first : expansion.first + expansion.length]:
            found[term] = found.get(term, ()) + met
    return found


def _near(row: int, share: float, known: Known) -> Near:
    """Columns of words near this row's that are worth counting, and how much."""
    if row < 0:
        return NOTHING
    columns, worth = known.columns.near(row)
    counted = int(np.searchsorted(-worth, -known.weights.near_least / share, side="right"))
    return columns[:counted], worth[:counted]
