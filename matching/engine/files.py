"""Arrays as one file that says what made it: written whole or not at all, read whole or refused."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
CHECKSUM = hashlib.sha256().digest_size  # it stands first, and is of all that follows


def write(path: Path, made: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """`made`: what another program, version or setting would say otherwise."""
    # Several processes may save at once: each writes in a folder of its own, gone whatever happens.
    with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
        part = Path(folder) / path.name
        with part.open("w+b") as file:
            file.write(bytes(CHECKSUM))
            np.savez(file, allow_pickle=False, made=np.array(made), **arrays)
            file.seek(CHECKSUM)
            checksum = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            file.write(checksum)
        part.replace(path)


def read(path: Path, made: str) -> Arrays:
    """What was written. ValueError: damaged, or `made` by something else; OSError: there is no such file."""
    with path.open("rb") as file:
        # A zip's own checksums do not cover its directory, nor an array that is read in part.
        if file.read(CHECKSUM) != hashlib.file_digest(file, "sha256").digest():
            raise ValueError(f"damaged: {path.name}")
        file.seek(CHECKSUM)
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    if str(arrays.pop("made")) != made:
        raise ValueError(f"made by something else: {path.name}")
    return arrays
