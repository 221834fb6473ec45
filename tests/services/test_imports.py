"""The city's four spreadsheets: in at once, again without a change, and nothing while one row is wrong."""

import random
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.matches.imports import HEADERS as ACTIVITY
from matching.matches.models import Match
from matching.registry.imports import HEADERS as REGISTRY
from matching.registry.models import Registrant
from matching.registry.models_credentials import Credential, Verification
from matching.requests.imports import HEADERS as REQUEST
from matching.requests.models import SupportRequest
from tests.support.imported import DONE, PERSON, WISH, count

DATA = Path(__file__).parent.parent / "data"


def test_the_citys_own_files_twice(bring):
    expected = {"registry": (294, "cp932"), "requests": (52, "utf-8"), "activities": (180, "cp932")}
    expected["targets"] = (12, "utf-8")
    with clock.frozen(datetime(2026, 12, 1, tzinfo=clock.TOKYO)):
        for group, (rows, encoding) in expected.items():
            code, result = bring(group, DATA / f"{group}.csv")
            assert (code, result["rows"], result["created"]) == (0, rows, rows), result["problems"][:3]
            assert result["encoding"] == encoding
        for group, (rows, _) in expected.items():
            code, result = bring(group, DATA / f"{group}.csv")
            assert (code, result["unchanged"], result["created"], result["updated"]) == (0, rows, 0, 0)
    assert count(LedgerEntry) == 180
    assert verify().ok
    imported = select(Credential.verification).where(Credential.kind == "bosaishi")
    assert Verification.IMPORTED in set(db.session.scalars(imported))


def test_a_dry_run_writes_nothing(bring):
    code, result = bring("registry", DATA / "registry.csv", "--dry-run")
    assert (code, result["created"]) == (0, 294)
    assert count(Registrant) == 0


@pytest.mark.parametrize(
    ("headers", "row", "changed", "column"),
    [
        (REGISTRY, PERSON, {"name": ""}, "氏名"),
        (REGISTRY, PERSON, {"ward": "火星区"}, "区"),
        (REGISTRY, PERSON, {"school_district": "一新"}, "校区"),
        (REGISTRY, PERSON, {"programmes": "宇宙飛行士"}, "登録区分"),
        (REGISTRY, PERSON, {"status": "たぶん"}, "状態"),
        (REGISTRY, PERSON, {"valid_until": "R11.2.30"}, "登録期限"),
        (REGISTRY, PERSON, {"birth_year": "昔"}, "生年"),
        (REGISTRY, PERSON, {"fee": "たくさん"}, "謝礼"),
        (REGISTRY, PERSON, {"credentials": "忍者|1|"}, "資格"),
        (REGISTRY, PERSON, {"weekly_hours": "土 12:00-09:00"}, "活動できる時間"),
        (REGISTRY, PERSON, {"areas": "火星区"}, "活動できる区"),
        (REGISTRY, PERSON, {"consent_public": "かも"}, "公開の同意"),
        (REGISTRY, PERSON, {"learned_from": "書道", "learned_year": ""}, "受講年度"),
        (REGISTRY, PERSON, {"kind": "団体"}, "人数"),
        (REGISTRY, PERSON, {"name": "a\x0bb"}, "氏名"),
        (REGISTRY, PERSON, {"name": "a\nb"}, "氏名"),
        (REGISTRY, PERSON, {"title": "a\nb"}, "専門分野"),
        (REGISTRY, PERSON, {"kana": "山田"}, "ふりがな"),
        (REGISTRY, PERSON, {"email": "hanako"}, "メール"),
        (REGISTRY, PERSON, {"email": "a@example.jp\nBcc: b@example.jp"}, "メール"),
        (REGISTRY, PERSON, {"phone": "でんわ"}, "電話"),
        (REGISTRY, PERSON, {"postal_code": "860"}, "郵便番号"),
        (REGISTRY, PERSON, {"birth_year": "2015"}, "生年"),
        (REGISTRY, PERSON, {"status": "下書き"}, "状態"),
        (REGISTRY, PERSON, {"credentials": "防災士|" + "9" * 41}, "資格"),
        (REGISTRY, PERSON, {"learned_from": "講" * 101, "learned_year": "R5"}, "受講した講座"),
        (REGISTRY, PERSON, {"learned_from": "講座", "learned_year": "0000"}, "受講年度"),
        (REQUEST, WISH, {"organisation_kind": "大学"}, "団体区分"),
        (REQUEST, WISH, {"headcount": "0"}, "必要人数"),
        (REQUEST, WISH, {"sessions": "2026-10-12 16:00-14:00"}, "日時"),
        (REQUEST, WISH, {"sessions": "2026-10-12 14:00-16:00;2026-10-12 15:00-17:00"}, "日時"),
        (REQUEST, WISH, {"programmes": "講師登録、活動の場の提供"}, "登録区分"),
        (REQUEST, WISH, {"programmes": "女性人材リスト"}, "登録区分"),
        (REQUEST, WISH, {"term": "2027-06-01〜2027-05-31", "sessions": ""}, "委嘱期間"),
        (REQUEST, WISH, {"minors": "?"}, "未成年の参加"),
        (REQUEST, WISH, {"title": "a\nb"}, "件名"),
        (REQUEST, WISH, {"organisation": "a\nb"}, "団体名"),
        (ACTIVITY, DONE, {"registrant_external_id": "X9"}, "人材管理番号"),
        (ACTIVITY, DONE, {"programme": "防災士"}, "登録区分"),
        (ACTIVITY, DONE, {"sessions": "2027-10-12 14:00-16:00"}, "日時"),
        (ACTIVITY, DONE, {"participants": "-1"}, "参加人数"),
        (ACTIVITY, DONE, {"title": "a\nb"}, "件名"),
        (ACTIVITY, DONE, {"school_district": "一新"}, "校区"),
        (ACTIVITY, DONE, {"sessions": "2025-10-12 14:00-16:00;2025-10-12 14:00-16:00"}, "日時"),
    ],
)
def test_a_wrong_row_is_listed_and_nothing_is_written(bring, headers, row, changed, column):
    if headers is ACTIVITY:
        bring("registry", [PERSON], headers=REGISTRY)
    group = {id(REGISTRY): "registry", id(REQUEST): "requests", id(ACTIVITY): "activities"}[id(headers)]
    good = row | {"external_id": "GOOD", "title": "よい行"}
    full = dict.fromkeys({**row, **changed}, "")
    code, result = bring(group, [full | good, full | row | changed], headers=headers)
    assert code == 1
    assert [(p["row"], p["column"]) for p in result["problems"]] == [(3, column)]
    assert all(p["reason"] for p in result["problems"])
    assert count({"registry": Registrant, "requests": SupportRequest, "activities": Match}[group]) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00\x01\x80",
        b"a,b\n1,2\n",
        "氏名,氏名\n1,2\n".encode(),
        b"PK\x03\x04 not a zip",
    ],
)
def test_what_is_no_table_is_one_clear_problem(bring, tmp_path, content):
    for name in ("file.csv", "file.xlsx"):
        path = tmp_path / name
        path.write_bytes(content)
        code, result = bring("registry", path)
        assert code == 1
        assert len(result["problems"]) == 1
    assert bring("registry", tmp_path / "missing.csv")[0] == 1
    assert bring("registry", tmp_path)[0] == 1


def test_a_damaged_workbook_is_one_clear_problem(bring, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(list(PERSON))
    book.active.append(list(PERSON.values()))
    book.save(tmp_path / "whole.xlsx")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    path, dice = tmp_path / "damaged.xlsx", random.Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        code, result = bring("registry", path, "--dry-run")
        assert code == bool(result["problems"])


def test_a_workbook_and_identifiers_as_headers_do_as_well(bring, tmp_path):
    book = openpyxl.Workbook()
    book.active.append([*PERSON, "知らない列"])
    book.active.append([*(PERSON | {"description": "縫い方を教えます"}).values(), "x"])
    book.save(tmp_path / "registry.xlsx")
    code, result = bring("registry", tmp_path / "registry.xlsx")
    assert (code, result["created"], result["encoding"]) == (0, 1, "xlsx")
