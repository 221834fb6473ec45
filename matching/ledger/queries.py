"""Reading the book: what stands, and whether the chain is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from matching.kernel.db import db
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import GENESIS, entry_hash
from matching.ledger.services import CHAINED


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the book that cannot be so; `seq` is None where an entry is missing altogether."""

    seq: int | None
    reason: str


def standing() -> ColumnElement[bool]:
    """Counts that no reversal has taken back, as a where-clause."""
    reversal = aliased(LedgerEntry)
    taken_back = exists().where(
        and_(
            reversal.match == LedgerEntry.match,
            reversal.round == LedgerEntry.round,
            reversal.kind == EntryKind.REVERSAL,
        )
    )
    return and_(LedgerEntry.kind == EntryKind.COUNT, ~taken_back)


def last_count(match: str) -> LedgerEntry:
    """The newest count of this match, whether it stands or not. NoResultFound where there is none."""
    counts = select(LedgerEntry).filter_by(match=match, kind=EntryKind.COUNT)
    return db.session.scalars(counts.order_by(LedgerEntry.round.desc()).limit(1)).one()


def entries() -> Iterator[LedgerEntry | Problem]:
    """Every entry in order, one at a time; what cannot be read comes as a problem."""
    sequence = db.session.scalars(select(LedgerEntry.seq).order_by(LedgerEntry.seq)).all()
    for seq in sequence:
        try:
            row = db.session.execute(select(*LedgerEntry.__table__.columns).filter_by(seq=seq)).one()
        except (ValueError, LookupError, TypeError) as error:
            yield Problem(seq, f"値が読めません（{type(error).__name__}）")
        else:
            yield LedgerEntry(**row._mapping)


def chain_problems(values: dict[str, Any], seq: int, previous: tuple[int, str]) -> list[Problem]:
    """What is wrong with one entry, given the number and hash of the one before it."""
    found = []
    if seq != previous[0] + 1:
        found.append(Problem(seq, f"番号が続いていません（{previous[0]}の次）"))
    if values["previous_hash"] != previous[1]:
        found.append(Problem(seq, "前の記録とつながっていません"))
    chained = {name: values[name] for name in CHAINED}
    if values["hash"] != entry_hash(values["previous_hash"], chained):
        found.append(Problem(seq, "記録された値が、書かれたときと違います"))
    return found


START = (0, GENESIS)
