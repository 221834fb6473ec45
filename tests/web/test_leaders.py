"""地域防災リーダー: by their consent the ward's office and the district's bodies learn how to reach them."""

from datetime import date

import pytest
from sqlalchemy import func, select

from matching.kernel import audit, clock
from matching.kernel.audit import AuditEvent, Disclosure
from matching.kernel.db import db
from matching.kernel.permissions import Role
from matching.organisations.models import Organisation
from matching.registry import views_leaders
from matching.registry.models import Consent, ConsentPurpose, RegistrationStatus
from tests.factories import (
    make_account,
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_requester,
    save,
)

PAGE = "/registry/leaders?school_district=健軍"
PHONE = "090-1111-2222"


def make_leader(*, consented=True, **values):
    """A 防災士 of 健軍 in 東区 who has agreed to be told to local bodies."""
    person = {
        k: values.pop(k) for k in ("account", "name", "phone", "ward", "school_district") if k in values
    }
    registration = make_registration(make_registrant(**person), "bosaishi", **values)
    if consented:
        purpose = ConsentPurpose.LOCAL_LEADER
        save(
            Consent(registration_id=registration.id, purpose=purpose, version="2026-11", given_at=clock.now())
        )
    return registration


def body(member, kind="shelter_committee", **values):
    return make_organisation(member, **{"name": "健軍小避難所運営委員会", "kind": kind, **values})


def rows():
    return db.session.scalar(select(func.count()).select_from(Disclosure))


def text(response):
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.fixture
def leader(app):
    return make_leader(account=make_account(), name="防災 花子", phone=PHONE)


@pytest.fixture
def member(app):
    """Of the 避難所運営委員会 in 健軍."""
    member = make_requester()
    body(member)
    return member


def test_as_many_rows_and_acts_as_people_shown_each_time_and_the_person_reads_who(clients, leader, member):
    make_leader(name="防災 次郎")
    person = clients(leader.registrant.account)
    for views, viewer in enumerate((make_coordinator(measures=[4]), member, member), 1):
        browser = clients(viewer)
        before = text(browser.get(PAGE))
        assert "防災 花子" not in before and PHONE not in before and "2人" in before
        assert rows() == 2 * (views - 1)
        shown = text(browser.post(PAGE))
        assert "防災 花子" in shown and PHONE in shown and "防災 次郎" in shown
        assert leader.registrant.email in shown
        assert rows() == 2 * views
    acts = select(func.count()).where(AuditEvent.action == "leader.see_contact")
    assert db.session.scalar(acts.where(AuditEvent.subject_code == leader.code)) == 3
    page = text(person.get("/registry/disclosures"))
    assert page.count("<article") == 3
    assert page.count("地域防災リーダーの同意（2026-11版）") == 3
    assert page.count("地域防災リーダーとして、声をかけるため") == 3
    assert page.count("<h2>市の担当者</h2>") == 1
    assert page.count("<h2>健軍小避難所運営委員会の担当者（地域の防災組織）</h2>") == 2
    assert member.name not in page
    office = clients(make_coordinator())
    assert "健軍小避難所運営委員会" in text(office.get(f"/registry/registrations/{leader.code}/disclosures"))


def test_a_withdrawn_consent_acts_at_once(clients, leader, member):
    browser = clients(member)
    assert PHONE in text(browser.post(PAGE))
    path = f"/registry/registrations/{leader.code}/consents/local_leader/withdraw"
    assert clients(leader.registrant.account).post(path).status_code == 303
    for viewer in (browser, clients(make_coordinator())):
        shown = text(viewer.post(PAGE))
        assert PHONE not in shown and "防災 花子" not in shown
    assert rows() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"consented": False},
        {"status": RegistrationStatus.SUSPENDED},
        {"valid_until": date(2026, 3, 31)},
        {"school_district": "秋津"},
    ],
)
def test_only_leaders_in_force_of_this_district_are_shown(clients, member, values):
    make_leader(name="防災 花子", **values)
    for viewer in (member, make_coordinator()):
        assert "防災 花子" not in text(clients(viewer).post(PAGE))
    assert rows() == 0


def test_who_rests_is_not_called(clients, leader, member):
    leader.registrant.paused_from = clock.today()
    db.session.commit()
    assert "防災 花子" not in text(clients(member).post(PAGE))


def strangers():
    """(who, why) of those who may not see the leaders of 健軍."""
    school, elsewhere, left = make_requester(), make_requester(), make_requester()
    make_organisation(school)
    body(elsewhere, "district_disaster_liaison", districts=["秋津"], name="秋津校区防災連絡会")
    gone = body(left, "disaster_prevention_club", name="健軍自主防災クラブ").memberships[0]
    gone.ended_at = clock.now()
    db.session.commit()
    return (
        *(school, elsewhere, left),
        *(make_coordinator(wards=["西区"]), make_coordinator(measures=[1, 2, 3])),
        *(make_account(Role.AUDITOR), make_account(Role.ADMIN), make_account()),
    )


def test_nobody_else_sees_them(clients, leader):
    for stranger in strangers():
        browser = clients(stranger)
        for response in (browser.get(PAGE), browser.post(PAGE)):
            assert response.status_code in {403, 404}
    assert rows() == 0


def test_the_way_leads_from_the_drills_and_from_the_bodys_own_page(clients, leader, member):
    drills = text(clients(make_coordinator()).get("/drills"))
    assert "/registry/leaders?school_district=%E5%81%A5%E8%BB%8D" in drills
    assert "school_district=%E7%A7%8B%E6%B4%A5" not in drills  # nobody there
    browser = clients(member)
    code = db.session.scalars(select(Organisation.code)).one()
    assert "/registry/leaders" in text(browser.get(f"/organisations/{code}"))
    listed = text(browser.get("/registry/leaders"))
    assert "健軍" in listed and "秋津" not in listed


def test_no_contact_without_its_rows(clients, leader, member, monkeypatch):
    def fail(*_values, **_named):
        raise RuntimeError("no row")

    for name in ("disclose", "record"):
        with monkeypatch.context() as broken:
            broken.setattr(audit, name, fail)
            response = clients(member).post(PAGE)
        assert response.status_code == 500
        assert PHONE not in response.get_data(as_text=True)
        assert rows() == 0


def test_a_page_that_fails_leaves_the_row(clients, leader, member, monkeypatch):
    def fail(*_args, **_values):
        db.session.rollback()  # only what is committed counts
        raise RuntimeError("no page")

    browser = clients(member)
    monkeypatch.setattr(views_leaders, "render_template", fail)
    assert browser.post(PAGE).status_code == 500
    assert rows() == 1
