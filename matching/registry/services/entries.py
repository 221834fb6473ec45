"""Writing down who somebody is, what they offer, when, and to what they consent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date

from matching.accounts.models import Account
from matching.kernel import audit, events
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS, GUARDIAN_BY_LAW, Limit
from matching.registry import rules
from matching.registry.models import (
    ConsentPurpose,
    Offering,
    Registrant,
    RegistrantKind,
    Registration,
    RegistrationStatus,
    WeeklyHours,
)
from matching.registry.models_courses import LearningRecord
from matching.registry.models_credentials import Credential, Verification
from matching.registry.rules import Hours
from matching.registry.services import consents


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonValues:
    """Who somebody is."""

    name: str
    kana: str
    ward: str
    kind: RegistrantKind = RegistrantKind.PERSON
    members: int | None = None
    public_name: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    birth_year: int | None = None
    guardian_name: str = ""
    representative: str = ""
    school_district: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialValues:
    """A certificate as it is stated."""

    kind: str
    certificate_number: str = ""
    expires_on: date | None = None
    issued_on: date | None = None  # None: as it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingValues:
    """What somebody can do, what proves it, and where it was learned."""

    title: str
    description: str
    audiences: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    fee: str = ""
    level: str = ""
    capacity: int | None = None
    minutes: int | None = None
    equipment: str = ""
    disaster: str = ""
    record_title: str = ""
    record_place: str = ""
    record_year: int | None = None
    credentials: tuple[CredentialValues, ...] = ()
    learned: tuple[tuple[str, int], ...] = ()  # course, fiscal year


OF_ONE = ("registrations", "offerings", "credentials", "weekly_hours", "learning_records")
NOTHING = OfferingValues(title="", description="")  # what a programme does not ask for is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityValues:
    """When and where somebody can come. No hours: any time; no areas: everywhere."""

    areas: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    monthly_limit: int | None = None


# --- writing -------------------------------------------------------------------------------------------


def enter_registrant(
    actor: Account | None,
    values: PersonValues,
    *,
    account: Account | None = None,
    external_id: str | None = None,
) -> Registrant:
    """A new registrant, with or without an account. Invalid names the field that cannot be so."""
    registrant = Registrant(account=account, external_id=external_id, created_at=now())
    for name in OF_ONE:  # of somebody new there is nothing to look up
        setattr(registrant, name, [])
    write_person(registrant, values)
    db.session.add(registrant)
    db.session.flush()
    audit.record(actor, "registrant.enter", registrant)
    events.registrant_entered.send(registrant)
    return registrant


def write_person(registrant: Registrant, values: PersonValues) -> None:
    """Change who somebody is."""
    city = municipality()
    if values.ward not in city.wards:
        raise Invalid("ward", "区を一覧から選んでください。")
    if values.school_district and city.districts.get(values.school_district) != values.ward:
        raise Invalid("school_district", f"{values.ward}にある校区を選んでください。")
    group = values.kind is RegistrantKind.GROUP
    if group and not values.members:
        raise Invalid("members", "団体の人数を入力してください。")
    if values.birth_year is not None and not rules.OLDEST <= values.birth_year <= today().year:
        raise Invalid("birth_year", "生まれた年を確かめてください（例 1956 または 昭和31年）。")
    age = _guardian_age(registrant)
    if rules.guardian_needed(values.birth_year, today(), age) and not values.guardian_name:
        raise Invalid("guardian_name", f"{age.value}歳以下の方は、保護者のお名前を入力してください。")
    for f in fields(PersonValues):
        setattr(registrant, f.name, getattr(values, f.name))
    registrant.members = values.members if group else None
    registrant.representative = values.representative if group else ""
    registrant.birth_year = None if group else values.birth_year


def _guardian_age(registrant: Registrant) -> Limit:
    """The highest of the programmes the person is in; before one is chosen, what every programme asks for."""
    programmes = municipality().programmes
    held = [programmes[r.programme].guardian_age for r in registrant.registrations]
    ages = [age or GUARDIAN_BY_LAW for age in held or (p.guardian_age for p in programmes.values())]
    return (max if held else min)(ages, key=lambda age: age.value)


def write_offering(
    registrant: Registrant, programmes: Collection[str], values: OfferingValues
) -> list[Registration]:
    """Set what the person offers in these programmes; missing registrations begin as drafts.

    The offering belongs to exactly these programmes of those still being written.
    """
    if not programmes:
        raise Invalid("programmes", "登録区分を1つ以上選んでください。")
    chosen = [_registration(registrant, programme) for programme in dict.fromkeys(programmes)]
    held = [r for r in registrant.registrations if r.programme not in programmes]
    for row in held:
        if row.status is RegistrationStatus.DRAFT:  # no longer wished
            db.session.delete(row)
            registrant.registrations.remove(row)
    offering = next((o for r in chosen for o in r.offerings), None)
    if offering is None:
        offering = Offering(registrant=registrant, created_at=now())
        db.session.add(offering)
    for name in ("title", "description", "fee"):
        setattr(offering, name, getattr(values, name))
    asked = {
        name for registration in chosen for name in municipality().programmes[registration.programme].asks
    }
    for name in DETAILS:
        setattr(offering, name, getattr(values if name in asked else NOTHING, name))
    offering.audiences, offering.formats = list(values.audiences), list(values.formats)
    others = [r for r in offering.registrations if r not in chosen and r not in db.session.deleted]
    offering.registrations = [*others, *chosen]
    _write_credentials(registrant, values.credentials)
    of_courses = [row for row in registrant.learning_records if row.course_id is not None]
    stated = [row for row in registrant.learning_records if row.course_id is None]
    if [(row.course, row.fiscal_year) for row in stated] != list(values.learned):
        registrant.learning_records = of_courses + [
            LearningRecord(course=course, fiscal_year=year) for course, year in values.learned
        ]
    db.session.flush()
    events.offering_changed.send(offering)
    return chosen


def write_availability(registrant: Registrant, values: AvailabilityValues) -> None:
    """Set when and where the person can come."""
    if any(starts >= ends for _, starts, ends in values.hours):
        raise Invalid("hours", "終わりの時刻を、始まりより後にしてください。")
    registrant.availability_version += 1
    registrant.areas = [ward for ward in municipality().wards if ward in values.areas]
    registrant.monthly_limit = values.monthly_limit
    known = [(row.weekday, row.starts, row.ends) for row in registrant.weekly_hours]
    if known != sorted(values.hours):
        registrant.weekly_hours = [
            WeeklyHours(weekday=weekday, starts=starts, ends=ends)
            for weekday, starts, ends in sorted(values.hours)
        ]


def write_consents(
    actor: Account | None, registration: Registration, purposes: Collection[ConsentPurpose]
) -> None:
    """Exactly these consents stand from now on, as far as they mean something in the programme."""
    for consent in registration.consents:
        if consent.withdrawn_at is None and consent.purpose not in purposes:
            consents.end(actor, consent, registration)
    consents.give(actor, registration, *consents.meaningful(registration, purposes))


def take_over(
    actor: Account | None, registration: Registration, status: RegistrationStatus, valid_until: date | None
) -> None:
    """The state a new entry had on paper, as an import brings it; what its programme needs counts as seen."""
    registration.status, registration.valid_until = status, valid_until
    if status is not RegistrationStatus.DRAFT:
        registration.submitted_at = now()
    if status is RegistrationStatus.APPROVED:
        registration.decided_at = registration.approved_at = now()
        city = municipality()
        needed = set(city.programmes[registration.programme].credentials)
        for credential in registration.registrant.credentials:
            if needed & set(city.covered(credential.kind)) and credential.verification is Verification.STATED:
                credential.verification = Verification.IMPORTED
    audit.record(
        actor,
        "registration.import",
        registration,
        programme=registration.programme,
        status=status.value,
        valid_until=valid_until.isoformat() if valid_until else None,
    )


def _registration(registrant: Registrant, programme: str) -> Registration:
    known = next((r for r in registrant.registrations if r.programme == programme), None)
    if known is None:
        known = Registration(programme=programme, status=RegistrationStatus.DRAFT, offerings=[], consents=[])
        registrant.registrations.append(known)
    return known


def _write_credentials(registrant: Registrant, stated: Iterable[CredentialValues]) -> None:
    """What is stated again as it was keeps its verification; a changed one is to be seen anew.

    What the city's own courses granted is not the person's to state: it stays.
    """
    granted = [c for c in registrant.credentials if c.course_id is not None]
    earlier = {
        (c.kind, c.certificate_number, c.expires_on): c for c in registrant.credentials if c not in granted
    }
    kept = []
    for s in stated:
        credential = earlier.get((s.kind, s.certificate_number, s.expires_on)) or Credential(
            kind=s.kind,
            certificate_number=s.certificate_number,
            expires_on=s.expires_on,
            verification=Verification.STATED,
        )
        if s.issued_on not in (None, credential.issued_on) and credential.verification is Verification.STATED:
            credential.issued_on = s.issued_on
            credential.version = (credential.version or 0) + 1
        kept.append(credential)
    for dropped in [c for c in earlier.values() if c not in kept]:
        if dropped.verification is not Verification.STATED:
            dropped.verification = Verification.STATED
            db.session.flush()
            events.credential_ended.send(dropped, actor=None)  # while the matches can still ask whose it was
    registrant.credentials = granted + kept
