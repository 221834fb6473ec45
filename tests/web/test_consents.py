"""Consents: seen with their text, withdrawn at any time with immediate effect, every act audited."""

from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel.audit import AuditEvent
from matching.kernel.clock import now, today
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict
from matching.matches.models import Match, MatchStatus
from matching.registry.models import Consent, ConsentPurpose, Registration, RegistrationStatus
from matching.registry.services import consents, entries
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)
from tests.support.rulebook import enter_rules

HIDDEN = "同意していないため、市の担当者が取りつぎます"


@pytest.fixture
def account(app):
    return make_account()


def the_registration(account, **values):
    return make_registration(make_registrant(account, phone="090-1111-2222"), **values)


def withdraw(browser, registration, purpose):
    return browser.post(f"/registry/registrations/{registration.code}/consents/{purpose}/withdraw")


def acts():
    rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [(row.action, row.details.get("purpose")) for row in rows if "consent" in row.action]


def test_each_consent_is_seen_with_its_version_date_and_text(clients, account):
    the_registration(account)
    page = clients(account).get("/registry/consents").get_data(as_text=True)
    for told in ("行動規範", "2026-10版", "参加する人の安全と気持ちを第一に", "連絡先提供の同意"):
        assert told in page


def test_withdrawing_contact_sharing_hides_the_contact_at_once(clients, account):
    registration, requester = the_registration(account), make_requester()
    request = make_request(make_organisation(requester))
    match = make_match(request, registration, MatchStatus.ACCEPTED, contact_consent=True)
    school, person = clients(requester), clients(account)
    see = lambda: school.post(f"/matches/{match.code}/contact").get_data(as_text=True)  # noqa: E731
    assert "090-1111-2222" in see()
    before = person.get(
        f"/registry/registrations/{registration.code}/consents/contact_sharing/withdraw"
    ).get_data(as_text=True)
    assert request.title in before
    for _ in range(2):  # again: nothing more
        assert withdraw(person, registration, "contact_sharing").status_code == 303
    page = see()
    assert "090-1111-2222" not in page
    assert HIDDEN in page
    assert db.session.get(Match, match.id).status is MatchStatus.ACCEPTED
    assert acts() == [("consent.withdraw", "contact_sharing"), ("match.contact_consent_withdrawn", None)]


def test_a_match_s_own_consent_is_withdrawn_by_itself(clients, account):
    registration, requester = the_registration(account, contact_sharing=False), make_requester()
    match = make_match(
        make_request(make_organisation(requester)), registration, MatchStatus.ACCEPTED, contact_consent=True
    )
    person = clients(account)
    assert match.request.title in person.get("/registry/consents").get_data(as_text=True)
    assert person.post(f"/matches/{match.code}/contact-consent/withdraw").status_code == 303
    page = clients(requester).post(f"/matches/{match.code}/contact").get_data(as_text=True)
    assert HIDDEN in page
    assert acts() == [("match.contact_consent_withdrawn", None)]


def test_withdrawing_a_required_one_ends_the_registration_and_says_so_before(clients, account):
    registration = the_registration(account, programme="lecturer")
    offered = make_match(make_request(), registration)
    accepted = make_match(make_request(None, date(2026, 11, 2)), registration, MatchStatus.ACCEPTED)
    person = clients(account)
    path = f"/registry/registrations/{registration.code}/consents/rules_of_conduct/withdraw"
    page = person.get(path).get_data(as_text=True)
    assert "登録は辞退になります" in page
    assert offered.request.title in page
    assert accepted.request.title in page
    assert person.post(path).status_code == 303
    assert db.session.get(Registration, registration.id).status is RegistrationStatus.WITHDRAWN
    assert [m.status for m in db.session.scalars(select(Match).order_by(Match.id))] == [
        MatchStatus.WITHDRAWN,
        MatchStatus.CANCELLED,
    ]
    # given again, the same may be applied for again
    again = f"/registry/registrations/{registration.code}"
    assert person.post(again + "/apply-again").status_code == 422
    assert person.post(again + "/consents/rules_of_conduct").status_code == 303
    assert person.post(again + "/apply-again").status_code == 303


def test_the_consent_page_says_what_the_end_of_the_registration_does(clients, account):
    registration = the_registration(account, programme="lecturer")
    begun = make_match(
        make_request(None, date(2026, 9, 29), date(2026, 11, 3)), registration, MatchStatus.ACCEPTED
    )
    make_match(make_request(None, date(2026, 11, 4), title="案の手伝い"), registration, MatchStatus.PROPOSED)
    path = f"/registry/registrations/{registration.code}/consents/rules_of_conduct/withdraw"
    page = clients(account).get(path).get_data(as_text=True)
    assert "もう始まっているので、そのまま続き、報告されるもの（1件）" in page
    assert "取りやめになる活動" not in page
    assert "案の手伝い" not in page
    assert "案の手伝い" in clients(make_coordinator()).get(path).get_data(as_text=True)
    assert clients(account).post(path).status_code == 303
    db.session.expire_all()
    assert begun.status is MatchStatus.ACCEPTED


def test_a_consent_is_given_again_in_the_version_of_now(clients, account):
    registration = the_registration(account, contact_sharing=False)
    for _ in range(2):
        clients(account).post(f"/registry/registrations/{registration.code}/consents/contact_sharing")
    given = db.session.scalars(select(Consent).filter_by(purpose=ConsentPurpose.CONTACT_SHARING)).one()
    assert given.version == "2026-10"
    assert acts() == [("consent.give", "contact_sharing")]


@pytest.mark.parametrize("purpose", ["public_listing", "guardian", "confidentiality", "nonsense"])
def test_a_consent_without_meaning_is_nowhere_to_be_given(clients, account, purpose):
    registration = the_registration(account, programme="women_talent")
    path = f"/registry/registrations/{registration.code}/consents/{purpose}"
    assert clients(account).post(path).status_code == 404
    assert acts() == []


def test_a_coordinator_writes_down_what_was_said_by_telephone(clients):
    registration = make_registration()
    office = clients(make_coordinator())
    page = office.get(f"/registry/registrations/{registration.code}").get_data(as_text=True)
    assert "連絡先提供の同意の撤回を記録する" in page
    response = withdraw(office, registration, "contact_sharing")
    assert response.headers["Location"] == f"/registry/registrations/{registration.code}"
    assert not db.session.get(Registration, registration.id).consented(ConsentPurpose.CONTACT_SHARING)


def test_a_paper_form_gives_a_programme_only_what_means_something_there(clients):
    data = {
        "kind": "person",
        "name": "紙 花子",
        "kana": "かみ はなこ",
        "ward": "東区",
        "programmes": ["women_talent", "manabi_time"],
        "title": "読み聞かせ",
        "description": "絵本を読みます。",
        "consents": [p.value for p in ConsentPurpose],
    }
    assert clients(make_coordinator()).post("/registry/enter", data=data).status_code == 303
    given = {
        r.programme: {c.purpose.value for c in r.consents} for r in db.session.scalars(select(Registration))
    }
    assert given == {
        "women_talent": {"rules_of_conduct", "contact_sharing"},
        "manabi_time": {"rules_of_conduct", "confidentiality", "contact_sharing", "public_listing"},
    }
    assert len(acts()) == 6


def test_what_is_written_anew_is_audited_both_ways(app):
    registration = make_registration()
    with transaction():
        entries.write_consents(
            None, registration, [ConsentPurpose.RULES_OF_CONDUCT, ConsentPurpose.PUBLIC_LISTING]
        )
    assert acts() == [("consent.withdraw", "contact_sharing"), ("consent.give", "public_listing")]


def test_the_guardian_is_asked_where_the_programme_s_rule_says(app, monkeypatch):
    born = today().year - 19
    registration = make_registration(make_registrant(birth_year=born, guardian_name="保護者"), "lecturer")
    assert ConsentPurpose.GUARDIAN not in dict(consents.asked(registration))
    enter_rules(app, monkeypatch, "lecturer", guardian_age=20)
    assert dict(consents.asked(registration))[ConsentPurpose.GUARDIAN]


def test_one_purpose_stands_once(app):
    registration = make_registration()
    twice = Consent(purpose=ConsentPurpose.CONTACT_SHARING, version="1", given_at=now())
    with pytest.raises(Conflict), transaction():
        registration.consents.append(twice)
