"""A request against a segment: every row's score, the rows that may be first, and what one row met."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.asked import Array, Asked
from matching.engine.segment import FIRST_DIMENSIONS, Floats, Postings, Segment
from matching.engine.weights import Weights

BLOCK = 4  # rows of the smallest block that is worth looking at
ROUNDING = 1e-5  # how far 32-bit sums may be from the exact score
TINY = float(np.finfo(np.float32).tiny)
PROMISING = 512
SPARE = 256  # so many rows too many are not worth sorting out
HOPE = 1e-6  # a row may still meet a near word where its own words and its first dimensions say nothing
NOTHING: tuple[float, tuple[str, ...], tuple[int, ...]] = (0.0, (), ())
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Met:
    """A word of the request that a text meets. `weight`: its part of the words' score."""

    word: int
    columns: tuple[int, ...]
    surfaces: tuple[int, ...]
    weight: float


def whole_score(said: float, near: float, weights: Weights) -> float:
    """What the nearness of the whole texts adds: it speaks where words do not meet."""
    return weights.meaning * max(1 - said, 0.0) * max(near, 0.0)


def said_in(segment: Segment, asked: Asked) -> Floats:
    """Each row's score by the request's own words (and their equals) and letters, in [0, 1]."""
    scores = np.zeros(len(segment), dtype=np.float32)
    plain = [at for at, word in enumerate(asked.words) if len(word.equals) == 1 and len(word.equals[0]) == 1]
    columns = np.array([asked.words[at].equals[0][0] for at in plain], dtype=np.int32)
    segment.word_postings.add(columns, (1 - asked.letters_share) * asked.weights[plain], scores)
    if asked.letters_share:
        segment.letter_postings.add(asked.letters, asked.letters_share * asked.letters_worth, scores)
    for word in asked.words:
        if len(word.equals) > 1 or (word.equals and len(word.equals[0]) > 1):
            best = np.zeros(len(segment), dtype=np.float32)
            for held in word.equals:
                rows, strengths = _holding_all(segment.word_postings, held)
                best[rows] = np.maximum(best[rows], strengths)
            scores += np.float32((1 - asked.letters_share) * word.weight) * best
    return scores


def first(
    segment: Segment, asked: Asked, weights: Weights, may: npt.NDArray[np.bool_], limit: int
) -> tuple[Places, Array]:
    """Rows (of those that `may`) among which the best `limit` are, with their scores above 0.

    Where only words meet, every row is scored. Otherwise the PROMISING most promising rows are: every row is
    looked at for its own words, the nearest of the others, and the first dimensions of the whole text.
    """
    promise = said_in(segment, asked)
    wider = asked.vector.any()
    if wider:
        segment.word_postings.add(*asked.hints, promise)
        near = segment.first @ asked.vector[:FIRST_DIMENSIONS]
        np.maximum(near, HOPE, out=near)
        near *= np.float32(weights.meaning)
        near *= 1 - promise
        promise += near
    if not may.all():
        promise[~may] = -1
    most = max(PROMISING, 4 * limit) if wider else limit
    rows = _without_ties(segment, _top(promise, most), promise, most)
    scores = full(segment, asked, weights, rows) if wider else promise[rows].astype(np.float64)
    return rows[scores > 0], scores[scores > 0]


def full(segment: Segment, asked: Asked, weights: Weights, rows: Places) -> Array:
    """These rows' scores, the same that a hit's reasons add up to."""
    said = (1 - asked.letters_share) * (_best(segment, asked, rows) @ asked.weights)
    if asked.letters_share:
        said += asked.letters_share * _letters(segment, asked, rows)
    if not asked.vector.any():
        return said
    vector = asked.vector.astype(np.float64)
    near = segment.first[rows] @ vector[:FIRST_DIMENSIONS]
    near = near + segment.rest[rows] @ vector[FIRST_DIMENSIONS:]
    return said + weights.meaning * np.maximum(1 - said, 0) * np.clip(near, 0, 1)


def _best(segment: Segment, asked: Asked, rows: Places) -> Array:
    """For each row and each word of the request: how strongly the row meets it, in [0, 1)."""
    at, starts = segment.words.entries(rows)
    columns = segment.words.columns[at]
    meetings = asked.meetings
    place = np.zeros(segment.word_postings.columns, dtype=np.int32)  # 1 + of a column among the meetings'
    inside = meetings.columns < len(place)
    place[meetings.columns[inside]] = np.arange(1, np.count_nonzero(inside) + 1)
    met = np.flatnonzero(place[columns])
    group = place[columns[met]] - 1
    sizes = meetings.starts[group + 1] - meetings.starts[group]
    entry = np.repeat(met, sizes)
    meeting = np.repeat(meetings.starts[group] - np.cumsum(sizes) + sizes, sizes) + np.arange(len(entry))
    row = np.repeat(np.arange(len(rows)), np.diff(starts))[entry]
    best = np.zeros((len(rows), len(asked.words)))
    values = meetings.worth[meeting] * segment.word_postings.by_row[at[entry]]
    np.maximum.at(best.reshape(-1), row * len(asked.words) + meetings.words[meeting], values)
    for number, phrase in asked.phrases:
        held, strengths = _holding_all(segment.word_postings, phrase)
        strength = np.zeros(len(segment), dtype=np.float32)
        strength[held] = strengths
        best[:, number] = np.maximum(best[:, number], strength[rows])
    return best


def _letters(segment: Segment, asked: Asked, rows: Places) -> Array:
    at, starts = segment.letters.entries(rows)
    worth = np.zeros(segment.letter_postings.columns)
    inside = asked.letters < len(worth)
    worth[asked.letters[inside]] = asked.letters_worth[inside]
    values = worth[segment.letters.columns[at]] * segment.letter_postings.by_row[at]
    # Row by row: differences of running sums would tell equal rows apart.
    totals = np.add.reduceat(np.append(values, 0), starts[:-1])
    return np.where(starts[:-1] < starts[1:], totals, 0)


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
    if not len(asked.vector):
        return 0.0
    head, tail = asked.vector[:FIRST_DIMENSIONS], asked.vector[FIRST_DIMENSIONS:]
    near = segment.first[row].astype(np.float64) @ head + segment.rest[row].astype(np.float64) @ tail
    return min(1.0, float(near))


def _holding_all(postings: Postings, columns: tuple[int, ...]) -> tuple[npt.NDArray[np.int32], Floats]:
    """Rows that have all of the columns, and how strongly the weakest stands there."""
    span = postings.of(columns[0])
    rows, strengths = postings.rows[span], postings.strengths[span]
    for column in columns[1:]:
        span = postings.of(column)
        rows, one, other = np.intersect1d(rows, postings.rows[span], return_indices=True)
        strengths = np.minimum(strengths[one], postings.strengths[span][other])
    return rows, strengths


def _top(scores: Floats, limit: int) -> Places:
    """Rows among which the best `limit` scores above 0 are.

    The `limit`-th largest of the blocks' maxima is a lower bound of the `limit`-th largest score: one look at
    every score, no sorting. Blocks are as long as there are of them for each row wanted.
    """
    size = math.isqrt(len(scores) // limit)
    if size < BLOCK:
        return np.flatnonzero(scores > 0)
    blocks = len(scores) // size
    by_block = scores[: size * blocks].reshape(size, blocks)  # a block is a column: so maxima are fast
    most = by_block.max(axis=0)
    least = max(float(np.partition(most, -limit)[-limit]) - ROUNDING, TINY)
    worth = np.flatnonzero(most >= least)
    place, block = np.divmod(np.flatnonzero(by_block.take(worth, axis=1) >= least), len(worth))
    rest = size * blocks + np.flatnonzero(scores[size * blocks :] >= least)
    return np.concatenate([place * blocks + worth[block], rest])


def _without_ties(segment: Segment, rows: Places, scores: Floats, limit: int) -> Places:
    """The first `limit` rows, by id where scores are equal; a few more where rounding might confuse them."""
    if len(rows) <= limit + SPARE:
        return rows
    order = np.lexsort((segment.id_order[rows], -scores[rows]))
    rows = rows[order]
    least = float(scores[rows[limit - 1]]) - ROUNDING
    begins = np.concatenate([[True], scores[rows[1:]] != scores[rows[:-1]]])
    started = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))
    # Of rows that equal each other to the last bit only the first `limit` by id can matter.
    kept: Places = rows[(np.arange(len(rows)) - started < limit) & (scores[rows] >= least)]
    return kept
