"""活動の場 on its pages: offered, edited, applied for, chosen; and what those who choose may know."""

from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel.db import db
from matching.matches.models import Match, MatchStatus, Origin
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)
SESSION = {"sessions-0-day": "2026-10-20", "sessions-0-starts": "10:00", "sessions-0-ends": "12:00"}


@pytest.fixture
def member(app):
    return make_requester()


@pytest.fixture
def hall(member):
    return make_organisation(member)


def offer(hall, **changed):
    contact = {"contact_name": "館長", "contact_phone": "096-000-0000", "contact_email": "k@example.jp"}
    usual = {"organisation": hall.code, "title": "ロビーの展示壁", "description": "絵や写真を飾れます。"}
    usual |= {"ward": "東区", "format": "in_person", "headcount": "3", "insurance": "other"}
    return {**SESSION, **usual, **contact, **changed}


def stage_of(hall, **values):
    return make_request(hall, DAY, title="公民館まつりの舞台", programmes=("stage",), **values)


def application(request, **person):
    registration = make_registration(
        make_registrant(make_account(), **person), "stage", offering="大正琴の発表"
    )
    return make_match(request, registration, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)


def test_a_stage_is_offered_and_edited_with_its_own_form(clients, member, hall):
    browser = clients(member)
    assert "必要な資格" not in browser.get("/requests/stages/new").get_data(as_text=True)
    assert browser.post("/requests/stages/new", data=offer(hall)).status_code == 303
    request = db.session.scalars(select(SupportRequest)).one()
    assert (request.programmes, request.status, request.headcount) == (["stage"], RequestStatus.SUBMITTED, 3)
    assert len(request.sessions) == 1
    assert not request.minors
    draft = stage_of(hall, status=RequestStatus.DRAFT)
    page = browser.get(f"/requests/{draft.code}/edit").get_data(as_text=True)
    assert "発表の場を書きなおす" in page
    edited = offer(hall, title="展示壁と机", version="1")
    assert browser.post(f"/requests/{draft.code}/edit", data=edited).status_code == 303
    assert draft.title == "展示壁と机"
    copied = browser.get(f"/requests/{draft.code}/copy").get_data(as_text=True)
    assert 'action="/requests/stages/new"' in copied


def test_what_was_typed_stays_beside_its_error(clients, member, hall):
    answer = clients(member).post("/requests/stages/new", data=offer(hall, headcount="0"))
    assert answer.status_code == 422
    assert "ロビーの展示壁" in answer.get_data(as_text=True)


def test_dates_are_added_without_checking_yet(clients, member, hall):
    page = clients(member).post("/requests/stages/new", data={**offer(hall, title=""), "add_session": "1"})
    assert (page.status_code, 'name="sessions-1-day"' in page.get_data(as_text=True)) == (200, True)


def test_who_offers_reads_what_is_offered_to_them_and_no_name(clients, member, hall):
    request = stage_of(hall)
    match = application(request, name="演奏 花子", phone="096-999-9999", email="hanako@example.jp")
    page = clients(member).get(f"/requests/{request.code}").get_data(as_text=True)
    assert "大正琴の発表" in page
    for hidden in ("演奏", "096-999-9999", "hanako@example.jp"):
        assert hidden not in page
    assert clients(member).post(f"/matches/{match.code}/choose").status_code == 303
    assert match.chosen_at is not None
    assert "選びました" in clients(member).get(f"/requests/{request.code}").get_data(as_text=True)
    assert clients(member).post(f"/matches/{match.code}/unchoose").status_code == 303
    assert match.chosen_at is None


def test_the_coordinator_approves_only_who_was_chosen(clients, member, hall):
    match, coordinator = application(stage_of(hall)), make_coordinator()
    page = clients(coordinator).get(f"/matches/{match.code}").get_data(as_text=True)
    assert "まだ選んでいません" in page
    assert f"/matches/{match.code}/approve" not in page
    assert clients(coordinator).post(f"/matches/{match.code}/approve").status_code == 409
    clients(member).post(f"/matches/{match.code}/choose")
    assert clients(coordinator).post(f"/matches/{match.code}/approve").status_code == 303
    assert db.session.get(Match, match.id).status is MatchStatus.ACCEPTED


def test_a_coordinator_finds_no_candidates_for_a_stage(clients, hall):
    request, coordinator = stage_of(hall), make_coordinator()
    assert f"/requests/{request.code}/candidates" not in (
        clients(coordinator).get(f"/requests/{request.code}").get_data(as_text=True)
    )
    answer = clients(coordinator).get(f"/requests/{request.code}/candidates")
    assert answer.status_code == 409
    assert "応募を待つ" in answer.get_data(as_text=True)


def test_a_performer_applies_from_their_openings(clients, hall):
    account = make_account()
    registration = make_registration(make_registrant(account), "stage", offering="公民館の舞台で大正琴")
    indexed(registration)
    request = stage_of(hall)
    page = clients(account).get("/openings").get_data(as_text=True)
    assert "応募する" in page
    assert clients(account).post(f"/openings/{request.code}/wish").status_code == 303
    assert db.session.scalars(select(Match)).one().wished


def test_who_is_registered_applies_from_the_page_of_all_stages(clients, hall):
    account, request = make_account(), stage_of(hall)
    assert f"/openings/{request.code}/wish" not in clients(account).get("/stages").get_data(as_text=True)
    make_registration(make_registrant(account), "stage", offering="ちがう言葉")
    assert f"/openings/{request.code}/wish" in clients(account).get("/stages").get_data(as_text=True)
    clients(account).post(f"/openings/{request.code}/wish")
    page = clients(account).get("/stages").get_data(as_text=True)
    assert "応募しています" in page
    assert f"/openings/{request.code}/wish" not in page


def test_the_public_page_names_nobody(clients, hall):
    request = stage_of(hall, contact_name="館長 太郎", contact_phone="096-111-2222")
    page = clients(None).get("/stages").get_data(as_text=True)
    assert request.title in page
    assert "館長" not in page
    assert "096-111-2222" not in page
