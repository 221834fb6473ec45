"""The saved index: whole and of this make, or refused. Never another error, never a wrong answer."""

import dataclasses
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import files, text
from matching.engine.index import Document, TfidfIndex
from matching.engine.meaning import Meaning
from matching.engine.weights import Weights
from tests.support.ranking import ROWS, small_meaning, split

WISH = "sew sing machine tea"


def an_index(meaning: Meaning | None) -> TfidfIndex:
    index = TfidfIndex(split, meaning)
    for id, body in [("J1", "sew Stitch"), ("J2", "choir tea"), ("J3", "drum"), ("J4", "teapot of machine")]:
        index.upsert(Document(id, {"body": body}))
    index.remove("J3")
    index.put_request("R1", {"sew", "tea"})
    index.note = "41"
    return index


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots")


@pytest.fixture(scope="module")
def saved(small: Meaning, folder: Path) -> bytes:
    an_index(small).save(folder / "whole")
    return (folder / "whole").read_bytes()


def loaded(content: bytes, folder: Path, meaning: Meaning) -> TfidfIndex:
    (folder / "index").write_bytes(content)
    return TfidfIndex.load(folder / "index", split, meaning)


@pytest.mark.parametrize("vectors", [False, True])
def test_a_saved_index_answers_the_same_and_goes_on(folder: Path, small: Meaning, vectors: bool) -> None:
    meaning = small if vectors else None
    index = an_index(meaning)
    index.save(folder / "index")
    again = TfidfIndex.load(folder / "index", split, meaning)
    assert len(again) == len(index) == 3
    assert again.note == "41"
    assert again.request_terms == index.request_terms == {"R1": {"sew", "tea"}}
    for one in (index, again):
        one.remove("J2")
        one.upsert(Document("J1", {"body": "sing sew"}))
        one.put_request("R2", {"tea"})
    assert again.search(WISH, 9) == index.search(WISH, 9) != []
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("vectors", [False, True])
def test_an_empty_index_is_saved_too(folder: Path, small: Meaning, vectors: bool) -> None:
    emptied = an_index(small if vectors else None)
    for id in ("J1", "J2", "J4"):
        emptied.remove(id)
    for index in (TfidfIndex(split, small if vectors else None), emptied):
        index.save(folder / "empty")
        again = TfidfIndex.load(folder / "empty", split, small if vectors else None)
        assert len(again) == 0
        assert again.search(WISH, 9) == again.search(WISH, 9, ["J1"]) == []
        again.upsert(Document("J1", {"body": "sew"}))
        assert [hit.id for hit in again.search(WISH, 9)] == ["J1"]


def test_every_truncation_is_refused(saved: bytes, folder: Path, small: Meaning) -> None:
    for length in range(0, len(saved), 7):
        with pytest.raises(ValueError):
            loaded(saved[:length], folder, small)
    with pytest.raises(ValueError):
        loaded(saved + b"\0", folder, small)


@settings(max_examples=600)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_every_flipped_bit_is_refused(
    saved: bytes, folder: Path, small: Meaning, at: float, bit: int
) -> None:
    broken = bytearray(saved)
    broken[int(at * len(saved))] ^= 1 << bit
    with pytest.raises(ValueError):
        loaded(bytes(broken), folder, small)


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", b"\x93NUMPY", bytes(5000)])
def test_a_file_of_something_else_is_refused(content: bytes, folder: Path, small: Meaning) -> None:
    with pytest.raises(ValueError):
        loaded(content, folder, small)
    small.save(folder / "vectors")
    with pytest.raises(ValueError):
        TfidfIndex.load(folder / "vectors", split, small)


def test_half_a_surrogate_pair_and_a_nul_are_kept(folder: Path) -> None:
    index = TfidfIndex(split)
    index.upsert(Document("J\0", {"body": "se\ud800w \0 x\udc00\ud800"}))
    index.put_request("R\0", {"\ud800\udc00", "\0"})
    index.save(folder / "odd")
    again = TfidfIndex.load(folder / "odd", split)
    assert again.search("se\ud800w \0", 9) == index.search("se\ud800w \0", 9) != []
    assert again.request_terms == index.request_terms


def test_two_that_save_at_once_leave_one_whole_file(folder: Path) -> None:
    path = folder / "shared"

    def save_often(size: int) -> None:
        index = TfidfIndex(split)
        for number in range(size):
            index.upsert(Document(f"J{number}", {"body": f"sew word{number}"}))
        for _ in range(30):
            index.save(path)
            assert len(TfidfIndex.load(path, split)) in {2, 300}

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(save_often, size) for size in (2, 300)]:
            done.result()


def test_no_file_is_another_matter(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TfidfIndex.load(folder / "none", split)


def test_another_analyser_other_weights_or_vectors_make_it_foreign(
    saved: bytes, folder: Path, small: Meaning, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loaded(saved, folder, small).search(WISH, 9) == an_index(small).search(WISH, 9)
    with pytest.raises(ValueError, match="something else"):
        TfidfIndex.load(folder / "whole", split, None)
    for field in dataclasses.fields(Weights):
        other = dataclasses.replace(Weights(), **{field.name: getattr(Weights(), field.name) + 0.01})
        with pytest.raises(ValueError, match="something else"):
            TfidfIndex.load(folder / "whole", split, small, other)
    turned = [{axis: -value for axis, value in row.items()} for row in ROWS]
    with pytest.raises(ValueError, match="something else"):  # of the same source, made on another machine
        TfidfIndex.load(folder / "whole", split, small_meaning(turned))
    monkeypatch.setattr(text, "analyser_version", lambda: "another")
    with pytest.raises(ValueError, match="something else"):
        loaded(saved, folder, small)
    an_index(None).save(folder / "words")
    with pytest.raises(ValueError, match="something else"):
        TfidfIndex.load(folder / "words", split, small)


def test_what_no_text_holds_any_more_is_not_written(tmp_path: Path) -> None:
    """Somebody's name in a text that was erased."""
    index = TfidfIndex(split)
    index.upsert(Document("J1", {"body": "sew with Kazuko"}))
    index.upsert(Document("J2", {"body": "sing and sew"}))
    index.compact()
    index.remove("J1")
    index.save(tmp_path / "index")
    arrays = np.load(io.BytesIO((tmp_path / "index").read_bytes()[files.CHECKSUM :]))
    assert not any(b"azuko" in arrays[name].tobytes() for name in arrays.files)
    loaded = TfidfIndex.load(tmp_path / "index", split)
    assert loaded.search("sew sing", 5) == index.search("sew sing", 5)
    loaded.upsert(Document("J3", {"body": "Kazuko sews"}))
    assert [hit.id for hit in loaded.search("kazuko", 5)] == ["J3"]
