"""Sums are kept for the state they were made from: whatever changes the figures, the next look shows it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest

from matching.indicators import counted
from matching.indicators.kept import revision
from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from matching.registry.models import RegistrationStatus
from matching.registry.services import life
from matching.registry.services.merging import merge
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_reported,
    make_request,
)

DAY = date(2026, 9, 1)


def book(registration=None, day=DAY):
    match = make_match(make_request(None, day), registration, MatchStatus.COMPLETED)
    with transaction():
        ledger.count(count_values(match, Outcome(day, 60, 10)))
    return match


def third(browser):
    """Measure ③ as a file says it, and the headline of its page."""
    told = json.loads(browser.get("/indicators/2026/report.json").data)["measures"][2]
    page = browser.get("/indicators").get_data(as_text=True)
    headline = page.split("figure-3")[1].split('class="value">')[1].split("<")[0].strip()
    assert headline == str(told["completed_matches"])
    return told


def test_a_count_and_its_reversal_show_at_once(clients):
    browser = clients()
    assert third(browser)["completed_matches"] == 0
    match = book()
    assert third(browser)["completed_matches"] == 1
    with transaction():
        ledger.reverse(match.code, 1)
    assert third(browser)["completed_matches"] == 0


def test_two_who_turn_out_to_be_one_are_one_at_once(clients):
    browser = clients()
    one, other = (make_registration(make_registrant()) for _ in range(2))
    book(one), book(other, date(2026, 9, 2))
    assert third(browser)["people_active"] == 2
    with transaction():
        merge(make_account(Role.ADMIN), one.registrant, other.registrant)
    assert third(browser)["people_active"] == 1


def test_an_approved_registration_shows_at_once(clients):
    browser = clients()
    registration = make_registration(status=RegistrationStatus.SUBMITTED, valid_until=None)
    assert third(browser)["new_registrations"] == 0
    with transaction():
        life.approve_registration(make_coordinator(), registration, date(2028, 3, 31))
    assert third(browser)["new_registrations"] == 1


def test_what_became_of_a_request_shows_at_once(clients):
    browser, request = clients(), make_reported(make_organisation(), DAY)
    request.opened_at = clock.at(date(2026, 8, 1), time(9))
    db.session.commit()
    assert third(browser)["fill_rate"] is None
    assert clients(make_coordinator()).post(f"/requests/{request.code}/confirm").status_code == 303
    assert third(browser)["fill_rate"] == 100


def test_an_entry_that_was_undone_leaves_nothing_behind(clients):
    browser, first = clients(), book()
    assert third(browser)["completed_matches"] == 1
    with pytest.raises(RuntimeError), transaction():
        ledger.reverse(first.code, 1)
        at = revision(2026)
        assert counted.of_year(2026, at)["measure"]["3"]["completed_matches"] == 0
        assert counted.totals(at)[2026, 3] == 0
        raise RuntimeError
    book(), book()
    told = third(browser)
    assert (told["completed_matches"], told["activity_minutes"]) == (3, 180)
    assert counted.totals(revision(2026))[2026, 3] == 3


def test_several_threads_read_the_same_figures_while_entries_come_in(app, clients):
    book()

    def look():
        with app.app_context():
            for _ in range(10):
                counted.of_year(2026, revision(2026))

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look) for _ in range(4)]
        for _ in range(3):
            book()
        for one in looks:
            one.result()
    assert third(clients())["completed_matches"] == 4
    assert counted.of_year(2026, revision(2026)) == counted.of_year(2026)
