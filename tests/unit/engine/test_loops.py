"""The compiled loops over more rows than one chunk has, held against the same written with whole arrays."""

import numpy as np
import pytest
from scipy.sparse import random_array

from matching.engine import loops
from matching.engine.loops import CHUNK, ROUNDING, Lists, Query

ROWS = 2 * CHUNK + 1000
COLUMNS, LETTERS, DIMENSIONS, MEANING = 9, 5, 7, 0.4


def some_lists(columns, chance):
    held = random_array((ROWS, columns), density=0.02, format="lil", dtype=np.float32, rng=chance)
    held[[0, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, ROWS - 1]] = 0.9
    held = held.tocsc()
    # Whoever looks for a column beyond the last one finds this one's rows.
    starts = np.append(held.indptr, [0, 0, 0, 50]).astype(np.int64)[: columns + 1]
    return Lists(starts, held.indices.astype(np.int32), held.data), held.toarray()


@pytest.fixture(scope="module")
def case():
    """Words of one column, of three, of two and a phrase, of none but a phrase, and one of a new column."""
    chance = np.random.default_rng(1)
    words, by_word = some_lists(COLUMNS, chance)
    letters, by_letter = some_lists(LETTERS, chance)
    held, by_phrase = some_lists(2, chance)
    vectors = chance.integers(-127, 128, (ROWS, DIMENSIONS)).astype(np.int8)
    scales = chance.random(ROWS, dtype=np.float32) / 400
    about = chance.standard_normal(DIMENSIONS).astype(np.float32)
    about /= np.linalg.norm(about)
    query = Query(
        weights=np.array([0.3, 0.2, 0.2, 0.1, 0.1]),
        starts=np.array([0, 1, 4, 6, 6, 8]),
        columns=np.array([0, 1, 2, 3, 4, 1, 5, COLUMNS + 3], dtype=np.int32),
        worth=np.array([1, 0.5, 1, 0.7, 0.9, 0.4, 0.8, 1]),
        held_for=np.array([2, 3], dtype=np.int32),
        held=held,
        letters=np.array([0, 4, LETTERS + 3], dtype=np.int32),
        letters_weights=np.array([0.05, 0.03, 0.02]),
    )
    met = [
        by_word[:, 0],
        np.max(by_word[:, 1:4] * [0.5, 1, 0.7], axis=1),
        np.maximum(np.max(by_word[:, [4, 1]] * [0.9, 0.4], axis=1), by_phrase[:, 0]),
        by_phrase[:, 1],
        by_word[:, 5] * 0.8,
    ]
    said = np.array(met).T @ query.weights + by_letter[:, [0, 4]] @ query.letters_weights[:2]
    near = np.clip(vectors.astype(float) @ about * scales, 0, 1)
    return {
        "query": query,
        "lists": (words, letters),
        "texts": (vectors, scales),
        "about": about,
        "said": said,
        "all": said + MEANING * (1 - said) * near,
    }


@pytest.mark.parametrize("limit", [1, 10, 3000])
@pytest.mark.parametrize("by", ["said", "all"])
def test_the_best_of_several_chunks_are_found_whoever_may_not(case, by, limit):
    about = case["about"] if by == "all" else case["about"][:0]
    space = loops.scratch(ROWS)
    may = np.random.default_rng(2).random(ROWS) < 0.7
    expected = np.where(may, case[by], 0)
    for _ in range(2):  # the second time over the same arrays: nothing is left in them
        rows, scores = loops.best(
            case["query"], *case["lists"], case["texts"], about, MEANING, may, limit, space
        )
        assert scores == pytest.approx(expected[rows], abs=ROUNDING)
        least = np.sort(expected)[-limit]
        assert set(np.flatnonzero(expected > least + ROUNDING)) <= set(rows)
        assert len(rows) >= limit
        assert scores.min() >= least - 3 * ROUNDING


def test_fewer_rows_than_wanted_are_all_that_have_a_score(case):
    rows, _ = loops.best(
        case["query"], *case["lists"], case["texts"], case["about"][:0], MEANING,
        np.ones(ROWS, dtype=np.bool_), ROWS, loops.scratch(ROWS),
    )  # fmt: skip
    assert set(rows) == set(np.flatnonzero(case["said"] > 0))
