"""Courses: participants, and what a completion brings to whom."""

from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, NotAllowed, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.registry.models import RegistrationStatus
from matching.registry.models_courses import CourseParticipant
from matching.registry.models_credentials import Verification
from matching.registry.services import courses, entries
from tests.factories import (
    WARD,
    make_account,
    make_coordinator,
    make_course,
    make_registrant,
    make_registration,
)

VALUES = {"name": "防災士養成講座", "organiser": "熊本市", "kind": "bosaishi_training", "ward": WARD}
VALUES |= {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 2)}
FIRE = {"organiser": "熊本市消防局", "kind": "life_support", "credential": "basic_life_support"}


def enter(actor=None, **changed):
    actor = actor or make_coordinator()
    with transaction():
        return courses.enter_course(actor, courses.CourseValues(**{**VALUES, **changed}))


def complete(course, *participants, actor=None):
    actor = actor or make_coordinator()
    with transaction():
        return courses.complete(actor, course, [p.code for p in participants or course.participants])


def learned(registrant):
    return [(row.course, row.fiscal_year, row.course_id) for row in registrant.learning_records]


def mail_to(address):
    return db.session.scalars(select(OutboxMessage).filter_by(recipient=address)).one()


def test_a_course_has_its_fiscal_year_and_the_credential_of_its_kind(app):
    course = enter(first_day=date(2027, 3, 31), last_day=date(2027, 4, 1))
    assert (course.fiscal_year, course.credential) == (2026, "bosaishi")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "astronomy"}, "kind"),
        ({"ward": "西区"}, "ward"),
        ({"kind": "reading_aloud"}, "kind"),  # another measure
        ({"last_day": date(2026, 10, 31)}, "last_day"),
        ({"expires_on": date(2029, 11, 2)}, "expires_on"),
        ({"kind": "first_aid_instruction", "organiser": "熊本市消防局"}, "expires_on"),
    ],
)
def test_what_a_course_cannot_be(app, changed, field):
    actor = make_coordinator([WARD], [4])
    with pytest.raises(Invalid) as error:
        enter(actor, **changed)
    assert error.value.field == field


def test_a_course_by_somebody_else_than_the_issuer_makes_nobody_a_bosaishi(app):
    registrant = make_registration().registrant
    complete(make_course(CourseParticipant(registrant=registrant)))
    assert registrant.credentials == []
    assert learned(registrant) == [
        ("令和8年度 防災士養成講座", 2026, registrant.learning_records[0].course_id)
    ]
    body = mail_to(registrant.email).body
    assert "・防災士\n・自主防災活動" in body
    assert "修了だけでは「防災士」の資格を得たことになりません" in body


def test_a_course_by_the_issuer_gives_its_credential(app):
    registrant, actor = make_registration().registrant, make_coordinator()
    course = make_course(CourseParticipant(registrant=registrant), **FIRE)
    complete(course, actor=actor)
    (credential,) = registrant.credentials
    assert (credential.kind, credential.verification) == ("basic_life_support", Verification.VERIFIED)
    assert (credential.issued_on, credential.verified_by_id) == (course.last_day, actor.id)
    assert "得たことになりません" not in mail_to(registrant.email).body


def test_a_second_click_brings_nothing_twice(app):
    registrant = make_registration().registrant
    course = make_course(CourseParticipant(registrant=registrant), **FIRE)
    assert (complete(course), complete(course)) == (1, 0)
    assert (len(registrant.credentials), len(registrant.learning_records)) == (1, 1)
    mail_to(registrant.email)
    assert len(db.session.scalars(select(AuditEvent).filter_by(action="course.complete")).all()) == 1


def test_only_what_is_not_held_is_offered(app):
    registrant = make_registration(programme="voluntary_disaster").registrant
    make_registration(registrant, "bosaishi", status=RegistrationStatus.SUBMITTED)
    complete(make_course(CourseParticipant(registrant=registrant)))
    assert db.session.scalars(select(OutboxMessage)).all() == []
    assert len(registrant.learning_records) == 1


def test_nothing_is_completed_before_it_is_over_or_by_oneself(app):
    registrant = make_registration().registrant
    course = make_course(CourseParticipant(registrant=registrant), last_day=date(2027, 1, 1))
    with pytest.raises(RuleViolation, match="終わっていません"):
        complete(course)
    actor = make_coordinator()
    own = make_course(CourseParticipant(registrant=make_registrant(actor)))
    with pytest.raises(NotAllowed):
        complete(own, actor=actor)


def test_a_participant_of_another_course_is_not_completed(app):
    course = make_course(CourseParticipant(name="甲", kana="こう"))
    other = make_course(CourseParticipant(name="乙", kana="おつ"))
    with pytest.raises(Invalid):
        complete(course, *other.participants)
    assert other.participants[0].completed_at is None


def test_participants_are_entered_once(app):
    actor, registrant, course = make_coordinator(), make_registrant(), make_course()
    with transaction():
        first = courses.add_registrant(actor, course, registrant)
        assert courses.add_registrant(actor, course, registrant) is first
        courses.add_person(actor, course, name="新人", kana="しんじん", email="new@example.jp")
    with pytest.raises(Invalid), transaction():
        courses.add_person(actor, course, name="新人", kana="シンジン", email="New@example.jp")
    assert len(course.participants) == 2


def test_a_mistake_is_removed_a_completion_stays(app):
    actor = make_coordinator()
    course = make_course(CourseParticipant(name="甲", kana="こう"), CourseParticipant(name="乙", kana="おつ"))
    wrong, right = course.participants
    complete(course, right)
    with transaction():
        courses.remove_participant(actor, course, wrong)
    with pytest.raises(RuleViolation), transaction():
        courses.remove_participant(actor, course, right)
    assert course.participants == [right]


def register(kana="しんじん　はなこ", email="new@example.jp", **values):
    account = make_account(email=email)
    person = entries.PersonValues(name="新人 花子", kana=kana, ward=WARD, birth_year=1960, **values)
    with transaction():
        return entries.enter_registrant(account, person, account=account)


def newcomer(**values):
    return CourseParticipant(name="新人 花子", kana="シンジン ハナコ", email="New@example.jp", **values)


def test_who_registers_later_brings_the_course_along(app):
    course = make_course(newcomer(), **FIRE)
    complete(course)
    mail = mail_to("New@example.jp")
    assert "/sign-up" in mail.body
    registrant = register()
    assert learned(registrant) == [(course.name, 2026, course.id)]
    assert [c.kind for c in registrant.credentials] == ["basic_life_support"]
    participant = course.participants[0]
    assert (participant.registrant_id, participant.name, participant.email) == (registrant.id, "", "")


@pytest.mark.parametrize("changed", [{"kana": "べつの ひと"}, {"email": "other@example.jp"}])
def test_another_reading_or_address_is_another_person(app, changed):
    course = make_course(newcomer())
    complete(course)
    assert learned(register(**changed)) == []
    assert course.participants[0].registrant_id is None


def test_who_registers_before_the_end_has_nothing_yet(app):
    course = make_course(newcomer())
    registrant = register()
    assert (course.participants[0].registrant_id, learned(registrant)) == (registrant.id, [])
    complete(course)
    assert len(learned(registrant)) == 1
