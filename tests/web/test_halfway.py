"""中間見直し: written by an administrator, shown to everybody once half of the plan has passed."""

import io
import json
import re
from datetime import datetime

import flask_migrate
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from matching.accounts.models import Account
from matching.indicators.models import HalfwayReview
from matching.kernel import clock
from matching.kernel.db import db
from matching.kernel.permissions import Role
from tests.factories import make_account, make_coordinator

PAGE = "/indicators/halfway"
HALF = datetime(2027, 5, 1, tzinfo=clock.TOKYO)
TEXT = "四つの取組は進んだ。\n後半は災害の取組に力を入れる。"


@pytest.fixture
def admin(clients):
    return clients().sign_in(make_account(Role.ADMIN))


def write(browser, text=TEXT, version=1):
    return browser.post(PAGE, data={"text": text, "version": str(version)})


def test_it_is_written_beforehand_and_shown_from_its_year_on(app, clients, admin):
    assert write(admin).status_code == 303
    assert "四つの取組は進んだ。" in admin.get(PAGE).get_data(as_text=True)
    assert "四つの取組は進んだ。" not in clients().get("/indicators").get_data(as_text=True)
    with clock.frozen(HALF):
        assert "四つの取組は進んだ。<br>" in clients().get("/indicators").get_data(as_text=True)
        before = "/indicators?fiscal_year=2026"
        assert "四つの取組は進んだ。" not in clients().get(before).get_data(as_text=True)
        told = {
            year: json.loads(clients().get(f"/indicators/{year}/report.json").data)["halfway_review"]
            for year in (2026, 2027)
        }
        assert told == {2026: "", 2027: TEXT}
        book = load_workbook(io.BytesIO(clients().get("/indicators/2027/report.xlsx").data))
        assert book["中間見直し"]["A3"].value == TEXT
        assert clients().get("/indicators/2027/report.pdf").data.startswith(b"%PDF-")


def test_an_empty_text_is_shown_no_more(app, clients, admin):
    write(admin)
    assert write(admin, "", 2).status_code == 303
    with clock.frozen(HALF):
        assert 'id="halfway"' not in clients().get("/indicators").get_data(as_text=True)


def test_a_text_written_meanwhile_is_not_written_over(app, clients, admin):
    write(admin, "先の文")
    other = clients().sign_in(make_account(Role.ADMIN))
    for version in (1, "x"):
        answer = write(other, "あとの文", version)
        assert answer.status_code == 409
        assert "先の文" in answer.get_data(as_text=True) and "あとの文" in answer.get_data(as_text=True)
    assert db.session.scalars(select(HalfwayReview.text)).one() == "先の文"
    assert write(other, "あとの文", 2).status_code == 303


def test_a_stale_page_can_be_saved_again(app, clients, admin):
    write(admin, "先の文")
    answer = write(admin, "あとの文", 1).get_data(as_text=True)
    shown = re.search(r'name="version"[^>]*value="(\d+)"', answer)[1]
    assert write(admin, "あとの文", shown).status_code == 303


def history(browser):
    """(who, text) of the record, newest first."""
    page = browser.get(PAGE).get_data(as_text=True).partition('id="history"')[2]
    saved = re.findall(r'<li><p class="note">[^<]+\) \d+:\d+ ([^<]+)</p>(.*?)</li>', page)
    return [(who, re.sub(r"<summary>.*?</summary>|<[^>]+>", "", text)) for who, text in saved]


def test_every_text_there_was_stays_on_record_with_who_wrote_it(app, clients, admin):
    other = clients(make_account(Role.ADMIN, name="別の管理者"))
    texts = ("はじめの文", "<b>直した文</b>", "")
    for version, (browser, text) in enumerate(zip((admin, other, other), texts, strict=True), 1):
        assert write(browser, text, version).status_code == 303
    assert write(other, "", 4).status_code == 303  # the same again is no change
    first = db.session.scalars(select(Account.name).where(Account.name != "別の管理者")).one()
    told = [
        ("別の管理者", "空欄にしました"),
        ("別の管理者", "&lt;b&gt;直した文&lt;/b&gt;"),
        (first, "はじめの文"),
    ]
    assert history(clients(make_account(Role.AUDITOR))) == told


def test_the_text_that_stood_before_the_record_began_begins_it(app, clients, admin):
    write(admin, "古い文")
    write(admin, "はじめの文", 2)
    db.session.rollback()
    flask_migrate.downgrade(revision="0020")
    flask_migrate.upgrade()
    assert [text for _, text in history(admin)] == ["はじめの文"]


def test_a_text_too_long_is_refused_beside_its_field(app, admin):
    answer = write(admin, "あ" * 4001)
    assert answer.status_code == 422
    assert 'href="#text"' in answer.get_data(as_text=True)


def test_who_may_see_and_who_may_write(app, clients, admin):
    write(admin)
    for reader in (make_coordinator(), make_account(Role.AUDITOR)):
        browser = clients(reader)
        page = browser.get(PAGE).get_data(as_text=True)
        assert "四つの取組は進んだ。" in page and "<textarea" not in page
        assert write(browser, "別の文", 2).status_code == 403
    assert clients(make_account()).get(PAGE).status_code == 403
