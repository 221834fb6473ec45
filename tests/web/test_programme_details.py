"""Each programme asks what it needs, in its own words, and keeps nothing it does not ask for."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.kernel.db import PERSONAL, db
from matching.municipality.city import KUMAMOTO, load
from matching.municipality.rulebook import DETAILS
from matching.registry.models import ConsentPurpose, Offering, Registrant, Registration
from tests.factories import make_account, make_coordinator, make_registrant, make_registration
from tests.support.versions import send_page

PERSON = {
    "kind": "person",
    "name": "語部 花子",
    "kana": "かたりべ はなこ",
    "ward": "東区",
    "birth_year": "S31",
}
TOLD = {
    "level": "introductory",
    "capacity": "３０",
    "minutes": "90",
    "equipment": "水道のある部屋",
    "disaster": "kumamoto_2016",
    "record_title": "避難所の日記",
    "record_place": "益城町",
    "record_year": "平成28年",
}
KEPT = TOLD | {"capacity": 30, "minutes": 90, "record_year": 2016}
ASKED = {
    "lecturer": {"level", "capacity", "minutes", "equipment"},
    "stage": {"minutes", "equipment"},
    "storyteller": {"disaster", "record_title", "record_place", "record_year", "minutes"},
}
PROGRAMMES = load(KUMAMOTO).programmes


def text(response):
    return response.get_data(as_text=True)


def offer(browser, *programmes, **told):
    send_page(browser, "/registry/register/person", PERSON)
    form = {"programmes": list(programmes), "title": "わたしの話", "description": "くわしく話します。"}
    return send_page(browser, "/registry/register/offering", form | told)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_programme_keeps_what_it_asks_and_nothing_else(clients, programme):
    assert offer(clients(make_account()), programme, **TOLD).status_code == 303
    offering = db.session.scalars(select(Offering)).one()
    kept = {name for name in DETAILS if getattr(offering, name)}
    assert kept == ASKED.get(programme, set())
    assert all(getattr(offering, name) == KEPT[name] for name in kept)


def test_what_was_written_comes_back_on_the_page_and_goes_with_the_programme(clients):
    browser = clients(make_account())
    offer(browser, "lecturer", "storyteller", **TOLD)
    page = text(browser.get("/registry/register/offering"))
    assert 'value="避難所の日記"' in page and 'value="2016"' in page
    assert re.search(r'value="introductory"[^>]*selected|selected[^>]*value="introductory"', page)
    assert offer(browser, "storyteller", **TOLD).status_code == 303
    assert db.session.scalars(select(Offering.level)).one() == ""


@pytest.mark.parametrize(
    ("programmes", "changed", "sentence"),
    [
        (["storyteller"], {"disaster": ""}, "どの災害の話か"),
        (["lecturer"], {"capacity": "0"}, "1から100000までの数字"),
        (["lecturer"], {"minutes": "ながめ"}, "数字"),
        (["storyteller"], {"record_year": "むかし"}, "のように書いてください"),
        (["storyteller"], {"disaster": "熊本地震"}, "災害"),
    ],
)
def test_what_cannot_be_so_is_said_and_nothing_typed_is_lost(clients, programmes, changed, sentence):
    answer = offer(clients(make_account()), *programmes, **(TOLD | changed))
    assert answer.status_code == 422
    assert sentence in text(answer) and "わたしの話" in text(answer) and "避難所の日記" in text(answer)


WRONG = {
    "level": "genius",
    "capacity": "0",
    "minutes": "ながめ",
    "equipment": "水" * 201,
    "disaster": "熊本地震",
    "record_title": "記" * 101,
    "record_place": "町" * 101,
    "record_year": "むかし",
}


@pytest.mark.parametrize("name", DETAILS)
def test_a_question_of_an_unticked_programme_blocks_nothing_and_keeps_nothing(clients, name):
    """Its field is hidden: nobody could mend it."""
    assert offer(clients(make_account()), "aiport", **{name: WRONG[name]}).status_code == 303
    assert not getattr(db.session.scalars(select(Offering)).one(), name)


@pytest.mark.parametrize("paper", [False, True])
def test_ticked_it_is_asked_again(clients, paper):
    data = PERSON | {
        "programmes": ["lecturer"],
        "title": "話",
        "description": "話します。",
        "minutes": "ながめ",
    }
    if paper:
        answer = clients(make_coordinator()).post("/registry/enter", data=data)
    else:
        answer = offer(clients(make_account()), "lecturer", minutes="ながめ")
    assert answer.status_code == 422 and 'value="ながめ"' in text(answer)


def test_a_group_names_who_answers_for_it(clients):
    browser = clients(make_account())
    group = PERSON | {"kind": "group", "members": "12", "birth_year": ""}
    answer = send_page(browser, "/registry/register/person", group)
    assert answer.status_code == 422 and "代表者のお名前" in text(answer)
    assert (
        send_page(browser, "/registry/register/person", group | {"representative": "会長 一郎"}).status_code
        == 303
    )
    assert db.session.scalars(select(Registrant.representative)).one() == "会長 一郎"
    send_page(browser, "/registry/register/person", PERSON | {"representative": "会長 一郎"})
    assert db.session.scalars(select(Registrant.representative)).one() == ""


def test_a_coordinator_reads_them_in_the_programmes_words(clients):
    registration = make_registration(
        make_registrant(kind="group", members=5, representative="会長 一郎"), "storyteller"
    )
    offering = registration.offerings[0]
    offering.disaster, offering.record_title, offering.record_year = "kumamoto_2016", "避難所の日記", 2016
    db.session.commit()
    page = text(clients(make_coordinator()).get(f"/registry/registrations/{registration.code}"))
    for told in ("伝えられること", "平成28年（2016年）熊本地震", "避難所の日記", "2016年", "会長 一郎"):
        assert told in page


def test_only_bosaishi_is_asked_to_lead_in_the_district(clients):
    browser = clients(make_account())
    bosaishi = {"credentials-0-kind": "bosaishi", "credentials-0-certificate_number": "200123"}
    offer(browser, "bosaishi", "aiport", **bosaishi)
    page = text(browser.get("/registry/register/consents"))
    assert "bosaishi:local_leader" in page and "aiport:local_leader" not in page
    given = ["bosaishi:rules_of_conduct", "aiport:rules_of_conduct", "bosaishi:local_leader"]
    assert send_page(browser, "/registry/register/consents", {"consents": given}).status_code == 303
    leaders = [
        r.programme
        for r in db.session.scalars(select(Registration))
        if r.consented(ConsentPurpose.LOCAL_LEADER)
    ]
    assert leaders == ["bosaishi"]


def test_the_style_sheet_shows_the_questions_of_each_programme():
    css = (Path(__file__).parents[2] / "static/css/components.css").read_text()
    for key in PROGRAMMES:
        assert f'[value="{key}"]:checked) .asked-by-{key} ' in css


def test_what_people_wrote_is_personal():
    for column in ("equipment", "record_title", "record_place"):
        assert Offering.__table__.c[column].info == PERSONAL
    assert Registrant.__table__.c.representative.info == PERSONAL
