"""The spelling an entry is hashed in is JSON, whatever its values hold."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.ledger.models import EntryKind
from matching.ledger.rules import GENESIS, canonical, entry_hash

ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.dates(), MOMENTS, st.sampled_from(EntryKind))


def as_json(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat()


@given(st.dictionaries(st.from_regex("[a-z_]{1,20}", fullmatch=True), VALUES, max_size=18))
def test_the_spelling_is_json_with_sorted_keys(values):
    plain = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=as_json)
    assert canonical(values) == plain


def test_another_kind_of_value_is_refused():
    with pytest.raises(TypeError):
        canonical({"minutes": 1.5})


@given(st.dictionaries(st.sampled_from(["minutes", "match", "ward"]), st.integers() | st.text(), min_size=1))
def test_another_value_is_another_hash(values):
    name = next(iter(values))
    other = values | {name: "別の値" if values[name] != "別の値" else 0}
    assert entry_hash(GENESIS, values) != entry_hash(GENESIS, other)
    assert entry_hash(GENESIS, values) != entry_hash("1" * 64, values)


def test_a_day_is_not_a_moment():
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    assert canonical({"at": date(2026, 4, 1)}) != canonical({"at": moment})
