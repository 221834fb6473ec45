"""Posting to the book: a count, or the reversal of one. Postings queue, so that there is one chain."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from matching.kernel.clock import fiscal_year, now, today
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.ledger.models import ClosedYear, EntryKind, LedgerEntry
from matching.ledger.rules import START, entry_hash

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
    return _post(EntryKind.COUNT, asdict(values), fiscal_year(values.activity_date))


def reverse(match: str, round: int) -> LedgerEntry:
    """Book the reversal of a count with the count's own values. RuleViolation where there is none."""
    counted = db.session.scalars(
        select(LedgerEntry).filter_by(match=match, round=round, kind=EntryKind.COUNT)
    ).first()
    if counted is None:
        raise RuleViolation("取り消す計上がありません。")
    values = {name: getattr(counted, name) for name in Count.__dataclass_fields__}
    return _post(EntryKind.REVERSAL, values, counted.fiscal_year)


def close_year(year: int) -> ClosedYear:
    """From now on the year takes no entry. RuleViolation while it runs, or where it is closed already."""
    _queue()
    if year >= fiscal_year(today()):
        raise RuleViolation("年度が終わってから締めてください。")
    if _closed(year):
        raise RuleViolation("この年度は、すでに締めてあります。")
    seq, last_hash = _head()
    closed = ClosedYear(fiscal_year=year, closed_at=now(), head_seq=seq, head_hash=last_hash)
    db.session.add(closed)
    db.session.flush()
    return closed


def _post(kind: EntryKind, values: dict[str, Any], year: int) -> LedgerEntry:
    """Book in `year`; where that is closed, in the present fiscal year (design: a late correction)."""
    _queue()
    seq, previous_hash = _head()
    entry = LedgerEntry(
        **values,
        seq=seq + 1,
        recorded_at=now(),
        kind=kind,
        fiscal_year=fiscal_year(today()) if _closed(year) else year,
        activity_fiscal_year=fiscal_year(values["activity_date"]),
        previous_hash=previous_hash,
    )
    entry.hash = entry_hash(entry.previous_hash, {name: getattr(entry, name) for name in CHAINED})
    db.session.add(entry)
    db.session.flush()
    return entry


def _queue() -> None:
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:queue)"), {"queue": QUEUE})


def _head() -> tuple[int, str]:
    head = db.session.execute(
        select(LedgerEntry.seq, LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)
    ).first()
    return (head.seq, head.hash) if head else START


def _closed(year: int) -> bool:
    return db.session.get(ClosedYear, year) is not None
