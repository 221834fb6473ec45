"""需給ギャップ: what waits, by topic, against who could do it; named only to who may open it."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from matching.engine import text as words_of
from matching.indicators import kept
from matching.kernel import clock, events
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.matcher.models import IndexedText
from matching.matches.models import MatchStatus
from matching.registry.models_credentials import Verification
from matching.requests.models import RequestStatus, SupportRequest
from matching.requests.services import cancel_request
from tests.conftest import NOW
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_credential,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)

ROOT = Path(__file__).parents[2]
PAGE = "/indicators/2026/gap"
SEPTEMBER = date(2026, 9, 8)  # a Tuesday
CLAY = {"title": "陶芸の窯の使い方", "description": "陶芸の窯で器を焼く手順を教えてほしい。"}
KILN = CLAY | {"title": "窯の陶芸"}
FEAST = {"title": "夏祭りの司会", "description": "舞台の進行とマイクをお願いしたい。"}


def make_waiting(*days, status=RequestStatus.UNMET, opened=NOW - timedelta(days=90), **values):
    """An unmet request of September, opened in July."""
    return make_request(None, *(days or (SEPTEMBER,)), status=status, opened_at=opened, **values)


def make_potter(**values):
    return indexed(make_registration(make_registrant(), offering="陶芸の窯の使い方", **values))


def told(app, year=2026):
    result = app.test_cli_runner().invoke(args=["indicators", "gap", "--fiscal-year", str(year), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def subject_of(request, found):
    """(list, subject) that hold the request; it stands nowhere else."""
    (one,) = [
        (name, subject)
        for name in ("courses", "met", "alone")
        for subject in found[name]
        if request.code in subject["codes"]
    ]
    return one


def read(browser, path=PAGE):
    page = browser.get(path).get_data(as_text=True)
    return "".join(page[page.index("<h1>") :].split())


def test_nothing_waits(clients, app):
    assert "待っている依頼は、ありません" in read(clients(make_coordinator()))
    assert told(app)["requests"] == 0


def test_what_nobody_offers_is_a_course_to_hold(clients, app):
    """Two schools asked for pottery, one for feast; nobody is registered for either."""
    clay = [make_waiting(**CLAY, headcount=2), make_waiting(**CLAY, ward="西区")]
    feast = make_waiting(**FEAST)
    found = told(app)
    assert (found["requests"], found["missing"], found["able"]) == (3, 4, 0)
    name, subject = subject_of(clay[0], found)
    assert name == "courses" and set(subject["codes"]) == {request.code for request in clay}
    assert all(word in "".join(CLAY.values()) for word in subject["name"].split("・"))
    assert (subject["missing"], subject["able"], subject["wanted"]) == (3, 0, 3)
    assert subject["places"] == ["東区", "西区"] and subject["weekdays"] == ["火"]
    assert subject["seasons"] == ["秋（9〜11月）"]
    assert subject_of(feast, found)[0] == "alone"
    text = read(clients(make_coordinator()))
    assert "待っている依頼が<strong>3件</strong>" in text and subject["name"] in text
    assert f"/requests/{clay[0].code}" in text and f"/requests/{feast.code}" in text


def test_where_enough_people_can_do_it_no_course_is_needed(app):
    clay = [make_waiting(**CLAY), make_waiting(**CLAY)]
    make_potter()
    name, subject = subject_of(clay[0], told(app))
    assert name == "courses" and (subject["able"], subject["wanted"]) == (1, 1)
    make_potter()
    name, subject = subject_of(clay[0], told(app))
    assert name == "met" and (subject["able"], subject["wanted"]) == (2, 0)


@pytest.mark.parametrize(("until", "ending"), [(date(2027, 3, 31), 1), (date(2028, 3, 31), 0), (None, 0)])
def test_who_ends_with_the_year_is_about_to_end(app, until, ending):
    make_waiting(**CLAY), make_waiting(**CLAY)
    make_potter(valid_until=until)
    subject = told(app)["courses"][0]
    assert (subject["able"], subject["ending"], subject["wanted"]) == (1, ending, 1 + ending)


def test_only_the_registrations_a_request_is_open_to_say_how_long_somebody_stays(app):
    make_waiting(**CLAY, programmes=["lecturer"])
    potter = make_potter(programme="lecturer", valid_until=date(2027, 3, 31))
    other = make_registration(potter.registrant, programme="aiport", offering=None)
    other.offerings = list(potter.offerings)
    save(other)
    assert told(app)["ending"] == 1


def test_the_certificate_a_request_needs(app):
    """Without it, stated only, ended, about to end, for long."""
    make_waiting(**CLAY, credentials_required=["teaching_licence"], headcount=9)
    day = clock.today()
    for kind in (None, Verification.STATED, -1, 30, 400):
        registrant = make_potter().registrant
        if isinstance(kind, int):
            make_credential(
                registrant,
                "teaching_licence",
                verification=Verification.VERIFIED,
                expires_on=day + timedelta(days=kind),
            )
        elif kind:
            make_credential(registrant, "teaching_licence", verification=kind)
    (subject,) = told(app)["alone"]
    assert (subject["able"], subject["ending"]) == (2, 1)


def test_a_registration_of_another_programme_or_that_is_over_does_not_help(app):
    make_waiting(**CLAY, programmes=["lecturer"])
    make_potter(programme="school_support")
    make_potter(programme="lecturer", valid_until=date(2026, 9, 30))
    assert told(app)["able"] == 0
    make_potter(programme="lecturer")
    assert told(app)["able"] == 1


def test_which_requests_wait(app):
    """The definition beside the page, case by case; NOW is 1 October."""
    soon, later = date(2026, 10, 21), date(2026, 12, 1)
    ago = NOW - timedelta(days=30)
    waits = [
        make_waiting(),
        make_waiting(status=RequestStatus.CLOSED),
        make_waiting(status=RequestStatus.OPEN, opened=ago),  # its day came, a place stayed free
        make_waiting(soon, status=RequestStatus.OPEN, opened=ago),  # 30 of 50 days are gone
        make_waiting(date(2027, 4, 20), status=RequestStatus.OPEN, opened=NOW - timedelta(days=300)),
    ]
    for not_waiting in (
        {"days": [later], "status": RequestStatus.OPEN, "opened": ago},  # half is not gone
        {"status": RequestStatus.CANCELLED},
        {"opened": None},  # of the paper years
        {"programmes": ["stage"]},
        {"days": [date(2026, 3, 31)]},  # of the year before
    ):
        make_waiting(*not_waiting.pop("days", ()), **not_waiting)
    filled = make_waiting(status=RequestStatus.CLOSED)
    make_match(filled, status=MatchStatus.COMPLETED)
    codes = [code for name in ("courses", "met", "alone") for s in told(app)[name] for code in s["codes"]]
    assert sorted(codes) == sorted(request.code for request in waits)


def test_an_open_request_waits_only_where_nobody_can_do_it(app):
    make_waiting(date(2026, 10, 21), **CLAY, status=RequestStatus.OPEN)
    assert told(app)["requests"] == 1
    make_potter()
    assert told(app)["requests"] == 0


def test_a_year_has_its_own_requests_and_the_open_ones_stand_in_the_running_one(app):
    old = make_waiting(date(2026, 3, 31), opened=NOW - timedelta(days=300))
    make_waiting(date(2026, 10, 5), status=RequestStatus.OPEN)
    assert told(app)["requests"] == 1
    assert subject_of(old, told(app, 2025))[0] == "alone" and told(app, 2025)["requests"] == 1


def test_wards_and_weekdays_look_at_who_can_come(app):
    make_waiting(**CLAY), make_waiting(**CLAY, format="online")
    potter = make_potter().registrant
    potter.areas = ["西区"]
    found = told(app)
    assert found["places"]["東区"]["able"] == 0 and found["places"]["オンライン"]["able"] == 1
    assert found["weekdays"]["火"]["able"] == 1 and found["weekdays"].keys() == {"火"}


def test_the_words_kept_for_a_request_are_those_found_in_it(by_meaning, app, monkeypatch):
    """With them the gap is the same, and no request's text is gone through again."""
    with (ROOT / "tests/data/requests.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            make_waiting(title=row["件名"], description=row["依頼内容"], audience=row["対象"])
    make_potter()
    with transaction():
        for request in db.session.scalars(select(SupportRequest)):
            events.request_changed.send(request)
    found = told(app)
    assert found["courses"]
    with transaction():
        db.session.execute(update(IndexedText).values(analyser="another"))
    assert told(app) == found
    words_of._analysed.cache_clear()
    with transaction():
        db.session.execute(update(IndexedText).values(analyser=words_of.analyser_version()))
    monkeypatch.setattr(words_of, "_terms", lambda *_: pytest.fail("the words are known"))
    assert told(app) == found


def test_neither_statements_nor_values_grow_with_the_waiting_requests(clients):
    """A database takes some 32,000 values in one statement."""
    browser, seen = clients(make_coordinator()), []

    def note(_connection, _cursor, _statement, values, *_rest):
        seen[-1].append(len(values))

    make_potter()
    for number in (1, 2, 20):  # with the first the index and the page are read
        for _ in range(number):
            make_waiting(**CLAY)
        seen.append([])
        kept._kept.clear()  # no verb has made these
        event.listen(db.engine, "before_cursor_execute", note)
        for path in (PAGE, f"{PAGE}.csv"):
            assert browser.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
    assert seen[1] == seen[2] != []


def test_a_request_is_named_only_to_who_may_open_it(clients, app):
    one, two, other = make_waiting(**CLAY), make_waiting(**KILN), make_waiting(**FEAST)
    browser = clients(make_coordinator(wards=["西区"]))
    page = read(browser)
    assert "待っている依頼が<strong>3件</strong>" in page and "ほかの担当の依頼" in page
    sheet = browser.get(f"{PAGE}.csv").get_data(as_text=True)
    for request in (one, two, other):
        assert request.code not in page + sheet
    assert "窯の陶芸" not in page + sheet and FEAST["title"] not in page + sheet
    for role in (Role.AUDITOR, Role.ADMIN):  # who may open every request
        assert "窯の陶芸" in read(clients(make_account(role)))


def test_whatever_somebody_does_shows_at_once(clients, app):
    request = make_waiting(date(2026, 10, 2), status=RequestStatus.OPEN)
    coordinator = make_coordinator()
    browser = clients(coordinator)
    assert "待っている依頼が<strong>1件</strong>" in read(browser)
    with transaction():
        cancel_request(coordinator, request, "solved")
    assert "待っている依頼は、ありません" in read(browser)


def test_the_command_tells_it_in_words(app):
    make_waiting(**CLAY), make_waiting(**CLAY), make_waiting(**FEAST)
    run = app.test_cli_runner().invoke
    words = run(args=["indicators", "gap", "--fiscal-year", "2026"]).stdout
    assert "依頼2件、足りない人数2人、育てたい人数2人" in words and "待っている依頼3件" in words
    assert run(args=["indicators", "gap", "--fiscal-year", "2027"]).exit_code == 1


def test_the_file_has_a_row_for_each_request(clients):
    make_waiting(**CLAY, headcount=2), make_waiting(**(CLAY | {"title": "=窯"})), make_waiting(**FEAST)
    browser = clients(make_coordinator())
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{PAGE}.csv").data.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert {row["件名"] for row in rows} == {CLAY["title"], "'=窯", FEAST["title"]}
    assert [row["講座で育てたい人数"] for row in rows] == ["3", "3", "1"]
    book = browser.get(f"{PAGE}.xlsx")
    assert book.status_code == 200 and book.data[:2] == b"PK"
    assert browser.get(f"{PAGE}.pdf").status_code == 404


def test_only_staff_see_it_and_only_years_that_have_begun(clients):
    for role, status in ((Role.RESIDENT, 403), (Role.REQUESTER, 403), (Role.AUDITOR, 200), (Role.ADMIN, 200)):
        browser = clients(make_account(role))
        assert browser.get(PAGE).status_code == browser.get(f"{PAGE}.csv").status_code == status
    browser = clients(make_coordinator())
    assert browser.get("/indicators/2027/gap").status_code == 404
    assert PAGE in browser.get("/indicators").get_data(as_text=True)
    assert PAGE in browser.get("/indicators/2026/review").get_data(as_text=True)
    assert PAGE not in clients().get("/indicators").get_data(as_text=True)
