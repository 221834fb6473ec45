"""Promise 14: the year is the activity's in Tokyo, whatever the server's own zone, and so is the report."""

import os
import time
from datetime import UTC, datetime

import pytest

from matching.indicators import published, reports
from matching.kernel import clock
from matching.kernel.db import transaction
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from tests.factories import make_match, make_request

TURN = {  # around midnight of 1 April 2026 in Tokyo
    datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC): 2025,
    datetime(2026, 3, 31, 15, 0, 0, tzinfo=UTC): 2026,
    datetime(2028, 2, 29, 14, 59, 59, tzinfo=UTC): 2027,
    datetime(2028, 3, 31, 15, 0, 0, tzinfo=UTC): 2028,
}
ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles")


@pytest.fixture
def zone(monkeypatch):
    before = os.environ.get("TZ")

    def move(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    if before is None:
        monkeypatch.delenv("TZ", raising=False)
    else:
        monkeypatch.setenv("TZ", before)
    time.tzset()


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("moment", TURN)
def test_the_year_of_an_activity_is_tokyos(app, zone, name, moment):
    zone(name)
    day = clock.day_of(moment)
    match = make_match(make_request(None, day), status=MatchStatus.COMPLETED)
    with clock.frozen(datetime(2028, 5, 1, tzinfo=UTC)), transaction():  # confirmed after 1 April
        entry = ledger.count(count_values(match, Outcome(day, 60, 10)))
    assert entry.fiscal_year == entry.activity_fiscal_year == TURN[moment]


def test_the_report_is_the_same_in_every_zone(app, zone):
    for moment in list(TURN)[:2]:
        match = make_match(make_request(None, clock.day_of(moment)), status=MatchStatus.COMPLETED)
        with transaction():
            ledger.count(count_values(match, Outcome(clock.day_of(moment), 60, 10)))
    told = []
    for name in ZONES:
        zone(name)
        told.append([published.as_json(reports.present(year)) for year in (2025, 2026)])
    assert told[0] == told[1] == told[2]
    assert [year["measures"][2]["completed_matches"] for year in told[0]] == [1, 1]
