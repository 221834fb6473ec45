"""Child safety on the pages: who sees 確認待ち, who the dates, who records."""

from datetime import date

import pytest

from matching.kernel.db import db
from matching.kernel.permissions import Role
from matching.matches.models import ChildSafetyCheck, MatchStatus
from matching.organisations.models import Operator, Organisation
from tests.factories import (
    make_account,
    make_check,
    make_coordinator,
    make_match,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

ALONE = {"minors": True, "teacher_present": False, "continuing": True, "one_to_one": False}
OFFICER = "教育委員会 山田"
CHECK = {"checked_on": "2026-10-01", "officer": OFFICER, "valid_to": "2027-03-31"}


@pytest.fixture
def people(app):
    member, resident = make_requester(), make_account()
    school = make_organisation(member)
    make_operator(school, name="熊本市")
    request = make_request(school, date(2027, 1, 12), **ALONE)
    match = make_match(request, make_registration(make_registrant(resident)), MatchStatus.ACCEPTED)
    return member, resident, make_coordinator(), match


def text(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_both_sides_and_the_coordinator_see_that_it_waits_then_that_it_is_done(clients, people):
    *readers, match = people
    code, request = match.code, match.request.code
    for reader in readers:
        for page in (f"/matches/{code}", "/matches"):
            assert "確認待ち" in text(clients(reader), page)
    for reader in (readers[0], readers[2]):
        assert "確認待ち" in text(clients(reader), f"/requests/{request}")
    answer = clients(readers[0]).post(f"/matches/{code}/child-safety", data=CHECK)
    assert answer.status_code == 303
    for reader in readers:
        for page in (f"/matches/{code}", "/matches"):
            found = text(clients(reader), page)
            assert "安全確認済" in found
            assert "確認待ち" not in found


def test_dates_for_the_person_and_the_coordinator_the_officer_for_the_coordinator_alone(clients, people):
    member, resident, coordinator, match = people
    make_check(match.registrant, match.request.organisation.operator, officer=OFFICER)
    admin = make_account(Role.ADMIN)
    page = f"/matches/{match.code}"
    seen = {
        name: ("有効期限" in found, OFFICER in found)
        for name, account in (
            ("member", member),
            ("resident", resident),
            ("coordinator", coordinator),
            ("admin", admin),
        )
        if (found := text(clients(account), page))
    }
    assert seen == {
        "member": (False, False),
        "resident": (True, False),
        "coordinator": (True, True),
        "admin": (False, False),
    }


def test_who_may_record_and_take_back(clients, people):
    member, resident, coordinator, match = people
    path = f"/matches/{match.code}/child-safety"
    assert clients(resident).post(path, data=CHECK).status_code == 403
    assert clients(make_coordinator(["西区"])).post(path, data=CHECK).status_code == 404
    assert clients(coordinator).post(path, data=CHECK).status_code == 303
    check = db.session.query(ChildSafetyCheck).one()
    back = f"{path}/{check.code}/take-back"
    assert clients(member).post(back).status_code == 403
    assert clients(coordinator).post(back).status_code == 303
    assert db.session.query(ChildSafetyCheck).count() == 0
    assert clients(coordinator).post(back).status_code == 404


def test_what_was_typed_is_kept(clients, people):
    member, *_, match = people
    answer = clients(member).post(
        f"/matches/{match.code}/child-safety", data={**CHECK, "valid_to": "2026-09-01"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "確認した日より後の日" in page
    assert OFFICER in page


def test_a_report_without_it_is_refused_beside_the_field(clients, people, monkeypatch):
    from matching.matches.services import reports

    member, *_, match = people
    monkeypatch.setattr(reports, "_require_ended", lambda *_: None)
    session = match.request.sessions[0].code
    data = {"held": "yes", "came": match.code, "minutes": "77", "participants": "5"}
    answer = clients(member).post(f"/requests/{match.request.code}/report/{session}", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "安全確認が記録されていない" in page
    assert "77" in page


def test_the_law_is_explained_to_everybody(clients):
    page = text(clients(), "/child-safety")
    assert "12月25日" in page
    assert "記録しません" in page


def test_coordinators_keep_operators_and_say_who_belongs(clients):
    school = make_organisation().code
    browser = clients(make_coordinator())
    assert browser.post("/operators", data={"name": "熊本市"}).status_code == 303
    assert browser.post("/operators", data={"name": "熊本市"}).status_code == 422
    operator = db.session.query(Operator).one()
    code, page = operator.code, f"/operators/{operator.code}"
    choose = f"/organisations/{school}/operator"
    assert browser.post(choose, data={"operator": code}).status_code == 303
    assert browser.post(choose, data={"operator": "unknown"}).status_code == 422
    assert db.session.query(Organisation).one().operator.code == code
    assert "小学校" in text(browser, "/operators")
    assert browser.post(page, data={"name": "熊本市教育委員会", "version": "1"}).status_code == 303
    assert browser.post(page, data={"name": "くまもと市", "version": "1"}).status_code == 409
    assert browser.post(choose, data={"operator": ""}).status_code == 303
    assert db.session.query(Organisation).one().operator is None
    assert "熊本市教育委員会" in text(browser, f"/organisations/{school}")
