"""Word vectors: which words are near which, how rare a word is, what a text is about as a whole.

Made once for an installation from chiVe (Manabe et al. 2019), as the ja-ginza package ships it: 20,000 rows
of 300 dimensions, and 480,000 words, the commonest first, each with the row that stands for it. What is kept:
the rows without their mean and first five principal components (which only say "a word of the web"; Mu &
Viswanath 2018), turned so that the first dimensions carry most; each row's near rows; and each word's place
in the order of frequency, from which Zipf's law gives how many texts hold it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any, Self

import msgpack
import numpy as np
import numpy.typing as npt

from matching.engine import files

DIMENSIONS = 256
COMMON_COMPONENTS = 5
NEAR = 0.3  # cosine from which two words count as near
TEXT_WORDS = 60  # words of an ordinary text: turns how often a word is used into how many texts hold it
MADE_BY = 1  # another number: what is kept is made in another way
Floats = npt.NDArray[np.float32]
_MASK = (1 << 64) - 1


class Meaning:
    """One installation's vectors. Words it does not know have no row: they meet by their letters only."""

    def __init__(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        """`arrays`: as `reduced` makes them."""
        self._arrays = arrays
        self._keys, self._rows, self._ranks = arrays["keys"], arrays["rows"], arrays["ranks"]
        self.vectors: Floats = arrays["vectors"]
        self.row = lru_cache(maxsize=200_000)(self._row)
        self.share = lru_cache(maxsize=200_000)(self._share)

    def _place(self, term: str) -> int | None:
        key = np.uint64(word_key(term))
        at = int(np.searchsorted(self._keys, key))
        return at if at < len(self._keys) and self._keys[at] == key else None

    def _row(self, term: str) -> int:
        """The row that stands for the word; −1: none."""
        at = self._place(term)
        return -1 if at is None else int(self._rows[at])

    def _share(self, term: str) -> float:
        """The share of ordinary texts that hold the word, in (0, 1); unknown words are the rarest."""
        at = self._place(term)
        rank = len(self._keys) if at is None else int(self._ranks[at])
        use = 1 / (np.log(len(self._keys)) * (rank + 3))  # Zipf–Mandelbrot
        return float(-np.expm1(-TEXT_WORDS * use))

    def near(self, row: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Rows near this one (itself first) and their cosines, in [NEAR, 1]."""
        span = slice(int(self._arrays["starts"][row]), int(self._arrays["starts"][row + 1]))
        return self._arrays["near"][span], self._arrays["nearness"][span].astype(np.float64)

    def text(self, rows: Sequence[int], weights: Sequence[float]) -> Floats:
        """The unit vector of a text from its words' rows (−1 is passed over); zeros: nothing known."""
        known = [(row, weight) for row, weight in zip(rows, weights, strict=True) if row >= 0]
        if not known:
            return np.zeros(self.vectors.shape[1], dtype=np.float32)
        at, by = zip(*known, strict=True)
        mean: Floats = np.asarray(by, dtype=np.float32) @ self.vectors[list(at)]
        length = float(np.linalg.norm(mean))
        return mean / length if length > 0 else mean

    def save(self, path: Path) -> None:
        """Write the installation's file, whole or not at all."""
        files.write(path, source(), self._arrays)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """The installation's vectors; None where it or its source is missing, or it is damaged or foreign."""
        try:
            return cls(files.read(path, source()))
        except (OSError, ValueError, PackageNotFoundError):
            return None


def source() -> str:
    """What the vectors are made of and how: another answer makes them anew."""
    return f"ja-ginza-{version('ja-ginza')}/{DIMENSIONS}/{COMMON_COMPONENTS}/{NEAR}/{MADE_BY}"


def reduced() -> Meaning:
    """Read the package's files (without spaCy) and keep what is needed. Some ten seconds."""
    folder = next(iter(_folders()))
    rows_by_key: dict[int, int] = msgpack.unpackb((folder / "key2row").read_bytes(), strict_map_key=False)
    keys = np.fromiter(rows_by_key, dtype=np.uint64)
    rows = np.fromiter(rows_by_key.values(), dtype=np.int32)
    order = np.argsort(keys)
    vectors = _without_common(np.load(folder / "vectors"))
    starts, near, nearness = _neighbours(vectors)
    return Meaning(
        {
            "keys": keys[order],
            "rows": rows[order],
            "ranks": order.astype(np.int32),
            "vectors": vectors,
            "starts": starts,
            "near": near,
            "nearness": nearness,
        }
    )


def _folders() -> Iterator[Path]:
    for file in distribution("ja-ginza").files or ():
        if file.name == "key2row":
            yield Path(str(file.locate())).parent


def _without_common(vectors: npt.NDArray[Any]) -> Floats:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    centred = unit - unit.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    kept = axes[COMMON_COMPONENTS : COMMON_COMPONENTS + DIMENSIONS]
    return np.ascontiguousarray(centred @ kept.T, dtype=np.float32)


def _neighbours(vectors: Floats) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    found, near, nearness = [0], [], []
    for first in range(0, len(unit), 1000):
        cosines = unit[first : first + 1000] @ unit.T
        for row in cosines:
            at = np.flatnonzero(row >= NEAR)
            at = at[np.argsort(-row[at], kind="stable")]
            near.append(at.astype(np.int16))
            nearness.append(np.minimum(row[at], 1).astype(np.float16))
            found.append(found[-1] + len(at))
    return np.array(found, dtype=np.int32), np.concatenate(near), np.concatenate(nearness)


def word_key(term: str) -> int:
    """spaCy's key of a word: MurmurHash64A (Appleby) of its UTF-8, seed 1."""
    data, multiplier = term.encode("utf-8", "surrogatepass"), 0xC6A4A7935BD1E995
    value = (1 ^ (len(data) * multiplier)) & _MASK
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        block = int.from_bytes(data[at : at + 8], "little") * multiplier & _MASK
        value = (value ^ ((block ^ (block >> 47)) * multiplier & _MASK)) * multiplier & _MASK
    if data[whole:]:
        value = (value ^ int.from_bytes(data[whole:], "little")) * multiplier & _MASK
    value = (value ^ (value >> 47)) * multiplier & _MASK
    return value ^ (value >> 47)
