"""Registering in steps, on paper, and the coordinator's decisions."""

import pytest
from sqlalchemy import select

from matching.kernel.audit import Disclosure
from matching.kernel.db import db
from matching.registry.models import Registrant, Registration, RegistrationStatus
from matching.registry.models_credentials import Verification
from tests.factories import (
    make_account,
    make_coordinator,
    make_credential,
    make_registrant,
    make_registration,
)
from tests.support.versions import send_page

PERSON = {
    "kind": "person",
    "name": "﨑山 髙子",
    "kana": "さきやま たかこ",
    "ward": "東区",
    "birth_year": "S31",
}
OFFERING = {"programmes": ["bosaishi"], "title": "防災の話", "description": "家具の固定について話します。"}
OFFERING |= {"credentials-0-kind": "bosaishi", "credentials-0-certificate_number": "２００１２３"}
CONSENTS = {"consents": ["bosaishi:rules_of_conduct", "bosaishi:contact_sharing"]}


def register(browser, **changed):
    steps = {
        "person": PERSON,
        "offering": OFFERING,
        "availability": {"areas": ["東区"]},
        "consents": CONSENTS,
    }
    for step, data in {**steps, **changed}.items():
        response = send_page(browser, f"/registry/register/{step}", data)
        assert response.status_code == 303, (step, response.get_data(as_text=True))
    return browser.post("/registry/register/check")


def the_registration():
    return db.session.scalars(select(Registration)).one()


def submitted(programme="school_support", **person):
    return make_registration(
        make_registrant(**person), programme, status=RegistrationStatus.SUBMITTED, valid_until=None
    )


def test_what_was_written_is_kept_step_by_step(clients):
    browser = clients(make_account())
    send_page(browser, "/registry/register/person", PERSON)
    page = browser.get("/registry/register/person").get_data(as_text=True)
    assert "﨑山 髙子" in page  # kept as typed
    send_page(browser, "/registry/register/offering", OFFERING)
    assert "家具の固定" in browser.get("/registry/register/offering").get_data(as_text=True)
    assert the_registration().status is RegistrationStatus.DRAFT
    assert register(browser).status_code == 303
    assert the_registration().status is RegistrationStatus.SUBMITTED
    assert "申請中" in browser.get("/registry").get_data(as_text=True)


@pytest.mark.parametrize(
    ("step", "changed", "sentence"),
    [
        ("person", {"kana": "KANA"}, "ひらがなかカタカナ"),
        ("person", {"name": ""}, "入力してください"),
        ("person", {"ward": ""}, "区を選択してください"),
        ("person", {"school_district": "一新"}, "東区にある校区"),
        ("person", {"birth_year": "むかし"}, "のように書いてください"),
        ("person", {"birth_year": "3000"}, "生まれた年を確かめてください"),
        ("person", {"birth_year": "2012"}, "保護者のお名前"),
        ("person", {"kind": "group", "birth_year": ""}, "団体の人数"),
        ("person", {"phone": "でんわ"}, "電話番号は数字で"),
        ("offering", {"programmes": []}, "登録区分を1つ以上"),
        ("offering", {"programmes": ["astronaut"]}, "登録区分"),
        ("offering", {"learned-0-course": "書道"}, "受講した年度を入力してください"),
        ("offering", {"learned-0-fiscal_year": "R5"}, "受講した講座の名前を入力してください"),
        ("offering", {"credentials-1-certificate_number": "123"}, "資格の種類を選択してください"),
        ("person", {"postal_code": "86"}, "郵便番号は7けた"),
        ("availability", {"hours-0-starts": "10:00"}, "両方を入力"),
        ("availability", {"hours-0-starts": "12:00", "hours-0-ends": "10:00"}, "始まりより後"),
        ("consents", {"consents": []}, "同意いただくと"),
    ],
)
def test_a_wrong_entry_is_told_beside_its_field(clients, step, changed, sentence):
    browser = clients(make_account())
    data = {"person": PERSON, "offering": OFFERING, "availability": {}, "consents": CONSENTS}
    for before, values in data.items():
        if before == step:
            break
        assert send_page(browser, f"/registry/register/{before}", values).status_code == 303
    response = send_page(browser, f"/registry/register/{step}", data[step] | changed)
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)


def test_numbers_are_kept_as_numbers_however_they_were_typed(clients):
    typed = {"phone": "０９６－３２８－２１１１", "postal_code": "〒８６０－８６０１"}
    send_page(clients(make_account()), "/registry/register/person", PERSON | typed)
    person = db.session.scalars(select(Registrant)).one()
    assert (person.phone, person.postal_code) == ("096-328-2111", "860-8601")


def test_a_programme_in_progress_is_not_offered_again(clients):
    account = make_account()
    make_registration(make_registrant(account), "lecturer")
    page = clients(account).get("/registry/register/offering").get_data(as_text=True)
    assert 'value="lecturer"' not in page
    assert 'value="aiport"' in page


def test_the_womens_list_is_never_offered_for_publication(clients):
    browser = clients(make_account())
    send_page(browser, "/registry/register/person", PERSON)
    send_page(browser, "/registry/register/offering", OFFERING | {"programmes": ["women_talent", "lecturer"]})
    page = browser.get("/registry/register/consents").get_data(as_text=True)
    assert "lecturer:public_listing" in page
    assert "women_talent:public_listing" not in page


def test_approving_verifies_the_certificate_the_programme_needs(clients):
    register(clients(make_account()))
    code = the_registration().code
    coordinator = clients(make_coordinator())
    assert "﨑山 髙子" in coordinator.get("/registry/queue").get_data(as_text=True)
    path = f"/registry/registrations/{code}/approve"
    assert coordinator.post(path, data={"valid_until": "2026-12-31"}).status_code == 422
    assert coordinator.post(path, data={"valid_until": "2028-03-31"}).status_code == 303
    registration = the_registration()
    credential = registration.registrant.credentials[0]
    assert registration.status is RegistrationStatus.APPROVED
    assert (credential.certificate_number, credential.verification) == ("200123", Verification.VERIFIED)
    assert coordinator.post(path, data={"valid_until": "2028-03-31"}).status_code == 303  # again: no change


def test_without_its_certificate_nobody_is_approved(clients):
    code = submitted("bosaishi").code
    response = clients(make_coordinator()).post(
        f"/registry/registrations/{code}/approve", data={"valid_until": "2028-03-31"}
    )
    assert response.status_code == 409
    assert "番号が入力されていない" in response.get_data(as_text=True)


def test_returned_mended_and_sent_again(clients):
    account = make_account()
    person = clients(account)
    register(person)
    coordinator, code = clients(make_coordinator()), the_registration().code
    path = f"/registry/registrations/{code}"
    assert coordinator.post(f"{path}/return", data={"comment": ""}).status_code == 422
    assert coordinator.post(f"{path}/return", data={"comment": "番号を確かめてください"}).status_code == 303
    assert "番号を確かめてください" in person.get("/registry").get_data(as_text=True)
    assert register(person).status_code == 303
    assert the_registration().status is RegistrationStatus.SUBMITTED


def test_refused_with_a_reason_and_applied_for_again(clients):
    account = make_account()
    registration = make_registration(
        make_registrant(account), "lecturer", status=RegistrationStatus.SUBMITTED
    )
    path = f"/registry/registrations/{registration.code}"
    coordinator = clients(make_coordinator())
    assert coordinator.post(f"{path}/refuse", data={"reason": "looks"}).status_code == 422
    assert coordinator.post(f"{path}/refuse", data={"reason": "commercial"}).status_code == 303
    person = clients(account)
    assert "営利を目的とするため" in person.get("/registry").get_data(as_text=True)
    assert person.post(f"{path}/apply-again").status_code == 303
    assert the_registration().status is RegistrationStatus.SUBMITTED


def test_the_person_and_the_city_end_a_registration(clients):
    account = make_account()
    registration = make_registration(make_registrant(account))
    path = f"/registry/registrations/{registration.code}"
    coordinator, person = clients(make_coordinator()), clients(account)
    for verb, status in (("suspend", "suspended"), ("resume", "approved"), ("revoke", "revoked")):
        assert coordinator.post(f"{path}/{verb}", data={"reason": "asked"}).status_code == 303
        db.session.rollback()
        assert the_registration().status == status
    assert person.post(f"{path}/withdraw", data={"reason": "busy"}).status_code == 409
    other = make_registration(make_registrant(make_account()), "lecturer")
    assert person.post(f"/registry/registrations/{other.code}/withdraw").status_code == 404


@pytest.mark.parametrize(
    ("wards", "measures", "status"), [(["東区"], [3], 200), (["西区"], [3], 404), (["東区"], [2], 404)]
)
def test_scope_is_ward_and_measure(clients, wards, measures, status):
    registration = submitted()
    browser = clients(make_coordinator(wards=wards, measures=measures))
    assert browser.get(f"/registry/registrations/{registration.code}").status_code == status
    listed = registration.registrant.name in browser.get("/registry/queue").get_data(as_text=True)
    assert listed == (status == 200)


def test_contacts_are_shown_only_in_answer_to_asking(clients):
    registration, browser = submitted(), clients(make_coordinator())
    path = f"/registry/registrations/{registration.code}"
    assert registration.registrant.phone not in browser.get(path).get_data(as_text=True)
    assert registration.registrant.phone in browser.post(f"{path}/contact").get_data(as_text=True)
    assert len(db.session.scalars(select(Disclosure)).all()) == 1


def test_a_paper_form_for_somebody_without_mail(clients):
    browser = clients(make_coordinator())
    paper = PERSON | {
        "programmes": ["school_support"],
        "title": "見守り",
        "description": "朝の通学路に立ちます。",
    }
    assert browser.post("/registry/enter", data=paper).status_code == 422  # consents are missing
    assert db.session.scalars(select(Registrant)).all() == []
    signed = paper | {"consents": ["rules_of_conduct", "confidentiality"]}
    assert browser.post("/registry/enter", data=signed).status_code == 303
    registration = the_registration()
    assert (registration.on_paper, registration.status) == (True, RegistrationStatus.SUBMITTED)
    assert registration.registrant.email == ""


def test_a_changed_certificate_is_to_be_seen_anew(clients):
    account = make_account()
    registrant = make_registrant(account)
    make_credential(registrant, certificate_number="1", verification=Verification.VERIFIED)
    browser = clients(account)
    send_page(browser, "/registry/register/person", PERSON)
    send_page(browser, "/registry/register/offering", OFFERING)
    credential = db.session.get_one(Registrant, registrant.id).credentials[0]
    assert credential.verification is Verification.STATED
