"""The compiled loops over postings and rows: every row of a segment is scored, and the best are picked out.

Numba compiles them on first use and keeps what it made beside this file. They hold the interpreter's lock, so
a segment's scratch arrays are zeros again before another thread's request comes. Rows are counted without a
sign where that lets the compiler leave out what Python does for negative places.
"""

from heapq import heapreplace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]
Places = npt.NDArray[np.int64]

ROUNDING = 1e-5  # how far sums in single precision may be from the exact score
CHUNK = 1 << 16  # rows whose scores stay in the processor's cache
BLOCK = 128  # rows looked at together for one that is good enough
TINY = float(np.finfo(np.float32).tiny)


class Lists(NamedTuple):
    """Column c is held by rows[starts[c]:starts[c + 1]], ascending, as strongly as `strengths` say."""

    starts: Places
    rows: Ints
    strengths: Floats


class Query(NamedTuple):
    """A request. Word w is met, for `worth`, by columns[starts[w]:starts[w + 1]], and by each column of
    `held` that is its own: the rows that hold all words of a phrase."""

    weights: Array  # by word; with those of the letters they add up to 1
    starts: Places
    columns: Ints
    worth: Array
    held_for: Ints  # by column of `held`: the word
    held: Lists
    letters: Ints
    letters_weights: Array


class Scratch(NamedTuple):
    """Zeros between two requests: each row's score, and in a chunk the best that meets a word."""

    scores: Floats
    best: Floats


def scratch(size: int) -> Scratch:
    """For a segment of `size` rows."""
    return Scratch(np.zeros(size, dtype=np.float32), np.zeros(min(size, CHUNK), dtype=np.float32))


@njit(cache=True)
def best(
    query: Query,
    words: Lists,
    letters: Lists,
    texts: tuple[Bytes, Floats],
    about: Floats,
    meaning: float,
    may: npt.NDArray[np.bool_],
    limit: int,
    space: Scratch,
) -> tuple[Places, Array]:
    """The rows (of those that `may`) with the `limit` best scores above 0, and all that rounding might
    confuse with them; and their scores. `texts`: vectors and their scales; `about`: the request's (no length:
    nothing is known)."""
    scores = space.scores
    for at in range(len(query.letters)):
        _gather(letters, query.letters[at], query.letters_weights[at], scores)
    _add_words(query, words, space)
    if len(about):
        for row in range(len(scores)):
            near = nearness(texts[0][row], texts[1][row], about)
            scores[row] += whole(scores[row], near, meaning)
    rows, found = _first(scores, may, limit)
    scores[:] = 0
    return rows, found


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def nearness(text: Bytes, scale: float, about: Floats) -> float:
    """The cosine of two mean vectors, the first kept as whole numbers; 0 where nothing is known."""
    product = np.float32(0)
    for at in range(len(about)):
        product += np.float32(text[at]) * about[at]
    return float(np.minimum(product * scale, 1.0))


@njit(cache=True)
def whole(said: float, near: float, meaning: float) -> float:
    """What the nearness of the whole texts adds: it speaks where words do not meet."""
    return meaning * max(1 - said, 0.0) * max(near, 0.0)


@njit(cache=True)
def _add_words(query: Query, words: Lists, space: Scratch) -> None:
    """A word adds to each row by the best that it holds; what only one column meets is added at once."""
    places = np.zeros(len(query.columns), dtype=np.int64)
    several = np.zeros(len(query.weights), dtype=np.bool_)
    for at in query.held_for:
        several[at] = True
    for word in range(len(query.weights)):
        first, last = query.starts[word], query.starts[word + 1]
        several[word] |= last - first > 1
        if last - first == 1 and not several[word]:
            by = query.weights[word] * query.worth[first]
            _gather(words, query.columns[first], by, space.scores)
    held_places = np.zeros(len(query.held_for), dtype=np.int64)
    for begins in range(0, len(space.scores), CHUNK):
        chunk = space.scores[begins : begins + CHUNK]
        for word in range(len(query.weights)):
            if several[word]:
                for at in range(query.starts[word], query.starts[word + 1]):
                    column, worth = query.columns[at], query.worth[at]
                    places[at] = _reach(words, column, worth, begins, space.best, places[at])
                for at in range(len(query.held_for)):
                    if query.held_for[at] == word:
                        held_places[at] = _reach(query.held, at, 1.0, begins, space.best, held_places[at])
                weight = np.float32(query.weights[word])
                for at in range(len(chunk)):
                    chunk[at] += weight * space.best[at]
                space.best[:] = 0


@njit(cache=True)
def _reach(lists: Lists, column: int, worth: float, begins: int, best: Floats, place: int) -> int:
    """The column's postings in the chunk; `place` and the result say where they begin and end."""
    if column >= len(lists.starts) - 1:  # one made after this segment has no postings in it
        return place
    by = np.float32(worth)
    first, end, last = lists.starts[column], lists.starts[column + 1], begins + len(best)
    while first + place < end and lists.rows[first + place] < last:
        row = np.uint32(lists.rows[first + place] - begins)
        best[row] = max(best[row], by * lists.strengths[first + place])
        place += 1
    return place


@njit(cache=True)
def _gather(lists: Lists, column: int, weight: float, scores: Floats) -> None:
    if column < len(lists.starts) - 1:
        by = np.float32(weight)
        for at in range(lists.starts[column], lists.starts[column + 1]):
            scores[np.uint32(lists.rows[at])] += by * lists.strengths[at]


@njit(cache=True)
def _first(scores: Floats, may: npt.NDArray[np.bool_], limit: int) -> tuple[Places, Array]:
    """One look at every score: most blocks hold none that is good enough by now."""
    best = [0.0] * limit
    least = np.float32(TINY)
    rows, found = [0][:0], [0.0][:0]
    for begins in range(0, len(scores), BLOCK):
        if _any_reaches(scores, begins, least):
            for row in range(begins, min(begins + BLOCK, len(scores))):
                if scores[row] >= least and may[row]:
                    rows.append(row)
                    found.append(np.float64(scores[row]))
                    if scores[row] > best[0]:
                        heapreplace(best, np.float64(scores[row]))
                        least = max(least, np.float32(best[0] - ROUNDING))
    places, values = np.array(rows), np.array(found)
    kept = values >= least
    return places[kept], values[kept]


@njit(cache=True)
def _any_reaches(scores: Floats, begins: int, least: np.float32) -> bool:
    """Any of a block's scores does: without a branch for each, so that many are compared at once."""
    block = scores[begins : begins + BLOCK]
    some = np.int32(0)
    for at in range(len(block)):
        some |= np.int32(block[at] >= least)
    return bool(some)
