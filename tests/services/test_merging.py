"""One person registered twice becomes one, with everything that hangs on both."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from matching.indicators import figures
from matching.indicators.kept import revision
from matching.indicators.verification import verify
from matching.kernel import audit, clock
from matching.kernel.audit import Disclosure
from matching.kernel.db import db, transaction
from matching.kernel.errors import RuleViolation
from matching.matches.models import (
    AttemptResult,
    Channel,
    ChildSafetyCheck,
    ContactAttempt,
    Match,
    MatchSession,
    MatchStatus,
)
from matching.registry.models import (
    Blackout,
    Consent,
    Registrant,
    RegistrantAlias,
    Registration,
    RegistrationStatus,
    WeeklyHours,
)
from matching.registry.models_courses import CourseParticipant, LearningRecord
from matching.registry.models_credentials import Credential, Verification
from matching.registry.services.merging import merge
from tests.factories import (
    make_account,
    make_check,
    make_coordinator,
    make_count,
    make_course,
    make_credential,
    make_match,
    make_operator,
    make_registrant,
    make_registration,
    make_request,
    save,
)


@pytest.fixture
def twice(app):
    """中村さん, registered on paper and again by herself."""
    paper = make_registrant(name="中村 和子", kana="なかむら かずこ", phone="096-111-2222", email="")
    online = make_registrant(make_account(), name="中村和子", kana="ナカムラ カズコ", ward="西区")
    return paper, online


def book(match):
    with transaction():
        make_count(match, clock.day_of(match.request.sessions[0].starts_at))


def merged(kept, gone, *choices):
    coordinator = make_coordinator()
    with transaction():
        merge(coordinator, kept, gone, frozenset(choices))
    return db.session.get(Registrant, kept.id)


def test_everything_moves_over(twice):
    paper, online = twice
    gone_id, code, pseudonym = online.id, online.code, online.pseudonym
    make_registration(paper)
    held = make_registration(online, "lecturer")
    make_credential(online, certificate_number="1", verification=Verification.VERIFIED)
    save(WeeklyHours(registrant_id=online.id, weekday=1, starts=time(9), ends=time(12)))
    save(Blackout(registrant_id=online.id, first_day=date(2026, 11, 1), last_day=date(2026, 11, 2)))
    save(LearningRecord(registrant_id=online.id, course="読み聞かせ", fiscal_year=2025))
    match = make_match(make_request(programmes=("lecturer",)), held, MatchStatus.ACCEPTED)
    with transaction():
        audit.disclose(None, online, "match.see_contact x", audit.OFFICE)
    account = online.account_id

    kept = merged(paper, online, "hours", "place")
    assert db.session.get(Registrant, gone_id) is None
    assert {r.programme for r in kept.registrations} == {"school_support", "lecturer"}
    assert len(kept.offerings) == 2 and len(kept.credentials) == 1
    assert kept.weekly_hours[0].weekday == 1 and kept.blackouts and kept.learning_records
    assert (kept.account_id, kept.ward, kept.phone) == (account, "西区", "096-111-2222")
    assert kept.email.startswith("registrant")  # the one that was empty is filled
    db.session.refresh(match)
    assert match.registrant_id == kept.id
    assert set(db.session.scalars(select(MatchSession.registrant_id))) == {kept.id}
    assert db.session.scalars(select(Disclosure.subject_code)).one() == kept.code
    alias = db.session.scalars(select(RegistrantAlias)).one()
    assert (alias.pseudonym, alias.code, alias.registrant_id) == (pseudonym, code, kept.id)


def test_a_rest_is_not_lost_with_the_other_records_hours(twice):
    paper, online = twice
    paper.paused_from, paper.paused_until = date(2026, 10, 1), date(2026, 12, 31)
    db.session.commit()
    kept = merged(paper, online, "hours")
    assert (kept.paused_from, kept.paused_until) == (date(2026, 10, 1), date(2026, 12, 31))


def test_hours_stay_with_the_record_that_was_chosen(twice):
    paper, online = twice
    save(WeeklyHours(registrant_id=online.id, weekday=1, starts=time(9), ends=time(12)))
    assert merged(paper, online).weekly_hours == []


def test_of_two_registrations_the_stronger_stays_with_its_own_consents(twice):
    paper, online = twice
    approved = make_registration(paper, contact_sharing=False)
    draft = make_registration(online, status=RegistrationStatus.DRAFT)
    match = make_match(None, draft, MatchStatus.DECLINED)
    kept = merged(online, paper)
    assert [r.id for r in kept.registrations] == [approved.id]
    assert not kept.registrations[0].consented("contact_sharing")
    assert db.session.scalar(select(func.count()).select_from(Consent)) == 3
    db.session.refresh(match)
    assert match.registration_id == approved.id


def test_what_the_city_stopped_is_not_undone(twice):
    paper, online = twice
    make_registration(paper, status=RegistrationStatus.REVOKED)
    make_registration(online)
    with pytest.raises(RuleViolation, match="取消し"), transaction():
        merge(None, online, paper)
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 2


def test_a_verified_certificate_comes_before_the_same_one_stated(twice):
    paper, online = twice
    make_credential(paper, certificate_number="1", verification=Verification.STATED)
    make_credential(online, certificate_number="1", verification=Verification.VERIFIED)
    merged(paper, online)
    assert db.session.scalars(select(Credential)).one().verification is Verification.VERIFIED


def test_of_two_matches_with_one_request_the_standing_one_stays(twice):
    paper, online = twice
    request = make_request()
    declined = make_match(request, make_registration(paper), MatchStatus.DECLINED)
    standing = make_match(request, make_registration(online), MatchStatus.ACCEPTED)
    save(
        ContactAttempt(
            match_id=declined.id,
            at=clock.now(),
            channel=Channel.TELEPHONE,
            result=AttemptResult.DECLINED,
        )
    )
    merged(paper, online)
    left = db.session.scalars(select(Match)).one()
    assert left.id == standing.id and len(left.attempts) == 1


def test_two_standing_matches_with_one_request_are_refused(twice):
    paper, online = twice
    request = make_request(headcount=2, title="ミシンの授業")
    for one in (paper, online):
        make_match(request, make_registration(one), MatchStatus.ACCEPTED)
    with pytest.raises(RuleViolation, match=r"ミシンの授業.*両方の登録"), transaction():
        merge(None, paper, online)
    assert db.session.scalar(select(func.count()).select_from(Registrant)) == 2


def test_two_places_at_one_time_are_refused(twice):
    paper, online = twice
    day = date(2026, 11, 5)
    for one in (paper, online):
        make_match(make_request(None, day), make_registration(one), MatchStatus.ACCEPTED)
    with pytest.raises(RuleViolation, match="もう一方の登録でも"), transaction():
        merge(None, paper, online)


def test_a_person_and_a_group_are_not_one(twice):
    paper, _ = twice
    group = make_registrant(kind="group", members=5)
    with pytest.raises(RuleViolation, match="個人と団体"), transaction():
        merge(None, paper, group)


def test_the_book_stays_and_counts_one_person(twice):
    paper, online = twice
    for day, one in ((date(2026, 9, 1), paper), (date(2026, 9, 8), online)):
        match = make_match(make_request(None, day), make_registration(one), MatchStatus.COMPLETED)
        book(match)
    active = lambda: figures.of_year(2026).measures[3]["people_active"]  # noqa: E731
    assert active() == 2 and verify().ok
    head = revision(2026).head
    merged(paper, online)
    assert active() == 1
    assert verify().problems == []
    assert revision(2026).head == head


def test_merged_twice_over(twice):
    """The alias of an alias still says whose the count is."""
    paper, online = twice
    third = make_registrant()
    match = make_match(None, make_registration(third), MatchStatus.COMPLETED)
    book(match)
    merged(online, third)
    merged(paper, online)
    assert verify().problems == []
    assert set(db.session.scalars(select(RegistrantAlias.registrant_id))) == {paper.id}


def test_of_one_certificate_twice_the_one_that_lasts_longer_stays(twice):
    paper, online = twice
    seen = {"verification": Verification.IMPORTED}
    make_credential(paper, certificate_number="123456", expires_on=date(2026, 12, 31), **seen)
    make_credential(online, certificate_number="第１２３４５６号", expires_on=date(2028, 12, 31), **seen)
    assert [c.expires_on for c in merged(paper, online).credentials] == [date(2028, 12, 31)]


def test_a_completed_course_comes_before_the_same_one_begun(twice):
    paper, online = twice
    begun = CourseParticipant(registrant=paper)
    done = CourseParticipant(registrant=online, completed_at=clock.now())
    course = make_course(begun, done)
    merged(paper, online)
    assert [(p.registrant_id, p.completed_at is not None) for p in course.participants] == [(paper.id, True)]


def test_a_rest_is_not_lost(twice):
    paper, online = twice
    online.paused_from, online.paused_until = date(2026, 10, 1), date(2026, 12, 31)
    db.session.commit()
    kept = merged(paper, online)
    assert (kept.paused_from, kept.paused_until) == (date(2026, 10, 1), date(2026, 12, 31))


def test_of_two_records_of_one_check_the_longer_stays(twice):
    paper, online = twice
    operator = make_operator()
    make_check(paper, operator, valid_to=date(2027, 3, 31))
    make_check(online, operator, valid_to=date(2028, 3, 31))
    merged(paper, online)
    assert db.session.scalars(select(ChildSafetyCheck.valid_to)).all() == [date(2028, 3, 31)]


def test_the_next_import_knows_the_one_that_was_merged(twice):
    paper, online = twice
    paper.external_id, online.external_id = "A-1", "B-1"
    db.session.commit()
    merged(paper, online)
    alias = db.session.scalars(select(RegistrantAlias)).one()
    assert (alias.external_id, alias.registrant_id) == ("B-1", paper.id)
