"""Word vectors: looking words up, near words, how rare words are; a file that is whole or unused."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import meaning as room
from matching.engine.index import Document, TfidfIndex
from matching.engine.meaning import DIMENSIONS, NEAR, Meaning, word_key
from matching.engine.text import analyse
from tests.support.ranking import KEYS, KNOWN, split


def cosine(meaning: Meaning, one: str, other: str) -> float:
    a, b = (meaning.vectors[meaning.row(word)].astype(np.float64) for word in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


# --- the keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "key"),
    [  # what spaCy documents of its own string store
        ("coffee", 3197928453018144401),
        ("apple", 8566208034543834098),
        ("I", 4690420944186131903),
    ],
)
def test_the_key_is_spacys(word: str, key: int) -> None:
    assert word_key(word) == key


@given(st.text())
def test_every_text_has_a_key(word: str) -> None:
    assert 0 <= word_key(word) < 2**64


def test_half_a_surrogate_pair_has_a_key_too() -> None:
    assert word_key("\ud800") != word_key("")


# --- a few words --------------------------------------------------------------------------------------


def test_words_have_rows_and_unknown_ones_none(small: Meaning) -> None:
    assert {word: small.row(word) for word in KNOWN} == {word: row for word, (row, _) in KNOWN.items()}
    assert small.row("drum") == small.row("") == -1


def test_near_rows_begin_with_the_row_itself_and_end_at_the_threshold(small: Meaning) -> None:
    rows, cosines = small.near(small.row("sew"))
    assert rows.tolist() == [1, 2]
    assert cosines[0] == 1
    assert (cosines >= NEAR).all()
    assert small.near(0)[0].tolist() == []


def test_a_word_further_down_is_rarer_and_an_unknown_one_rarest(small: Meaning) -> None:
    by_rank = sorted(KNOWN, key=lambda word: KNOWN[word][1])
    shares = [small.share(word) for word in [*by_rank, "drum"]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share < 1 for share in shares)
    assert small.share("sew") == pytest.approx(1 - np.exp(-60 / (np.log(KEYS) * 903)))


@given(st.lists(st.tuples(st.integers(-1, 6), st.just(0) | st.floats(1e-6, 100)), max_size=8))
def test_a_text_has_a_unit_vector_or_none(small: Meaning, weighted: list[tuple[int, float]]) -> None:
    vector = small.text([row for row, _ in weighted], [by for _, by in weighted])
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1 if vector.any() else 0, abs=1e-5)


# --- the file -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def saved(small: Meaning, folder: Path) -> bytes:
    small.save(folder / "whole")
    return (folder / "whole").read_bytes()


def test_what_is_saved_is_loaded(small: Meaning, saved: bytes, folder: Path) -> None:
    again = Meaning.load(folder / "whole")
    assert again is not None
    assert {word: again.row(word) for word in KNOWN} == {word: row for word, (row, _) in KNOWN.items()}
    assert (again.vectors == small.vectors).all()
    assert again.share("sew") == small.share("sew")
    assert [part.tolist() for part in again.near(1)] == [part.tolist() for part in small.near(1)]


@settings(max_examples=300)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_damaged_file_is_as_good_as_none(saved: bytes, folder: Path, at: float, bit: int) -> None:
    place = int(at * len(saved))
    broken = bytearray(saved)
    broken[place] ^= 1 << bit
    for content in (bytes(broken), saved[:place]):
        (folder / "broken").write_bytes(content)
        assert Meaning.load(folder / "broken") is None


def test_a_missing_or_foreign_file_or_source_is_none(
    saved: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Meaning.load(folder / "none") is None
    assert Meaning.load(folder) is None
    (folder / "foreign").write_bytes(b"PK\x03\x04 something else")
    assert Meaning.load(folder / "foreign") is None
    monkeypatch.setattr(room, "MADE_BY", 0)
    assert Meaning.load(folder / "whole") is None
    monkeypatch.undo()
    assert Meaning.load(folder / "whole") is not None

    def uninstalled(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(room, "version", uninstalled)
    assert Meaning.load(folder / "whole") is None


def test_without_vectors_words_rank_alone() -> None:
    index = TfidfIndex(split, None)
    index.upsert(Document("J1", {"body": "sew"}))
    index.upsert(Document("J2", {"body": "stitch"}))
    assert [hit.id for hit in index.search("sew", 9)] == ["J1"]


# --- the real ones ------------------------------------------------------------------------------------


def test_the_real_ones_are_reduced_and_in_order(real: Meaning) -> None:
    assert real.vectors.shape == (20_000, DIMENSIONS)
    assert real.vectors.dtype == np.float32
    assert np.isfinite(real.vectors).all()
    assert np.abs(real.vectors.mean(axis=0)).max() < 1e-5
    spread = real.vectors.std(axis=0)
    assert (np.diff(spread) < 1e-4).all()  # the first dimensions carry most


@pytest.mark.parametrize(
    "word", ["縫う", "ミシン", "防災", "コーラス", "歌声", "折り紙", "合唱", "家庭", "機械"]
)
def test_ordinary_words_are_known_by_their_terms(real: Meaning, word: str) -> None:
    assert real.row(word) >= 0
    assert analyse(word)[0].term == word
    assert real.share("の") > real.share(word) > real.share("電動縫製教室")


@pytest.mark.parametrize(
    ("one", "other"), [("縫う", "ミシン"), ("コーラス", "歌声"), ("合唱", "コーラス"), ("習字", "書道")]
)
def test_words_of_one_matter_are_near(real: Meaning, one: str, other: str) -> None:
    rows, cosines = real.near(real.row(one))
    found = dict(zip(rows.tolist(), cosines.tolist(), strict=True))
    assert found[real.row(other)] == pytest.approx(cosine(real, one, other), abs=1e-3)
    assert rows[0] == real.row(one)
    assert (np.diff(cosines) <= 0).all()
    assert real.row("防災") not in found


def test_the_real_ones_are_saved_and_loaded(real: Meaning, folder: Path) -> None:
    real.save(folder / "real")
    again = Meaning.load(folder / "real")
    assert again is not None
    assert (again.vectors == real.vectors).all()
    assert again.row("縫う") == real.row("縫う")
