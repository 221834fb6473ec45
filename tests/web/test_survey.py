"""What the city's survey found: entered with its history, shown beside the plan's values and the 還元率."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from matching.indicators import circulation, survey
from matching.indicators.circulation import Cohort
from matching.indicators.entered import entered
from matching.indicators.imports import SURVEY_HEADERS
from matching.indicators.models import SurveyValue
from matching.indicators.services import closing
from matching.indicators.services.survey import set_survey_value
from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.clock import fiscal_year_name
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.permissions import Role
from matching.municipality.city import KUMAMOTO, load
from matching.registry.models_courses import LearningRecord
from matching.registry.services.merging import merge
from tests.factories import make_account, make_coordinator, make_registrant, make_registration, save
from tests.services.test_circulation import acted, learner

PAGE = "/indicators/survey/2026"


def enter(question, year, value, **more):
    with transaction():
        return set_survey_value(None, question, year, value and Decimal(value), **more)


def typed(browser, **changed):
    page = browser.get(PAGE).get_data(as_text=True)
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="((?:was|value)_\w+)"', tag)
        if name:
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = value[1] if value else ""
    return found | changed


def shown(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))


@pytest.fixture
def admin(clients):
    return clients().sign_in(make_account(Role.ADMIN))


def test_values_are_entered_on_their_page_and_shown_to_everybody(app, clients, admin):
    assert admin.post(PAGE, data=typed(admin, value_u="１３．４％", value_a="50")).status_code == 303
    seen = shown(clients().get("/indicators"))
    assert "13.4％ 令和8年度・基準値から＋1.2（よい方向）" in seen
    assert "7.6％ 令和3年度・基準値から−4.6（逆の方向）" in seen
    assert "50.0％ 令和8年度" in seen
    assert "13.4" not in shown(clients().get("/indicators?fiscal_year=2025"))
    history = shown(admin.get(PAGE))
    assert "ウ: なし → 13.4％" in history
    assert admin.post(PAGE, data=typed(admin, value_u="")).status_code == 303
    assert "ウ: 13.4％ → なし" in shown(admin.get(PAGE))
    assert "13.4" not in shown(clients().get("/indicators"))


@pytest.mark.parametrize("wrong", ["100.1", "-1", "12.34", "たくさん", "1e2", "NaN", "9999999999"])
def test_what_cannot_be_so_is_refused_beside_its_field_and_nothing_changes(app, admin, wrong):
    answer = admin.post(PAGE, data=typed(admin, value_a="20", value_u=wrong))
    assert answer.status_code == 422
    assert 'href="#value_u"' in answer.get_data(as_text=True)
    assert 'value="20"' in answer.get_data(as_text=True)
    assert db.session.scalars(select(SurveyValue)).all() == []


@pytest.mark.parametrize(
    ("question", "year", "value", "field"),
    [
        ("x", 2026, "1", "question"),
        ("u", 2023, "1", "fiscal_year"),
        ("u", 2027, "1", "fiscal_year"),  # of the plan, not begun
        ("u", 2032, "1", "fiscal_year"),
        ("u", 2026, "100.1", "value"),
        ("u", 2026, "-0.1", "value"),
    ],
)
def test_the_rule_says_which_part_is_wrong(app, question, year, value, field):
    with pytest.raises(Invalid) as refused:
        enter(question, year, value)
    assert refused.value.field == field


@pytest.mark.parametrize("value", ["0", "100"])
def test_the_bounds_are_values(app, value):
    assert enter("u", 2026, value) == "created"


def test_the_database_keeps_the_bounds_too(app):
    with pytest.raises(IntegrityError):
        db.session.execute(text("INSERT INTO survey_value VALUES ('u', 2026, 101)"))
    db.session.rollback()


def test_a_value_changed_by_somebody_else_meanwhile_is_not_overwritten(app, clients, admin):
    other = clients().sign_in(make_account(Role.ADMIN))
    read = typed(other)
    assert admin.post(PAGE, data=typed(admin, value_u="12.0")).status_code == 303
    answer = other.post(PAGE, data=read | {"value_u": "13"})
    assert answer.status_code == 409
    assert "12.0％" in shown(answer) and 'value="13"' in answer.get_data(as_text=True)
    assert other.post(PAGE, data=read | {"value_u": "13", "was_u": "12.0"}).status_code == 303
    with pytest.raises(Conflict):
        enter("u", 2026, "14", was=None)


def test_the_record_says_who_and_what(app):
    admin = make_account(Role.ADMIN)
    with transaction():
        set_survey_value(admin, "u", 2025, Decimal("13.4"))
    event = db.session.scalars(select(AuditEvent).filter_by(action="survey.set")).one()
    assert (event.actor_id, event.subject_code) == (admin.id, "2025-u")
    assert event.details == {"before": None, "after": 13.4}


def test_a_survey_of_a_closed_year_comes_late(app):
    one, other = (make_account(Role.ADMIN) for _ in range(2))
    with transaction():
        closing.propose(one, 2025)
        closing.close(other, 2025)
    assert enter("u", 2025, "13.4") == "created"


@pytest.mark.parametrize("path", ["/indicators/survey/2023", "/indicators/survey/2027"])
def test_a_year_outside_the_plan_or_not_begun_is_not_found(app, admin, path):
    assert admin.get(path).status_code == 404
    assert admin.post(path, data={"value_u": "12"}).status_code == 404


def test_who_may_see_and_who_may_enter(app, clients):
    for reader in (make_coordinator(), make_account(Role.AUDITOR)):
        browser = clients(reader)
        assert 'name="value_u"' not in browser.get(PAGE).get_data(as_text=True)
        assert browser.post(PAGE, data={"value_u": "12"}).status_code == 403


def test_page_json_excel_and_api_say_the_same(app, clients):
    enter("u", 2025, "13.4")
    enter("i", 2026, "25")
    told = json.loads(clients().get("/indicators/2026/report.json").data)["survey"]
    assert told == clients().get("/api/v1/indicators/2026").get_json()["survey"]
    third = {q["question"]: q for q in told}["u"]
    assert third["base"] == {"fiscal_year": 2015, "value": 12.2}
    assert third["values"] == [{"fiscal_year": 2021, "value": 7.6}, {"fiscal_year": 2025, "value": 13.4}]
    book = load_workbook(io.BytesIO(clients().get("/indicators/2026/report.xlsx").data))
    rows = [row for row in book["検証指標"].iter_rows(min_row=3, values_only=True) if row[0] == "ウ"]
    assert [row[2:] for row in rows] == [
        ("平成27年度", "基準値", 12.2),
        ("令和5年度", "検証値", "増加"),
        ("令和3年度", "実績", 7.6),
        ("令和7年度", "実績", 13.4),
    ]
    assert clients().get("/indicators/2026/report.pdf").data.startswith(b"%PDF-")


def test_the_csv_says_what_page_json_and_excel_say(app, clients):
    enter("u", 2025, "13.4")
    enter("i", 2026, "25.5")
    browser = clients()
    file = browser.get("/indicators/2026/report.csv").data.decode("utf-8-sig")
    lines = [row for row in csv.DictReader(io.StringIO(file)) if row["取組"] == "検証指標"]
    book = load_workbook(io.BytesIO(browser.get("/indicators/2026/report.xlsx").data))
    told = [
        (f"{label} {name}（{kind}）", year, value)
        for label, name, year, kind, value in book["検証指標"].iter_rows(min_row=3, values_only=True)
    ]
    assert [(row["数"], fiscal_year_name(int(row["年度"])), value_of(row)) for row in lines] == told
    assert len({row["ID"] for row in csv.DictReader(io.StringIO(file))}) == file.count("\n") - 1
    page = shown(browser.get("/indicators?fiscal_year=2026"))
    found = {(row["数"], int(row["年度"])): row["値"] for row in lines}
    for q in json.loads(browser.get("/indicators/2026/report.json").data)["survey"]:
        for value in q["values"]:
            said = found[f"{q['label']} {q['name']}（実績）", value["fiscal_year"]]
            assert float(said) == value["value"]
            assert f"{said}％ {fiscal_year_name(value['fiscal_year'])}" in page


def value_of(row):
    """In per cent; what the plan wants to grow is no number and has no unit."""
    return float(row["値"]) if row["単位"] == "％" else row["値"]


def bring(app, tmp_path, *rows):
    out = io.StringIO()
    csv.writer(out).writerows([SURVEY_HEADERS.values(), *rows])
    (tmp_path / "survey.csv").write_text(out.getvalue())
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["survey", "import", str(tmp_path / "survey.csv"), "--json"])
    db.session.rollback()
    return json.loads(done.stdout)


def test_a_spreadsheet_of_values(app, tmp_path):
    rows = [("ウ", "R7", "13.4％"), ("u", "2026", "14"), ("過去1年に生涯学習を行った市民の割合", "R8", "60")]
    assert bring(app, tmp_path, *rows)["created"] == 3
    assert bring(app, tmp_path, *rows)["unchanged"] == 3
    assert entered().survey[2026] == {"u": Decimal("14.0"), "a": Decimal("60.0")}
    wrong = bring(
        app, tmp_path, ("エ", "R8", "1"), ("ウ", "R8", "101"), ("ウ", "R1", "1"), ("ウ", "R8", "15")
    )
    assert [(p["row"], p["column"]) for p in wrong["problems"]] == [
        *((2, "指標"), (3, "値"), (4, "年度"), (5, "年度"))
    ]
    assert entered().survey[2026]["u"] == Decimal("14.0")


def test_the_circulation_rate_stands_beside_the_question_it_goes_before(app):
    enter("u", 2025, "13.4")
    learned = [Cohort(2026, 9, 3, True), Cohort(2025, 10, 4, True), Cohort(2024, 3, 1, False)]
    rows = survey.beside_circulation(survey.until(2025), learned, 2025)
    assert [(r.fiscal_year, r.value and float(r.value), r.cohort and r.cohort.rate) for r in rows] == [
        (2015, 12.2, None),
        (2021, 7.6, None),
        (2024, None, None),  # too few to say
        (2025, 13.4, Decimal("40.0")),
    ]


def test_a_question_of_the_new_plan_is_a_setting(app, clients, admin, monkeypatch):
    city = app.extensions["municipality"]
    asked = replace(city.survey["u"], key="alone", label="エ", name="孤立", wished="減少", circulation=False)
    new = replace(asked, base=(2024, 20.0), actual={}, check_value=None, direction="")
    monkeypatch.setitem(app.extensions, "municipality", replace(city, survey={"alone": new}))
    assert admin.post(PAGE, data=typed(admin, value_alone="15")).status_code == 303
    seen = shown(clients().get("/indicators"))
    assert "15.0％ 令和8年度・基準値から−5.0（よい方向）" in seen
    assert "と還元率" not in seen
    assert clients().get("/indicators/circulation").status_code == 200


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('wished = "増加"', 'wished = "上"', "wished"),
        ('key = "i"', 'key = "a"', "key a"),
        ('key = "i"', 'key = "abcdefghijklmnop"', "key abc"),
        ('key = "i"', 'key = "イ"', "key イ"),
        ('label = "ア"', 'label = "ア"\ncirculation = true', "circulation"),
    ],
)
def test_a_question_that_is_not_right_is_told(tmp_path, before, after, told):
    plan = shutil.copytree(KUMAMOTO, tmp_path / "city") / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        load(plan.parent)


def test_a_year_not_begun_shows_no_value(app):
    with clock.frozen(datetime(2027, 5, 1, tzinfo=clock.TOKYO)):
        enter("u", 2027, "15")
    assert [f.fiscal_year for s in survey.until(2026) for f in s.findings if s.question.key == "u"] == [2021]


def test_the_rate_beside_follows_who_learned_who_acted_and_who_are_one(app, clients):
    """What is kept of the book gives way to another book, to other learners and to people merged."""
    people = [learner() for _ in range(5)]
    last = make_registration(make_registrant(), approved_at=people[0].approved_at)
    acted(last, date(2025, 5, 3))

    def told():
        page = clients().get("/indicators").get_data(as_text=True).split('id="beside"')[1]
        row = page.split("令和6年度")[1].split("</tr>")[0]
        rate = re.findall(r"(\S+)％", re.sub(r"<[^>]*>", " ", row))
        assert rate == [str(c.rate) for c in circulation.cohorts() if c.fiscal_year == 2024]
        return rate

    assert told() == ["0.0"]
    acted(people[0], date(2025, 5, 1))
    assert told() == ["20.0"]
    other = make_registration(make_registrant(), "lecturer", approved_at=people[0].approved_at)
    acted(other, date(2025, 5, 2))
    assert told() == ["20.0"]
    with transaction():
        merge(make_account(Role.ADMIN), people[1].registrant, other.registrant)
    assert told() == ["40.0"]
    save(LearningRecord(registrant_id=last.registrant_id, course="講座", fiscal_year=2024))
    enter("u", 2026, "12")  # any act leaves its event
    assert told() == ["50.0"]
