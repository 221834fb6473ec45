"""What the pages tell: where one is, what has happened, how long there is, what must be filled in."""

import re
from datetime import date, timedelta

import pytest

from matching.kernel import clock
from matching.kernel.db import transaction
from matching.kernel.permissions import Role
from matching.matches.models import MatchStatus
from matching.matches.services import offers
from matching.registry.models import RegistrationStatus
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


def current(page):
    return re.findall(r'aria-current="page">([^<]+)', page.get_data(as_text=True))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/registry", "わたしの登録"),
        ("/registry/register/person", "わたしの登録"),
        ("/registry/queue", "登録の審査"),
        ("/registry/enter", "登録の審査"),
        ("/requests", "依頼"),
        ("/indicators", "指標"),
        ("/", None),
        ("/no-such-page", None),
    ],
)
def test_the_navigation_marks_one_place_or_none(clients, path, place):
    assert current(clients(make_coordinator()).get(path)) == ([place] if place else [])


def folded(clients, account):
    header = clients(account).get("/").get_data(as_text=True).partition("</header>")[0]
    return re.findall(r">([^<]+)</a>", header.partition("<summary>")[2])


def test_what_staff_seldom_open_is_folded_and_nobody_elses(clients):
    clerk, resident, member = make_coordinator(), make_account(), make_requester()
    for account in (clerk, resident, member):
        make_registration(make_registrant(account))
    assert folded(clients, clerk) == ["講座", "わたしに合う依頼", "同義語", "わたしの登録"]
    assert folded(clients, make_account(Role.ADMIN)) == ["同義語", "わたしの登録"]
    assert folded(clients, resident) == folded(clients, member) == []


def test_a_registration_lies_with_the_queue_for_staff_and_with_ones_own_for_its_owner(clients):
    owner = make_account()
    registration = make_registration(make_registrant(owner), status=RegistrationStatus.SUBMITTED)
    path = f"/registry/registrations/{registration.code}"
    assert current(clients(make_coordinator()).get(path)) == ["登録の審査"]
    assert current(clients(owner).get(path)) == ["わたしの登録"]


def test_what_happened_is_told_to_the_person_and_the_coordinator_newest_first(clients):
    person, member, coordinator = make_account(), make_requester(), make_coordinator()
    registration = make_registration(make_registrant(person))
    request = make_request(make_organisation(member), clock.today() + timedelta(days=9))
    with transaction():
        terms = offers.Terms(answer_by=clock.today() + timedelta(days=5))
        match = offers.approve_match(coordinator, request, registration.registrant, terms)
    with transaction():
        offers.accept(person, match)
    for account, told in ((person, True), (coordinator, True), (member, False)):
        text = clients(account).get(f"/matches/{match.code}").get_data(as_text=True)
        assert ("引き受けました" in text) is told
        assert (text.find("引き受けました") < text.find("打診しました")) is told
    assert "来てくれる人が決まりました" in clients(member).get(f"/requests/{request.code}").get_data(
        as_text=True
    )


def test_whoever_is_asked_sees_place_fee_and_how_long_there_is(clients):
    person = make_account()
    request = make_request(format="online", fee="3000", audience="5年生 32人")
    match = make_match(request, make_registration(make_registrant(person)))
    text = clients(person).get(f"/matches/{match.code}").get_data(as_text=True)
    for told in ("オンライン", "3000円", "5年生 32人", "（あと7日）"):
        assert told in text
    assert request.ward not in text


def test_what_must_be_filled_in_when_it_took_place_is_said(clients):
    member = make_requester()
    past = make_request(make_organisation(member), clock.today() - timedelta(days=3))
    make_match(past, status=MatchStatus.ACCEPTED)
    page = clients(member).get(f"/requests/{past.code}/report/{past.sessions[0].code}")
    assert page.get_data(as_text=True).count("行われたとき必須") == 2


def test_a_date_of_another_year_is_told_with_its_year(clients):
    coordinator = clients(make_coordinator())
    next_year, this_year = make_request(None, date(2027, 10, 19)), make_request(None, date(2026, 10, 19))
    shown = [coordinator.get(f"/requests/{r.code}").get_data(as_text=True) for r in (next_year, this_year)]
    assert "2027年10月19日(火) 10:00" in shown[0]
    assert "10月19日(月) 10:00" in shown[1]
    assert "2026年" not in shown[1]


def test_a_completed_activity_of_the_paper_years_has_its_place_filled(clients):
    match = make_match(make_request(None, date(2026, 9, 10)), status=MatchStatus.COMPLETED, place=None)
    text = clients(make_coordinator()).get(f"/requests/{match.request.code}").get_data(as_text=True)
    assert "来てくれる人（1 / 1人）" in text
