"""Many requests against one text at once: the score that a hit's reasons add up to, without the reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from matching.engine.asked import Array, Asked
from matching.engine.columns import Columns
from matching.engine.loops import Floats, Ints
from matching.engine.segment import Postings, Rows, Segment
from matching.engine.weights import Weights

Places = npt.NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Requests one after the other, as arrays. By word: `words_of`, `weights`; by column that meets a word:
    `meets`, `columns`, `worth`; by pair of letters: `pairs_of`, `letters`, `letters_weights`."""

    number: int
    words_of: Places  # the request of each word
    weights: Array
    meets: Places  # the word, ascending
    columns: Ints
    worth: Array
    phrases: Sequence[tuple[int, tuple[int, ...]]]  # a word, and columns that together are its equal
    pairs_of: Places
    letters: Ints
    letters_weights: Array
    abouts: Floats  # requests × dimensions; zeros where nothing is known

    @classmethod
    def of(cls, asked: Iterable[Asked], dimensions: int) -> Self:
        """`dimensions`: of the installation's vectors, 0 where it has none."""
        asked = list(asked)
        queries = [one.query for one in asked]
        sizes = [len(query.weights) for query in queries]
        first = np.cumsum([0, *sizes])
        meets = [np.repeat(np.arange(n), np.diff(q.starts)) for n, q in zip(sizes, queries, strict=True)]
        abouts = np.zeros((len(asked), dimensions), dtype=np.float32)
        for at, one in enumerate(asked):
            abouts[at, : len(one.about)] = one.about
        return cls(
            number=len(asked),
            words_of=np.repeat(np.arange(len(asked)), sizes),
            weights=_joined([q.weights for q in queries], np.float64),
            meets=_joined([words + at for words, at in zip(meets, first.tolist(), strict=False)], np.int64),
            columns=_joined([q.columns for q in queries], np.int32),
            worth=_joined([q.worth for q in queries], np.float64),
            phrases=[
                (at + word, held)
                for one, at in zip(asked, first.tolist(), strict=False)
                for word, held in one.phrases
            ],
            pairs_of=np.repeat(np.arange(len(asked)), [len(q.letters) for q in queries]),
            letters=_joined([q.letters for q in queries], np.int32),
            letters_weights=_joined([q.letters_weights for q in queries], np.float64),
            abouts=abouts,
        )

    def and_(self, more: Self) -> Self:
        """These, and then the others."""
        words = len(self.weights)
        return type(self)(
            number=self.number + more.number,
            words_of=np.append(self.words_of, more.words_of + self.number),
            weights=np.append(self.weights, more.weights),
            meets=np.append(self.meets, more.meets + words),
            columns=np.append(self.columns, more.columns),
            worth=np.append(self.worth, more.worth),
            phrases=[*self.phrases, *((word + words, held) for word, held in more.phrases)],
            pairs_of=np.append(self.pairs_of, more.pairs_of + self.number),
            letters=np.append(self.letters, more.letters),
            letters_weights=np.append(self.letters_weights, more.letters_weights),
            abouts=np.concatenate([self.abouts, more.abouts]),
        )

    def scores(
        self, segment: Segment, row: int, columns: Columns, letters: Columns, weights: Weights
    ) -> Array:
        """The row's score for each request, in [0, 1]."""
        held = _held(segment.words, segment.word_postings, row, len(columns))
        best = np.zeros(len(self.weights))
        if len(self.meets):
            begins = np.flatnonzero(np.diff(self.meets, prepend=-1))
            best[self.meets[begins]] = np.maximum.reduceat(self.worth * held[self.columns], begins)
        for word, phrase in self.phrases:
            best[word] = max(best[word], held[list(phrase)].min())
        pairs = _held(segment.letters, segment.letter_postings, row, len(letters))
        by_words = np.bincount(self.words_of, self.weights * best, self.number)
        by_letters = np.bincount(self.pairs_of, self.letters_weights * pairs[self.letters], self.number)
        said = by_words.astype(np.float64) + by_letters  # of nothing at all bincount makes whole numbers
        if self.abouts.shape[1]:
            text = segment.vectors[row].astype(np.float32) * segment.scales[row]
            near = np.clip((self.abouts @ text).astype(np.float64), 0, 1)
            said += weights.meaning * np.maximum(1 - said, 0) * near
        return np.minimum(said, 1.0)


def _held(rows: Rows, postings: Postings, row: int, columns: int) -> Array:
    """How strongly each column stands in the row; 0: not at all."""
    span = rows.of(row)
    held = np.zeros(columns)
    held[rows.columns[span]] = postings.by_row[span]
    return held


def _joined(parts: Sequence[npt.NDArray[Kind]], kind: type[Kind]) -> npt.NDArray[Kind]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])
