"""Broken rules in the browser: the sentence stands beside what was typed, and what was typed is kept."""

import pytest
from sqlalchemy import select

from matching.kernel.db import db
from matching.registry.models import Registrant, RegistrationDocument, RegistrationStatus
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)
from tests.support.rulebook import ARTICLE, enter_rules
from tests.support.versions import send_page

YOUNG = {"kind": "person", "name": "山田 花子", "kana": "やまだ はなこ", "ward": "東区", "birth_year": "2010"}
OFFERING = {"programmes": ["lecturer"], "title": "手品", "description": "手品を教えます。"}


def test_a_guardian_who_is_the_minor_is_told_beside_the_field(clients):
    browser = clients(make_account())
    answer = send_page(browser, "/registry/register/person", YOUNG | {"guardian_name": "ﾔﾏﾀﾞ 花子"})
    assert answer.status_code == 303  # another spelling may be another person
    answer = send_page(browser, "/registry/register/person", YOUNG | {"guardian_name": "山田花子"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "ご本人とは別の、保護者" in page.split('id="guardian_name-error"')[1][:200]
    assert 'value="山田花子"' in page and 'value="2010"' in page
    assert db.session.scalars(select(Registrant)).one().guardian_name != "山田花子"


def test_who_is_too_young_is_told_where_the_programme_is_chosen(app, clients, monkeypatch):
    enter_rules(app, monkeypatch, "lecturer", minimum_age=18)
    browser = clients(make_account())
    send_page(browser, "/registry/register/person", YOUNG | {"guardian_name": "山田 一郎"})
    answer = send_page(browser, "/registry/register/offering", OFFERING)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert (
        f"「講師登録」の決まり「登録できる年齢」（{ARTICLE}）" in page.split('id="programmes-error"')[1][:300]
    )
    assert "手品を教えます。" in page
    other = send_page(browser, "/registry/register/offering", OFFERING | {"programmes": ["aiport"]})
    assert other.status_code == 303


def test_a_request_sent_too_late_keeps_what_was_typed(app, clients, monkeypatch):
    enter_rules(app, monkeypatch, "lecturer", lead_days=20)
    member = make_requester()
    school = make_organisation(member)
    typed = {
        "organisation": school.code, "title": "手品の会", "description": "手品を見たい。", "ward": "東区",
        "sessions-0-day": "2026-10-10", "sessions-0-starts": "10:00", "sessions-0-ends": "11:00",
        "format": "in_person", "headcount": "1", "minors": "no", "programmes": ["lecturer"],
        "contact_name": "教頭", "contact_phone": "096-000-0000", "contact_email": "school@example.jp",
    }  # fmt: skip
    browser = clients(member)
    answer = browser.post("/requests/new", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"「講師登録」の決まり「申込みの期日」（{ARTICLE}）" in page
    assert "2026年10月21日以降" in page and 'value="手品の会"' in page
    assert db.session.scalars(select(SupportRequest)).all() == []
    assert browser.post("/requests/new", data=typed | {"draft": "1"}).status_code == 303
    draft = db.session.scalars(select(SupportRequest)).one()
    assert browser.post(f"/requests/{draft.code}/submit").status_code == 422
    assert browser.post("/requests/new", data=typed | {"sessions-0-day": "2026-10-21"}).status_code == 303


def test_documents_are_ticked_before_the_approval(app, clients, monkeypatch):
    enter_rules(app, monkeypatch, "lecturer", documents=["roster"])
    registration = make_registration(programme="lecturer", status=RegistrationStatus.SUBMITTED)
    path = f"/registry/registrations/{registration.code}"
    browser = clients(make_coordinator(name="見本 担当"))
    assert f"必要な書類（{ARTICLE}）" in browser.get(path).get_data(as_text=True)
    answer = browser.post(f"{path}/approve", data={"valid_until": "2027-03-31"})
    assert answer.status_code == 422
    assert "会員名簿を見て" in answer.get_data(as_text=True).split('id="documents-error"')[1][:300]
    ticked = {"valid_until": "2027-03-31", "documents": ["roster"]}
    assert browser.post(f"{path}/approve", data=ticked | {"documents": ["passport"]}).status_code == 422
    assert browser.post(f"{path}/approve", data=ticked).status_code == 303
    assert [row.kind for row in db.session.scalars(select(RegistrationDocument))] == ["roster"]
    assert "見本 担当" in browser.get(path).get_data(as_text=True)


def test_a_request_is_refused_and_its_organisation_reads_why(app, clients, monkeypatch):
    enter_rules(app, monkeypatch, "lecturer", refused_purposes=["religious"])
    member = make_requester()
    request = make_request(make_organisation(member), programmes=["lecturer"], status=RequestStatus.SUBMITTED)
    path = f"/requests/{request.code}"
    coordinator = clients(make_coordinator())
    assert f'href="{path}/refuse"' in coordinator.get(path).get_data(as_text=True)
    assert "政治" not in coordinator.get(f"{path}/refuse").get_data(as_text=True)
    assert coordinator.post(f"{path}/refuse", data={"reason": "political"}).status_code == 422
    assert clients(member).post(f"{path}/refuse", data={"reason": "religious"}).status_code == 403
    assert coordinator.post(f"{path}/refuse", data={"reason": "religious"}).status_code == 303
    assert f"宗教活動を目的とするため（{ARTICLE}）" in clients(member).get(path).get_data(as_text=True)


@pytest.mark.parametrize("born", ["2010", ""])
def test_the_paper_form_is_asked_too(app, clients, monkeypatch, born):
    enter_rules(app, monkeypatch, "lecturer", minimum_age=18)
    paper = YOUNG | OFFERING | {"birth_year": born, "guardian_name": "山田 一郎"}
    answer = clients(make_coordinator()).post(
        "/registry/enter", data=paper | {"consents": ["rules_of_conduct", "guardian"]}
    )
    assert answer.status_code == 422
    assert "登録できる年齢" in answer.get_data(as_text=True).split('id="birth_year-error"')[1][:300]
    assert db.session.scalars(select(Registrant)).all() == []


def test_applying_again_is_asked_too(app, clients, monkeypatch):
    enter_rules(app, monkeypatch, "lecturer", minimum_age=18)
    account = make_account()
    registrant = make_registrant(account, birth_year=2010, guardian_name="山田 一郎")
    registration = make_registration(registrant, "lecturer", status=RegistrationStatus.WITHDRAWN)
    answer = clients(account).post(f"/registry/registrations/{registration.code}/apply-again")
    assert answer.status_code == 422
    assert ARTICLE in answer.get_data(as_text=True)
