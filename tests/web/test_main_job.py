"""The main job from end to end, as its three people meet it, without a browser."""

import re
from datetime import date, time, timedelta

from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.kernel.permissions import Role
from matching.ledger.models import LedgerEntry
from matching.matches.models import Match, MatchStatus, Origin
from matching.matches.services import reports
from matching.registry.models import Registrant, Registration
from matching.requests.models import SupportRequest
from tests.conftest import NOW
from tests.factories import make_account, make_coordinator, make_match, make_organisation, make_request
from tests.support.versions import send_page

PERSON = {"kind": "person", "name": "中村 和子", "kana": "なかむら かずこ", "ward": "東区"}
PERSON |= {"birth_year": "昭和31年", "phone": "096-000-0000", "email": "kazuko@example.jp"}
OFFERING = {"programmes": "school_support", "title": "ミシンと手縫い"}
OFFERING |= {"description": "ミシンの糸通しや直線縫いを、ゆっくり教えます。"}
CONSENTS = [
    "school_support:rules_of_conduct",
    "school_support:confidentiality",
    "school_support:contact_sharing",
]


def mails() -> str:
    return "\n".join(db.session.scalars(select(OutboxMessage.body)))


def post(browser, path, data, status=303):
    response = send_page(browser, path, data) if "/register/" in path else browser.post(path, data=data)
    assert response.status_code == status, response.get_data(as_text=True)
    return response


def test_from_a_registration_to_a_counted_figure(clients):
    resident, member = make_account(), make_account(Role.REQUESTER)
    coordinator = clients(make_coordinator())
    school = make_organisation(member)
    who, asks = clients(resident), clients(member)

    post(who, "/registry/register/person", PERSON)
    post(who, "/registry/register/offering", OFFERING)
    post(who, "/registry/register/availability", {"areas": "東区"})
    post(who, "/registry/register/consents", {"consents": CONSENTS})
    post(who, "/registry/register/check", {})
    registration = db.session.scalars(select(Registration)).one()
    post(coordinator, f"/registry/registrations/{registration.code}/approve", {"valid_until": "2027-03-31"})

    day = clock.today() + timedelta(weeks=2)
    wish = {
        "organisation": school.code,
        "title": "ミシンの授業",
        "description": "5年生の家庭科でミシンの糸通しを手伝ってほしい",
        "must_have": "ミシンの糸通しと刺繍",
        "nice_to_have": "手話",
        "sessions-0-day": day.isoformat(),
        "sessions-0-starts": "10:00",
        "sessions-0-ends": "11:30",
        "ward": "東区",
        "format": "in_person",
        "headcount": "1",
        "insurance": "school",
        "minors": "yes",
        "teacher_present": "yes",
        "continuing": "no",
        "contact_name": "教頭",
        "contact_phone": "096-111-1111",
        "contact_email": "school@example.jp",
    }
    post(asks, "/requests/new", wish)
    code = db.session.scalars(select(SupportRequest.code)).one()
    post(coordinator, f"/requests/{code}/open", {})

    page = coordinator.get(f"/requests/{code}/candidates").get_data(as_text=True)
    assert "<mark>ミシン</mark>" in page
    assert "見当たらない言葉: 刺繍" in page
    registrant = db.session.scalars(select(Registrant)).one()
    before = clients().get("/indicators").get_data(as_text=True)
    answer_by = (clock.today() + timedelta(days=7)).isoformat()
    post(coordinator, f"/requests/{code}/matches", {"registrant": registrant.code, "answer_by": answer_by})
    assert "096-000-0000" not in asks.get(f"/requests/{code}").get_data(as_text=True)

    link = re.search(r"http://127\.0\.0\.1:8000(/answer/\S+)", mails())[1]
    anybody = clients()
    assert "引き受ける" in anybody.get(link).get_data(as_text=True)
    post(anybody, f"{link}/accept", {})
    assert "お引き受けいただいています" in anybody.get(link).get_data(as_text=True)
    match = db.session.scalars(select(Match.code)).one()
    assert "096-000-0000" in asks.post(f"/matches/{match}/contact").get_data(as_text=True)
    assert "096-111-1111" in who.post(f"/matches/{match}/contact").get_data(as_text=True)

    session = db.session.scalars(select(SupportRequest)).one().sessions[0].code
    report = {"held": "yes", "minutes": "90", "participants": "32", "came": match, "effect_4": "5"}
    with clock.frozen(clock.at(day, time(15, 0))):
        post(asks.sign_in(member), f"/requests/{code}/report/{session}", report)
        post(coordinator.sign_in(make_coordinator()), f"/requests/{code}/confirm", {})
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert (entry.measure, entry.fiscal_year, entry.minutes, entry.participants) == (3, 2026, 90, 32)
    after = clients().get("/indicators").get_data(as_text=True)
    assert before.count("0 <small>件") - after.count("0 <small>件") == 1
    assert NOW.year == entry.fiscal_year


def reported_by(member):
    """A match of an organisation the member speaks for, and reports."""
    request = make_request(make_organisation(member), date(2026, 9, 15))
    match = make_match(request, status=MatchStatus.ACCEPTED)
    values = reports.ReportValues(held=True, minutes=60, participants=9, came=frozenset({match.code}))
    with transaction():
        reports.report(member, request, request.sessions[0], values)
    return match


def test_a_report_is_confirmed_by_a_coordinator_of_no_part_in_the_organisation(clients):
    member = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[1, 2, 3, 4])
    match = reported_by(member)
    own, page = clients(member), f"/requests/{match.request.code}"
    shown = own.get(page).get_data(as_text=True)
    assert f"{page}/confirm" not in shown and "ほかの担当者が確認します" in shown
    for act, typed in (("confirm", {}), ("send-back", {"comment": "人数を直してください"})):
        assert own.post(f"{page}/{act}", data=typed).status_code == 403
        assert match.status is MatchStatus.REPORTED
    other = clients(make_coordinator())
    shown = other.get(page).get_data(as_text=True)
    assert f"{page}/confirm" in shown and "ほかの担当者が確認します" not in shown
    assert other.post(f"{page}/confirm").status_code == 303
    assert match.status is MatchStatus.COMPLETED


def test_a_count_is_taken_back_by_a_coordinator_of_no_part_in_the_organisation(clients):
    member = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[1, 2, 3, 4])
    match = reported_by(member)
    with transaction():
        reports.confirm(make_coordinator(), match.request)
    own, other, page = clients(member), clients(make_coordinator()), f"/matches/{match.code}"
    acts = (("reverse", {"reason": "wrong_figures"}, "completed"), ("report-again", {}, "voided"))
    for act, typed, status in acts:
        assert match.status == status
        shown = own.get(page).get_data(as_text=True)
        assert f"{page}/{act}" not in shown and "計上の取消しは、ほかの担当者がします" in shown
        assert own.post(f"{page}/{act}", data=typed).status_code == 403
        shown = other.get(page).get_data(as_text=True)
        assert f"{page}/{act}" in shown and "ほかの担当者が" not in shown
        assert other.post(f"{page}/{act}", data=typed).status_code == 303
    assert match.status is MatchStatus.ACCEPTED


def test_what_another_coordinator_decides_does_not_wait_for_a_member(clients):
    member = make_account(Role.COORDINATOR, Role.REQUESTER, wards=["東区"], measures=[1, 2, 3, 4])
    reported_by(member)
    make_match(make_request(make_organisation(member)), origin=Origin.REGISTRANT, status=MatchStatus.PROPOSED)
    waits = (
        r"確認を待つ活動報告</h2>\s*<p[^>]*><strong>(\d)",
        r"やってみたいという希望</h2>\s*<p[^>]*><strong>(\d)",
    )
    for who, number in ((member, "0"), (make_coordinator(), "1")):
        home = clients(who).get("/").get_data(as_text=True)
        assert [re.search(number_of, home)[1] for number_of in waits] == [number, number]
