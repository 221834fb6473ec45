"""Every answer carries the security headers; every route has decided who may use it."""

import os
import re

import pytest
from flask import url_for
from sqlalchemy import create_engine, insert

from matching import web
from matching.accounts import queries as accounts
from matching.accounts.models import Account
from matching.indicators import figures
from matching.kernel.access import action
from matching.kernel.db import db
from tests.factories import make_coordinator, make_request


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/static/css/base.css", "/requests", "/sign-in", "/indicators"]
)
def test_headers_on_every_kind_of_answer(clients, path):
    with clients().get(path) as response:
        headers = response.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_static_file_is_kept_under_the_address_it_has_as_it_is_now(clients):
    browser = clients()
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', browser.get("/").get_data(as_text=True))
    assert len(addresses) >= 5
    for address in addresses:
        with browser.get(address) as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        for other in (address.partition("?")[0], f"{address}0"):
            with browser.get(other) as response:
                assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")


def test_a_changed_file_has_another_address(app, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    (tmp_path / "a.css").write_text("p {}")
    with app.test_request_context():
        first = url_for("static", filename="a.css")
        (tmp_path / "a.css").write_text("p { color: red }")
        os.utime(tmp_path / "a.css", (1, 1))
        assert url_for("static", filename="a.css").partition("?")[0] == first.partition("?")[0]
        assert url_for("static", filename="a.css") != first


def test_an_undecided_route_keeps_the_application_from_starting(app):
    class Rule:
        endpoint, arguments = "undecided", set()

    class Other:
        class url_map:
            iter_rules = staticmethod(lambda: [Rule()])

        view_functions = {"undecided": lambda: ""}  # noqa: RUF012

    with pytest.raises(RuntimeError, match="names no action"):
        web.check_access(Other())
    Other.view_functions["undecided"] = action("no.such.action")(lambda: "")
    with pytest.raises(RuntimeError, match="unknown action"):
        web.check_access(Other())


def _post(path, **kwargs):
    return lambda browser, _monkeypatch: browser.post(path, **kwargs)


def _close_before_its_dates(browser, _monkeypatch):
    return browser.post(f"/requests/{make_request().code}/close")


def _broken(browser, monkeypatch):
    monkeypatch.setattr(figures, "years", lambda: 1 / 0)
    return browser.get("/indicators")


def _database_away(browser, monkeypatch):
    monkeypatch.setitem(db.engines, None, create_engine("sqlite:////no/such/folder/x.sqlite3"))
    return browser.get("/requests")


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (400, _post("/sign-in", csrf=False)),
        (400, lambda browser, _: browser.get("/", headers={"Host": "evil.example"})),
        (403, lambda browser, _: browser.get("/accounts")),
        (404, _post("/nope")),
        (404, lambda browser, _: browser.get("/indicators?fiscal_year=%00")),
        (405, lambda browser, _: browser.open("/sign-in", method="PUT")),
        (409, _close_before_its_dates),
        (413, _post("/sign-in", data={"email": "x" * 3_000_000})),
        (422, _post("/sign-in", data={"email": "a\x00b"})),
        (500, _broken),
        (500, _database_away),
    ],
)
def test_every_refusal_is_a_page_of_ours_with_all_headers(clients, monkeypatch, status, ask):
    browser = clients(make_coordinator())
    answer = ask(browser, monkeypatch)
    assert answer.status_code == status
    assert web.HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data(as_text=True)
    assert "<h1>" in text
    assert answer.headers["X-Request-Id"] in text or status == 422
    assert "Traceback" not in text
    assert "sqlite" not in text.lower()


def test_what_a_person_typed_is_in_no_log(clients, caplog, capfd, monkeypatch):
    browser = clients()
    typed = {"email": "canary@example.jp", "password": "canary-pass-word"}
    browser.post("/sign-in?next=/canary-next", data=typed)
    browser.post("/sign-up", data={"email": "canary@example.jp"})
    browser.get("/sign-up/canary-token")
    browser.get("/answer/canary-token")
    monkeypatch.setattr(accounts, "too_many_failures", lambda email: 1 / 0)
    assert browser.post("/sign-in", data=typed).status_code == 500
    said = caplog.text + "".join(capfd.readouterr())
    assert "ZeroDivisionError" in said
    assert "canary" not in said


def test_a_row_the_database_refused_is_in_no_log(clients, caplog, monkeypatch):
    address = "@".join(("canary", "example.jp"))  # a log shows lines of code, and may show this one

    def insert_half_a_row():
        db.session.execute(insert(Account).values(email=address, code="x"))

    monkeypatch.setattr(figures, "years", insert_half_a_row)
    assert clients().get("/indicators").status_code == 500
    assert "IntegrityError" in caplog.text
    assert address not in caplog.text
