"""Texts → an updatable TF-IDF index → ranked, explained hits.

The score of a text lies in [0, 1] and is the sum of its shown weights:

    words    Σ share of the request's word × how near the text's best word is × how strongly that stands there
    letters  the same over pairs of characters, for spellings the dictionary cuts differently
    whole    λ (1 − words − letters) × cosine of the two texts' mean vectors: speaks where words do not meet

A word's share is its idf × how unusual it is in requests, of the sum over the request: a request's words can
reach 1 at most, whatever the other texts are.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from matching.engine import snapshot
from matching.engine import text as words_of
from matching.engine.asked import Asked, Known, Wish, Word, ask
from matching.engine.columns import Columns
from matching.engine.explaining import Hit, Words, explain
from matching.engine.loops import ROUNDING, Floats, Ints
from matching.engine.meaning import Meaning
from matching.engine.scoring import best
from matching.engine.segment import Allowed, Rows, Segment, merged, quantised
from matching.engine.several import Several
from matching.engine.thesaurus import Thesaurus
from matching.engine.weights import Weights

Analyse = Callable[[str], Sequence[Word]]
Least = Callable[[float], float]  # the best score → the least that is wanted
EMPTY = Thesaurus()
TAIL = 256  # texts that are counted anew with each change; more become a segment
GROWTH = 4  # a segment is merged with one that is not this many times larger
FEW = 256  # so few allowed texts are looked at one by one


def any_score(_best: float) -> float:
    """Whatever meets the request at all is wanted."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched: an id and its named texts, such as title and body."""

    id: str
    fields: Mapping[str, str]


@dataclass(slots=True)
class _Entry:
    """A text of the tail, as a segment's row would hold it."""

    id: str
    columns: Ints
    counts: Floats
    surfaces: Ints
    letters: Ints
    letter_counts: Floats
    vector: Floats


class TfidfIndex:
    """Texts by their words. A change is visible to the next search; ties break by id."""

    def __init__(
        self,
        analyse: Analyse = words_of.analyse,
        meaning: Meaning | None = None,
        weights: Weights = Weights(),  # noqa: B008 – frozen
    ) -> None:
        """`meaning`: the installation's vectors; None: ranks by words alone."""
        self._analyse, self.meaning, self.weights = analyse, meaning, weights
        self.columns, self.letters = Columns(meaning, weights.near_most), Columns()
        self.surfaces = Columns()
        self.segments: list[Segment] = []
        self._tail: dict[str, _Entry] = {}
        self._tail_segment: Segment | None = None
        self._current: list[Segment] | None = None  # until the next change
        self.totals = np.zeros(2)  # words and pairs of letters of all texts
        self.note = ""  # kept with it: what its owner must know of what it is made of
        self.requests: Counter[str] = Counter()
        self.request_terms: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return sum(len(segment.places) for segment in self.segments) + len(self._tail)

    # --- changing --------------------------------------------------------------------------------------

    def upsert(self, document: Document) -> None:
        """Add the document, or put it in the place of the one with its id."""
        found = [word for field in document.fields.values() for word in self._analyse(field)]
        self.put(document.id, found, "\n".join(document.fields.values()))

    def put(self, id: str, words: Sequence[Word], text: str) -> None:
        """`upsert` of a text that has been analysed before."""
        self.remove(id)
        surfaces: dict[str, str] = {}
        for word in words:
            surfaces.setdefault(word.term, word.surface)
        columns, counts = _counted(self.columns, (word.term for word in words))
        letters, letter_counts = _counted(self.letters, words_of.letters(text))
        spelt = self.surfaces.make(surfaces[self.columns.terms[column]] for column in columns)
        vector = self._vector([word.term for word in words])
        self._account(columns, counts, letters, letter_counts, +1)
        self._tail[id] = _Entry(id, columns, counts, spelt, letters, letter_counts, vector)
        self._tail_segment = None

    def remove(self, id: str) -> None:
        """Forget the text; an unknown id is no error."""
        if entry := self._tail.pop(id, None):
            self._account(entry.columns, entry.counts, entry.letters, entry.letter_counts, -1)
            self._tail_segment = None
        for segment in self.segments:
            if (row := segment.places.pop(id, None)) is not None:
                segment.alive[row] = False
                self._account(*segment.words.row(row), *segment.letters.row(row), -1)

    def put_request(self, id: str, terms: Collection[str]) -> None:
        """A past request's words: what is ordinary in requests counts for less (from some fifty on)."""
        self.remove_request(id)
        self.request_terms[id] = frozenset(terms)
        self.requests.update(self.request_terms[id])

    def remove_request(self, id: str) -> None:
        """Forget the request; an unknown id is no error."""
        self.requests.subtract(self.request_terms.pop(id, ()))

    def save(self, path: Path) -> None:
        """Write what is needed to start without analysing a text again."""
        snapshot.save(self, path)

    @classmethod
    def load(
        cls,
        path: Path,
        analyse: Analyse = words_of.analyse,
        meaning: Meaning | None = None,
        weights: Weights = Weights(),  # noqa: B008 – frozen
    ) -> Self:
        """The saved index. ValueError where the file is damaged, or something else made it."""
        index = cls(analyse, meaning, weights)
        snapshot.fill(index, path)
        return index

    # --- searching -------------------------------------------------------------------------------------

    def search(
        self,
        wish: Wish | str,
        limit: int,
        allowed: Collection[str] | None = None,
        thesaurus: Thesaurus = EMPTY,
    ) -> list[Hit]:
        """The best `limit` texts (of `allowed` only, if given) with a score above 0, best first."""
        if limit < 1 or not len(self):
            return []
        asked = self.asked(wish, thesaurus)
        if allowed is not None and len(allowed) <= FEW:
            places = [
                (segment, row)
                for segment in self.current()
                for id in set(allowed)
                if (row := segment.places.get(id)) is not None
            ]
        else:
            places = [(segment, row) for segment, row, _ in self._scored(asked, limit, allowed)]
        hits = [self._hit(asked, segment, row) for segment, row in places]
        found = sorted((hit for hit in hits if hit.score > 0), key=lambda hit: (-hit.score, hit.id))
        return found[:limit]

    def asked(self, wish: Wish | str | Asked, thesaurus: Thesaurus = EMPTY) -> Asked:
        """The request as the index sees it now; one that was asked before as it was seen then."""
        if isinstance(wish, Asked):
            return wish
        wish = Wish(wish) if isinstance(wish, str) else wish
        parts: list[tuple[str, Sequence[Word], float]] = [
            (wish.text, wish.words, 1.0),
            (wish.must, (), self.weights.must),
            (wish.nice, (), self.weights.nice),
        ]
        known = Known(
            columns=self.columns,
            letters=self.letters,
            texts=len(self),
            requests=self.requests,
            request_count=len(self.request_terms),
            meaning=self.meaning,
            thesaurus=thesaurus,
            weights=self.weights,
        )
        analysed = [(words or self._analyse(text), by) for text, words, by in parts if text]
        pairs = words_of.letters("\n".join(text for text, _, _ in parts)) if self.weights.letters else []
        return ask(analysed, pairs, known)

    def ranked(
        self,
        wish: Wish | str | Asked,
        limit: int,
        allowed: Collection[str] | None = None,
        thesaurus: Thesaurus = EMPTY,
        least: Least = any_score,
    ) -> list[tuple[str, float]]:
        """`search` without its reasons: ids and scores, best first."""
        found = [
            (segment.ids[row], score)
            for segment, row, score in self._scored(self.asked(wish, thesaurus), limit, allowed, least)
        ]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def several(self, wishes: Iterable[Wish], thesaurus: Thesaurus = EMPTY) -> Several:
        """Many requests as the index sees them now, for `scores`."""
        dimensions = self.meaning.vectors.shape[1] if self.meaning else 0
        return Several.of((self.asked(wish, thesaurus) for wish in wishes), dimensions)

    def scores(self, several: Several, ids: Iterable[str]) -> dict[str, npt.NDArray[np.float64]]:
        """Each of these texts that is there → its score for every one of the requests, as `search` has it."""
        return {
            id: several.scores(segment, row, self.columns, self.letters, self.weights)
            for segment in self.current()
            for id in ids
            if (row := segment.places.get(id)) is not None
        }

    def _scored(
        self, asked: Asked, limit: int, allowed: Collection[str] | None, least: Least = any_score
    ) -> list[tuple[Segment, int, float]]:
        """Where the first `limit` are, and those that rounding might confuse with them."""
        if allowed is not None and not isinstance(allowed, Allowed):
            allowed = Allowed(allowed)
        by_segment = [
            (segment, *best(segment, asked, self.weights, may, limit))
            for segment in self.current()
            for may in [segment.alive if allowed is None else allowed.rows(segment)]
        ]
        wanted = least(max((float(scores.max(initial=0)) for _, _, scores in by_segment), default=0.0))
        found: list[tuple[Segment, int, float]] = []
        for segment, rows, scores in by_segment:
            there = scores >= wanted
            found += zip(repeat(segment), rows[there].tolist(), scores[there].tolist(), strict=False)
        if len(found) > limit:
            last = sorted((score for _, _, score in found), reverse=True)[limit - 1] - ROUNDING
            found = [place for place in found if place[2] >= last]
        return found

    def _hit(self, asked: Asked, segment: Segment, row: int) -> Hit:
        words = Words(self.columns.terms, self.letters.terms, self.surfaces.terms)
        return explain(segment, row, asked, words, self.meaning, self.weights)

    # --- segments --------------------------------------------------------------------------------------

    def current(self) -> list[Segment]:
        """All segments, with every change in them."""
        if self._current is None:
            if len(self._tail) > TAIL:
                self._settle()
            if self._tail and self._tail_segment is None:
                self._tail_segment = self._segment(list(self._tail.values()))
            self._current = [*self.segments, *([self._tail_segment] if self._tail_segment else [])]
            for segment in self._current:
                if segment.pivots != self.pivots:
                    self._weigh(segment)
        return self._current

    @property
    def pivots(self) -> tuple[float, float]:
        """The ordinary length of a text in words and in pairs: the mean, in steps of √2, so that a change of
        one text seldom moves it and it depends on nothing but the texts that are there."""
        means = [max(total / max(len(self), 1), 1.0) for total in self.totals.tolist()]
        words, letters = (float(2 ** (np.round(2 * np.log2(mean)) / 2)) for mean in means)
        return words, letters

    def compact(self) -> None:
        """Merge everything into one segment."""
        self._settle(all_of_them=True)

    def _settle(self, *, all_of_them: bool = False) -> None:
        """The tail becomes a segment, merged with those that are not much larger."""
        parts = [self._segment(list(self._tail.values()))] if self._tail else []
        size = len(self._tail)
        while self.segments and (all_of_them or len(self.segments[-1]) < GROWTH * size):
            parts.insert(0, self.segments.pop())
            size += len(parts[0])
        self._tail, self._tail_segment, self._current = {}, None, None
        if parts:
            segment = merged(parts)
            self._weigh(segment)
            self.segments.append(segment)

    def _weigh(self, segment: Segment) -> None:
        segment.weigh((len(self.columns), len(self.letters)), self.pivots, self.weights)

    def _segment(self, entries: Sequence[_Entry]) -> Segment:
        vectors, scales = quantised(np.stack([entry.vector for entry in entries]))
        return Segment(
            ids=[entry.id for entry in entries],
            words=_rows([e.columns for e in entries], [e.counts for e in entries]),
            surfaces=np.concatenate([entry.surfaces for entry in entries]),
            letters=_rows([e.letters for e in entries], [e.letter_counts for e in entries]),
            vectors=vectors,
            scales=scales,
            alive=np.ones(len(entries), dtype=np.bool_),
        )

    def _vector(self, terms: Sequence[str]) -> Floats:
        if self.meaning is None:
            return np.zeros(0, dtype=np.float32)
        distinct = list(dict.fromkeys(terms))
        rarity = -np.log([self.meaning.share(term) for term in distinct])
        return self.meaning.text([self.meaning.row(term) for term in distinct], (rarity**2).tolist())

    def _account(self, columns: Ints, counts: Floats, letters: Ints, letter_counts: Floats, by: int) -> None:
        self._current = None
        self.columns.count(columns, by)
        self.letters.count(letters, by)
        self.totals += by * np.array([counts.sum(), letter_counts.sum()], dtype=np.float64)


def _counted(columns: Columns, terms: Iterable[str]) -> tuple[Ints, Floats]:
    """Distinct columns, ascending, and how often each stands there."""
    counts = Counter(terms)
    made = columns.make(counts)
    order = np.argsort(made)
    return made[order], np.fromiter(counts.values(), dtype=np.float32)[order]


def _rows(columns: Sequence[Ints], counts: Sequence[Floats]) -> Rows:
    starts = np.cumsum([0, *(len(row) for row in columns)], dtype=np.int64)
    return Rows(starts, np.concatenate(columns), np.concatenate(counts))
