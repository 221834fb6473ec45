"""A request against a segment: every row's score, the rows that may be first, and what one row met."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine import loops
from matching.engine.asked import Array, Asked
from matching.engine.loops import Floats, Ints, Lists, Places, Query
from matching.engine.segment import Postings, Segment
from matching.engine.weights import Weights

SPARE = 256  # so many rows too many are not worth sorting out
NOTHING: tuple[float, tuple[str, ...], tuple[int, ...]] = (0.0, (), ())


@dataclass(frozen=True, slots=True)
class Met:
    """A word of the request that a text meets. `weight`: its part of the words' score."""

    word: int
    columns: tuple[int, ...]
    surfaces: tuple[int, ...]
    weight: float


def best(
    segment: Segment, asked: Asked, weights: Weights, may: npt.NDArray[np.bool_], limit: int
) -> tuple[Places, Array]:
    """The best `limit` rows (of those that `may`) with a score above 0, and those that rounding might confuse
    with them; and their scores, the same that a hit's reasons add up to."""
    rows, scores = loops.best(
        _query(segment, asked),
        segment.word_postings.lists,
        segment.letter_postings.lists,
        (segment.vectors, segment.scales),
        asked.about,
        weights.meaning,
        may,
        limit,
        segment.space,
    )
    if len(rows) > limit + SPARE:
        kept = _without_ties(segment, rows, scores, limit)
        return rows[kept], scores[kept]
    return rows, scores


def _query(segment: Segment, asked: Asked) -> Query:
    """The request with the rows of this segment that hold a phrase."""
    if not asked.phrases:
        return asked.query
    held = [_holding_all(segment.word_postings, phrase) for _, phrase in asked.phrases]
    lists = Lists(
        np.cumsum([0, *(len(rows) for rows, _ in held)]),
        np.concatenate([rows for rows, _ in held]),
        np.concatenate([strengths for _, strengths in held]),
    )
    return asked.query._replace(
        held_for=np.array([word for word, _ in asked.phrases], dtype=np.int32), held=lists
    )


def met_by(segment: Segment, row: int, asked: Asked, terms: Sequence[str]) -> list[Met]:
    """Each word of the request that the row meets, by the best that it holds. `terms`: by column.

    Of words that are worth the same the terms decide, not their columns: those depend on what came first.
    """
    span = segment.words.of(row)
    strengths = segment.word_postings.by_row[span].tolist()
    row_columns = segment.words.columns[span].tolist()
    there = dict(zip(row_columns, strengths, strict=True))
    best: dict[int, tuple[float, tuple[str, ...], tuple[int, ...]]] = {}
    for place, number, worth in asked.met(segment.words.columns[span]):
        column = row_columns[place]
        one = (worth * strengths[place], (terms[column],), (column,))
        best[number] = max(best.get(number, NOTHING), one)
    for number, phrase in asked.phrases:
        if all(column in there for column in phrase):
            weakest, held = min(there[c] for c in phrase), tuple(terms[c] for c in phrase)
            best[number] = max(best.get(number, NOTHING), (weakest, held, phrase))
    at = dict(zip(there, range(span.start, span.stop), strict=True))
    return [
        Met(
            word=number,
            columns=columns,
            surfaces=tuple(int(segment.surfaces[at[column]]) for column in columns),
            weight=asked.words[number].weight * value,
        )
        for number, (value, _, columns) in sorted(best.items())
    ]


def met_letters(segment: Segment, row: int, asked: Asked) -> tuple[list[int], float]:
    """The pairs of letters that the row shares with the request, and their part of the score."""
    span = segment.letters.of(row)
    strengths = segment.letter_postings.by_row[span].tolist()
    there = dict(zip(segment.letters.columns[span].tolist(), strengths, strict=True))
    by_letter = zip(asked.letters.tolist(), asked.letters_worth.tolist(), strict=True)
    met = [(column, worth * there[column]) for column, worth in by_letter if column in there]
    return [column for column, _ in met], asked.letters_share * sum(part for _, part in met)


def nearness(segment: Segment, row: int, asked: Asked) -> float:
    """The cosine of the two texts' mean vectors; 0 where nothing is known of one."""
    near: float = loops.nearness(segment.vectors[row], segment.scales[row], asked.about)
    return near


def _holding_all(postings: Postings, columns: tuple[int, ...]) -> tuple[Ints, Floats]:
    """Rows that have all of the columns, and how strongly the weakest stands there."""
    rows, strengths = postings.of(columns[0])
    for column in columns[1:]:
        others, theirs = postings.of(column)
        rows, one, other = np.intersect1d(rows, others, return_indices=True)
        strengths = np.minimum(strengths[one], theirs[other])
    return rows, strengths


def _without_ties(segment: Segment, rows: Places, scores: Array, limit: int) -> Places:
    """Places of the first `limit` rows, by id where scores are equal; and what rounding might confuse."""
    order = np.lexsort((segment.id_order[rows], -scores))
    sorted_ = scores[order]
    begins = np.concatenate([[True], sorted_[1:] != sorted_[:-1]])
    started = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    # Of rows that equal each other to the last bit only the first `limit` by id can matter.
    kept: Places = order[np.arange(len(order)) - started < limit]
    return kept
