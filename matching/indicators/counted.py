"""Figures read from the book alone."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, distinct, func, literal, select, union_all

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
# What the rows below bring, in their order; a year's counts and its corrections are added up.
ADDED = (
    *("completed_matches", "people_active", "organisations", "districts", "activity_minutes", "participants"),
    *("standing", "online"),
)
Column = Any  # measure, programme, ward, district: what the entries are told apart by


def by(year: int, *columns: Column) -> dict[str, dict[str, Value]]:
    """Each value of each of the columns, as text → the figures of the year's entries with it."""
    parts = [part(column, year) for column in columns for part in (_counts, _corrections)]
    added: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, *values in db.session.execute(union_all(*parts)):
        added[key].update(dict(zip(ADDED, map(int, values), strict=True)))
    found: dict[str, dict[str, Value]] = {}
    for key, sums in added.items():
        standing, online = sums.pop("standing", 0), sums.pop("online", 0)
        share = Decimal(100) * online / standing if standing else None
        found[key] = {**NOTHING, **sums, "online_share": share}
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
    c = counts.c
    return select(
        _text(c.key), c.matches, c.people, c.organisations, c.districts, c.minutes, reached.c.all,
        c.matches, c.online,
    ).join(reached, reached.c.key == c.key)  # fmt: skip


def _corrections(column: Column, year: int) -> Select[*tuple[Any, ...]]:
    """What was taken back in this year of years closed before: less done, by nobody and nowhere."""
    none = literal(0)
    less = select(
        _text(column), -func.count(), none, none, none, -func.sum(LedgerEntry.minutes), none, none, none
    )
    return less.where(LedgerEntry.fiscal_year == year, corrects_another_year()).group_by(column)


def _text(column: Column) -> ColumnElement[str]:
    return cast(column, String(40))
