"""What breaks a rule: the sentence that mends it beside its field, what was typed kept, nothing written."""

import re

import pytest
from sqlalchemy import func, select

from matching.kernel.db import Base, db
from matching.kernel.permissions import Role
from tests.factories import make_account, make_organisation, make_registrant
from tests.support.typed import sent_again
from tests.support.versions import send_page

TOLD = {"title": "読み聞かせ", "description": "絵本を読みます。\r\n二冊です。"}
CONTACT = {"contact_name": "教頭", "contact_phone": "096-000-0000", "contact_email": "school@example.jp"}
DATE = {"sessions-0-day": "2026-11-10", "sessions-0-starts": "10:00", "sessions-0-ends": "11:00"}
SEAT = {"council": "緑の審議会", "term_start": "2027-06-01", "term_end": "2029-05-31"}
YOUNG = {"birth_year": "2012"}
PROOF = {"credentials-0-kind": "bosaishi", "credentials-0-certificate_number": "12345"}
PERSON = {"kind": "person", "name": "山田 花子", "kana": "やまだ はなこ", "ward": "東区", "birth_year": "S31"}
PERSON |= {"phone": "096-000-0000", "email": "hanako@example.jp", "school_district": "健軍"}
OFFERING = TOLD | {"programmes": "lecturer", "capacity": "30", "minutes": "90", "equipment": "水道のある部屋"}
REQUEST = TOLD | CONTACT | {"ward": "東区", "format": "in_person", "headcount": "3", "participants": "80"}
REQUEST |= {"equipment": "マイク2本", "place": "ホール", "deadline": "2026-11-01", "audience": "地域の方"}

NEW, STAGE = "/requests/new", "/requests/stages/new"
ABOUT_ME, WHAT_I_DO, PAPER = "/registry/register/person", "/registry/register/offering", "/registry/enter"
GOOD = {
    NEW: REQUEST | DATE | {"minors": "no"},
    STAGE: REQUEST | DATE,
    ABOUT_ME: PERSON,
    WHAT_I_DO: OFFERING,
    PAPER: PERSON | OFFERING | {"consents": "rules_of_conduct"},
}
A_SEAT = SEAT | dict.fromkeys(DATE, "")


@pytest.mark.parametrize(
    ("path", "changed", "field", "sentence"),
    [
        (NEW, {"sessions-0-day": "2026-09-30"}, "sessions", "これからの日時に直してください"),
        (NEW, A_SEAT | {"term_end": "2027-05-31"}, "term_end", "始まりより後の日に"),
        (NEW, A_SEAT | {"term_end": "2027-06-01"}, "term_end", "始まりより後の日に"),
        (NEW, A_SEAT | {"term_end": ""}, "term_end", "始まりと終わりの両方"),
        (STAGE, {"headcount": "0"}, "headcount", "1から1000までの数字"),
        (STAGE, {"headcount": "三つ"}, "headcount", "数字"),
        (STAGE, {"participants": "たくさん"}, "participants", "数字"),
        (STAGE, {"participants": "-1"}, "participants", "0から100000までの数字"),
        (STAGE, {"equipment": "机" * 201}, "equipment", "200文字以内"),
        (STAGE, {"audience": "人" * 101}, "audience", "100文字以内"),
        (STAGE, {"description": ""}, "description", "入力してください"),
        (STAGE, {"deadline": "2026-02-30"}, "deadline", "日付"),
        (STAGE, {"sessions-0-ends": "09:00"}, "sessions", "始まりより後に"),
        (STAGE, {"sessions-0-day": "2026-09-30"}, "sessions", "これからの日時に直してください"),
        (WHAT_I_DO, {"capacity": "0"}, "capacity", "1から100000までの数字"),
        (WHAT_I_DO, {"minutes": "1441"}, "minutes", "1から1440までの数字"),
        (WHAT_I_DO, {"equipment": "机" * 201}, "equipment", "200文字以内"),
        (WHAT_I_DO, PROOF, "credentials-0-certificate_number", "6けたの数字"),
        (WHAT_I_DO, {"programmes": "storyteller"}, "disaster", "どの災害の話か"),
        (PAPER, {"capacity": "三十人"}, "capacity", "数字"),
        (PAPER, {"minutes": "0"}, "minutes", "1から1440までの数字"),
        (PAPER, PROOF, "credentials-0-certificate_number", "6けたの数字"),
        (PAPER, YOUNG | {"guardian_name": "山田花子"}, "guardian_name", "別の、保護者"),
        (PAPER, YOUNG, "guardian_name", "保護者のお名前"),
        (ABOUT_ME, YOUNG | {"guardian_name": "山田花子"}, "guardian_name", "別の、保護者"),
        (ABOUT_ME, YOUNG, "guardian_name", "保護者のお名前"),
    ],
)
def test_it_is_told_beside_its_field_and_all_typed_is_kept(clients, path, changed, field, sentence):
    account = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[1, 2, 3, 4])
    office = make_organisation(account, kind="city_office")  # which may ask for council seats, too
    if path == WHAT_I_DO:
        make_registrant(account)
    typed = GOOD[path] | changed
    if path in (NEW, STAGE):
        typed["organisation"] = office.code
    browser, before = clients(account), rows()
    answer = send_page(browser, path, typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in beside(page, field)
    sent = sent_again(page)
    assert {name: sent.get(name, [""]) for name in typed} == {name: [typed[name]] for name in typed}
    assert rows() == before


def beside(page, field):
    """What is said under the field (dates: under the last of them)."""
    if field == "sessions":
        return page.split('id="sessions"')[1].split('name="add_session"')[0]
    return re.search(rf'<div id="{field}-error">(.*?)</div>', page, re.S)[1]


def rows():
    """How many there are in every table."""
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }
