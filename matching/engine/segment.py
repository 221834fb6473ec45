"""A part of the index that no longer changes: its rows' words, pairs of letters and vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from matching.engine.loops import Bytes, Floats, Ints, Lists, Scratch, scratch
from matching.engine.weights import Weights, saturated

LARGEST = 127  # the number that a vector's largest dimension is kept as
TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True)
class Rows:
    """Documents as numbers, one after the other: row r has the entries [starts[r], starts[r+1])."""

    starts: npt.NDArray[np.int64]
    columns: Ints  # within a row ascending
    counts: Floats

    def of(self, row: int) -> slice:
        return slice(int(self.starts[row]), int(self.starts[row + 1]))

    def row(self, row: int) -> tuple[Ints, Floats]:
        """One row's columns and counts."""
        return self.columns[self.of(row)], self.counts[self.of(row)]

    @property
    def lengths(self) -> npt.NDArray[np.float64]:
        """The number of words (counted as often as they stand there) of each row."""
        totals = np.concatenate([[0.0], np.cumsum(self.counts, dtype=np.float64)])
        return np.asarray(totals[self.starts[1:]] - totals[self.starts[:-1]])

    def entries(self, rows: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where these rows' entries stand, row after row; and where in that each row's begin, and all end."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(sizes, out=starts[1:])
        at = np.arange(starts[-1])
        at += np.repeat(self.starts[rows] - starts[:-1], sizes)
        return at, starts

    def taken(self, rows: npt.NDArray[Any]) -> tuple["Rows", npt.NDArray[np.int64]]:
        """These rows only, in this order; and where their entries were."""
        at, starts = self.entries(rows)
        return Rows(starts, self.columns[at], self.counts[at]), at


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one after the other."""
    offsets = np.cumsum([0, *(len(part.columns) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return Rows(
        np.concatenate([*starts, offsets[-1:]]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


class Postings:
    """Column → the rows that have it, and how strongly it stands there (saturated, in [0, 1))."""

    def __init__(self, rows: Rows, columns: int, pivot: float, weights: Weights) -> None:
        size = len(rows.starts) - 1
        of_row = np.repeat(np.arange(size, dtype=np.int32), np.diff(rows.starts))
        self.by_row = saturated(rows.counts.astype(np.float64), rows.lengths[of_row], pivot, weights).astype(
            np.float32
        )
        turned = csr_matrix((self.by_row, rows.columns, rows.starts), shape=(size, columns)).tocsc()
        self.lists = Lists(turned.indptr.astype(np.int64), turned.indices, turned.data)

    def of(self, column: int) -> tuple[Ints, Floats]:
        """The column's rows and strengths; none for a column made after this segment."""
        if column >= len(self.lists.starts) - 1:
            return self.lists.rows[:0], self.lists.strengths[:0]
        span = slice(*self.lists.starts[column : column + 2].tolist())
        return self.lists.rows[span], self.lists.strengths[span]


@dataclass(eq=False)
class Segment:
    """Rows that no longer change, but may be forgotten. Arrays by row, or by entry of `words`."""

    ids: list[str]
    words: Rows
    surfaces: Ints  # by entry of words: how the word is written there
    letters: Rows
    vectors: Bytes  # of the texts, unit vectors when times their scales (zeros: nothing known)
    scales: Floats
    alive: npt.NDArray[np.bool_]
    pivots: tuple[float, float] = (0.0, 0.0)  # those its postings were made with
    word_postings: Postings = field(init=False)
    letter_postings: Postings = field(init=False)
    space: Scratch = field(init=False)

    def __post_init__(self) -> None:
        self.space = scratch(len(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each id that is alive."""
        return dict(zip(self.ids, range(len(self.ids)), strict=True))

    @cached_property
    def id_order(self) -> npt.NDArray[np.int64]:
        """Each row's place among the ids, sorted."""
        order = np.empty(len(self.ids), dtype=np.int64)
        order[np.argsort(np.array(self.ids, dtype=np.str_), kind="stable")] = np.arange(len(self.ids))
        return order

    def weigh(self, columns: tuple[int, int], pivots: tuple[float, float], weights: Weights) -> None:
        """Make the postings. `columns`, `pivots`: of words and of letters."""
        self.pivots = pivots
        self.word_postings = Postings(self.words, columns[0], pivots[0], weights)
        self.letter_postings = Postings(self.letters, columns[1], pivots[1], weights)


class Allowed(frozenset[str]):
    """Ids that may be found. Which rows they are is looked up once, however many requests look among them."""

    @cached_property
    def _rows(self) -> WeakKeyDictionary[Segment, npt.NDArray[np.bool_]]:
        return WeakKeyDictionary()

    def rows(self, segment: Segment) -> npt.NDArray[np.bool_]:
        """Which of the segment's rows may be found: one that was forgotten since may not."""
        if segment not in self._rows:
            may = np.zeros(len(segment), dtype=np.bool_)
            may[[row for id in self if (row := segment.places.get(id)) is not None]] = True
            self._rows[segment] = may
        return self._rows[segment] & segment.alive


def quantised(vectors: Floats) -> tuple[Bytes, Floats]:
    """Vectors as a segment keeps them, and their scales: each dimension to 1/127 of the largest."""
    scales: Floats = np.abs(vectors).max(axis=1, initial=0) / np.float32(LARGEST)
    return np.rint(vectors / np.maximum(scales, TINY)[:, None]).astype(np.int8), scales


def merged(parts: Sequence[Segment]) -> Segment:
    """One segment of what is alive in all of them; its postings are still to be made."""
    words, letters = joined([p.words for p in parts]), joined([p.letters for p in parts])
    alive = np.concatenate([p.alive for p in parts])
    rows = np.flatnonzero(alive)
    words, at = words.taken(rows)
    ids = [id for part in parts for id in part.ids]
    return Segment(
        ids=[ids[row] for row in rows.tolist()],
        words=words,
        surfaces=np.concatenate([p.surfaces for p in parts])[at],
        letters=letters.taken(rows)[0],
        vectors=np.concatenate([p.vectors for p in parts])[rows],
        scales=np.concatenate([p.scales for p in parts])[rows],
        alive=np.ones(len(rows), dtype=np.bool_),
    )
