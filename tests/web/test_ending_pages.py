"""What ends a registration says first what it does, asks why, and then does just that."""

from datetime import date

import pytest

from matching.kernel.db import db
from matching.matches.models import MatchStatus, Origin
from matching.registry.models import RegistrationStatus
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_registrant,
    make_registration,
    make_request,
)


@pytest.fixture
def registration(app):
    return make_registration(make_registrant(make_account()))


def matches_of(registration):
    def one(title, day, status, **values):
        return make_match(make_request(None, day, title=title), registration, status, **values)

    return {
        "取りやめる活動": one("決まった手伝い", date(2026, 11, 1), MatchStatus.ACCEPTED),
        "打診": one("尋ねた手伝い", date(2026, 11, 2), MatchStatus.OFFERED),
        "希望": one("望んだ手伝い", date(2026, 11, 3), MatchStatus.PROPOSED, origin=Origin.REGISTRANT),
        "担当者の案": one("案の手伝い", date(2026, 11, 4), MatchStatus.PROPOSED),
        "始まった活動": one("済んだ手伝い", date(2026, 9, 1), MatchStatus.ACCEPTED),
        "終えた活動": one("昔の手伝い", date(2026, 8, 1), MatchStatus.COMPLETED),
    }


@pytest.mark.parametrize("verb", ["suspend", "revoke"])
def test_the_city_sees_before_it_acts_and_the_act_does_the_same(clients, registration, verb):
    found = matches_of(registration)
    browser, path = clients(make_coordinator()), f"/registry/registrations/{registration.code}/{verb}"
    shown = browser.get(path).get_data(as_text=True)
    off, back, staying = (
        shown.index("取りやめになる活動（1件）"),
        shown.index("取り下げになる打診や希望（3件）"),
        shown.index("もう始まっているので、そのまま続き、報告されるもの（1件）"),
    )
    assert off < shown.index("決まった手伝い") < back < shown.index("尋ねた手伝い") < staying
    assert back < shown.index("案の手伝い") < staying < shown.index("済んだ手伝い")
    assert "昔の手伝い" not in shown
    assert registration.status is RegistrationStatus.APPROVED
    assert browser.post(path).status_code == 422
    assert browser.post(path, data={"reason": "looks"}).status_code == 422
    assert browser.post(path, data={"reason": "unreachable"}).status_code == 303
    assert browser.post(path, data={"reason": "unreachable"}).status_code == 409
    db.session.rollback()
    assert [match.status for match in found.values()] == [
        MatchStatus.CANCELLED,
        *[MatchStatus.WITHDRAWN] * 3,
        MatchStatus.ACCEPTED,
        MatchStatus.COMPLETED,
    ]
    assert "連絡がとれないため" in browser.get(f"/registry/registrations/{registration.code}").get_data(
        as_text=True
    )
    assert "この操作はできません" in browser.get(path).get_data(as_text=True)


def test_the_person_does_not_read_of_what_they_were_not_asked(clients, registration):
    matches_of(registration)
    browser = clients(registration.registrant.account)
    path = f"/registry/registrations/{registration.code}/withdraw"
    shown = browser.get(path).get_data(as_text=True)
    assert "取り下げになる打診や希望（2件）" in shown
    assert "案の手伝い" not in shown
    assert browser.post(path, data={"reason": "moved"}).status_code == 303
    db.session.rollback()
    assert registration.status is RegistrationStatus.WITHDRAWN
