"""The index as one file, so that a process starts without analysing a text again.

A damaged or foreign file is refused (ValueError); the caller makes it anew.
"""

import json
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from matching.engine import files, text
from matching.engine.columns import Columns
from matching.engine.files import Arrays
from matching.engine.meaning import source
from matching.engine.segment import Rows, Segment

if TYPE_CHECKING:
    from matching.engine.index import TfidfIndex

FORMAT = 5
Mask = npt.NDArray[np.bool_]


def save(index: "TfidfIndex", path: Path) -> None:
    """Write the index, whole or not at all; it is compacted by that. Words no text holds are not written."""
    index.compact()
    terms, letters = _held(index.columns), _held(index.letters)
    spelt = np.zeros(len(index.surfaces), dtype=np.bool_)
    for segment in index.segments:
        spelt[segment.surfaces] = True
    arrays: Arrays = {
        "note": _packed(index.note),
        "totals": index.totals,
        "terms": _packed(_chosen(index.columns.terms, terms)),
        "df": index.columns.df[: len(terms)][terms],
        "letters": _packed(_chosen(index.letters.terms, letters)),
        "letter_df": index.letters.df[: len(letters)][letters],
        "surfaces": _packed(_chosen(index.surfaces.terms, spelt)),
        "requests": _packed({id: sorted(terms) for id, terms in index.request_terms.items()}),
    }
    for segment in index.segments:  # one, or none where there are no texts
        arrays |= {
            "ids": _packed(segment.ids),
            "spelt": _renumbered(segment.surfaces, spelt),
            "vectors": segment.vectors,
            "scales": segment.scales,
            **_rows_out("word", segment.words, terms),
            **_rows_out("pair", segment.letters, letters),
        }
    files.write(path, _made(index), arrays)


def fill(index: "TfidfIndex", path: Path) -> None:
    """Put what was saved into an empty index. ValueError where the file is damaged or of another make."""
    arrays = files.read(path, _made(index))
    _restore(index.columns, arrays["terms"], arrays["df"])
    _restore(index.letters, arrays["letters"], arrays["letter_df"])
    index.surfaces.make(_unpacked(arrays["surfaces"]))
    index.totals, index.note = arrays["totals"], _unpacked(arrays["note"])
    for id, terms in _unpacked(arrays["requests"]).items():
        index.put_request(id, terms)
    if "ids" in arrays:
        index.segments.append(_segment(arrays))


def _segment(arrays: Arrays) -> Segment:
    ids = _unpacked(arrays["ids"])
    return Segment(
        ids=ids,
        words=_rows_in("word", arrays),
        surfaces=arrays["spelt"],
        letters=_rows_in("pair", arrays),
        vectors=arrays["vectors"],
        scales=arrays["scales"],
        alive=np.ones(len(ids), dtype=np.bool_),
    )


def _made(index: "TfidfIndex") -> str:
    # Another machine may turn the same source's vectors another way.
    vectors = [source(), zlib.crc32(index.meaning.vectors.tobytes())] if index.meaning else None
    by = {"format": FORMAT, "analyser": text.analyser_version(), "vectors": vectors}
    return json.dumps(by | {"weights": asdict(index.weights)})


def _restore(columns: Columns, terms: npt.NDArray[Any], df: npt.NDArray[Any]) -> None:
    columns.make(_unpacked(terms))
    columns.df[: len(df)] = df


def _held(columns: Columns) -> Mask:
    return columns.df[: len(columns)] > 0


def _chosen(terms: list[str], which: Mask) -> list[str]:
    return [terms[at] for at in np.flatnonzero(which).tolist()]


def _renumbered(numbers: npt.NDArray[Any], which: Mask) -> npt.NDArray[Any]:
    """The numbers among those that are kept, in the same order."""
    place = np.cumsum(which, dtype=np.int32) - 1
    return np.asarray(place[numbers])


def _rows_out(name: str, rows: Rows, held: Mask) -> Arrays:
    columns = _renumbered(rows.columns, held)
    return {f"{name}_starts": rows.starts, f"{name}_columns": columns, f"{name}_counts": rows.counts}


def _rows_in(name: str, arrays: Arrays) -> Rows:
    return Rows(arrays[f"{name}_starts"], arrays[f"{name}_columns"], arrays[f"{name}_counts"])


def _packed(texts: object) -> npt.NDArray[np.uint8]:
    """Any texts, also such as hold a NUL or half a surrogate pair."""
    return np.frombuffer(json.dumps(texts, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(packed: npt.NDArray[Any]) -> Any:
    return json.loads(packed.tobytes().decode("utf-8", "surrogatepass"))
