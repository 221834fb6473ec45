"""Reading the book: what stands, and whether the chain is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from matching.kernel.db import db
from matching.ledger.models import ClosedYear, EntryKind, LedgerEntry
from matching.ledger.rules import START, entry_hash
from matching.ledger.services import CHAINED

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the book that cannot be so; `seq` is None where an entry is missing altogether."""

    seq: int | None
    reason: str


def standing() -> ColumnElement[bool]:
    """Counts that no reversal has taken back, as a where-clause."""
    reversal = aliased(LedgerEntry)
    return and_(LedgerEntry.kind == EntryKind.COUNT, ~exists().where(_takes_back(reversal)))


def standing_in_its_year() -> ColumnElement[bool]:
    """Counts that no reversal booked in the same year has taken back: what a year's figures count.

    A reversal after the year was closed leaves that year as it was; it is a correction of its own year.
    """
    reversal = aliased(LedgerEntry)
    same_year = and_(_takes_back(reversal), reversal.fiscal_year == LedgerEntry.fiscal_year)
    return and_(LedgerEntry.kind == EntryKind.COUNT, ~exists().where(same_year))


def corrects_another_year() -> ColumnElement[bool]:
    """Reversals of a count that was booked in another year, as a where-clause."""
    counted = aliased(LedgerEntry)
    elsewhere = exists().where(
        counted.match == LedgerEntry.match,
        counted.round == LedgerEntry.round,
        counted.kind == EntryKind.COUNT,
        counted.fiscal_year != LedgerEntry.fiscal_year,
    )
    return and_(LedgerEntry.kind == EntryKind.REVERSAL, elsewhere)


def _takes_back(reversal: type[LedgerEntry]) -> ColumnElement[bool]:
    return and_(
        reversal.match == LedgerEntry.match,
        reversal.round == LedgerEntry.round,
        reversal.kind == EntryKind.REVERSAL,
    )


def last_count(match: str) -> LedgerEntry:
    """The newest count of this match, whether it stands or not. NoResultFound where there is none."""
    counts = select(LedgerEntry).filter_by(match=match, kind=EntryKind.COUNT)
    return db.session.scalars(counts.order_by(LedgerEntry.round.desc()).limit(1)).one()


def closed_years() -> dict[int, ClosedYear]:
    """The years that take no entry any more."""
    return {row.fiscal_year: row for row in db.session.scalars(select(ClosedYear))}


def chain_problems() -> tuple[int, list[Problem]]:
    """Recompute the chain: how many entries there are, and each that cannot be so."""
    problems: list[Problem] = []
    number, previous = 0, START
    for seq, values in _entries():
        number += 1
        if isinstance(values, str):
            problems.append(Problem(seq, values))
            continue
        previous_hash, own_hash = values.pop("previous_hash"), values.pop("hash")
        if seq != previous[0] + 1:
            problems.append(Problem(seq, f"番号が続いていません（{previous[0]}の次）"))
        if previous_hash != previous[1]:
            problems.append(Problem(seq, "前の記録とつながっていません"))
        if own_hash != entry_hash(previous_hash, values):
            problems.append(Problem(seq, "記録された値が、書かれたときと違います"))
        previous = (seq, own_hash)
    return number, problems


def _entries() -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(number, values) of every entry in order; in place of values that cannot be read, why."""
    table = LedgerEntry.__table__
    names = (*sorted(CHAINED), "previous_hash", "hash")
    columns = [table.c[name] for name in names]
    numbers = db.session.scalars(select(LedgerEntry.seq).order_by(LedgerEntry.seq)).all()
    for first in range(0, len(numbers), AT_ONCE):
        some = numbers[first : first + AT_ONCE]
        rows = select(*columns).where(LedgerEntry.seq.between(some[0], some[-1]))
        try:
            read = db.session.execute(rows.order_by(LedgerEntry.seq)).all()
        except (ValueError, LookupError, TypeError):  # one of them: read them one by one
            for seq in some:
                yield seq, _entry(seq, columns)
        else:
            for row in read:
                yield row.seq, dict(zip(names, row, strict=True))


def _entry(seq: int, columns: list[Any]) -> dict[str, Any] | str:
    try:
        return dict(db.session.execute(select(*columns).where(LedgerEntry.seq == seq)).one()._mapping)
    except (ValueError, LookupError, TypeError) as error:
        return f"値が読めません（{type(error).__name__}）"


def alternation_problems() -> list[Problem]:
    """Entries of a match alternate count, reversal of that count, later count …: each that does not."""

    def before(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        return func.lag(column).over(partition_by=LedgerEntry.match, order_by=LedgerEntry.seq)

    ordered = select(
        LedgerEntry.seq,
        LedgerEntry.kind,
        LedgerEntry.round,
        before(LedgerEntry.kind).label("kind_before"),
        before(LedgerEntry.round).label("round_before"),
    ).subquery()
    c = ordered.c
    counted = and_(
        c.kind == EntryKind.COUNT,
        or_(c.kind_before == EntryKind.COUNT, c.round <= c.round_before),
    )
    reversed_ = and_(
        c.kind == EntryKind.REVERSAL,
        or_(c.kind_before.is_(None), c.kind_before == EntryKind.REVERSAL, c.round != c.round_before),
    )
    reasons = {
        EntryKind.COUNT: "同じ組み合わせが、取り消されないまま二度計上されています",
        EntryKind.REVERSAL: "計上のない取消しです",
    }
    rows = db.session.execute(select(c.seq, c.kind).where(or_(counted, reversed_)).order_by(c.seq))
    return [Problem(seq, reasons[kind]) for seq, kind in rows]


def closing_problems() -> list[Problem]:
    """A closed year's head is still in the book, and nothing was booked in the year after it."""
    problems = []
    for closed in closed_years().values():
        found = db.session.scalar(select(LedgerEntry.hash).where(LedgerEntry.seq == closed.head_seq))
        if (found or START[1]) != closed.head_hash:
            problems.append(Problem(closed.head_seq, f"{closed.fiscal_year}年度を締めたときの記録と違います"))
        late = select(LedgerEntry.seq).where(
            LedgerEntry.fiscal_year == closed.fiscal_year, LedgerEntry.seq > closed.head_seq
        )
        problems += [
            Problem(seq, "締めた年度に、あとから記入されています") for seq in db.session.scalars(late)
        ]
    return problems
