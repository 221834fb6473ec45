"""A request against a segment: every row's score, the rows that may be first, and what one row met."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.asked import Array, Asked
from matching.engine.segment import FIRST_DIMENSIONS, Floats, Postings, Rows, Segment
from matching.engine.weights import Weights

BLOCK = 256
ROUNDING = 1e-5  # how far 32-bit sums may be from the exact score
TINY = float(np.finfo(np.float32).tiny)
PROMISING = 512
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
    best = np.zeros(len(segment), dtype=np.float32)
    for word in asked.words:
        weight = (1 - asked.letters_share) * word.weight
        if len(word.equals) == 1 and len(word.equals[0]) == 1:
            segment.word_postings.add(word.equals[0][0], weight, scores)
        elif word.equals:
            held = [_holding_all(segment.word_postings, columns) for columns in word.equals]
            for rows, strengths in held:
                best[rows] = np.maximum(best[rows], strengths)
            rows = np.unique(np.concatenate([rows for rows, _ in held]))
            scores[rows] += np.float32(weight) * best[rows]
            best[rows] = 0
    for column, share in asked.letters:
        segment.letter_postings.add(column, asked.letters_share * share, scores)
    return scores


def first(
    segment: Segment, asked: Asked, weights: Weights, may: npt.NDArray[np.bool_], limit: int
) -> tuple[Places, Array]:
    """Rows (of those that `may`) among which the best `limit` are, with their scores above 0.

    Where only words meet, every row is scored. Otherwise the PROMISING most promising rows are: by their own
    words and the nearness of the whole texts in its first dimensions, which every row is looked at for.
    """
    promise = said_in(segment, asked)
    wider = asked.vector.any()
    if wider:
        near = segment.first @ asked.vector[:FIRST_DIMENSIONS]
        promise += np.float32(weights.meaning) * (1 - promise) * np.maximum(near, HOPE)
    if not may.all():
        promise[~may] = -1
    most = max(PROMISING, 4 * limit) if wider else limit
    rows = _without_ties(segment, _top(promise, most), promise, most)
    scores = full(segment, asked, weights, rows)
    return rows[scores > 0], scores[scores > 0]


def full(segment: Segment, asked: Asked, weights: Weights, rows: Places) -> Array:
    """These rows' scores, the same that a hit's reasons add up to."""
    words, at = segment.words.taken(rows)
    strengths = segment.word_postings.by_row[at].astype(np.float64)
    worth = np.zeros(segment.word_postings.columns)
    said = np.zeros(len(rows))
    for word in asked.words:
        columns = np.append(word.near, [c[0] for c in word.equals if len(c) == 1]).astype(np.int64)
        worths = np.append(word.near_worth, np.ones(len(columns) - len(word.near)))
        inside = columns < len(worth)
        worth[columns[inside]] = worths[inside]
        met = _most_of(words, worth[words.columns] * strengths)
        worth[columns[inside]] = 0
        for phrase in (c for c in word.equals if len(c) > 1):
            parts = [_most_of(words, np.where(words.columns == c, strengths, 0)) for c in phrase]
            met = np.maximum(met, np.minimum.reduce(parts))
        said += word.weight * met
    said *= 1 - asked.letters_share
    said += asked.letters_share * _letters(segment, asked, rows)
    if not asked.vector.any():
        return said
    vector = asked.vector.astype(np.float64)
    near = segment.first[rows] @ vector[:FIRST_DIMENSIONS] + segment.rest[rows] @ vector[FIRST_DIMENSIONS:]
    return said + weights.meaning * np.maximum(1 - said, 0) * np.clip(near, 0, 1)


def _most_of(words: Rows, values: Array) -> Array:
    """The largest value of each row; 0 for a row without words."""
    if not len(values):
        return np.zeros(len(words.starts) - 1)
    most = np.maximum.reduceat(np.append(values, 0), words.starts[:-1])
    return np.where(words.starts[:-1] < words.starts[1:], most, 0)


def _letters(segment: Segment, asked: Asked, rows: Places) -> Array:
    letters, at = segment.letters.taken(rows)
    share = np.zeros(segment.letter_postings.columns)
    for column, by in asked.letters:
        if column < len(share):
            share[column] = by
    values = share[letters.columns] * segment.letter_postings.by_row[at]
    # Row by row: differences of running sums would tell equal rows apart.
    totals = np.add.reduceat(np.append(values, 0), letters.starts[:-1])
    return np.where(letters.starts[:-1] < letters.starts[1:], totals, 0)


def met_by(segment: Segment, row: int, asked: Asked, terms: Sequence[str]) -> list[Met]:
    """Each word of the request that the row meets, by the best that it holds. `terms`: by column.

    Of words that are worth the same the terms decide, not their columns: those depend on what came first.
    """
    span = segment.words.of(row)
    strengths = segment.word_postings.by_row[span].tolist()
    there = dict(zip(segment.words.columns[span].tolist(), strengths, strict=True))
    best: dict[int, tuple[float, tuple[str, ...], tuple[int, ...]]] = {}
    for column, strength in there.items():
        for number, worth in asked.near_words.get(column, ()):
            best[number] = max(best.get(number, NOTHING), (worth * strength, (terms[column],), (column,)))
    for number, word in enumerate(asked.words):
        for columns in word.equals:
            if all(column in there for column in columns):
                weakest, held = min(there[c] for c in columns), tuple(terms[c] for c in columns)
                best[number] = max(best.get(number, NOTHING), (weakest, held, columns))
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
    met = [(column, share * there[column]) for column, share in asked.letters if column in there]
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
    every score, no sorting.
    """
    size = min(BLOCK, len(scores) // (4 * limit))
    if size < 2:  # noqa: PLR2004 – as many rows wanted as there are blocks
        return np.flatnonzero(scores > 0)
    blocks = -(-len(scores) // size)
    padded = np.full(blocks * size, -1, dtype=np.float32)
    padded[: len(scores)] = scores
    by_block = padded.reshape(blocks, size)
    most = by_block.max(axis=1)
    least = max(float(np.partition(most, -limit)[-limit]) - ROUNDING, TINY)
    worth = np.flatnonzero(most >= least)
    block, place = np.nonzero(by_block[worth] >= least)
    return np.asarray(worth[block] * size + place)


def _without_ties(segment: Segment, rows: Places, scores: Floats, limit: int) -> Places:
    """The first `limit` rows, by id where scores are equal; a few more where rounding might confuse them."""
    if len(rows) <= limit + BLOCK:
        return rows
    order = np.lexsort((segment.id_order[rows], -scores[rows]))
    rows = rows[order]
    least = float(scores[rows[limit - 1]]) - ROUNDING
    begins = np.concatenate([[True], scores[rows[1:]] != scores[rows[:-1]]])
    started = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))
    # Of rows that equal each other to the last bit only the first `limit` by id can matter.
    kept: Places = rows[(np.arange(len(rows)) - started < limit) & (scores[rows] >= least)]
    return kept
