"""The chain: each entry's hash covers its values and the hash before it."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from json.encoder import encode_basestring as quoted
from typing import Any

GENESIS = "0" * 64
START = (0, GENESIS)  # number and hash before the first entry


def canonical(values: Mapping[str, Any]) -> str:
    """One spelling of an entry's values: JSON with sorted keys, moments in UTC with microseconds, dates ISO.

    Written out here because a million entries are verified in one go. TypeError for any other value.
    """
    return (
        "{"
        + ",".join([f'"{name}":{_SPELT[type(values[name])](values[name])}' for name in sorted(values)])
        + "}"
    )


def entry_hash(previous_hash: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the previous hash and the canonical values, 64 hex digits."""
    return hashlib.sha256(f"{previous_hash}\n{canonical(values)}".encode()).hexdigest()


class _Spelt(dict[type, Callable[[Any], str]]):
    """How a value of each type is spelt."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        if not issubclass(kind, str):
            raise TypeError(f"{kind.__name__} is not a value of an entry")
        self[kind] = quoted  # an enumeration's member is its word
        return quoted


_SPELT = _Spelt(
    {
        str: quoted,
        int: str,
        bool: lambda value: "true" if value else "false",
        date: lambda value: f'"{value.isoformat()}"',
        datetime: lambda value: f'"{value.astimezone(UTC).isoformat(timespec="microseconds")[:26]}Z"',
    }
)
