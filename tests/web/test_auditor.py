"""An auditor reads every request and match, and of a person nothing by which to know or reach them."""

from datetime import date, timedelta

import pytest

from matching.kernel import clock
from matching.kernel.permissions import Role
from matching.matches.models import MatchStatus, Origin
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

NAME, KANA, PHONE, EMAIL = "監査 花子", "かんさ はなこ", "090-1111-2222", "hanako@example.jp"


@pytest.fixture
def auditor(clients, app):
    return clients(make_account(Role.AUDITOR))


def matched(status=MatchStatus.ACCEPTED, programme="school_support", ward="東区", **values):
    person = make_registrant(make_account(), name=NAME, kana=KANA, phone=PHONE, email=EMAIL)
    school = make_organisation(make_requester(), name=f"第{person.id}小学校", ward=ward)
    request = make_request(school, title="ミシンの授業", ward=ward, programmes=[programme])
    registration = make_registration(person, programme, offering="花子のミシン教室")
    return make_match(request, registration, status, **values)


def pages(match):
    return ("/requests", "/matches", f"/requests/{match.request.code}", f"/matches/{match.code}")


@pytest.mark.parametrize("status", MatchStatus)
def test_every_state_is_read_and_no_person(auditor, status):
    match = matched(status, answer_by=clock.today() + timedelta(days=3))
    for path in pages(match):
        response = auditor.get(path)
        assert response.status_code == 200
        shown = response.get_data(as_text=True)
        assert "ミシンの授業" in shown and match.request.organisation.name in shown
        for personal in (NAME, *NAME.split(), KANA, "か・は", PHONE, EMAIL):
            assert personal not in shown
    assert f"登録者 {match.registrant.code}" in auditor.get(pages(match)[3]).get_data(as_text=True)


def test_who_applies_for_a_stage_is_not_told_by_what_they_offer(auditor):
    match = matched(MatchStatus.PROPOSED, "stage", origin=Origin.REGISTRANT)
    shown = auditor.get(f"/requests/{match.request.code}").get_data(as_text=True)
    assert f"登録者 {match.registrant.code}" in shown and "花子" not in shown


def test_reading_is_all(auditor):
    match = matched()
    request, registration = match.request, match.registration
    for method, path in (
        ("POST", f"/matches/{match.code}/contact"),
        ("POST", f"/matches/{match.code}/cancel"),
        ("POST", f"/requests/{request.code}/cancel"),
        ("GET", f"/requests/{request.code}/candidates"),
        ("GET", f"/requests/{request.code}/edit"),
        ("GET", f"/registry/registrations/{registration.code}"),
        ("POST", f"/registry/registrations/{registration.code}/contact"),
        ("GET", f"/organisations/{request.organisation.code}"),
        ("GET", "/requests/new"),
    ):
        assert auditor.open(path, method=method).status_code in {403, 404}, path
    for path in pages(match):
        assert 'method="post"' not in auditor.get(path).get_data(as_text=True).partition("<main")[2]


def test_an_auditor_with_another_role_knows_only_whom_that_role_knows(clients, app):
    near, far = matched(), matched(ward="西区")
    both = make_account(Role.AUDITOR, Role.COORDINATOR, wards=["東区"], measures=[1, 2, 3, 4])
    member = make_account(Role.AUDITOR, Role.REQUESTER)
    own = make_match(
        make_request(make_organisation(member), date(2026, 11, 2)), near.registration, MatchStatus.ACCEPTED
    )
    for account, known, unknown in ((both, near, far), (member, own, near), (member, own, far)):
        browser = clients(account)
        assert NAME in browser.get(f"/matches/{known.code}").get_data(as_text=True)
        for path in pages(unknown)[2:]:
            assert NAME not in browser.get(path).get_data(as_text=True)
        assert browser.post(f"/matches/{unknown.code}/contact").status_code in {403, 404}


def test_a_coordinator_still_reads_the_name(clients, app):
    match = matched()
    assert NAME in clients(make_coordinator()).get(f"/matches/{match.code}").get_data(as_text=True)
