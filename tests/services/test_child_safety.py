"""Child safety: what waits for a check, who may record it, and a report without one."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, NotFound, RuleViolation
from matching.matches import queries_safety
from matching.matches.models import ChildSafetyCheck, MatchStatus
from matching.matches.services import reports, safety
from tests.factories import (
    make_check,
    make_match,
    make_operator,
    make_organisation,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2027, 1, 12)
ALONE = {"minors": True, "teacher_present": False, "continuing": True, "one_to_one": False}


def school_of(member, operator="熊本市"):
    school = make_organisation(member)
    make_operator(school, name=operator)
    return school


def waiting(school, day=DAY, *more, registration=None, **answers):
    request = make_request(school, day, *more, **{**ALONE, **answers})
    return make_match(request, registration, MatchStatus.ACCEPTED)


def report(member, match, came=True, held=True):
    values = reports.ReportValues(
        held=held, minutes=90, participants=5, came=frozenset([match.code] if came else [])
    )
    with clock.frozen(clock.at(DAY, time(18))), transaction():
        return reports.report(member, match.request, match.request.sessions[0], values)


def state(match):
    return queries_safety.states([match]).get(match.id)


def record(member, match, checked_on=None, valid_to=date(2027, 3, 31)):
    with transaction():
        safety.record_check(member, match, checked_on or clock.today(), "教育委員会 山田", valid_to)


def test_a_report_without_the_check_is_refused_and_accepted_with_it(app):
    member = make_requester()
    match = waiting(school_of(member))
    assert state(match).waits_for == DAY
    with pytest.raises(Invalid, match="安全確認が記録されていない") as refusal:
        report(member, match)
    assert refusal.value.field == "came"
    db.session.rollback()
    assert match.status is MatchStatus.ACCEPTED
    record(member, match)
    assert state(match).waits_for is None
    report(member, match)
    assert match.status is MatchStatus.REPORTED


def test_a_check_made_after_the_day_does_not_serve(app):
    member = make_requester()
    match = waiting(school_of(member))
    with clock.frozen(clock.at(DAY + timedelta(days=1), time(9))):
        record(member, match)
    with pytest.raises(Invalid, match="安全確認"):
        report(member, match)


def test_who_did_not_come_or_where_nothing_was_held_needs_none(app):
    member = make_requester()
    school = school_of(member)
    assert report(member, waiting(school), came=False)
    assert report(member, waiting(school), held=False, came=False)


def test_dates_before_the_law_are_not_bound(app):
    match = waiting(school_of(make_requester()), date(2026, 12, 24))
    assert state(match) is None
    later = waiting(match.request.organisation, date(2026, 12, 24), date(2026, 12, 25))
    assert state(later).waits_for == date(2026, 12, 25)


def test_a_check_is_the_operators_and_serves_its_other_schools_only(app):
    member = make_requester()
    match = waiting(school_of(member))
    person = match.registration
    operator = match.request.organisation.operator
    sister = make_organisation()
    sister.operator = operator
    db.session.commit()
    record(member, match)
    week = DAY + timedelta(weeks=1)
    assert state(waiting(sister, week, registration=person)).waits_for is None
    another = waiting(school_of(make_requester(), "学校法人"), week + timedelta(days=1), registration=person)
    assert state(another).waits_for == week + timedelta(days=1)
    nobody = waiting(make_organisation(), week + timedelta(days=2), registration=person)
    assert state(nobody).waits_for == week + timedelta(days=2)


def test_a_check_that_ends_waits_again_and_a_renewal_keeps_the_earlier_one(app):
    member = make_requester()
    match = waiting(school_of(member), DAY, DAY + timedelta(days=60))
    record(member, match, valid_to=DAY)
    assert state(match).waits_for == DAY + timedelta(days=60)
    with clock.frozen(clock.at(DAY + timedelta(days=1), time(9))):
        record(member, match, valid_to=date(2028, 3, 31))
    assert state(match).waits_for is None
    assert len(db.session.scalars(select(ChildSafetyCheck)).all()) == 2


@pytest.mark.parametrize(
    ("checked_on", "valid_to", "field"),
    [
        (date(2026, 10, 2), date(2027, 3, 31), "checked_on"),
        (date(2026, 9, 30), date(2026, 9, 29), "valid_to"),
        (date(2026, 9, 30), date(2206, 3, 31), "valid_to"),
    ],
)
def test_dates_that_cannot_be_are_told(app, checked_on, valid_to, field):
    member = make_requester()
    match = waiting(school_of(member))
    with pytest.raises(Invalid) as refusal:
        record(member, match, checked_on, valid_to)
    assert refusal.value.field == field


def test_recorded_only_of_who_accepted_what_needs_it_and_with_an_operator(app):
    member = make_requester()
    school = school_of(member)
    offered = make_match(make_request(school, DAY, **ALONE), status=MatchStatus.OFFERED)
    watched = waiting(school, teacher_present=True)
    nowhere = waiting(make_organisation(member))
    for match, sentence in ((offered, "引き受けた"), (watched, "確認の要る"), (nowhere, "学校設置者が登録")):
        with pytest.raises(RuleViolation, match=sentence):
            record(member, match)
        db.session.rollback()


def test_the_same_day_again_corrects_and_a_wrong_record_is_taken_back(app):
    member = make_requester()
    match = waiting(school_of(member))
    record(member, match)
    record(member, match, valid_to=date(2028, 3, 31))
    (check,) = db.session.scalars(select(ChildSafetyCheck)).all()
    assert check.valid_to == date(2028, 3, 31)
    foreign = make_check(make_registration().registrant, check.operator)
    with pytest.raises(NotFound), transaction():
        safety.take_back_check(member, match, foreign.code)
    with transaction():
        safety.take_back_check(member, match, check.code)
    assert state(match).waits_for == DAY


def test_the_audit_holds_codes_only(app):
    member = make_requester()
    match = waiting(school_of(member))
    record(member, match)
    (event,) = db.session.scalars(select(AuditEvent).filter_by(action="match.record_check")).all()
    operator = match.request.organisation.operator
    check = db.session.scalars(select(ChildSafetyCheck)).one()
    assert event.details == {"check": check.code, "operator": operator.code}
