"""The chain: each entry's hash covers its values and the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64
START = (0, GENESIS)  # number and hash before the first entry


def canonical(values: Mapping[str, Any]) -> str:
    """One spelling of an entry's values: sorted keys, moments in UTC with microseconds, dates ISO."""
    return _ENCODER.encode(values)


def entry_hash(previous_hash: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the previous hash and the canonical values, 64 hex digits."""
    return hashlib.sha256(f"{previous_hash}\n{canonical(values)}".encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a value of an entry")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
