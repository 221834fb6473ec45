"""Certificates: seen, implied, ended on a moved clock, reminded of once."""

import dataclasses
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import AttemptResult, Channel, MatchStatus
from matching.matches.services import offers
from matching.municipality.city import municipality
from matching.ops.jobs import jobs
from matching.registry import credential_queries
from matching.registry.models import RegistrationStatus
from matching.registry.models_credentials import Credential, Verification
from matching.registry.services import credentials, entries, life
from matching.registry.services.entries import CredentialValues, OfferingValues
from tests.factories import (
    at,
    make_coordinator,
    make_course,
    make_credential,
    make_match,
    make_registrant,
    make_registration,
    make_request,
)

EXPIRES = date(2026, 10, 15)
LATER = date(2026, 10, 20)
INSTRUCTOR, BASIC = "first_aid_instructor", "basic_life_support"


def seen(**changed):
    usual = {"certificate_number": "123456", "issued_on": None, "expires_on": None, "evidence": "original"}
    return credentials.SeenValues(**{**usual, **changed})


def stated(kind="bosaishi", registrant=None, **values):
    registrant = registrant or make_registration().registrant
    return make_credential(registrant, kind, **{"verification": Verification.STATED, **values})


def verified(kind=INSTRUCTOR, registrant=None, **values):
    usual = {"verification": Verification.VERIFIED, "expires_on": EXPIRES}
    return stated(kind, registrant, **{**usual, **values})


def mails(to=None):
    statement = select(OutboxMessage.subject).order_by(OutboxMessage.id)
    if to:
        statement = statement.filter_by(recipient=to)
    return list(db.session.scalars(statement))


def expire(day):
    """How many end on that day, by the worker."""
    with clock.frozen(at(day)):
        ending = credentials.run_out()
        assert job("credential expiries").run()
        assert not credentials.run_out()
    return len(ending)


def remind(day):
    """How many are reminded of on that day, by the worker."""
    with clock.frozen(at(day)):
        due = credentials.to_remind()
        assert job("credential reminders").run()
        assert not credentials.to_remind()
    return len(due)


def job(name):
    return next(one for one in jobs(lambda mail: None) if one.name == name)


def test_a_verification_notes_who_saw_what_and_when(app):
    credential, actor = stated(), make_coordinator()
    with transaction():
        credentials.verify_credential(
            actor, credential, credential.version, seen(issued_on=date(2020, 5, 1), evidence="card")
        )
    assert (credential.verification, credential.evidence) == (Verification.VERIFIED, "card")
    assert (credential.verified_by_id, credential.verified_at) == (actor.id, clock.now())
    event = db.session.scalars(select(AuditEvent).filter_by(action="credential.verify")).one()
    assert event.details == {"kind": "bosaishi", "evidence": "card"}  # never the number


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("bosaishi", {"certificate_number": "12345"}, "certificate_number"),
        ("bosaishi", {"certificate_number": ""}, "certificate_number"),
        ("bosaishi", {"evidence": "hearsay"}, "evidence"),
        ("bosaishi", {"expires_on": LATER}, "expires_on"),
        (INSTRUCTOR, {}, "expires_on"),
        (INSTRUCTOR, {"expires_on": date(2026, 9, 30)}, "expires_on"),
        ("bosaishi", {"issued_on": LATER}, "issued_on"),
    ],
)
def test_what_cannot_stand_on_a_certificate(app, kind, changed, field):
    credential, actor = stated(kind), make_coordinator()
    with pytest.raises(Invalid) as error, transaction():
        credentials.verify_credential(actor, credential, credential.version, seen(**changed))
    assert error.value.field == field
    assert credential.verification is Verification.STATED


def test_a_teaching_licence_may_come_without_a_number(app):
    credential, actor = stated("teaching_licence"), make_coordinator()
    with transaction():
        credentials.verify_credential(actor, credential, credential.version, seen(certificate_number=""))
    assert credential.verification is Verification.VERIFIED


def test_nobody_verifies_their_own(app):
    actor = make_coordinator()
    credential = stated(registrant=make_registration(make_registrant(actor)).registrant)
    with pytest.raises(NotAllowed), transaction():
        credentials.verify_credential(actor, credential, credential.version, seen())


@pytest.mark.parametrize("other", [Verification.VERIFIED, Verification.IMPORTED])
def test_a_number_is_verified_for_one_person_only(app, other):
    stated(certificate_number="第123-456号", verification=other)
    credential, actor = stated(certificate_number="123456"), make_coordinator()
    with pytest.raises(RuleViolation, match="同じ番号"), transaction():
        credentials.verify_credential(actor, credential, credential.version, seen())


@pytest.mark.parametrize("before", list(Verification))
def test_a_renewed_certificate_takes_the_place_of_the_earlier_of_its_number(app, before):
    """The number stays when a certificate is renewed: the person's own earlier row is no double."""
    actor = make_coordinator()
    earlier = stated(INSTRUCTOR, certificate_number="K-77", verification=before, expires_on=EXPIRES)
    person, old = earlier.registrant, earlier.code
    renewed = stated(INSTRUCTOR, person, certificate_number="k77")
    with transaction():
        credentials.verify_credential(
            actor, renewed, renewed.version, seen(certificate_number="K-77", expires_on=date(2029, 10, 15))
        )
    assert [c.code for c in person.credentials] == [renewed.code]
    event = db.session.scalars(select(AuditEvent).filter_by(action="credential.replace")).one()
    assert (event.subject_code, event.details) == (old, {"by": renewed.code})


def test_certificates_without_a_number_do_not_take_each_others_place(app):
    first = stated("teaching_licence", verification=Verification.VERIFIED, certificate_number="")
    person = first.registrant
    second = stated("teaching_licence", person, certificate_number="")
    with transaction():
        credentials.verify_credential(make_coordinator(), second, second.version, seen(certificate_number=""))
    assert len(person.credentials) == 2


def test_a_number_seen_with_another_at_the_same_moment_is_answered_like_the_rule(app, monkeypatch):
    stated(certificate_number="123456", verification=Verification.VERIFIED)
    credential, actor = stated(certificate_number="123456"), make_coordinator()
    monkeypatch.setattr(credential_queries, "verified_elsewhere", lambda _: False)  # looked a moment before
    with pytest.raises(RuleViolation, match="同じ番号"), transaction():
        credentials.verify_credential(actor, credential, credential.version, seen())


def test_a_certificate_that_has_gone_meanwhile_is_a_conflict(app):
    credential, actor = stated(), make_coordinator()
    gone = delete(Credential).where(Credential.id == credential.id)
    db.session.execute(gone, execution_options={"synchronize_session": False})
    db.session.commit()
    with pytest.raises(Conflict), transaction():
        credentials.verify_credential(actor, credential, credential.version, seen())


def test_somebody_who_only_states_a_number_keeps_nobody_from_theirs(app):
    stated(certificate_number="123456")
    credential, actor = stated(certificate_number="123456"), make_coordinator()
    with transaction():
        credentials.verify_credential(actor, credential, credential.version, seen())
    assert credential.verification is Verification.VERIFIED


def test_a_duplicate_is_named_only_to_whom_it_is_in_sight(app):
    west = make_registration(make_registrant(ward="西区"))
    stated(registrant=west.registrant, certificate_number="１２３４５６")
    credential = stated(certificate_number="123-456")
    stated("teaching_licence", certificate_number="123456")  # another kind
    told = credential_queries.same_numbers(make_coordinator(), credential.registrant)[credential.id]
    assert [(same.name, same.registration) for same in told] == [(west.registrant.called, west.code)]
    told = credential_queries.same_numbers(make_coordinator(["東区"]), credential.registrant)[credential.id]
    assert [(same.name, same.registration) for same in told] == [("", "")]


def submitted(**values):
    registration = make_registration(programme="bosaishi", status=RegistrationStatus.SUBMITTED)
    return registration, stated(registrant=registration.registrant, **values)


def approve(registration):
    actor = make_coordinator()
    with transaction():
        life.approve_registration(actor, registration, date(2028, 3, 31))


def test_approving_a_registration_sees_its_certificate(app):
    registration, credential = submitted(certificate_number="123456")
    approve(registration)
    assert (credential.verification, credential.evidence) == (Verification.VERIFIED, "registration")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"certificate_number": ""}, "番号が入力されていない"),
        ({"certificate_number": "12345"}, "番号の形が違います.*6けた"),
        ({"certificate_number": "123456", "expires_on": date(2026, 9, 30)}, "期限が切れています"),
    ],
)
def test_a_registration_is_not_approved_on_a_faulty_certificate(app, values, sentence):
    registration, _ = submitted(**values)
    with pytest.raises(RuleViolation, match=sentence):
        approve(registration)


def test_a_registration_is_not_approved_on_somebody_elses_number(app):
    stated(certificate_number="123456", verification=Verification.IMPORTED)
    registration, _ = submitted(certificate_number="123456")
    with pytest.raises(RuleViolation, match="同じ番号"):
        approve(registration)


def test_a_higher_certificate_opens_the_gate_of_a_lower_one(app):
    request = make_request(None, LATER, credentials_required=[BASIC])
    registration, actor = make_registration(), make_coordinator()
    credential = stated("advanced_life_support", registration.registrant)
    terms = offers.Terms(answer_by=date(2026, 10, 8))
    with pytest.raises(RuleViolation, match="上級救命講習は申告だけ"), transaction():
        offers.approve_match(actor, request, registration.registrant, terms)
    with transaction():
        credentials.verify_credential(actor, credential, credential.version, seen(certificate_number=""))
    with transaction():
        assert offers.approve_match(actor, request, registration.registrant, terms).status == "offered"


def test_a_lower_certificate_does_not_open_the_gate_of_a_higher_one(app):
    request = make_request(None, LATER, credentials_required=["advanced_life_support"])
    registration, actor = make_registration(), make_coordinator()
    stated(BASIC, registration.registrant, verification=Verification.VERIFIED)
    terms = offers.Terms(answer_by=date(2026, 10, 8))
    with pytest.raises(RuleViolation, match="上級救命講習の資格がありません"), transaction():
        offers.approve_match(actor, request, registration.registrant, terms)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MatchStatus.PROPOSED, MatchStatus.WITHDRAWN),
        (MatchStatus.OFFERED, MatchStatus.WITHDRAWN),
        (MatchStatus.ACCEPTED, MatchStatus.CANCELLED),
    ],
)
@pytest.mark.parametrize("needed", [INSTRUCTOR, BASIC])  # itself, and what it implies
def test_the_day_after_its_last_a_certificate_takes_the_person_out(app, before, after, needed):
    coordinator = make_coordinator(email="coordinator@example.jp")
    registration = make_registration()
    credential = verified(registrant=registration.registrant)
    needs = make_match(make_request(None, LATER, credentials_required=[needed]), registration, before)
    free = make_match(make_request(None, date(2026, 10, 21)), registration, before)
    assert expire(EXPIRES) == 0
    assert (needs.status, mails()) == (before, [])
    assert expire(EXPIRES + timedelta(1)) == 1
    assert (needs.status, free.status) == (after, before)
    assert credential.ended_at is not None
    told = "資格の期限が切れました: 応急手当普及員"
    assert told in mails(registration.registrant.email)
    assert mails(coordinator.email) == [told, f"取りやめになりました: {needs.request.title}"]
    count = len(mails())
    assert expire(EXPIRES + timedelta(2)) == 0  # once
    assert len(mails()) == count


def test_a_second_certificate_keeps_the_person_in(app):
    registration = make_registration()
    verified(registrant=registration.registrant)
    verified("advanced_life_support", registration.registrant, expires_on=None)
    needs = make_match(make_request(None, LATER, credentials_required=[BASIC]), registration)
    assert expire(EXPIRES + timedelta(1)) == 1
    assert needs.status is MatchStatus.OFFERED


def test_what_was_done_while_it_counted_stays(app):
    registration = make_registration()
    verified(registrant=registration.registrant)
    done = make_match(
        make_request(None, date(2026, 10, 10), credentials_required=[INSTRUCTOR]),
        registration,
        MatchStatus.ACCEPTED,
    )
    assert expire(EXPIRES + timedelta(1)) == 1
    assert done.status is MatchStatus.ACCEPTED


def test_a_stated_certificate_neither_ends_nor_reminds(app):
    stated(INSTRUCTOR, expires_on=EXPIRES)
    assert expire(EXPIRES + timedelta(1)) == 0
    assert remind(EXPIRES - timedelta(7)) == 0


def test_a_verification_taken_back_takes_the_person_out(app):
    registration, actor = make_registration(), make_coordinator()
    credential = verified(registrant=registration.registrant)
    needs = make_match(
        make_request(None, date(2026, 10, 10), credentials_required=[BASIC]),
        registration,
        MatchStatus.ACCEPTED,
    )
    with transaction():
        credentials.unverify_credential(actor, credential)
    assert needs.status is MatchStatus.CANCELLED
    assert (credential.verification, credential.evidence) == (Verification.STATED, "")


def test_reminders_go_out_once_per_occasion(app):
    credential, count = verified(expires_on=date(2027, 1, 31)), 0
    for left, expected in ((91, 0), (90, 1), (89, 1), (30, 2), (29, 2), (7, 3), (0, 3)):
        count += remind(credential.expires_on - timedelta(left))
        assert count == expected, left
    assert mails(credential.registrant.email) == ["まもなく期限が切れます: 応急手当普及員"] * 3


def test_a_renewed_certificate_counts_and_is_reminded_of_again(app):
    actor = make_coordinator()
    credential = verified()
    assert remind(EXPIRES) == 1
    expire(EXPIRES + timedelta(1))
    renewed = EXPIRES + timedelta(365 * 3)
    with clock.frozen(at(LATER)), transaction():
        credentials.verify_credential(actor, credential, credential.version, seen(expires_on=renewed))
    assert credential.ended_at is None
    assert remind(renewed) == 1
    assert expire(renewed + timedelta(1)) == 1


def test_one_that_cannot_be_ended_keeps_no_other_from_ending(app, monkeypatch):
    stuck, over = verified(), verified()
    tell = credentials._tell
    monkeypatch.setattr(credentials, "_tell", lambda one, mail: 1 / 0 if one is stuck else tell(one, mail))
    with clock.frozen(at(EXPIRES + timedelta(1))):
        assert not job("credential expiries").run()
    assert (stuck.ended_at, over.ended_at) == (None, at(EXPIRES + timedelta(1)))


def test_what_a_course_brought_survives_a_new_statement(app):
    course = make_course()
    registrant = make_registration(programme="lecturer", status=RegistrationStatus.DRAFT).registrant
    granted = verified("basic_life_support", registrant, expires_on=None, course_id=course.id)
    stated(registrant=registrant, certificate_number="123456")
    with transaction():
        entries.write_offering(registrant, ["lecturer"], entries.OfferingValues(title="話", description="話"))
    assert [c.id for c in registrant.credentials] == [granted.id]


def test_recorded_attempts_do_not_matter_to_the_end(app):
    """An acceptance by telephone ends like a click."""
    registration, actor = make_registration(), make_coordinator()
    verified(registrant=registration.registrant)
    match = make_match(make_request(None, LATER, credentials_required=[BASIC]), registration)
    with transaction():
        offers.record_attempt(actor, match, Channel.TELEPHONE, AttemptResult.ACCEPTED)
    expire(EXPIRES + timedelta(1))
    assert match.status is MatchStatus.CANCELLED


def needed(app, monkeypatch, kind):
    """The lecturers' programme as if it needed a certificate of this kind."""
    city = municipality()
    changed = dataclasses.replace(city.programmes["lecturer"], credentials=(kind,))
    programmes = {**city.programmes, "lecturer": changed}
    monkeypatch.setitem(app.extensions, "municipality", dataclasses.replace(city, programmes=programmes))


@pytest.mark.parametrize("how", ["dropped", "changed"])
def test_a_verified_certificate_taken_back_takes_the_person_out(app, how):
    registration = make_registration(programme="bosaishi")
    make_credential(registration.registrant, certificate_number="123456", verification=Verification.VERIFIED)
    match = make_match(
        make_request(programmes=("bosaishi",), credentials_required=["bosaishi"]),
        registration,
        MatchStatus.ACCEPTED,
    )
    stated = (CredentialValues(kind="bosaishi", certificate_number="654321"),) if how == "changed" else ()
    with transaction():
        entries.write_offering(
            registration.registrant,
            ["bosaishi"],
            OfferingValues(title="防災の話", description="話します。", credentials=stated),
        )
    assert match.status is MatchStatus.CANCELLED


def test_nobody_approves_their_own_registration(app):
    coordinator = make_coordinator()
    registration = make_registration(
        make_registrant(coordinator), status=RegistrationStatus.SUBMITTED, valid_until=None
    )
    with pytest.raises(NotAllowed, match="ご自分の登録"), transaction():
        life.approve_registration(coordinator, registration, date(2027, 3, 31))


def test_one_that_expires_is_not_seen_without_its_last_day(app, monkeypatch):
    needed(app, monkeypatch, "first_aid_instructor")
    registration = make_registration(
        programme="lecturer", status=RegistrationStatus.SUBMITTED, valid_until=None
    )
    credential = stated(INSTRUCTOR, registration.registrant, certificate_number="1")
    with pytest.raises(RuleViolation, match="有効期限"), transaction():
        life.approve_registration(make_coordinator(), registration, date(2027, 3, 31))
    credential.expires_on = date(2028, 3, 31)
    db.session.commit()
    with transaction():
        life.approve_registration(make_coordinator(), registration, date(2027, 3, 31))
    assert credential.verification is Verification.VERIFIED


def test_a_certificate_without_numbers_can_be_approved(app, monkeypatch):
    needed(app, monkeypatch, "teaching_licence")
    registration = make_registration(
        programme="lecturer", status=RegistrationStatus.SUBMITTED, valid_until=None
    )
    credential = stated("teaching_licence", registration.registrant)
    with transaction():
        life.approve_registration(make_coordinator(), registration, date(2027, 3, 31))
    assert credential.verification is Verification.VERIFIED


def test_the_database_keeps_a_verified_number_for_one_person(app):
    make_credential(make_registrant(), certificate_number="123456", verification=Verification.VERIFIED)
    other = stated(certificate_number="第123456号")
    with pytest.raises(Conflict), transaction():
        other.verification = Verification.VERIFIED
