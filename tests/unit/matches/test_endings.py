"""What the end of a registration does to a match, for every state."""

import pytest

from matching.matches.endings import LIVE, Concerned, becomes, effects
from matching.matches.models import MatchStatus as S

CHANGED = {S.PROPOSED: S.WITHDRAWN, S.OFFERED: S.WITHDRAWN, S.ACCEPTED: S.CANCELLED}


@pytest.mark.parametrize("status", list(S))
def test_each_state_becomes_what_the_design_draws(status):
    assert becomes(status, begun=False) == CHANGED.get(status)


def test_what_has_begun_stays_to_be_reported():
    assert becomes(S.ACCEPTED, begun=True) is None
    assert becomes(S.OFFERED, begun=True) is S.WITHDRAWN
    assert set(CHANGED) == LIVE


def test_the_page_sorts_by_what_is_done():
    rows = {
        name: Concerned(name, "健軍小学校", [], status, begun)
        for name, status, begun in (
            ("asked", S.OFFERED, False),
            ("arranged", S.ACCEPTED, False),
            ("begun", S.ACCEPTED, True),
        )
    }
    found = effects(rows.values())
    assert (found.taken_back, found.called_off, found.staying) == (
        [rows["asked"]],
        [rows["arranged"]],
        [rows["begun"]],
    )
