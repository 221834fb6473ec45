"""Posting to the book: a count, or the reversal of one. Postings queue, so that there is one chain."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from matching.kernel.clock import fiscal_year, now
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import GENESIS, entry_hash

QUEUE = 7_061_994  # PostgreSQL's advisory lock of all postings; SQLite's write lock is one already
CHAINED = [
    column.name for column in LedgerEntry.__table__.columns if column.name not in ("previous_hash", "hash")
]


@dataclass(frozen=True, slots=True)
class Count:
    """One completed match. `minutes`: one person's; `participants`: the most at one session held."""

    match: str
    round: int
    request: str
    programme: str
    measure: int
    activity_date: date
    minutes: int
    participants: int
    online: bool
    registrant: str  # the pseudonym
    organisation: str
    ward: str
    district: str


def count(values: Count) -> LedgerEntry:
    """Book the match once. The database refuses a second count of the same round (Conflict)."""
    return _post(EntryKind.COUNT, asdict(values))


def reverse(match: str, round: int) -> LedgerEntry:
    """Book the reversal of a count with the count's own values. RuleViolation where there is none."""
    counted = db.session.scalars(
        select(LedgerEntry).filter_by(match=match, round=round, kind=EntryKind.COUNT)
    ).first()
    if counted is None:
        raise RuleViolation("取り消す計上がありません。")
    return _post(EntryKind.REVERSAL, {name: getattr(counted, name) for name in Count.__dataclass_fields__})


def _post(kind: EntryKind, values: dict[str, Any]) -> LedgerEntry:
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:queue)"), {"queue": QUEUE})
    head = db.session.execute(
        select(LedgerEntry.seq, LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)
    ).first()
    year = fiscal_year(values["activity_date"])
    entry = LedgerEntry(
        **values,
        seq=head.seq + 1 if head else 1,
        recorded_at=now(),
        kind=kind,
        fiscal_year=year,
        activity_fiscal_year=year,
        previous_hash=head.hash if head else GENESIS,
    )
    entry.hash = entry_hash(entry.previous_hash, {name: getattr(entry, name) for name in CHAINED})
    db.session.add(entry)
    db.session.flush()
    return entry
