"""One person registered twice becomes one: everything that hangs on the other moves over.

The ledger keeps the pseudonyms it booked; the alias says whose they are.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import delete, select, update

from matching.accounts.models import Account
from matching.kernel import audit, events, personal
from matching.kernel.audit import Disclosure
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.municipality.city import municipality
from matching.registry import rules
from matching.registry.models import Consent, Registrant, RegistrantAlias, Registration, WeeklyHours
from matching.registry.models_courses import CourseParticipant, LearningRecord
from matching.registry.models_credentials import Credential, Verification
from matching.registry.services.life import require_kept

# What is decided value by value; some go together.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "kana": ("kana",),
    "public_name": ("public_name",),
    "birth_year": ("birth_year",),
    "members": ("members",),
    "place": ("ward", "school_district"),
    "phone": ("phone",),
    "email": ("email",),
    "postal_code": ("postal_code",),
    "guardian_name": ("guardian_name",),
    "representative": ("representative",),
    "hours": ("areas", "monthly_limit"),
}


VERSIONS = ("entry_version", "availability_version")  # a page made of either record is stale afterwards


def merge(
    actor: Account | None, kept: Registrant, gone: Registrant, from_gone: frozenset[str] = frozenset()
) -> None:
    """`kept` stays, with the values of `gone` for the CHOICES named in `from_gone`.

    RuleViolation where the two contradict: both stand for one request, at one time, or the city stopped one.
    """
    if kept.id == gone.id:
        raise RuleViolation("同じ登録者です。まとめる相手を選んでください。")
    events.registrants_merging.send(kept, gone=gone)  # requests are locked before people
    for registrant in sorted((kept, gone), key=lambda one: one.id):
        db.session.refresh(registrant, with_for_update=True)
        require_kept(registrant)
        db.session.execute(
            select(Registration.id).where(Registration.registrant_id == registrant.id).with_for_update()
        )
    if kept.kind is not gone.kind:
        raise RuleViolation("個人と団体は、まとめられません。")
    _merge_registrations(kept, gone)
    _drop_doubles(kept, gone)
    if "hours" in from_gone:
        db.session.execute(delete(WeeklyHours).where(WeeklyHours.registrant_id == kept.id))
    else:
        db.session.execute(delete(WeeklyHours).where(WeeklyHours.registrant_id == gone.id))
    chosen = {
        name: getattr(gone, name)
        for choice, names in CHOICES.items()
        for name in names
        if choice in from_gone or (choice not in ("hours", "place") and not getattr(kept, name))
    }
    rests = gone if kept.paused_from is None or ("hours" in from_gone and gone.paused_from) else kept
    chosen |= {"paused_from": rests.paused_from, "paused_until": rests.paused_until}  # a rest is never lost
    chosen |= {"external_id": kept.external_id or gone.external_id}
    chosen |= {name: max(getattr(kept, name), getattr(gone, name)) + 1 for name in VERSIONS}
    alias_id = gone.external_id if kept.external_id else None
    account_id = kept.account_id or gone.account_id
    kept_id, gone_id, gone_code, pseudonym = kept.id, gone.id, gone.code, gone.pseudonym
    gone.account_id = gone.external_id = None
    db.session.flush()
    for table, column in personal.referring(Registrant.__table__):  # type: ignore[arg-type]
        personal.move(table, column, gone_id, kept_id)
    db.session.execute(
        update(Disclosure)
        .where(Disclosure.subject_type == Registrant.__tablename__, Disclosure.subject_code == gone_code)
        .values(subject_code=kept.code)
    )
    db.session.execute(delete(Registrant).where(Registrant.id == gone_id))
    db.session.expire_all()
    for name, value in chosen.items():
        setattr(kept, name, value)
    kept.account_id = account_id
    db.session.add(
        RegistrantAlias(pseudonym=pseudonym, code=gone_code, external_id=alias_id, registrant_id=kept_id)
    )
    db.session.flush()
    audit.record(actor, "registrant.merge", kept, gone=gone_code)


def _merge_registrations(kept: Registrant, gone: Registrant) -> None:
    """For a programme both hold, one registration stays, with its own consents."""
    ours = {registration.programme: registration for registration in kept.registrations}
    for theirs in gone.registrations:
        other = ours.get(theirs.programme)
        if other is None:
            continue
        if rules.contradict(other.status, theirs.status):
            name = municipality().programmes[theirs.programme].name
            raise RuleViolation(
                f"「{name}」は、一方が承認、もう一方が休止か取消しになっています。"
                "先に、どちらかの登録の状態をそろえてください。"
            )
        first = rules.first_stays((other.status, other.valid_until), (theirs.status, theirs.valid_until))
        stays, goes = (other, theirs) if first else (theirs, other)
        db.session.execute(
            update(Consent)
            .where(Consent.registration_id == goes.id, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=now())
        )
        for table, column in personal.referring(Registration.__table__):  # type: ignore[arg-type]
            personal.move(table, column, goes.id, stays.id)
        db.session.execute(delete(Registration).where(Registration.id == goes.id))


def _weight(credential: Credential) -> tuple[bool, date]:
    """Of one certificate written down twice the heavier stays: seen before stated, then the later end."""
    return credential.verification is not Verification.STATED, credential.expires_on or date.max


def _participations(registrant: Registrant) -> Sequence[CourseParticipant]:
    return db.session.scalars(select(CourseParticipant).filter_by(registrant_id=registrant.id)).all()


def _drop_doubles(kept: Registrant, gone: Registrant) -> None:
    """A certificate or course that both name stays once; seen by the city comes before stated."""
    held = {(c.kind, c.number_key): c for c in kept.credentials}
    for theirs in gone.credentials:
        ours = held.get((theirs.kind, theirs.number_key))
        if ours is not None:
            goes = min((theirs, ours), key=_weight)
            db.session.execute(delete(Credential).where(Credential.id == goes.id))
    finished = {p.course_id: p.completed_at is not None for p in _participations(kept)}
    for participation in _participations(gone):
        if finished.get(participation.course_id) is False and participation.completed_at is not None:
            same = CourseParticipant.course_id == participation.course_id
            db.session.execute(
                delete(CourseParticipant).where(same, CourseParticipant.registrant_id == kept.id)
            )
    learned = {(row.course, row.fiscal_year) for row in kept.learning_records}
    twice = [row.id for row in gone.learning_records if (row.course, row.fiscal_year) in learned]
    db.session.execute(delete(LearningRecord).where(LearningRecord.id.in_(twice)))
