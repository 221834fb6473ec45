"""Figures read from the book alone."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, distinct, func, select, union_all

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
Column = Any  # measure, programme, ward, district: what the entries are told apart by


def by(year: int, *columns: Column) -> dict[str, dict[str, Value]]:
    """Each value of each of the columns, as text → the figures of the year's entries with it."""
    rows = db.session.execute(union_all(*(_counts(column, year) for column in columns)))
    found: dict[str, dict[str, Value]] = {
        key: {
            "completed_matches": matches,
            "people_active": people,
            "organisations": organisations,
            "districts": districts,
            "activity_minutes": int(minutes),
            "participants": int(participants),
            "online_share": Decimal(100) * int(online) / matches,
        }
        for key, matches, people, organisations, districts, minutes, online, participants in rows
    }
    taken_back = db.session.execute(union_all(*(_corrections(column, year) for column in columns)))
    for key, matches, minutes in taken_back:
        values = found.setdefault(key, dict(NOTHING))
        values["completed_matches"] = int(values["completed_matches"] or 0) - matches
        values["activity_minutes"] = int(values["activity_minutes"] or 0) - int(minutes)
    return found


def _counts(column: Column, year: int) -> Select[Any]:
    stands = (LedgerEntry.fiscal_year == year, standing_in_its_year())
    # Somebody registered twice and merged since is one person, under whichever pseudonym it was booked.
    person = func.coalesce(Registrant.pseudonym, LedgerEntry.registrant)
    counts = (
        select(
            column.label("key"),
            func.count().label("matches"),
            func.count(distinct(person)).label("people"),
            func.count(distinct(LedgerEntry.organisation)).label("organisations"),
            func.count(distinct(func.nullif(LedgerEntry.district, ""))).label("districts"),
            func.sum(LedgerEntry.minutes).label("minutes"),
            func.sum(case((LedgerEntry.online, 1), else_=0)).label("online"),
        )
        .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == LedgerEntry.registrant)
        .outerjoin(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(*stands)
        .group_by(column)
        .subquery()
    )
    # Of each request the largest of its entries, once, however many people helped.
    most = (
        select(column.label("key"), func.max(LedgerEntry.participants).label("participants"))
        .where(*stands)
        .group_by(column, LedgerEntry.request)
        .subquery()
    )
    reached = select(most.c.key, func.sum(most.c.participants).label("all")).group_by(most.c.key).subquery()
    values = [c for c in counts.c if c.name != "key"]
    return select(_text(counts.c.key), *values, reached.c.all).join(reached, reached.c.key == counts.c.key)


def _corrections(column: Column, year: int) -> Select[str, int, int]:
    """What was taken back in this year of years closed before."""
    return (
        select(_text(column), func.count(), func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.fiscal_year == year, corrects_another_year())
        .group_by(column)
    )


def _text(column: Column) -> ColumnElement[str]:
    return cast(column, String(40))
