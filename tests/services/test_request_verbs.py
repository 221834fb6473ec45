"""Requests: insurance before the first session, the calendar, and who is told of a cancellation."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.matches.services import offers, reports
from matching.requests import calendar
from matching.requests import services as requests
from matching.requests.models import CalendarDay, RequestStatus
from tests.factories import (
    at,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)


def told():
    return {m.recipient: m.body for m in db.session.scalars(select(OutboxMessage))}


def test_a_typed_session_lies_in_the_future(app):
    values = requests.values_of(make_request(None, date(2026, 9, 30)))
    with pytest.raises(Invalid, match="過ぎた日時") as refused:
        requests.check_typed(values)
    assert refused.value.field == "sessions"
    requests.check_typed(replace(values, sessions=((at(DAY), at(DAY, 11)),)))


def test_no_report_before_an_insurance_is_known(app):
    member = make_requester()
    request = make_request(make_organisation(member), date(2026, 9, 15), insurance="")
    match = make_match(request, status=MatchStatus.ACCEPTED)
    values = reports.ReportValues(held=True, minutes=60, participants=3, came=frozenset({match.code}))
    with pytest.raises(Invalid, match="保険がまだ決まっていません") as refused, transaction():
        reports.report(member, request, request.sessions[0], values)
    assert refused.value.field == "held"
    with transaction():
        requests.insure(member, request, "school")
    with transaction():
        reports.report(member, request, request.sessions[0], values)
    assert match.status is MatchStatus.REPORTED


def test_what_was_called_off_is_reported_without_an_insurance(app):
    member = make_requester()
    request = make_request(make_organisation(member), date(2026, 9, 15), insurance="")
    make_match(request, status=MatchStatus.ACCEPTED)
    with transaction():
        told = reports.report(member, request, request.sessions[0], reports.ReportValues(held=False))
    assert told.held is False


def test_volunteer_insurance_is_refused_for_paid_work(app):
    request = make_request(None, DAY, insurance="", fee="3000")
    with pytest.raises(Invalid, match="対象になりません"), transaction():
        requests.insure(make_requester(), request, "volunteer")
    assert request.insurance == ""


def test_an_ended_request_is_not_insured(app):
    request = make_request(None, DAY, insurance="", status=RequestStatus.CANCELLED)
    with pytest.raises(RuleViolation), transaction():
        requests.insure(make_requester(), request, "school")


def test_the_calendar_is_empty_until_written(app):
    first, last = date(2026, 12, 24), date(2027, 1, 7)
    assert calendar.closed(first, last) == []
    coordinator = make_coordinator()
    with transaction():
        row = calendar.add_days(coordinator, "冬休み", first, last)
        assert calendar.add_days(coordinator, "冬休み", first, last) is row
    assert [days.name for days in calendar.closed(last, last)] == ["冬休み"]
    assert calendar.closed(date(2027, 1, 8), date(2027, 1, 31)) == []
    with pytest.raises(Invalid, match="終わりの日"), transaction():
        calendar.add_days(coordinator, "逆", last, first)
    with transaction():
        calendar.remove_days(coordinator, row)
    assert db.session.scalars(select(CalendarDay)).all() == []


def test_a_cancelled_request_tells_everybody_why(app):
    coordinator, elsewhere = make_coordinator(), make_coordinator(wards=["西区"])
    request = make_request(None, DAY, headcount=2)
    accepted = make_match(request, status=MatchStatus.ACCEPTED)
    offered = make_match(request)
    with transaction():
        requests.cancel_request(make_requester(), request, "event")
    people = {accepted.registrant.email, offered.registrant.email}
    assert set(told()) == people | {request.contact_email, coordinator.email}
    assert elsewhere.email not in told()
    assert all("行事そのものがなくなった" in body for body in told().values())


def test_a_draft_is_cancelled_without_a_word_to_the_coordinators(app):
    make_coordinator()
    request = make_request(None, DAY, status=RequestStatus.DRAFT)
    with transaction():
        requests.cancel_request(make_requester(), request, "other")
    assert set(told()) == {request.contact_email}


def test_a_cancelled_match_tells_everybody_why(app):
    coordinator, acting = make_coordinator(), make_coordinator()
    registration = make_registration(make_registrant(phone="090-1234-5678"))
    match = make_match(make_request(None, DAY), registration, MatchStatus.ACCEPTED, answered_at=clock.now())
    with transaction():
        offers.cancel(acting, match, "weather")
    assert set(told()) == {match.registrant.email, match.request.contact_email, coordinator.email}
    assert all("天候・災害" in body and "090-1234-5678" not in body for body in told().values())
