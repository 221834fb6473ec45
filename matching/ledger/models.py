"""The book, and the years that are closed in it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.db import Base, states
from matching.kernel.labels import Labelled


class EntryKind(Labelled):
    COUNT = "count", "計上"
    REVERSAL = "reversal", "取消計上"


class LedgerEntry(Base):
    """One count, or the reversal of one. Never changed: the database refuses it (triggers; see migrations).

    Holds codes and numbers only: no name, no contact, no free text. `minutes` are one person's minutes,
    `participants` the largest number of one of the sessions held.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("match", "round", "kind"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("participants >= 0", name="participants"),
        Index("ix_ledger_entry_fiscal_year_measure", "fiscal_year", "measure"),
        Index("ix_ledger_entry_fiscal_year_seq", "fiscal_year", "seq"),  # the last of a year, at once
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    kind: Mapped[EntryKind] = mapped_column(states(EntryKind, "kind"))
    match: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    request: Mapped[str] = mapped_column(String(20))
    programme: Mapped[str] = mapped_column(String(40))
    measure: Mapped[int]
    fiscal_year: Mapped[int]  # the year booked
    activity_fiscal_year: Mapped[int]
    activity_date: Mapped[date]
    minutes: Mapped[int]
    participants: Mapped[int]
    online: Mapped[bool]
    registrant: Mapped[str] = mapped_column(String(20))  # the pseudonym
    organisation: Mapped[str] = mapped_column(String(20))
    ward: Mapped[str] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ClosedYear(Base):
    """A fiscal year that takes no entry any more, and the head of the book when it was closed.

    Never changed either: the database refuses it.
    """

    __tablename__ = "closed_year"

    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closed_at: Mapped[datetime]
    head_seq: Mapped[int]  # 0: the book was empty
    head_hash: Mapped[str] = mapped_column(String(64))
