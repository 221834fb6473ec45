"""An imported row over an entry that is there: it changes what people wrote, never a state."""

import dataclasses
from collections.abc import Mapping
from dataclasses import fields

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.db import db
from matching.municipality.rulebook import DETAILS
from matching.registry.models import ConsentPurpose, Offering, Registrant, RegistrantKind
from matching.registry.services import consents as asked
from matching.registry.services import entries
from matching.registry.services.versions import raise_version


def rewrite(
    actor: Account | None,
    registrant: Registrant,
    person: entries.PersonValues,
    offering: entries.OfferingValues,
    availability: entries.AvailabilityValues,
    consents: Mapping[ConsentPurpose, bool],
) -> bool:
    """An imported row changes what people wrote, never a state; True where it changed something.

    `consents`: those the row gives or takes back; others stay as they are.
    """
    first = registrant.offerings[0]
    group = person.kind is RegistrantKind.GROUP
    wanted = dataclasses.replace(
        person,
        guardian_name=registrant.guardian_name,
        representative=(person.representative or registrant.representative) if group else "",
        members=person.members if group else None,
        birth_year=None if group else person.birth_year,
    )
    kept = {name: getattr(offering, name) or getattr(first, name) for name in DETAILS}
    offering = dataclasses.replace(offering, **kept)  # an older file has no such columns: it empties nothing
    limited = dataclasses.replace(availability, monthly_limit=registrant.monthly_limit)
    answered = {
        r: {p for p in asked.meaningful(r, ConsentPurpose) if consents.get(p, r.consented(p))}
        for r in first.registrations
    }
    before = (
        _person_values(registrant),
        _unordered(_offering_values(first)),
        _availability_values(registrant),
    )
    same = before == (wanted, _unordered(offering), limited)
    if same and all(
        r.consented(p) is (p in wished) for r, wished in answered.items() for p in ConsentPurpose
    ):
        return False
    db.session.refresh(registrant, with_for_update=True)
    raise_version(registrant)
    entries.write_person(registrant, wanted)
    entries.write_offering(registrant, [r.programme for r in first.registrations], offering)
    entries.write_availability(registrant, limited)
    for registration, wished in answered.items():
        entries.write_consents(actor, registration, wished)
    audit.record(actor, "registrant.rewrite", registrant)
    return True


def _unordered(values: entries.OfferingValues) -> entries.OfferingValues:
    """Certificates have no order of their own: one that stays keeps its row, a new one comes after it."""
    return dataclasses.replace(values, credentials=tuple(sorted(values.credentials, key=repr)))


def _person_values(registrant: Registrant) -> entries.PersonValues:
    return entries.PersonValues(**{f.name: getattr(registrant, f.name) for f in fields(entries.PersonValues)})


def _offering_values(offering: Offering) -> entries.OfferingValues:
    registrant = offering.registrant
    return entries.OfferingValues(
        title=offering.title,
        description=offering.description,
        audiences=tuple(offering.audiences),
        formats=tuple(offering.formats),
        fee=offering.fee,
        **{name: getattr(offering, name) for name in DETAILS},
        credentials=tuple(
            entries.CredentialValues(
                kind=c.kind, certificate_number=c.certificate_number, expires_on=c.expires_on
            )
            for c in registrant.credentials
            if c.course_id is None
        ),
        learned=tuple(
            (row.course, row.fiscal_year) for row in registrant.learning_records if row.course_id is None
        ),
    )


def _availability_values(registrant: Registrant) -> entries.AvailabilityValues:
    return entries.AvailabilityValues(
        areas=tuple(registrant.areas),
        hours=tuple((row.weekday, row.starts, row.ends) for row in registrant.weekly_hours),
        monthly_limit=registrant.monthly_limit,
    )
