"""目標まで: how many more, and what would do it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.indicators.rules import Grade, grade, needed
from matching.indicators.services.targets import set_target
from matching.kernel.db import transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from tests.factories import make_account, make_coordinator, make_match, make_request

PAGE = "/indicators/2026/ahead"
DECEMBER = date(2026, 12, 1)


@given(st.integers(1, 10_000), st.sampled_from((Grade.B, Grade.A)))
def test_the_fewest_that_give_a_grade(target, wanted):
    least = needed(wanted, target)
    assert grade(least, target) <= wanted  # A comes before B
    assert least == 1 or grade(least - 1, target) > wanted


def goal(target):
    with transaction():
        set_target(None, 3, "", 2026, target)


def read(clients):
    page = clients(make_coordinator()).get(PAGE).get_data(as_text=True)
    return "".join(page[page.index("<h1>") :].split())


@pytest.fixture
def done(app):
    match = make_match(make_request(None, date(2026, 9, 1)), status=MatchStatus.COMPLETED)
    with transaction():
        ledger.count(count_values(match, Outcome(date(2026, 9, 1), 90, 30)))


def test_what_is_arranged_is_enough(clients, done):
    goal(3)
    make_match(make_request(None, DECEMBER), status=MatchStatus.ACCEPTED)
    text = read(clients)
    assert "Bまで<strong>あと1件</strong>" in text and "Aまで<strong>あと2件</strong>" in text
    assert "決まっている活動が終われば、Bになります" in text


def test_open_requests_would_do_it(clients, done):
    goal(3)
    request = make_request(None, DECEMBER, headcount=2, title="十二月の授業")
    text = read(clients)
    assert "空きが2人分" in text and "募集中の依頼が決まれば、Bに届きます" in text
    assert request.code in text and "十二月の授業" in text


def test_what_ends_after_march_or_is_full_does_not_help(clients, done):
    goal(3)
    make_request(None, date(2027, 4, 10))
    make_match(make_request(None, date(2027, 4, 11)), status=MatchStatus.ACCEPTED)
    make_match(make_request(None, DECEMBER), status=MatchStatus.OFFERED)
    text = read(clients)
    assert "決まっている活動が0件、募集中の依頼の空きが0人分" in text and "1件足りません" in text


def test_a_target_that_is_reached(clients, done):
    goal(1)
    assert "目標に達しています" in read(clients)


def test_only_the_running_year_has_something_ahead(clients):
    browser = clients(make_account(Role.ADMIN))
    assert browser.get("/indicators/2025/ahead").status_code == 404
    assert "目標のある取組がありません" in browser.get(PAGE).get_data(as_text=True)


def test_a_request_is_named_only_to_who_may_look_for_people_for_it(clients, done):
    """Another ward's school and an auditor see how many places there are, not whose."""
    goal(3)
    make_request(None, DECEMBER, headcount=2, title="十二月の授業")
    for reader in (make_coordinator(wards=["西区"]), make_account(Role.AUDITOR)):
        page = clients(reader).get(PAGE).get_data(as_text=True)
        assert "空きが2人分" in page
        assert "十二月の授業" not in page and "/candidates" not in page
