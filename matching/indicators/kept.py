"""Sums over the whole book are made once for each state of it, and kept by each process.

A kept value is true because of what it is kept under: the hash of the last entry stands for all entries
before it (they cannot change), and every verb that changes anything else leaves an audit event. The same
revision is the same figures; another one is counted anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.ledger.models import ClosedYear, LedgerEntry
from matching.registry.models import RegistrantAlias

Made = TypeVar("Made")
LATE = 500  # on PostgreSQL an event with a smaller number may be committed after one with a larger
_kept: dict[Any, tuple[Any, Any]] = {}


@dataclass(frozen=True, slots=True)
class Revision:
    """What the figures of a year depend on: its entries and merged people, and for the rest every act."""

    database: str
    closed: str | None  # the book's head when the year was closed; None: it is open
    head: str | None  # the hash of the book's last entry; None: nothing is booked
    entry: str | None  # the hash of the year's last entry
    merged: int  # how many people were
    event: int | None  # the last audit event
    events: int  # how many of the last ones there are
    day: date

    @property
    def entries(self) -> tuple[Any, ...]:
        """What the book says of the year."""
        return self.database, self.entry, self.merged

    @property
    def acts(self) -> tuple[Any, ...]:
        """Everything that is not in the book."""
        return self.database, self.event, self.events, self.day


def revision(year: int) -> Revision:
    """The state the year's figures are read from, in one statement."""
    of_year = select(LedgerEntry.hash).where(LedgerEntry.fiscal_year == year)
    last = select(func.max(AuditEvent.id)).scalar_subquery()
    found = db.session.execute(
        select(
            select(ClosedYear.head_hash).where(ClosedYear.fiscal_year == year).scalar_subquery(),
            select(LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1).scalar_subquery(),
            of_year.order_by(LedgerEntry.seq.desc()).limit(1).scalar_subquery(),
            select(func.count()).select_from(RegistrantAlias).scalar_subquery(),
            last,
            select(func.count()).where(AuditEvent.id > last - LATE).scalar_subquery(),
        )
    ).one()
    return Revision(str(db.engine.url), *found, today())


def kept(name: Any, of: Any, make: Callable[[], Made]) -> Made:
    """What `make` gives for the state `of`; only the newest of each name stays."""
    found = _kept.get(name)
    if found is None or found[0] != of:
        found = _kept[name] = (of, make())
    made: Made = found[1]
    return made
