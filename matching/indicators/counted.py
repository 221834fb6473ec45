"""Figures read from the book alone."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import case, distinct, func, select

from matching.indicators.definitions import Value
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import corrects_another_year, standing_in_its_year
from matching.registry.models import Registrant, RegistrantAlias

NOTHING: Mapping[str, Value] = {
    "completed_matches": 0,
    "people_active": 0,
    "organisations": 0,
    "districts": 0,
    "activity_minutes": 0,
    "participants": 0,
    "online_share": None,
}


def by(column: Any, year: int) -> dict[Any, dict[str, Value]]:
    """Value of `column` (measure, programme, ward, district) → the figures of the year's entries."""
    stands = (LedgerEntry.fiscal_year == year, standing_in_its_year())
    # Somebody registered twice and merged since is one person, under whichever pseudonym it was booked.
    person = func.coalesce(Registrant.pseudonym, LedgerEntry.registrant)
    rows = db.session.execute(
        select(
            column,
            func.count(),
            func.count(distinct(person)),
            func.count(distinct(LedgerEntry.organisation)),
            func.count(distinct(func.nullif(LedgerEntry.district, ""))),
            func.sum(LedgerEntry.minutes),
            func.sum(case((LedgerEntry.online, 1), else_=0)),
        )
        .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == LedgerEntry.registrant)
        .outerjoin(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(*stands)
        .group_by(column)
    )
    reached = _reached(column, stands)
    found = {
        key: {
            "completed_matches": matches,
            "people_active": people,
            "organisations": organisations,
            "districts": districts,
            "activity_minutes": int(minutes),
            "participants": reached[key],
            "online_share": Decimal(100) * int(online) / matches,
        }
        for key, matches, people, organisations, districts, minutes, online in rows
    }
    for key, matches, minutes in _corrections(column, year):
        values = found.setdefault(key, dict(NOTHING))
        values["completed_matches"] -= matches
        values["activity_minutes"] -= int(minutes)
    return found


def _reached(column: Any, stands: tuple[Any, ...]) -> dict[Any, int]:
    """Of each request the largest of its entries, once, however many people helped."""
    most = (
        select(column.label("key"), func.max(LedgerEntry.participants).label("participants"))
        .where(*stands)
        .group_by(column, LedgerEntry.request)
        .subquery()
    )
    rows = db.session.execute(select(most.c.key, func.sum(most.c.participants)).group_by(most.c.key))
    return {key: int(total) for key, total in rows}


def _corrections(column: Any, year: int) -> Any:
    """What was taken back in this year of years closed before."""
    return db.session.execute(
        select(column, func.count(), func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.fiscal_year == year, corrects_another_year())
        .group_by(column)
    )
