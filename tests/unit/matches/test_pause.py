"""Who rests is not asked, and the sentence says from when they can be."""

from dataclasses import replace
from datetime import date

import pytest

from matching.matches.gates import Person, Wanted
from matching.matches.mends import mended

PERSON = Person(programmes=frozenset({"lecturer"}))
WANTED = Wanted(
    programmes=("lecturer",),
    sessions=(),
    ward="東区",
    online=False,
    organisation=1,
    first_day=date(2026, 11, 1),
)


def test_who_does_not_rest_is_not_told_about():
    assert "paused" not in {gate.name for gate in mended(PERSON, WANTED)}


@pytest.mark.parametrize(
    ("until", "reason", "mend"),
    [
        (None, "ご本人が再開するまで活動を休んでいます", "ご本人が再開すれば打診できます"),
        (date(2026, 12, 31), "2026年12月31日まで活動を休んでいます", "2027年1月1日から打診できます"),
    ],
)
def test_who_rests_fails_with_a_sentence_and_a_mend(until, reason, mend):
    resting = replace(PERSON, paused=True, paused_until=until)
    gate = next(gate for gate in mended(resting, WANTED) if gate.name == "paused")
    assert not gate.passed
    assert reason in gate.reason
    assert gate.mend == mend
