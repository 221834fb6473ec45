"""The requester's form: a series written out, last year's request, conditions and who sees them."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from matching.kernel.db import db
from matching.matches.models import MatchStatus
from matching.requests.models import CalendarDay, RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_calendar_day,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)
from tests.web.test_bad_input import wish

SERIES = {
    "sessions-0-day": "",
    "sessions-0-starts": "",
    "sessions-0-ends": "",
    "series_weekday": "1",
    "series_first": "2027-04-13",
    "series_last": "2027-05-11",
    "series_starts": "10:00",
    "series_ends": "10:45",
}


@pytest.fixture
def school(app):
    return make_organisation(make_requester())


def asks(clients, school):
    return clients(school.memberships[0].account)


def shown_days(page):
    return re.findall(r'name="sessions-\d+-day"[^>]*value="([\d-]+)"', page)


def test_a_series_is_written_out_without_the_days_of_the_calendar(clients, school):
    make_calendar_day(date(2027, 5, 1), date(2027, 5, 5), "大型連休")
    data = wish(school, **SERIES, add_series="1")
    page = asks(clients, school).post("/requests/new", data=data).get_data(as_text=True)
    assert shown_days(page) == ["2027-04-13", "2027-04-20", "2027-04-27", "2027-05-11"]
    assert "5月4日(火)（大型連休）" in page
    assert "絵本を読んでほしい" in page
    assert db.session.scalar(select(func.count()).select_from(SupportRequest)) == 0


def test_a_ticked_date_goes_and_the_rest_is_sent(clients, school):
    more = {"sessions-1-day": "2026-11-17", "sessions-1-starts": "10:00", "sessions-1-ends": "11:00"}
    data = wish(school, **more, **{"sessions-0-gone": "y"})
    assert asks(clients, school).post("/requests/new", data=data).status_code == 303
    request = db.session.scalars(select(SupportRequest)).one()
    assert [session.starts_at.day for session in request.sessions] == [17]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"series_weekday": ""}, "くりかえしの「曜日」"),
        ({"series_weekday": "9"}, "曜日を一覧から"),
        ({"series_last": "2027-04-01"}, "終わりの日を、始まりの日より後に"),
        ({"series_last": "2028-06-01"}, "1年分まで"),
        ({"series_last": "2199-12-30", "series_first": "2199-12-30"}, "並べる日がありません"),
        ({"series_last": "9999-12-31", "series_first": "9999-12-31"}, "くりかえしの「始まりの日」"),
        ({"series_ends": "10:00"}, "終わりの時刻を、始まりより後に"),
        ({"series_first": "2027-02-30"}, "くりかえしの「始まりの日」"),
    ],
)
def test_a_series_that_cannot_be_keeps_what_was_typed(clients, school, changed, sentence):
    data = wish(school, **{**SERIES, **changed}, add_series="1")
    response = asks(clients, school).post("/requests/new", data=data)
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert sentence in page
    assert "絵本を読んでほしい" in page


def test_no_more_than_sixty_dates(clients, school):
    data = wish(school, **{**SERIES, "series_last": "2028-04-11"}, add_series="1")
    browser = asks(clients, school)
    page = browser.post("/requests/new", data=data).get_data(as_text=True)
    assert len(shown_days(page)) == 53
    data |= {
        f"sessions-{n}-{part}": value
        for n in range(20)
        for part, value in (("day", f"2027-01-{n + 1:02d}"), ("starts", "9:00"), ("ends", "9:30"))
    }
    assert browser.post("/requests/new", data=data).status_code == 422


def test_a_session_in_the_past_is_refused_and_kept(clients, school):
    response = asks(clients, school).post(
        "/requests/new", data=wish(school, **{"sessions-0-day": "2026-09-30"})
    )
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert "過ぎた日時が含まれています" in page
    assert "絵本を読んでほしい" in page


def test_last_years_request_is_copied_to_be_checked(clients, school):
    old = make_request(school, date(2025, 11, 11), deadline=date(2025, 11, 1), parking="正門の横")
    page = asks(clients, school).get(f"/requests/{old.code}/copy").get_data(as_text=True)
    assert shown_days(page) == ["2026-11-10"]
    assert "正門の横" in page
    assert old.title in page
    assert 'action="/requests/new"' in page
    assert "2025-11-01" not in page
    assert db.session.scalar(select(func.count()).select_from(SupportRequest)) == 1


def test_conditions_are_on_the_page_and_the_emergency_contact_only_with_the_contact(clients, school):
    person = make_account()
    conditions = {
        "insurance": "volunteer",
        "travel_cost": "requester",
        "material_cost": "helper",
        "parking": "正門の横に2台",
        "equipment": "ミシン10台",
        "special_needs": "車いすの方がいます",
        "emergency_contact": "保健室 096-999-9999",
    }
    browser = asks(clients, school)
    assert browser.post("/requests/new", data=wish(school, **conditions)).status_code == 303
    request = db.session.scalars(select(SupportRequest)).one()
    assert [getattr(request, name) for name in conditions] == list(conditions.values())
    match = make_match(request, make_registration(make_registrant(person)), MatchStatus.OFFERED)
    page = clients(person).get(f"/matches/{match.code}").get_data(as_text=True)
    for words in (
        "ボランティア活動保険",
        "依頼する団体",
        "正門の横に2台",
        "ミシン10台",
        "車いすの方がいます",
    ):
        assert words in page
    assert "096-999-9999" not in page
    assert "096-999-9999" not in browser.get(f"/requests/{request.code}").get_data(as_text=True)
    match.status = MatchStatus.ACCEPTED
    db.session.commit()
    shown = clients(person).post(f"/matches/{match.code}/contact", data={}).get_data(as_text=True)
    assert "保健室 096-999-9999" in shown


def test_the_missing_insurance_is_said_to_both_sides_and_mended(clients, school):
    person = make_account()
    request = make_request(school, insurance="", fee="3000")
    match = make_match(request, make_registration(make_registrant(person)), MatchStatus.ACCEPTED)
    assert "保険がまだ決まっていません" in clients(person).get(f"/matches/{match.code}").get_data(
        as_text=True
    )
    browser, address = asks(clients, school), f"/requests/{request.code}/insurance"
    assert "保険を入力する" in browser.get(f"/requests/{request.code}").get_data(as_text=True)
    refused = browser.post(address, data={"insurance": "volunteer"})
    assert refused.status_code == 422
    assert "対象になりません" in refused.get_data(as_text=True)
    assert browser.post(address, data={"insurance": "city"}).status_code == 303
    assert "保険がまだ" not in browser.get(f"/requests/{request.code}").get_data(as_text=True)


def test_a_closed_request_reported_anew_can_still_be_insured(clients, school):
    """An older or imported one, of which nobody wrote the insurance down."""
    past = {"insurance": "", "status": RequestStatus.CLOSED}
    request = make_request(school, date(2026, 9, 29), **past)
    match = make_match(request, status=MatchStatus.COMPLETED)
    browser, address = asks(clients, school), f"/requests/{request.code}"
    assert "保険を入力する" not in browser.get(address).get_data(as_text=True)
    match.status = MatchStatus.ACCEPTED  # 報告からやりなおす
    db.session.commit()
    for page in (address, f"/matches/{match.code}"):
        assert "保険を入力する" in browser.get(page).get_data(as_text=True)
    assert browser.post(f"{address}/insurance", data={"insurance": "city"}).status_code == 303
    report = {"held": "yes", "minutes": "90", "participants": "33", "came": match.code}
    path = f"{address}/report/{request.sessions[0].code}"
    assert browser.post(path, data=report).status_code == 303


def test_a_report_without_insurance_keeps_what_was_typed(clients, school):
    request = make_request(school, date(2026, 9, 29), insurance="")
    match = make_match(request, status=MatchStatus.ACCEPTED)
    report = {"held": "yes", "minutes": "95", "participants": "33", "came": match.code}
    path = f"/requests/{request.code}/report/{request.sessions[0].code}"
    response = asks(clients, school).post(path, data=report)
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert "保険がまだ決まっていません" in page
    assert 'value="95"' in page
    assert 'value="33"' in page


def test_the_coordinators_calendar(clients):
    browser = clients(make_coordinator())
    days = {"name": "冬休み", "first_day": "2026-12-24", "last_day": "2027-01-07"}
    assert browser.post("/requests/calendar", data=days).status_code == 303
    assert "冬休み" in browser.get("/requests/calendar").get_data(as_text=True)
    wrong = browser.post("/requests/calendar", data={**days, "last_day": "2026-12-01"})
    assert wrong.status_code == 422
    code = db.session.scalars(select(CalendarDay.code)).one()
    assert browser.post(f"/requests/calendar/{code}/remove", data={}).status_code == 303
    assert db.session.scalars(select(CalendarDay)).all() == []


def test_more_dates_than_the_form_holds_are_said(clients, school):
    days = [date(2027, 4, 1) + timedelta(days=n) for n in range(61)]
    request = make_request(school, *days, status=RequestStatus.DRAFT)
    for path in ("edit", "copy"):
        answer = clients(school.memberships[0].account).get(f"/requests/{request.code}/{path}")
        assert answer.status_code == 409
        assert "60回をこえる" in answer.get_data(as_text=True)
