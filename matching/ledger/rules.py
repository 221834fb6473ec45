"""The chain: each entry's hash covers its values and the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64


def canonical(values: Mapping[str, Any]) -> str:
    """One spelling of an entry's values: sorted keys, moments in UTC with microseconds, dates ISO."""
    return json.dumps(
        {name: _plain(value) for name, value in values.items()},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def entry_hash(previous_hash: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the previous hash and the canonical values, 64 hex digits."""
    return hashlib.sha256(f"{previous_hash}\n{canonical(values)}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    return value
