"""What a figure counts, down to the entries; and what the city wants to reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, false, func, select

from matching.accounts.models import Account
from matching.indicators.models import TargetChange
from matching.kernel.audit import AuditEvent
from matching.kernel.db import Base, db
from matching.kernel.paging import Page, page_of
from matching.kernel.permissions import granted
from matching.ledger.models import EntryKind, LedgerEntry
from matching.matches.models import Match
from matching.municipality.city import Programme, municipality


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the book as the public may see it; `match` only where the reader may open it."""

    month: date
    programme: Programme
    ward: str
    reversal: bool
    corrects: int | None  # the closed year it belongs to, where that is another than the year booked
    match: str | None


def entries(year: int, where: ColumnElement[bool], reader: Any, wanted: int) -> tuple[list[Entry], Page]:
    """The entries booked in a year, newest activity first, a page at a time."""
    booked = (LedgerEntry.fiscal_year == year, where)
    page = page_of(
        db.session.scalar(select(func.count()).select_from(LedgerEntry).where(*booked)) or 0, wanted
    )
    seen = granted(reader, "match.see", Match) if reader is not None else false()
    rows = db.session.execute(
        select(LedgerEntry, Match.code)
        .outerjoin(Match, (Match.code == LedgerEntry.match) & seen)
        .where(*booked)
        .order_by(LedgerEntry.activity_date.desc(), LedgerEntry.seq.desc())
        .limit(page.size)
        .offset(page.offset)
    )
    programmes = municipality().programmes
    found = [
        Entry(
            entry.activity_date.replace(day=1),
            programmes[entry.programme],
            entry.ward,
            entry.kind is EntryKind.REVERSAL,
            None if entry.activity_fiscal_year == year else entry.activity_fiscal_year,
            match,
        )
        for entry, match in rows
    ]
    return found, page


def target_history(year: int) -> list[TargetChange]:
    """The changes of a year's targets, newest first."""
    return list(
        db.session.scalars(select(TargetChange).filter_by(fiscal_year=year).order_by(TargetChange.id.desc()))
    )


@dataclass(frozen=True, slots=True)
class Act:
    """Something on record, and the name of who did it; None: an import by command."""

    event: AuditEvent
    by: str | None


def acts_on(table: type[Base], codes: Sequence[str]) -> list[Act]:
    """What was done to the rows of a table with these codes, newest first."""
    rows = db.session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_type == table.__tablename__, AuditEvent.subject_code.in_(codes))
        .order_by(AuditEvent.id.desc())
    )
    return [Act(event, name) for event, name in rows]
