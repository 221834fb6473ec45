"""Courses: who takes part, who completes, and what a completion brings."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import func, select

from matching.accounts.models import Account
from matching.kernel import audit, events, outbox
from matching.kernel.clock import fiscal_year, now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid, NotAllowed, RuleViolation
from matching.kernel.links import absolute
from matching.kernel.readings import name_key
from matching.municipality.city import municipality
from matching.registry import messages, proofs
from matching.registry.models import Registrant
from matching.registry.models_courses import Course, CourseParticipant, LearningRecord
from matching.registry.models_credentials import Credential, Verification
from matching.registry.rules import APPLICABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseValues:
    """A course as it is entered. `expires_on`: of the certificates it gives, where they have a last day."""

    name: str
    organiser: str
    kind: str
    ward: str
    first_day: date
    last_day: date
    expires_on: date | None = None


def enter_course(actor: Account, values: CourseValues) -> Course:
    """A new course in the coordinator's own wards and measures. Invalid names what cannot be so."""
    city = municipality()
    kind = city.course_kinds.get(values.kind)
    if kind is None or not kind.measures(city.programmes) & set(actor.measures):
        raise Invalid("kind", "講座の種類を一覧から選んでください。")
    if values.ward not in actor.wards:
        raise Invalid("ward", "区を一覧から選んでください。")
    if values.first_day > values.last_day:
        raise Invalid("last_day", "終わりの日は、始まりの日から後の日にしてください。")
    gives = city.credentials.get(kind.credential)
    given = gives is not None and proofs.grants(values.organiser, gives.issuer)
    if given and gives is not None and gives.expires and values.expires_on is None:
        raise Invalid("expires_on", f"{gives.name}の証書の有効期限を入力してください。")
    if values.expires_on and not (given and gives is not None and gives.expires):
        raise Invalid("expires_on", "この講座では、期限のある証書が出ません。空にしてください。")
    if values.expires_on and values.expires_on <= values.last_day:
        raise Invalid("expires_on", "証書の有効期限は、講座の終わりより後の日にしてください。")
    course = Course(
        **{f.name: getattr(values, f.name) for f in fields(CourseValues)},
        fiscal_year=fiscal_year(values.first_day),
        credential=kind.credential,
        created_at=now(),
    )
    db.session.add(course)
    db.session.flush()
    audit.record(actor, "course.enter", course)
    return course


def add_registrant(actor: Account, course: Course, registrant: Registrant) -> CourseParticipant:
    """Somebody registered takes part; once is enough."""
    _lock(course)
    known = next((p for p in course.participants if p.registrant_id == registrant.id), None)
    return known or _add(actor, course, CourseParticipant(registrant=registrant))


def add_person(actor: Account, course: Course, *, name: str, kana: str, email: str) -> CourseParticipant:
    """Somebody not registered takes part; the same reading with the same address is the same person."""
    _lock(course)
    for known in course.participants:
        if (name_key(known.kana), known.email.casefold()) == (name_key(kana), email.casefold()):
            raise Invalid("kana", "同じふりがなとメールの方が、すでに入力されています。")
    return _add(actor, course, CourseParticipant(name=name, kana=kana, email=email))


def remove_participant(actor: Account, course: Course, participant: CourseParticipant) -> None:
    """One entered by mistake. RuleViolation once the course is completed."""
    _lock(course)
    if participant.completed_at is not None:
        raise RuleViolation("修了を記録した方は、名簿から外せません。")
    course.participants.remove(participant)
    audit.record(actor, "course.remove_participant", course, participant=participant.code)
    db.session.flush()


def complete(actor: Account, course: Course, codes: Collection[str]) -> int:
    """These participants (codes) have completed it; returns how many anew. What follows, each gets once.

    A completion records learning, grants the credential only where the organiser is its issuer, and
    offers the registrations that fit by mail.
    """
    _lock(course)
    if course.last_day > today():
        raise RuleViolation("講座がまだ終わっていません。終わってから記録してください。")
    chosen = [p for p in course.participants if p.code in codes]
    if not chosen or len(chosen) != len(set(codes)):
        raise Invalid("participants", "修了した方を、名簿から選んでください。")
    anew = [p for p in chosen if p.completed_at is None]
    if any(p.registrant is not None and p.registrant.account_id == actor.id for p in anew):
        raise NotAllowed("ご自分の修了は記録できません。ほかの担当者に頼んでください。")
    for participant in anew:
        participant.completed_at, participant.completed_by_id = now(), actor.id
        audit.record(actor, "course.complete", course, participant=participant.code)
        _bring(participant)
        _offer(participant)
    db.session.flush()
    return len(anew)


@events.registrant_entered.connect
def _registrant_entered(registrant: Registrant) -> None:
    """Who took part before registering, by the confirmed address and the same reading, brings it along."""
    if registrant.account is None:
        return
    waiting = select(CourseParticipant).where(
        CourseParticipant.registrant_id.is_(None),
        func.lower(CourseParticipant.email) == registrant.account.email.lower(),
    )
    for participant in db.session.scalars(waiting.order_by(CourseParticipant.id).with_for_update()).all():
        taken = any(p.registrant_id == registrant.id for p in participant.course.participants)
        if taken or name_key(participant.kana) != name_key(registrant.kana):
            continue
        participant.registrant = registrant
        participant.name = participant.kana = participant.email = ""
        if participant.completed_at is not None:
            _bring(participant)
    db.session.flush()


def _bring(participant: CourseParticipant) -> None:
    """The learning record, and the credential where the course gives it; somebody unregistered: later."""
    course, registrant = participant.course, participant.registrant
    if registrant is None:
        return
    if all(row.course_id != course.id for row in registrant.learning_records):
        registrant.learning_records.append(
            LearningRecord(course=course.name, fiscal_year=course.fiscal_year, course_id=course.id)
        )
    if gives_credential(course) and all(c.course_id != course.id for c in registrant.credentials):
        registrant.credentials.append(
            Credential(
                kind=course.credential,
                issued_on=course.last_day,
                expires_on=course.expires_on,
                verification=Verification.VERIFIED,
                verified_at=participant.completed_at,
                verified_by_id=participant.completed_by_id,
                evidence="course",
                course_id=course.id,
            )
        )


def gives_credential(course: Course) -> bool:
    """Whether completing it gives the credential it leads to."""
    kind = municipality().credentials.get(course.credential)
    return kind is not None and proofs.grants(course.organiser, kind.issuer)


def _offer(participant: CourseParticipant) -> None:
    city, course, registrant = municipality(), participant.course, participant.registrant
    held = registrant.registrations if registrant else ()
    kind = city.course_kinds.get(course.kind)
    fits = proofs.offered(
        kind.programmes if kind else (), [r.programme for r in held if r.status not in APPLICABLE]
    )
    if not fits:
        return
    known = registrant is not None and registrant.account is not None
    led_to = "" if gives_credential(course) else city.credential_kinds.get(course.credential, "")
    outbox.enqueue(
        registrant.address if registrant else participant.email,
        *messages.course_completed(
            f"{registrant.name if registrant else participant.name} 様",
            course.name,
            [city.programmes[key].name for key in fits],
            led_to,
            absolute("/registry" if known else "/sign-up"),
        ),
    )


def _add(actor: Account, course: Course, participant: CourseParticipant) -> CourseParticipant:
    course.participants.append(participant)
    db.session.flush()
    audit.record(actor, "course.add_participant", course, participant=participant.code)
    return participant


def _lock(course: Course) -> None:
    db.session.refresh(course, with_for_update=True)
