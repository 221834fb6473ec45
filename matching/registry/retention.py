"""Whose registrations ended so long ago that their data may be erased: a list, never an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import func, select

from matching.accounts.models import Account
from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.registry.models import Erasure, Registrant, Registration, RegistrationStatus
from matching.registry.queries import in_force

# Of these something may still come; a draft is nothing yet.
WAITING = (RegistrationStatus.SUBMITTED, RegistrationStatus.RETURNED, RegistrationStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody with no registration left, and the day on which something last happened to one."""

    code: str
    name: str
    ward: str
    last: date


def ended_before(actor: Account, programmes: Sequence[str], day: date) -> list[Ended]:
    """Registrants the actor may erase, nothing of whom is in force or waiting, untouched since `day`."""
    live = select(Registration.registrant_id).where(
        in_force(programmes, clock.today()) | Registration.status.in_(WAITING)
    )
    last = func.max(AuditEvent.at)
    rows = db.session.execute(
        select(Registrant.code, Registrant.name, Registrant.ward, last)
        .join(Registration, Registration.registrant_id == Registrant.id)
        .join(
            AuditEvent,
            (AuditEvent.subject_type == Registration.__tablename__)
            & (AuditEvent.subject_code == Registration.code),
        )
        .where(
            granted(actor, "registrant.erase", Registrant),
            Registrant.id.not_in(live),
            Registrant.code.not_in(select(Erasure.code)),
        )
        .group_by(Registrant.id, Registrant.code, Registrant.name, Registrant.ward)
        .having(last < clock.at(day, time()))
        .order_by(last, Registrant.code)
        .limit(200)
    )
    return [Ended(code, name, ward, clock.day_of(at)) for code, name, ward, at in rows]
