"""Whether the book is whole and agrees with the matches."""

import sqlite3
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload

from matching.kernel.db import db
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.queries import START, Problem, chain_problems, entries
from matching.ledger.services import CHAINED
from matching.matches.models import Match, MatchStatus
from matching.registry.models import Registrant, RegistrantAlias


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries there are, and what is wrong with them."""

    entries: int
    problems: list[Problem]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify() -> Verdict:
    """Recompute the chain and compare it with the matches. A damaged file is a problem, never an error."""
    problems: list[Problem] = []
    read: list[LedgerEntry] = []
    number = 0
    try:
        problems += _file_problems()
        previous = START
        for entry in entries():
            number += 1
            if isinstance(entry, Problem):
                problems.append(entry)
                continue
            values = {name: getattr(entry, name) for name in (*CHAINED, "previous_hash", "hash")}
            problems += chain_problems(values, entry.seq, previous)
            previous = (entry.seq, entry.hash)
            read.append(entry)
        problems += _differences(read)
    except (SQLAlchemyError, sqlite3.Error, ValueError, LookupError, TypeError, OverflowError) as error:
        problems.append(Problem(None, f"データベースが読めません（{type(error).__name__}）"))
    return Verdict(number, problems)


def _file_problems() -> list[Problem]:
    if db.session.get_bind().dialect.name != "sqlite":
        return []
    found = db.session.scalars(text("PRAGMA integrity_check")).all()
    return [Problem(None, f"データベースのファイルが壊れています: {line}") for line in found if line != "ok"]


def _differences(read: list[LedgerEntry]) -> list[Problem]:
    """Each completed match has one standing count with its own values, and each standing count its match."""
    standing: dict[str, LedgerEntry] = {}
    problems = []
    for entry in read:
        if entry.kind is EntryKind.COUNT:
            if entry.match in standing:
                problems.append(
                    Problem(entry.seq, "同じ組み合わせが、取り消されないまま二度計上されています")
                )
            standing[entry.match] = entry
        elif entry.match not in standing:
            problems.append(Problem(entry.seq, "計上のない取消しです"))
        else:
            del standing[entry.match]
    present = _present_pseudonyms()
    completed = db.session.scalars(
        select(Match)
        .where(Match.status == MatchStatus.COMPLETED)
        .options(joinedload(Match.request), joinedload(Match.registrant))
    )
    for match in completed:
        if match.code not in standing:
            problems.append(Problem(None, f"完了した組み合わせ {match.code} の計上がありません"))
            continue
        entry = standing.pop(match.code)
        if _values(entry, present) != (
            match.round,
            match.request.code,
            match.programme,
            match.measure,
            match.registrant.pseudonym,
        ):
            problems.append(Problem(entry.seq, "計上された値が、組み合わせの記録と違います"))
    problems += [Problem(entry.seq, "完了した組み合わせのない計上です") for entry in standing.values()]
    return problems


def _present_pseudonyms() -> dict[str, str]:
    """A merged person's pseudonyms as booked → the one they have now."""
    aliases = select(RegistrantAlias.pseudonym, Registrant.pseudonym).join(
        Registrant, Registrant.id == RegistrantAlias.registrant_id
    )
    return dict(db.session.execute(aliases).all())


def _values(entry: LedgerEntry, present: dict[str, str]) -> tuple[int, str, str, int, str]:
    registrant = present.get(entry.registrant, entry.registrant)
    return entry.round, entry.request, entry.programme, entry.measure, registrant
