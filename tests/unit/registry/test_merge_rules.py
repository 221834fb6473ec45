"""Which of two registrations stays, and when a merge is refused."""

from datetime import date

import pytest

from matching.kernel.readings import phone_key
from matching.registry.models import RegistrationStatus as S
from matching.registry.rules import MERGE_ORDER, contradict, first_stays

NEXT, LATER = date(2027, 3, 31), date(2029, 3, 31)


def test_every_state_has_its_place():
    assert sorted(MERGE_ORDER) == sorted(S)


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ((S.DRAFT, None), (S.APPROVED, NEXT), False),
        ((S.SUBMITTED, None), (S.WITHDRAWN, None), True),
        ((S.APPROVED, NEXT), (S.APPROVED, LATER), False),
        ((S.APPROVED, None), (S.APPROVED, LATER), True),  # no end is the latest
        ((S.REVOKED, NEXT), (S.DRAFT, None), True),  # the city's end is not forgotten
        ((S.APPROVED, NEXT), (S.APPROVED, NEXT), True),
    ],
)
def test_the_stronger_stays(first, second, stays):
    assert first_stays(first, second) is stays


@pytest.mark.parametrize("stopped", [S.SUSPENDED, S.REVOKED])
def test_what_the_city_stopped_contradicts_what_it_approved(stopped):
    assert contradict(S.APPROVED, stopped) and contradict(stopped, S.APPROVED)
    assert not contradict(stopped, S.DRAFT)


@pytest.mark.parametrize("typed", ["096-311-2222", "０９６（３１１）２２２２", "+81 96 311 2222"])
def test_one_telephone_in_several_spellings(typed):
    assert phone_key(typed) == "0963112222"
