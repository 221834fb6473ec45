"""What must be answered before a request is opened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from matching.requests.rules import Wish, missing_for_opening, overlapping

NOW = datetime(2026, 10, 1, tzinfo=UTC)
SPAN = (NOW + timedelta(days=9), NOW + timedelta(days=9, hours=1))
WISH = Wish(sessions=(SPAN,), programmes=("lecturer",), now=NOW)


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, 0),
        ({"sessions": ()}, 1),
        ({"sessions": (), "term": (NOW.date(), NOW.date())}, 0),
        ({"sessions": ((NOW - timedelta(days=1), NOW),)}, 1),
        ({"programmes": ()}, 1),
        ({"minors": True}, 2),
        ({"minors": True, "teacher_present": True}, 1),
        ({"minors": True, "teacher_present": True, "continuing": False}, 0),
        ({"minors": True, "teacher_present": False, "continuing": True}, 1),
        ({"minors": True, "teacher_present": False, "continuing": True, "one_to_one": False}, 0),
    ],
)
def test_missing(changed, missing):
    assert len(missing_for_opening(replace(WISH, **changed))) == missing


def test_adjacent_sessions_do_not_overlap():
    after = (SPAN[1], SPAN[1] + timedelta(hours=1))
    assert not overlapping([after, SPAN])
    assert overlapping([SPAN, (SPAN[0] + timedelta(minutes=59), after[1])])
