"""The published list of a programme: of an entry only the fields the rule names, by consent."""

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from matching.kernel.clock import today
from matching.kernel.db import db
from matching.municipality.city import Programme
from matching.municipality.rulebook import PUBLISHABLE
from matching.registry import details, rules
from matching.registry.models import (
    Consent,
    ConsentPurpose,
    Offering,
    Registrant,
    Registration,
    offering_registration,
)
from matching.registry.queries import in_force

LONGEST = 200
Entry = list[tuple[str, str]]  # what it is, what is written


def published(programme: Programme) -> list[Entry]:
    """The entries in force whose person consents, newest first; nothing where no field is published."""
    shown = rules.published(programme.published_fields, consented=True, staff_only=programme.staff_only)
    if not shown:
        return []
    consents = select(Consent.registration_id).where(
        Consent.purpose == ConsentPurpose.PUBLIC_LISTING, Consent.withdrawn_at.is_(None)
    )
    offerings = db.session.scalars(
        select(Offering)
        .join(Offering.registrant)
        .join(offering_registration, offering_registration.c.offering_id == Offering.id)
        .join(Registration, offering_registration.c.registration_id == Registration.id)
        .where(in_force([programme.key], today()), Registration.id.in_(consents))
        .options(contains_eager(Offering.registrant))
        .order_by(Offering.id.desc())
        .limit(LONGEST)
    )
    return [_entry(offering, offering.registrant, shown) for offering in offerings]


def _entry(offering: Offering, registrant: Registrant, shown: tuple[str, ...]) -> Entry:
    values = {
        "public_name": registrant.public_name,
        "title": offering.title,
        "description": offering.description,
        "audiences": "、".join(offering.audiences),
        "formats": details.formats(offering),
        "fee": details.fee(offering),
        "ward": registrant.ward,
    }
    return [(PUBLISHABLE[name], values[name]) for name in shown if values[name]]
