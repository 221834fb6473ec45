"""The registry as the spreadsheet its import reads: a row for each person, with what was given first."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.exporting import Exported, number, yes_no
from matching.kernel.labels import named
from matching.kernel.readings import WEEK
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS
from matching.registry.imports import CONSENTS
from matching.registry.models import (
    ConsentPurpose,
    Fee,
    Format,
    Level,
    Offering,
    Registrant,
    RegistrantKind,
    Registration,
    RegistrationStatus,
)
from matching.registry.services.consents import meaningful

EXPORT = "registry.export"  # the reason of a disclosure
PLAIN = ("name", "kana", "public_name", "email", "phone", "postal_code", "ward", "school_district")


def collect() -> Exported:
    """Everybody with a registration that was sent, and an offering: an erased person has none.

    Each of them can read that their contact was taken out.
    """
    result = Exported()
    people = db.session.scalars(
        select(Registrant)
        .options(
            selectinload(Registrant.registrations).selectinload(Registration.consents),
            selectinload(Registrant.offerings),
            selectinload(Registrant.credentials),
            selectinload(Registrant.weekly_hours),
            selectinload(Registrant.learning_records),
        )
        .order_by(Registrant.id)
    )
    for person in people:
        sent = [r for r in person.registrations if r.status is not RegistrationStatus.DRAFT]
        if sent and person.offerings:
            result.rows.append(_row(person, sent, result.notes))
            audit.disclose(None, person, EXPORT, audit.OFFICE)
    return result


def _row(person: Registrant, sent: list[Registration], notes: list[str]) -> dict[str, str]:
    first, offering, city = sent[0], person.offerings[0], municipality()
    alike = [r for r in sent if (r.status, r.valid_until) == (first.status, first.valid_until)]
    left_out = [city.programmes[r.programme].name for r in sent if r not in alike]
    if left_out:
        notes.append(f"{person.code}: 状態か期限のちがう登録は入れていません（{'、'.join(left_out)}）。")
    if len(person.offerings) > 1:
        notes.append(f"{person.code}: 2つめからの「できること」は入れていません。")
    group = person.kind is RegistrantKind.GROUP
    return {
        "external_id": person.external_id or person.code,
        "kind": person.kind.label,
        "members": number(person.members),
        "representative": person.representative if group else "",
        **{name: getattr(person, name) for name in PLAIN},
        "birth_year": number(person.birth_year),
        "programmes": ";".join(city.programmes[r.programme].name for r in alike),
        "status": first.status.label,
        "valid_until": first.valid_until.isoformat() if first.valid_until else "",
        **_offered(offering),
        "credentials": ";".join(
            f"{city.credential_kinds.get(c.kind, c.kind)}|{c.certificate_number}|{c.expires_on or ''}"
            for c in person.credentials
            if c.course_id is None
        ),
        "areas": ";".join(person.areas),
        "weekly_hours": ";".join(
            f"{WEEK[row.weekday]} {row.starts:%H:%M}-{row.ends:%H:%M}" for row in person.weekly_hours
        ),
        **{column: _consented(alike, purpose) for column, purpose in CONSENTS.items()},
        **_learned(person),
    }


def fee_text(fee: str) -> str:
    known = named(Fee, fee)
    return known.label if known else fee


def _offered(offering: Offering) -> dict[str, str]:
    level = named(Level, offering.level)
    said = {name: getattr(offering, name) for name in DETAILS}
    said["level"] = level.label if level else ""
    said["disaster"] = municipality().disasters.get(offering.disaster, "")
    return {
        "title": offering.title,
        "description": offering.description,
        "audiences": ";".join(offering.audiences),
        "formats": ";".join(Format(value).label for value in offering.formats),
        "fee": fee_text(offering.fee),
        **{name: str(value or "") for name, value in said.items()},
    }


def _consented(registrations: list[Registration], purpose: ConsentPurpose) -> str:
    """As all of them say it where it means something; empty where they differ: a file ends no consent."""
    answers = {r.consented(purpose) for r in registrations if meaningful(r, [purpose])}
    return yes_no(answers.pop()) if len(answers) == 1 else ""


def _learned(person: Registrant) -> dict[str, str]:
    rows = [row for row in person.learning_records if row.course_id is None]
    return {
        "learned_from": ";".join(row.course for row in rows),
        "learned_year": ";".join(str(row.fiscal_year) for row in rows),
    }
