"""The index's words as numbers: a column each, with how many texts hold it and what is known of it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.meaning import Meaning

FIRST_SIZE = 1024


class Columns:
    """A growing vocabulary. Arrays by column, a few longer than needed."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        """`meaning`: what knows of words; None (also for pairs of letters): nothing does."""
        self._meaning = meaning
        self.terms: list[str] = []
        self._of: dict[str, int] = {}
        self.df = np.zeros(FIRST_SIZE)
        self._of_row: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.terms)

    def find(self, term: str) -> int:
        """The word's column; −1: no text has ever held it."""
        return self._of.get(term, -1)

    def make(self, terms: Iterable[str]) -> npt.NDArray[np.int32]:
        """The columns of these words, new ones where needed."""
        return np.array([self._made(term) for term in terms], dtype=np.int32)

    def count(self, columns: npt.NDArray[Any], by: int) -> None:
        """`by` more (or fewer) texts hold each of these columns (each named once)."""
        self.df[columns] += by

    def on_rows(self, rows: Iterable[int]) -> list[list[int]]:
        """For each row of the vectors the columns it stands for."""
        nothing: list[int] = []
        return [self._of_row.get(row, nothing) for row in rows]

    def _made(self, term: str) -> int:
        column = self._of.setdefault(term, len(self.terms))
        if column == len(self.terms):
            self.terms.append(term)
            if column == len(self.df):
                self.df = np.concatenate([self.df, np.zeros(column)])
            row = self._meaning.row(term) if self._meaning else -1
            if row >= 0:
                self._of_row.setdefault(row, []).append(column)
        return column
