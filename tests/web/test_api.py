"""The public API: its document holds, nothing personal is in it, and nothing that is asked breaks it."""

import csv
import io
import json
from datetime import date

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from matching.kernel.extensions import limiter
from matching.matches.models import MatchStatus
from tests.factories import make_match, make_organisation, make_registrant, make_registration, make_request

HELD = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
PAGES = (
    "indicators",
    "indicators/2026",
    "indicators/2026.csv",
    "requests",
    "programmes",
    "registry",
    "registry.csv",
    "programmes.csv",
    "requests.csv",
    "openapi.json",
)


@pytest.fixture(autouse=True)
def no_brake():
    limiter.enabled = False
    yield
    limiter.enabled = True
    limiter.reset()


def test_the_document_holds_for_whatever_is_asked(app):
    """schemathesis asks each operation with values the document allows and with others."""
    make_request(), make_registration()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck))
        @schemathesis_given(operation)
        def ask(case):
            case.call_and_validate(checks=HELD)

        ask()
        asked += 1
    assert asked == len(PAGES) - 1


def schemathesis_given(operation):
    from hypothesis import given

    return given(operation.as_strategy())


@pytest.mark.parametrize("page", PAGES)
def test_what_has_been_read_is_not_sent_again(app, clients, page):
    first = clients().get(f"/api/v1/{page}")
    assert first.status_code == 200 and first.headers["ETag"]
    again = clients().get(f"/api/v1/{page}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_requests_are_given_without_school_contact_or_title(app, clients):
    school = make_organisation(name="秘密の小学校")
    request = make_request(school, title="三年二組の授業", contact_name="担当の山田", headcount=3)
    make_request(school, programmes=["women_talent"])
    make_match(request, status=MatchStatus.OFFERED)
    text = clients().get("/api/v1/requests").get_data(as_text=True)
    (row,) = json.loads(text)["requests"]
    assert (row["code"], row["places_left"]) == (request.code, 2)
    for secret in ("秘密の小学校", "三年二組", "山田", "096-000", "school@example.jp"):
        assert secret not in text


def test_pages_lead_to_each_other(app, clients):
    for _ in range(51):
        make_request(make_organisation(), date(2026, 11, 2))
    first = clients().get("/api/v1/requests")
    assert json.loads(first.data)["pages"] == 2
    assert first.headers["Link"] == '</api/v1/requests?page=2>; rel="next"'
    second = clients().get("/api/v1/requests?page=2")
    assert len(json.loads(second.data)["requests"]) == 1 and 'rel="prev"' in second.headers["Link"]


def test_few_registrations_of_a_ward_are_hidden(app, clients):
    for ward, number in (("東区", 6), ("西区", 2), ("南区", 7)):
        for _ in range(number):
            make_registration(make_registrant(ward=ward), "lecturer", offering=None)
    rows = {row["programme"]: row for row in json.loads(clients().get("/api/v1/registry").data)["registry"]}
    assert "women_talent" not in rows
    assert rows["lecturer"]["in_force"] == 15
    assert rows["lecturer"]["by_ward"] | {} == {
        "中央区": 0, "東区": None, "西区": None, "南区": 7, "北区": 0
    }  # fmt: skip
    west = next(
        row for row in sheet(clients(), "registry.csv") if row["区"] == "西区" and row["有効な登録"] == ""
    )
    assert (west["全国地方公共団体コード"], west["基準日"]) == ("431036", "2026-10-01")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("indicators/2023", 404),
        ("indicators/2031", 404),
        ("nothing", 404),
        ("requests?page=0", 422),
        ("requests?page=x", 422),
        ("requests?page=99999999", 422),
    ],
)
def test_a_mistake_is_told_as_a_problem(app, clients, path, status):
    answer = clients().get(f"/api/v1/{path}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    told = json.loads(answer.data)
    assert told["status"] == status and told["detail"]


def test_a_csv_opens_in_excel(app, clients):
    answer = clients().get("/api/v1/indicators/2026.csv")
    assert answer.data.startswith("\ufeff全国地方公共団体コード,".encode())
    assert answer.content_type == "text/csv; charset=utf-8"


def test_who_asks_without_end_is_slowed_down(app, clients):
    limiter.enabled = True
    browser = clients()
    answers = [browser.get("/api/v1/programmes").status_code for _ in range(122)]
    assert answers[:120] == [200] * 120 and answers[121] == 429
    assert browser.get("/indicators").status_code == 200


def sheet(browser, path):
    """The rows of a document, which begins with a byte order mark."""
    told = browser.get(f"/api/v1/{path}").data
    assert told.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"))))


@pytest.mark.parametrize("path", ["indicators/2026.csv", "requests.csv", "programmes.csv", "registry.csv"])
def test_open_data_begins_with_the_columns_of_the_municipal_standard(app, clients, path):
    make_request(None, date(2026, 11, 5), ward="東区")
    found = sheet(clients(), path)
    assert list(found[0])[:4] == ["全国地方公共団体コード", "ID", "都道府県名", "市区町村名"]
    assert len({row["ID"] for row in found}) == len(found)
    assert {(row["都道府県名"], row["市区町村名"]) for row in found} == {("熊本県", "熊本市")}
    for code in {row["全国地方公共団体コード"] for row in found}:
        weighted = sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), code[:5], strict=True))
        assert code[5] == str((11 - weighted % 11) % 10), code


def test_open_requests_as_open_data_say_what_the_json_says(app, clients):
    make_request(None, date(2026, 11, 5), date(2026, 11, 12), ward="東区", headcount=2, title="秘密の授業")
    (told,) = clients().get("/api/v1/requests").json["requests"]
    (row,) = sheet(clients(), "requests.csv")
    assert row["全国地方公共団体コード"] == "431028" and row["ID"] == told["code"]
    assert (row["はじめの日"], row["終わりの日"]) == ("2026-11-05", "2026-11-12")
    assert int(row["空いている人数"]) == told["places_left"] and "秘密" not in str(row)
