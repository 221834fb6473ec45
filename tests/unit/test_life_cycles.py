"""The three life cycles as the design draws them: every state × verb, and nothing else."""

import itertools

import pytest

from matching.kernel.errors import RuleViolation
from matching.kernel.lifecycle import move
from matching.kernel.permissions import TABLE
from matching.matches import rules as matches
from matching.matches.models import STANDING, MatchStatus
from matching.registry import rules as registrations
from matching.registry.models import RegistrationStatus
from matching.requests import rules as requests
from matching.requests.models import RequestStatus

REGISTRATION = """
draft submit submitted | returned submit submitted | refused submit submitted | withdrawn submit submitted
expired submit submitted | submitted approve approved | submitted return returned | submitted refuse refused
approved expire expired | suspended expire expired | approved suspend suspended | approved revoke revoked
suspended resume approved | approved renew approved | expired renew approved | approved withdraw withdrawn
submitted withdraw withdrawn | returned withdraw withdrawn | suspended withdraw withdrawn
"""
REQUEST = """
draft submit submitted | returned submit submitted | submitted open open | submitted return returned
submitted refuse cancelled
open fill filled | filled reopen open | open close closed | open close unmet | filled close closed
filled close unmet | draft cancel cancelled | submitted cancel cancelled | returned cancel cancelled
open cancel cancelled | filled cancel cancelled
"""
MATCH = """
proposed approve offered | proposed approve accepted | proposed reject rejected | proposed lapse lapsed
proposed end withdrawn | offered accept accepted | offered decline declined | offered lapse lapsed
offered cancel cancelled | offered end withdrawn | accepted cancel cancelled | accepted end cancelled
accepted report reported | accepted miss no_show | reported send_back accepted | reported complete completed
completed void voided | voided report_again accepted | declined propose proposed | lapsed propose proposed
withdrawn propose proposed | rejected propose proposed | cancelled propose proposed
proposed withdraw withdrawn | proposed wish proposed | declined wish proposed | lapsed wish proposed
withdrawn wish proposed
"""
CYCLES = [
    (registrations.LIFE_CYCLE, RegistrationStatus, REGISTRATION, [None]),
    (requests.LIFE_CYCLE, RequestStatus, REQUEST, [requests.Ending(True), requests.Ending(False)]),
    (matches.LIFE_CYCLE, MatchStatus, MATCH, [matches.Approval(True), matches.Approval(False)]),
]


@pytest.mark.parametrize(
    ("table", "states", "drawn", "facts"), CYCLES, ids=["registration", "request", "match"]
)
def test_every_state_and_verb(table, states, drawn, facts):
    steps = [step.split() for line in drawn.strip().splitlines() for step in line.split("|")]
    allowed = {(states(before), verb, states(after)) for before, verb, after in steps}
    verbs = {verb for _, verb, _ in allowed}
    seen = set()
    for state, verb, known in itertools.product(states, sorted(verbs), facts):
        try:
            after = move(table, state, verb, known, refusal="いいえ").to
        except RuleViolation as error:
            assert error.sentence == "いいえ"
            assert not any(s == state and v == verb for s, v, _ in allowed)
        else:
            seen.add((state, verb, after))
    assert seen == allowed


@pytest.mark.parametrize(
    ("table", "states", "drawn", "facts"), CYCLES, ids=["registration", "request", "match"]
)
def test_guards_exclude_each_other_and_actions_exist(table, states, drawn, facts):
    for moves in table.values():
        assert all(step.action in TABLE for step in moves)
        for known in facts:
            assert sum(step.guard(known) for step in moves) <= 1


def test_what_holds_a_place():
    assert {"offered", "accepted", "reported", "completed", "voided"} == STANDING
