"""Hours that touch become one, those apart stay; who rests; which consents mean something."""

from datetime import date, time

import pytest

from matching.registry.models import ConsentPurpose
from matching.registry.rules import PRESETS, asked_consents, merged_hours, pauses

TODAY = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("hours", "merged"),
    [
        ([(0, 9, 12), (0, 13, 15)], [(0, 9, 12), (0, 13, 15)]),
        ([(0, 11, 15), (0, 9, 12)], [(0, 9, 15)]),
        ([(0, 9, 12), (0, 12, 15)], [(0, 9, 15)]),
        ([(0, 9, 15), (0, 10, 11)], [(0, 9, 15)]),
        ([(0, 9, 12), (1, 12, 15)], [(0, 9, 12), (1, 12, 15)]),
    ],
)
def test_only_hours_of_a_day_that_touch_become_one(hours, merged):
    spans = lambda rows: [(day, time(starts), time(ends)) for day, starts, ends in rows]  # noqa: E731
    assert merged_hours(spans(hours)) == spans(merged)


def test_every_preset_is_within_a_day_and_in_order():
    for _, hours in PRESETS.values():
        assert list(hours) == merged_hours(hours)
        assert all(starts < ends for _, starts, ends in hours)


@pytest.mark.parametrize(
    ("since", "until", "rests"),
    [
        (None, None, False),
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (date(2026, 9, 1), date(2026, 9, 30), False),
        (date(2026, 10, 2), None, False),
    ],
)
def test_a_pause_lasts_from_its_first_day_to_its_last(since, until, rests):
    assert pauses(since, until, TODAY) is rests


UNASKED = {ConsentPurpose.CONFIDENTIALITY, ConsentPurpose.LOCAL_LEADER}


@pytest.mark.parametrize(
    ("staff_only", "guardian", "missing"),
    [
        (
            True,
            False,
            {ConsentPurpose.PUBLIC_LISTING, ConsentPurpose.GUARDIAN, *UNASKED},
        ),
        (False, True, UNASKED),
    ],
)
def test_a_consent_is_asked_only_where_it_means_something(staff_only, guardian, missing):
    asked = asked_consents(["rules_of_conduct"], staff_only=staff_only, guardian=guardian)
    assert set(ConsentPurpose) - {purpose for purpose, _ in asked} == missing
    required = {purpose for purpose, needed in asked if needed}
    assert required == {ConsentPurpose.RULES_OF_CONDUCT} | ({ConsentPurpose.GUARDIAN} if guardian else set())


def test_a_programmes_own_question_may_be_answered_no():
    asked = asked_consents([], staff_only=False, guardian=False, optional=["local_leader"])
    assert (ConsentPurpose.LOCAL_LEADER, False) in asked
