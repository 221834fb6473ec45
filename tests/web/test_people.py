"""The same person twice, a person's own data, and the list of those who ended long ago."""

import dataclasses
import json
from datetime import datetime

import pytest
from sqlalchemy import func, select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.municipality.city import Limit
from matching.registry.models import Erasure, Registrant, RegistrationStatus
from matching.registry.services import erasing, life
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_registrant,
    make_registration,
    make_request,
)

PAPER = {
    "kind": "person",
    "name": "中村　和子",
    "kana": "ナカムラ かずこ",
    "birth_year": "1955",
    "ward": "東区",
    "programmes": ["school_support"],
    "title": "見守り",
    "description": "朝の通学路に立ちます。",
    "consents": ["rules_of_conduct", "confidentiality"],
}
QUESTION = "この人ではありませんか"


def known(**values):
    person = {"name": "中村和子", "kana": "なかむら かずこ", "birth_year": 1955, "phone": "096-111-2222"}
    return make_registration(make_registrant(**person | values))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({}, True),
        ({"name": "仲村 和子"}, True),  # the reading is the same
        ({"birth_year": "1985"}, False),  # a namesake
        ({"birth_year": "1985", "phone": "０９６（１１１）２２２２"}, True),
        ({"name": "山田 花子", "kana": "やまだ はなこ", "phone": "096-333-4444"}, False),
    ],
)
def test_the_paper_form_asks_who_it_is(clients, typed, asked):
    there = known()
    answer = clients(make_coordinator()).post("/registry/enter", data=PAPER | typed)
    assert (QUESTION in answer.text) is asked
    assert answer.status_code == (422 if asked else 303)
    assert (f"/registry/registrations/{there.code}" in answer.text) is asked
    assert db.session.scalar(select(func.count()).select_from(Registrant)) == (1 if asked else 2)


def test_another_person_of_the_same_name_is_entered(clients):
    known()
    browser = clients(make_coordinator())
    assert browser.post("/registry/enter", data=PAPER | {"other_person": "1"}).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Registrant)) == 2


def test_of_somebody_elsewhere_only_that_there_is_one(clients):
    there = known(ward="西区", phone="096-999-8888")
    page = clients(make_coordinator(wards=["東区"])).post("/registry/enter", data=PAPER).text
    assert QUESTION in page and "管理者にお尋ねください" in page
    assert there.code not in page and "西区・1955年" not in page


def test_a_resident_is_never_shown_the_others(clients):
    there = known()
    account = make_account()
    mine = make_registration(
        make_registrant(account, name="中村和子", kana="なかむら かずこ", birth_year=1955)
    )
    page = clients(account).get(f"/registry/registrations/{mine.code}").text
    assert "同じ方かもしれない" not in page and there.registrant.code not in page


def test_two_records_are_compared_and_made_one(clients):
    paper, online = known(), known(name="中村 和子", phone="096-555-6666", ward="東区")
    browser = clients(make_coordinator())
    link = f"/registry/registrants/{paper.registrant.code}/merge/{online.registrant.code}"
    assert link in browser.get(f"/registry/registrations/{paper.code}").text
    page = browser.get(link).text
    assert "元にもどせません" in page and "096-" not in page
    assert browser.post(link, data={"take": ["phone"]}).status_code == 303
    left = db.session.scalars(select(Registrant)).one()
    assert (left.code, left.phone) == (paper.registrant.code, "096-555-6666")
    assert browser.post(link).status_code == 404


def test_what_contradicts_is_said_and_nothing_is_done(clients):
    request = make_request(headcount=2)
    paper, online = known(), known()
    for registration in (paper, online):
        make_match(request, registration)
    link = f"/registry/registrants/{paper.registrant.code}/merge/{online.registrant.code}"
    answer = clients(make_coordinator()).post(link)
    assert answer.status_code == 409 and "どちらかを取りやめてから" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Registrant)) == 2


def test_only_who_looks_after_the_whole_person_may_merge_or_erase(clients):
    """A coordinator of one measure does not decide about somebody registered under another, too."""
    person = known().registrant
    make_registration(person, "bosaishi")
    browser = clients(make_coordinator(measures=[3]))
    assert browser.get(f"/registry/registrants/{person.code}/erase").status_code == 404


def test_a_person_sees_and_downloads_what_is_held(clients):
    account = make_account()
    mine = make_registration(make_registrant(account, phone="096-123-4567"))
    other = known()
    make_match(None, mine)
    make_match(None, other)
    browser = clients(account)
    page = browser.get("/registry/me").text
    assert "096-123-4567" in page and mine.offerings[0].title in page
    answer = browser.get("/registry/me/data.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    data = json.loads(answer.text)
    assert data["registrant"][0]["phone"] == "096-123-4567"
    assert data["account"][0]["email"] == account.email
    assert data["offering"][0]["description"] == mine.offerings[0].description
    assert len(data["match"]) == 1 and data["consent"]
    assert "pseudonym" not in answer.text and "password_hash" not in answer.text
    assert other.registrant.name not in answer.text


def test_leaving_asks_first_then_erases_and_signs_out(clients):
    account = make_account()
    mine = make_registration(make_registrant(account))
    browser = clients(account)
    assert mine.registrant.name and "辞退したことになります" in browser.get("/registry/me/leave").text
    assert browser.post("/registry/me/leave").status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Erasure)) == 0
    assert browser.post("/registry/me/leave", data={"sure": "y"}).status_code == 303
    db.session.refresh(mine)
    assert mine.status is RegistrationStatus.WITHDRAWN
    assert mine.registrant.name == erasing.ERASED
    assert "/sign-in" in browser.get("/registry/me").headers["Location"]


def test_a_coordinator_erases_once(clients):
    person = known().registrant
    path = f"/registry/registrants/{person.code}/erase"
    browser = clients(make_coordinator())
    assert browser.post(path, data={"sure": "y"}).status_code == 303
    assert browser.post(path, data={"sure": "y"}).status_code == 409
    db.session.refresh(person)
    assert person.phone_key == ""


def test_the_command_erases_by_code_and_after_a_restore(app):
    person = known().registrant
    run = app.test_cli_runner().invoke
    assert run(args=["registry", "erase", "no-such"]).exit_code == 1
    assert "消去しました" in run(args=["registry", "erase", person.code]).output
    db.session.expire_all()
    assert db.session.get(Registrant, person.id).name == erasing.ERASED
    assert "0人" in run(args=["registry", "erase", "--again"]).output


def test_the_retention_list_is_empty_until_the_city_sets_a_term(app, clients, monkeypatch):
    coordinator = make_coordinator()
    with clock.frozen(datetime(2020, 5, 1, 10, 0, tzinfo=clock.TOKYO)):
        old, again = known(name="昔 の人"), known(name="今も 登録")
        for registration in (old, again):
            with transaction():
                life.withdraw(None, registration)
    make_registration(again.registrant, "lecturer")
    recent = known(name="最近 の人")
    with transaction():
        life.withdraw(None, recent)
    browser = clients(coordinator)
    assert "保存期間が決まっていません" in browser.get("/registry/ended").text
    city = app.extensions["municipality"]
    term = Limit(5, "要綱第9条")
    monkeypatch.setitem(app.extensions, "municipality", dataclasses.replace(city, retention=term))
    page = browser.get("/registry/ended").text
    assert "昔 の人" in page and "要綱第9条" in page
    assert "今も 登録" not in page and "最近 の人" not in page
