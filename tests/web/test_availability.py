"""日時と場所・休み: said on a phone in few taps, at any time, and never lost."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import RuleViolation
from matching.matches import queries_gates
from matching.matches.models import MatchStatus
from matching.matches.services.offers import Terms, approve_match
from matching.registry.models import Registrant, RegistrationStatus, WeeklyHours
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)
from tests.support.versions import send_page

PAGE = "/registry/availability"


@pytest.fixture
def account(app):
    account = make_account()
    make_registration(make_registrant(account))
    return account


def person():
    return db.session.scalars(select(Registrant)).one()


def spans():
    return [(row.weekday, row.starts.hour, row.ends.hour) for row in person().weekly_hours]


def send(browser, path, **data):
    return browser.post(PAGE + path, data={"version": person().availability_version, **data})


def test_a_preset_is_one_tap_and_keeps_what_was_there(clients, account):
    save(WeeklyHours(registrant_id=person().id, weekday=0, starts=time(13), ends=time(15)))
    browser = clients(account)
    assert send(browser, "/hours", preset="mornings").status_code == 303
    assert spans() == [(0, 9, 12), (0, 13, 15), (1, 9, 12), (2, 9, 12), (3, 9, 12), (4, 9, 12)]
    first = person().weekly_hours[0].id
    assert send(browser, "/hours", remove=first).status_code == 303
    assert spans()[0] == (0, 13, 15)
    assert send(browser, "/hours", anytime="1").status_code == 303
    assert spans() == []


def test_hours_absences_wards_and_number_of_ones_own(clients, account):
    browser = clients(account)
    assert send(browser, "/hours", weekday="6", starts="10:00", ends="11:00").status_code == 303
    days = {"first_day": "2026-10-10", "last_day": "2026-10-20"}
    assert send(browser, "/absences", **days).status_code == 303
    assert send(browser, "", areas=["東区", "西区"], monthly_limit="2").status_code == 303
    found = person()
    assert spans() == [(6, 10, 11)]
    assert [(row.first_day, row.last_day) for row in found.blackouts] == [
        (date(2026, 10, 10), date(2026, 10, 20))
    ]
    assert (sorted(found.areas), found.monthly_limit) == (["東区", "西区"], 2)
    page = browser.get(PAGE).get_data(as_text=True)
    assert "日曜日 10:00–11:00" in page
    assert send(browser, "/absences", remove=found.blackouts[0].id).status_code == 303
    assert person().blackouts == []


def test_one_day_away_is_one_date(clients, account):
    browser = clients(account)
    assert send(browser, "/absences", first_day="2026-10-10", last_day="").status_code == 303
    assert [row.last_day for row in person().blackouts] == [date(2026, 10, 10)]
    page = browser.get(PAGE).get_data(as_text=True)
    assert "2026年10月10日 <" in page and "10日から" not in page


@pytest.mark.parametrize(
    ("path", "data", "sentence"),
    [
        ("/hours", {"weekday": "0", "starts": "12:00", "ends": "10:00"}, "始まりより後"),
        ("/hours", {"weekday": "9", "starts": "09:00", "ends": "10:00"}, "曜日"),
        ("/hours", {"preset": "never"}, "曜日を選択してください"),
        ("/absences", {"first_day": "2026-10-20", "last_day": "2026-10-10"}, "その後にしてください"),
        ("/absences", {"first_day": "2026-09-01", "last_day": "2026-09-02"}, "すでに過ぎた日"),
        ("/absences", {"first_day": "あした"}, "不在の最初の日"),
        ("", {"monthly_limit": "0"}, "1から31まで"),
        ("", {"areas": ["火星"]}, "活動できる区"),
        ("/pause", {"until": "2026-09-30"}, "すでに過ぎた日"),
    ],
)
def test_a_wrong_entry_is_told_and_changes_nothing(clients, account, path, data, sentence):
    before = person().availability_version
    response = send(clients(account), path, **data)
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)
    assert person().availability_version == before


@pytest.mark.parametrize(
    ("path", "data", "sent"),
    [
        ("", {"areas": ["西区"], "monthly_limit": "3"}, "活動できる区: 西区、1か月の上限: 3"),
        ("/hours", {"preset": "weekends"}, "土日（9–17時）"),
        ("/hours", {"anytime": "1"}, "いつでも活動できる"),
        ("/absences", {"first_day": "2026-10-10", "last_day": "2026-10-11"}, "2026年10月10日"),
        ("/pause", {}, "休む: 再開するまで"),
    ],
)
@pytest.mark.parametrize("version", ["1", "", "x", "9" * 30])
def test_a_stale_page_changes_nothing_and_shows_both(clients, account, path, data, sent, version):
    browser = clients(account)
    send(browser, "", areas=["北区"])
    send(browser, "/hours", weekday="2", starts="10:00", ends="11:00")
    response = browser.post(PAGE + path, data={**data, "version": version})
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert sent in page
    assert "水曜日 10:00–11:00" in page
    assert spans() == [(2, 10, 11)]
    assert person().areas == ["北区"]
    assert person().paused_from is None


def test_a_pause_is_said_before_and_keeps_what_is_arranged(clients, account):
    browser = clients(account)
    accepted = make_match(make_request(), person().registrations[0], MatchStatus.ACCEPTED)
    asked = make_request(None, date(2026, 10, 15))
    assert "引き受けた活動は、そのままです" in browser.get(PAGE + "/pause").get_data(as_text=True)
    assert person().paused_from is None
    assert send(browser, "/pause", until="2026-10-31").status_code == 303
    known = queries_gates.people([person().id], asked)[person().id]
    assert (known.paused, known.paused_until) == (True, date(2026, 10, 31))
    assert accepted.status is MatchStatus.ACCEPTED
    with pytest.raises(RuleViolation, match="2026年10月31日まで活動を休んでいます"), transaction():
        approve_match(make_coordinator(), asked, person(), Terms(date(2026, 10, 5)))
    assert browser.post(PAGE + "/resume").status_code == 303
    assert browser.post(PAGE + "/resume").status_code == 303
    assert not queries_gates.people([person().id], asked)[person().id].paused
    resumed = select(func.count()).where(AuditEvent.action == "availability.resume")
    assert db.session.scalar(resumed) == 1


def test_who_has_not_registered_begins_there(clients):
    browser = clients(make_account())
    for path in ("", "/pause"):
        assert browser.get(PAGE + path).headers["Location"] == "/registry/register/person"


def test_the_wizard_keeps_a_second_span_of_a_day(clients):
    account = make_account()
    registrant = make_registrant(account)
    make_registration(registrant, status=RegistrationStatus.DRAFT)
    for weekday, starts, ends in ((0, 9, 12), (0, 13, 15), (1, 9, 12), (1, 13, 15)):
        save(WeeklyHours(registrant_id=registrant.id, weekday=weekday, starts=time(starts), ends=time(ends)))
    browser = clients(account)
    assert "月曜日の13:00–15:00" in browser.get("/registry/register/availability").get_data(as_text=True)
    kept = {"hours-0-starts": "10:00", "hours-0-ends": "12:00"}  # Tuesday is left empty
    assert send_page(browser, "/registry/register/availability", kept).status_code == 303
    assert spans() == [(0, 10, 12), (0, 13, 15)]
