"""What is told of a council seat or a stage never speaks of an activity."""

import re

import pytest

from matching.matches.models import MatchStatus
from matching.matches.timelines import HAPPENED, MOVED, happened
from matching.requests.wording import ACTIVITY, SEAT, STAGE

# What happens to activities alone: a seat has no dates and no insurance, a stage is applied for.
NEVER = {"match.leave", "match.wish", "request.insure"}
OFFERED = {"match.approve", "match.accept", "match.decline", "match.lapse", "request.keep_alternate"}
KINDS = {
    "seat": (SEAT, NEVER, r"活動|日時|依頼者|引き受け|来て|来られ|見送り|やってみたい"),
    "stage": (STAGE, OFFERED - {"match.approve"}, r"活動|依頼|打診|引き受け|来て|来られ|お願い"),
}


@pytest.mark.parametrize(("words", "never", "foreign"), KINDS.values(), ids=KINDS)
def test_the_timeline_of_each_kind_in_its_own_words(words, never, foreign):
    acts = [(act, {}) for act in HAPPENED if act not in never]
    acts += [(act, {"before": a, "after": b}) for act, a, b in MOVED if act not in never]
    told = {act: happened(act, details, words) for act, details in acts}
    assert not {act: said for act, said in told.items() if re.search(foreign, said)}


def test_a_yes_given_before_is_told_as_one():
    details = {"before": MatchStatus.PROPOSED, "after": MatchStatus.ACCEPTED}
    assert happened("match.approve", details, SEAT) == "就任の承諾があり、決まりました"
    assert happened("match.approve", details, ACTIVITY) == "お願いすることが決まりました"
    assert happened("match.approve", details | {"after": MatchStatus.OFFERED}, SEAT) == "委嘱を打診しました"
