"""What each decision says of fit, as a table."""

import pytest

from matching.matcher.rules import grade
from matching.matches.rules import DECISIONS, DECLINE_REASONS, REJECT_REASONS

GRADES = {
    ("approve", ""): 1,
    ("accept", ""): 2,
    ("complete", ""): 2,
    ("decline", "busy"): 1,
    ("decline", "health"): 1,
    ("decline", "far"): 1,
    ("decline", "unsuitable"): 0,
    ("decline", "other"): 1,
    ("reject", "another"): None,
    ("reject", "unsuitable"): 0,
    ("reject", "dates"): None,
    ("reject", "requester"): None,
    ("reject", "other"): None,
}


@pytest.mark.parametrize(("decision", "expected"), GRADES.items())
def test_what_a_decision_says(decision, expected):
    assert grade(*decision) == expected


def test_every_decision_has_its_grade():
    reasons = {"decline": DECLINE_REASONS, "reject": REJECT_REASONS}
    assert set(GRADES) == {(verb, reason) for verb in DECISIONS for reason in reasons.get(verb, [""])}
