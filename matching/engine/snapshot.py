"""The index as one file, so that a process starts without analysing a text again.

The file is a zip of arrays: each has its checksum, and what made it is said in it. A damaged or foreign file
is refused (ValueError); the caller makes it anew.
"""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from matching.engine import text
from matching.engine.columns import Columns
from matching.engine.meaning import source
from matching.engine.segment import Rows, Segment

if TYPE_CHECKING:
    from matching.engine.index import TfidfIndex

FORMAT = 3
Arrays = dict[str, npt.NDArray[Any]]


def save(index: "TfidfIndex", path: Path) -> None:
    """Write the index, whole or not at all; it is compacted by that."""
    index.compact()
    arrays: Arrays = {
        "made": _packed([_made(index)]),
        "note": _packed([index.note]),
        "totals": index.totals,
        "terms": _packed(index.columns.terms),
        "df": index.columns.df[: len(index.columns)],
        "letters": _packed(index.letters.terms),
        "letter_df": index.letters.df[: len(index.letters)],
        "surfaces": _packed(index.surfaces.terms),
        "requests": _packed([json.dumps({id: sorted(terms) for id, terms in index.request_terms.items()})]),
    }
    for segment in index.segments:  # one, or none where there are no texts
        arrays |= {
            "ids": _packed(segment.ids),
            "spelt": segment.surfaces,
            "first": segment.first,
            "rest": segment.rest,
            **_rows_out("word", segment.words),
            **_rows_out("pair", segment.letters),
        }
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    part.replace(path)


def fill(index: "TfidfIndex", path: Path) -> None:
    """Put what was saved into an empty index. ValueError where the file is damaged or of another make."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if _unpacked(file["made"]) != [_made(index)]:
                raise ValueError("made by another version")
            arrays = {name: file[name] for name in file.files}
        _restore(index.columns, arrays["terms"], arrays["df"])
        _restore(index.letters, arrays["letters"], arrays["letter_df"])
        index.surfaces.make(_unpacked(arrays["surfaces"]))
        index.totals, index.note = arrays["totals"], _unpacked(arrays["note"])[0]
        for id, terms in json.loads(_unpacked(arrays["requests"])[0]).items():
            index.put_request(id, terms)
        if "ids" in arrays:
            index.adopt(_segment(arrays))
    except (zipfile.BadZipFile, KeyError, EOFError, IndexError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not an index: {path.name}") from error


def _segment(arrays: Arrays) -> Segment:
    ids = _unpacked(arrays["ids"])
    return Segment(
        ids=ids,
        words=_rows_in("word", arrays),
        surfaces=arrays["spelt"],
        letters=_rows_in("pair", arrays),
        first=arrays["first"],
        rest=arrays["rest"],
        alive=np.ones(len(ids), dtype=np.bool_),
    )


def _made(index: "TfidfIndex") -> str:
    by = {"format": FORMAT, "analyser": text.analyser_version()}
    return json.dumps(by | {"meaning": source() if index.meaning else None} | asdict(index.weights))


def _restore(columns: Columns, terms: npt.NDArray[Any], df: npt.NDArray[Any]) -> None:
    columns.make(_unpacked(terms))
    columns.df[: len(df)] = df


def _rows_out(name: str, rows: Rows) -> Arrays:
    return {f"{name}_{part}": getattr(rows, part) for part in ("starts", "columns", "counts")}


def _rows_in(name: str, arrays: Arrays) -> Rows:
    return Rows(arrays[f"{name}_starts"], arrays[f"{name}_columns"], arrays[f"{name}_counts"])


def _packed(texts: list[str]) -> npt.NDArray[np.uint8]:
    """Texts as bytes, each ended by a NUL, which no text of ours holds."""
    return np.frombuffer("".join(f"{text}\0" for text in texts).encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(packed: npt.NDArray[Any]) -> list[str]:
    return packed.tobytes().decode("utf-8", "surrogatepass").split("\0")[:-1]
