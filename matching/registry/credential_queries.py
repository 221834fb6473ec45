"""Reads about certificates: whose they are to see, which numbers meet, what waits to be seen."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account, AccountRole, CoordinatorMeasure, CoordinatorWard
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.kernel.permissions import COORDINATOR, SCOPE, granted, related, relation
from matching.municipality.city import municipality
from matching.registry import proofs
from matching.registry.models import Registrant, Registration, RegistrationStatus
from matching.registry.models_credentials import Credential, Verification

LISTED = 200


@relation(Credential, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """Those of the people whose registrations the coordinator sees."""
    seen = select(Registration.id).where(
        Registration.registrant_id == Credential.registrant_id, related(actor, SCOPE, Registration)
    )
    return seen.correlate(Credential).exists()


def coordinators_of(registrant: Registrant) -> list[Account]:
    """The coordinators in whose scope the person is: ward, and the measure of a registration."""
    programmes = municipality().programmes
    measures = {
        programmes[r.programme].measure
        for r in registrant.registrations
        if r.status is not RegistrationStatus.DRAFT
    }
    with_role = select(AccountRole.account_id).where(AccountRole.role == COORDINATOR)
    of_ward = select(CoordinatorWard.account_id).where(CoordinatorWard.ward == registrant.ward)
    of_measure = select(CoordinatorMeasure.account_id).where(CoordinatorMeasure.measure.in_(measures))
    statement = select(Account).where(
        Account.disabled_at.is_(None),
        Account.id.in_(with_role),
        Account.id.in_(of_ward),
        Account.id.in_(of_measure),
    )
    return list(db.session.scalars(statement.order_by(Account.id)))


def _same_number(credential: Credential) -> ColumnElement[bool]:
    return (
        (Credential.number_key == credential.number_key)
        & (Credential.kind == credential.kind)
        & (Credential.registrant_id != credential.registrant_id)
    )


def verified_elsewhere(credential: Credential) -> bool:
    """Whether the city has seen the same number with somebody else."""
    if not credential.number_key:
        return False
    seen = select(Credential.id).where(
        _same_number(credential), Credential.verification != Verification.STATED
    )
    return db.session.scalars(seen.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class SameNumber:
    """Another registrant with the same number; without name and page where they are out of sight."""

    name: str  # with さん; of a group with its head count
    registration: str  # code
    verification: str


def same_numbers(actor: Account, registrant: Registrant) -> dict[int, list[SameNumber]]:
    """Credential id → who else has its number. For a coordinator's page, never for the person's own."""
    own = {(c.kind, c.number_key): c.id for c in registrant.credentials if c.number_key}
    if not own:
        return {}
    in_sight = (
        select(Registration.code)
        .where(
            Registration.registrant_id == Credential.registrant_id,
            granted(actor, "registration.see", Registration),
        )
        .order_by(Registration.id)
        .limit(1)
        .correlate(Credential)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Credential, in_sight)
        .where(Credential.number_key.in_([key for _, key in own]), Credential.registrant_id != registrant.id)
        .options(joinedload(Credential.registrant))
        .order_by(Credential.id)
    )
    found: dict[int, list[SameNumber]] = {}
    for row, code in rows:
        if (row.kind, row.number_key) in own:
            name = row.registrant.called if code else ""
            same = SameNumber(name, code or "", row.verification.label)
            found.setdefault(own[row.kind, row.number_key], []).append(same)
    return found


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A certificate in a coordinator's list; the number is on its own page."""

    code: str
    kind: str
    name: str
    ward: str
    expires_on: date | None
    stated: bool


def waiting(actor: Account) -> list[CredentialRow]:
    """Certificates to be seen, and those that end soon or have ended, in the actor's scope."""
    city = municipality()
    soon = today() + timedelta(days=max(proofs.REMINDERS))
    rows = db.session.scalars(
        select(Credential)
        .where(
            granted(actor, "credential.see", Credential),
            or_(Credential.verification == Verification.STATED, Credential.expires_on <= soon),
        )
        .options(joinedload(Credential.registrant))
        .order_by(Credential.expires_on.is_(None), Credential.expires_on, Credential.id)
        .limit(LISTED)
    )
    return [
        CredentialRow(
            code=row.code,
            kind=city.credential_kinds.get(row.kind, row.kind),
            name=row.registrant.name,
            ward=row.registrant.ward,
            expires_on=row.expires_on,
            stated=row.verification is Verification.STATED,
        )
        for row in rows
    ]


def own_registrations(actor: Account, registrant: Registrant) -> list[Registration]:
    """The person's registrations this reader sees."""
    seen = granted(actor, "registration.see", Registration)
    return list(
        db.session.scalars(
            select(Registration)
            .where(seen, Registration.registrant_id == registrant.id)
            .options(selectinload(Registration.offerings))
            .order_by(Registration.id)
        )
    )
