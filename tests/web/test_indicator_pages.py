"""The pages and files of the figures: what they say, who may change what, and that all say the same."""

import csv
import io
import json
from datetime import date

import pytest
from openpyxl import load_workbook

from matching.indicators.definitions import DEFINITIONS
from matching.indicators.services import closing
from matching.kernel.db import transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from tests.factories import make_account, make_coordinator, make_match, make_request

THIRD = "/indicators/targets/2026"


def book(day=date(2026, 9, 1), **values):
    match = make_match(make_request(None, day), status=MatchStatus.COMPLETED, **values)
    with transaction():
        ledger.count(count_values(match, Outcome(day, 90, 30)))
    return match


def targets(browser, **changed):
    page = browser.get(THIRD).get_data(as_text=True)
    sent = {}
    for piece in page.split("<input")[1:]:
        tag = piece.split(">")[0]
        if 'name="was_' in tag or 'name="target_' in tag:
            name = tag.split('name="')[1].split('"')[0]
            sent[name] = tag.split('value="')[1].split('"')[0] if 'value="' in tag else ""
    return sent | changed


def test_page_json_csv_and_excel_say_the_same(app, clients):
    book(), book()
    browser = clients()
    told = json.loads(browser.get("/indicators/2026/report.json").data)
    rows = list(
        csv.DictReader(io.StringIO(browser.get("/indicators/2026/report.csv").data.decode("utf-8-sig")))
    )
    sheet = load_workbook(io.BytesIO(browser.get("/indicators/2026/report.xlsx").data))["数"]
    third = told["measures"][2]
    mine = {row["数"]: row["値"] for row in rows if row["取組"].startswith("③") and not row["登録区分"]}
    line = next(row for row in sheet.iter_rows(min_row=3, values_only=True) if row[0].startswith("③"))
    for place, d in enumerate(DEFINITIONS.values(), 2):
        value = third[d.key]
        assert mine[d.name] == ("" if value is None else str(value)), d.name
        assert line[place] == value, d.name
        page = browser.get(f"/indicators/2026/figures/{d.key}").get_data(as_text=True)
        assert d.sentence in page
        assert d.shown(d.rounded(value)) in page
    assert third["completed_matches"] == 2


def test_the_pdf_has_its_font_inside(app, clients):
    answer = clients().get("/indicators/2026/report.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert b"IPAexGothic" in answer.data and b"FontFile" in answer.data


@pytest.mark.parametrize(
    "path", ["2023/report.pdf", "2026/report.exe", "2027/figures/participants", "2026/figures/no"]
)
def test_what_there_is_not_is_not_found(app, clients, path):
    assert clients().get(f"/indicators/{path}").status_code == 404


def test_an_entry_leads_to_its_match_only_for_who_may_open_it(app, clients):
    match = book()
    page = "/indicators/2026/measures/3"
    assert match.code not in clients().get(page).get_data(as_text=True)
    assert match.code not in clients().sign_in(make_account()).get(page).get_data(as_text=True)
    assert f"/matches/{match.code}" in clients().sign_in(make_coordinator()).get(page).get_data(as_text=True)


def test_targets_are_set_on_their_page(app, clients):
    browser = clients().sign_in(make_account(Role.ADMIN))
    assert browser.post(THIRD, data=targets(browser, target_3="40")).status_code == 303
    page = browser.get("/indicators").get_data(as_text=True)
    assert "目標 40件" in page
    assert browser.post(THIRD, data=targets(browser, target_3="")).status_code == 303
    assert "なし" in browser.get(THIRD).get_data(as_text=True)


@pytest.mark.parametrize("typed", ["0", "-3", "9999999", "たくさん", "1.5"])
def test_a_target_beyond_reason_is_refused_beside_its_field_and_nothing_changes(app, clients, typed):
    browser = clients().sign_in(make_account(Role.ADMIN))
    answer = browser.post(THIRD, data=targets(browser, target_1="12", target_3=typed))
    assert answer.status_code == 422
    assert 'href="#target_3"' in answer.get_data(as_text=True)
    assert 'value="12"' in answer.get_data(as_text=True)
    assert json.loads(browser.get("/indicators/2026/report.json").data)["measures"][0]["target"] is None


def test_two_who_set_targets_from_the_same_page(app, clients):
    one, other = (clients().sign_in(make_account(Role.ADMIN)) for _ in range(2))
    read = targets(other)
    assert one.post(THIRD, data=targets(one, target_3="40")).status_code == 303
    answer = other.post(THIRD, data=read | {"target_3": "50"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "40件" in text and 'value="50"' in text
    assert other.post(THIRD, data=read | {"target_3": "50", "was_3": "40"}).status_code == 303


def test_a_target_of_a_year_outside_the_plan_is_not_found(app, clients):
    browser = clients().sign_in(make_account(Role.ADMIN))
    assert browser.get("/indicators/targets/2040").status_code == 404
    assert browser.post("/indicators/targets/2040", data=targets(browser, target_3="40")).status_code in (
        404,
        422,
    )


def test_a_year_is_written_proposed_and_closed_on_its_page(app, clients):
    one, other = (clients().sign_in(make_account(Role.ADMIN)) for _ in range(2))
    page = "/indicators/2025/review"
    assert (
        one.post(page, data={"version": "1", "cause_3": "人手が足りない。\n来年は早く募る。"}).status_code
        == 303
    )
    assert one.post("/indicators/2025/propose").status_code == 303
    assert one.post("/indicators/2025/close").status_code == 403
    assert other.post("/indicators/2025/close").status_code == 303
    text = clients().sign_in(make_coordinator()).get(page).get_data(as_text=True)
    assert "もう変わりません" in text and "来年は早く募る。" in text
    assert one.post(page, data={"version": "3", "cause_3": "あとから"}).status_code == 409
    assert json.loads(clients().get("/indicators/2025/report.json").data)["closed"] is True


def test_a_stale_paragraph_shows_both_texts(app, clients):
    one, other = make_account(Role.ADMIN), clients().sign_in(make_coordinator())
    with transaction():
        closing.write_causes(one, 2025, {3: "先の文"}, 1)
    answer = other.post("/indicators/2025/review", data={"version": "1", "cause_3": "あとの文"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "先の文" in text and "あとの文" in text


def test_an_open_matter_is_named_only_to_who_may_open_it(app, clients):
    make_match(make_request(None, date(2026, 3, 3), title="三月の授業"), status=MatchStatus.ACCEPTED)
    for reader, opens in ((make_coordinator(wards=["西区"]), False), (make_account(Role.AUDITOR), True)):
        page = clients(reader).get("/indicators/2025/review").get_data(as_text=True)
        assert "1件あります" in page and ("三月の授業" in page) is opens


def test_a_figure_younger_than_a_closed_year_is_not_found_there(app, clients, monkeypatch):
    one, other = (make_account(Role.ADMIN) for _ in range(2))
    known = DEFINITIONS["participants"]
    monkeypatch.delitem(DEFINITIONS, "participants")
    with transaction():
        closing.propose(one, 2025)
        closing.close(other, 2025)
    monkeypatch.setitem(DEFINITIONS, "participants", known)
    assert clients().get("/indicators/2025/figures/participants").status_code == 404
    assert clients().get("/indicators/2026/figures/participants").status_code == 200


def test_open_matters_are_named_before_closing(app, clients):
    request = make_request(None, date(2026, 3, 3), title="三月の授業")
    make_match(request, status=MatchStatus.ACCEPTED)
    browser = clients().sign_in(make_account(Role.ADMIN))
    assert "三月の授業" in browser.get("/indicators/2025/review").get_data(as_text=True)
    assert browser.post("/indicators/2025/propose").status_code == 409
