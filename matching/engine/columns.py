"""The index's words as numbers: a column each, with how many texts hold it and what is known of it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.meaning import Meaning
from matching.engine.weights import nearness

FIRST_SIZE = 1024
Near = tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]
NOTHING: Near = (np.zeros(0, dtype=np.int32), np.zeros(0))


class Columns:
    """A growing vocabulary. Arrays by column, a few longer than needed."""

    def __init__(self, meaning: Meaning | None = None, near_most: float = 0.0) -> None:
        """`meaning`: what knows of words; None (also for pairs of letters): nothing does. `near_most`: what
        the nearest other word is worth."""
        self._meaning, self._near_most = meaning, near_most
        self.terms: list[str] = []
        self._of: dict[str, int] = {}
        self.df = np.zeros(FIRST_SIZE)
        self._of_row: dict[int, list[int]] = {}
        self._near: dict[int, Near] = {}

    def __len__(self) -> int:
        return len(self.terms)

    def find(self, term: str) -> int:
        """The word's column; −1: no text has ever held it."""
        return self._of.get(term, -1)

    def found(self, terms: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Each word's column (−1: none), and how many texts hold it."""
        columns = np.array([self._of.get(term, -1) for term in terms], dtype=np.int32)
        df = self.df.take(columns)
        df[columns < 0] = 0
        return columns, df

    def make(self, terms: Iterable[str]) -> npt.NDArray[np.int32]:
        """The columns of these words, new ones where needed."""
        return np.array([self._made(term) for term in terms], dtype=np.int32)

    def count(self, columns: npt.NDArray[Any], by: int) -> None:
        """`by` more (or fewer) texts hold each of these columns (each named once)."""
        self.df[columns] += by

    def near(self, row: int) -> Near:
        """The columns whose words have a vector near this row's, nearest first, and what each is worth."""
        if row not in self._near and self._meaning is not None:
            rows, cosines = self._meaning.near(row)
            nothing: list[int] = []
            groups = [self._of_row.get(near, nothing) for near in rows.tolist()]
            columns = np.array([column for group in groups for column in group], dtype=np.int32)
            worth = nearness(cosines, self._near_most)
            self._near[row] = columns, np.repeat(worth, [len(group) for group in groups])
        return self._near.get(row, NOTHING)

    def _made(self, term: str) -> int:
        column = self._of.setdefault(term, len(self.terms))
        if column == len(self.terms):
            self.terms.append(term)
            if column == len(self.df):
                self.df = np.concatenate([self.df, np.zeros(column)])
            row = self._meaning.row(term) if self._meaning else -1
            if row >= 0:
                self._of_row.setdefault(row, []).append(column)
                self._near.clear()  # some may have to name it
        return column
