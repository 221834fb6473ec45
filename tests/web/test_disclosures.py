"""Promise 21: who saw whose contact. The row is there before the page, and no contact without it."""

from datetime import date

import pytest
from sqlalchemy import func, select

from matching.kernel import audit
from matching.kernel.audit import Disclosure
from matching.kernel.db import db
from matching.kernel.permissions import Role
from matching.matches import pages_match
from matching.matches import views as match_views
from matching.matches.models import MatchStatus
from matching.registry import views as registry_views
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

PHONE = "090-1111-2222"


@pytest.fixture
def arranged(app):
    """(the person's account, the requester, the match) of an accepted match."""
    account, requester = make_account(), make_requester()
    registration = make_registration(make_registrant(account, phone=PHONE))
    organisation = make_organisation(requester, name="健軍小学校")
    match = make_match(
        make_request(organisation, title="ミシンの授業", programmes=["school_support"]),
        registration,
        MatchStatus.ACCEPTED,
    )
    return account, requester, match


def rows():
    return db.session.scalar(select(func.count()).select_from(Disclosure))


def test_as_many_rows_as_views_and_the_person_reads_each(clients, arranged):
    account, requester, match = arranged
    registration = match.registration
    school, office, person = clients(requester), clients(make_coordinator()), clients(account)
    views = 0
    for browser, path in (
        (school, f"/matches/{match.code}/contact"),
        (school, f"/matches/{match.code}/contact"),
        (office, f"/registry/registrations/{registration.code}/contact"),
    ):
        assert PHONE in browser.post(path).get_data(as_text=True)
        views += 1
        assert rows() == views
    office.post(f"/matches/{match.code}/contact")  # shows the requester's and the person's
    assert rows() == views + 2
    page = person.get("/registry/disclosures").get_data(as_text=True)
    assert page.count("<article") == 4
    assert page.count("健軍小学校の担当者") == 2
    assert page.count("連絡先提供の同意（2026-10版）") == 2
    assert page.count("<h2>市の担当者</h2>") == 2
    assert "活動「ミシンの授業」の連絡のため" in page
    assert "「学校支援ボランティア」の登録の確認のため" in page
    for name in (requester.name, PHONE):
        assert name not in page


@pytest.mark.parametrize(
    ("shared", "own", "basis"),
    [(True, False, "contact_sharing 2026-10"), (False, True, audit.FOR_MATCH)],
)
def test_the_consent_it_rests_on_is_noted(clients, shared, own, basis):
    requester = make_requester()
    match = make_match(
        make_request(make_organisation(requester)),
        make_registration(contact_sharing=shared),
        MatchStatus.ACCEPTED,
        contact_consent=own,
    )
    clients(requester).post(f"/matches/{match.code}/contact")
    assert db.session.scalars(select(Disclosure.basis)).all() == [basis]


def test_nothing_shown_is_nothing_noted(clients):
    requester = make_requester()
    match = make_match(
        make_request(make_organisation(requester)),
        make_registration(contact_sharing=False),
        MatchStatus.ACCEPTED,
    )
    clients(requester).post(f"/matches/{match.code}/contact")
    assert rows() == 0


def paths(match):
    return (
        (match_views, f"/matches/{match.code}/contact"),
        (registry_views, f"/registry/registrations/{match.registration.code}/contact"),
    )


def test_a_page_that_fails_leaves_the_row(clients, arranged, monkeypatch):
    _, _, match = arranged
    office = clients(make_coordinator())
    noted = []
    for module, path in paths(match):

        def fail(*_args, **_values):
            db.session.rollback()  # only what is committed counts
            noted.append(rows())
            raise RuntimeError("no page")

        monkeypatch.setattr(module, "render_template", fail)
        assert office.post(path).status_code == 500
    assert noted == [2, 3]
    assert rows() == 3


def test_no_contact_without_its_row(clients, arranged, monkeypatch):
    _, _, match = arranged
    office = clients(make_coordinator())

    def fail(*_values):
        raise RuntimeError("no row")

    monkeypatch.setattr(audit, "disclose", fail)
    for _, path in paths(match):
        response = office.post(path)
        assert response.status_code == 500
        assert PHONE not in response.get_data(as_text=True)
    assert rows() == 0


def test_a_coordinator_reads_what_is_in_their_scope(clients, arranged):
    _, requester, match = arranged
    clients(requester).post(f"/matches/{match.code}/contact")
    path = f"/registry/registrations/{match.registration.code}/disclosures"
    assert "ミシンの授業" in clients(make_coordinator()).get(path).get_data(as_text=True)
    lecturer = make_registration(match.registrant, "lecturer")  # a measure that has no part in the match
    other = clients(make_coordinator(measures=[2]))
    assert other.get(path).status_code == 404
    page = other.get(f"/registry/registrations/{lecturer.code}/disclosures").get_data(as_text=True)
    assert "ミシンの授業" not in page


def test_what_was_noted_before_bases_can_still_be_read(clients, arranged):
    account, requester, match = arranged
    with db.session.begin_nested():
        audit.disclose(requester, match.registrant, f"match.see_contact {match.code}", "")
    db.session.commit()
    page = clients(account).get("/registry/disclosures").get_data(as_text=True)
    assert "同意の版を書きとめる前の記録" in page
    assert "健軍小学校の担当者" in page


def test_a_coordinator_of_elsewhere_is_a_member_like_any_other_in_their_own_organisation(clients):
    """And so is one in whose scope the request lies: only what a person lets the requester know is shown."""
    elsewhere = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["西区"], measures=[1])
    here = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[1, 2, 3, 4])
    reasons = [{"word": "ミシン"}]
    for member in (elsewhere, here):
        registration = make_registration(make_registrant(phone=PHONE), contact_sharing=False)
        request = make_request(make_organisation(member))
        match = make_match(request, registration, MatchStatus.ACCEPTED, reasons=reasons)
        browser = clients(member)
        assert PHONE not in browser.post(f"/matches/{match.code}/contact").get_data(as_text=True)
        assert rows() == 0
        page = pages_match.match_page(member, match)
        assert (page.reasons, page.attempts, page.timeline) == ([], [], ())
        offered = make_match(make_request(request.organisation, date(2026, 11, 2)), registration)
        assert not pages_match.match_page(member, offered).sees_contact
    office = make_coordinator()
    assert pages_match.match_page(office, offered).sees_contact
    assert PHONE in clients(office).post(f"/matches/{offered.code}/contact").get_data(as_text=True)
