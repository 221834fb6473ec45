"""Whether the book is whole and agrees with the matches."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from itertools import starmap

from sqlalchemy import ScalarSelect, and_, case, exists, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from matching.kernel.clock import day_of
from matching.kernel.db import db
from matching.ledger import queries as ledger
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import Problem
from matching.matches.models import Attendance, CompletionReport, Match, MatchStatus
from matching.registry.models import Registrant, RegistrantAlias
from matching.requests.models import Session, SupportRequest


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
    number = 0
    try:
        problems += _file_problems()
        number, broken = ledger.chain_problems()
        problems += broken + ledger.alternation_problems() + ledger.closing_problems()
        problems += _uncounted() + _unmatched() + _told_otherwise()
    except (SQLAlchemyError, sqlite3.Error, ValueError, LookupError, TypeError, OverflowError) as error:
        problems.append(Problem(None, f"データベースが読めません（{type(error).__name__}）"))
    return Verdict(number, problems)


def _file_problems() -> list[Problem]:
    if db.session.get_bind().dialect.name != "sqlite":
        return []
    found = db.session.scalars(text("PRAGMA integrity_check")).all()
    return [Problem(None, f"データベースのファイルが壊れています: {line}") for line in found if line != "ok"]


def _uncounted() -> list[Problem]:
    """Completed matches without a standing count."""
    counted = exists().where(LedgerEntry.match == Match.code, ledger.standing())
    codes = select(Match.code).where(Match.status == MatchStatus.COMPLETED, ~counted).order_by(Match.id)
    return [
        Problem(None, f"完了した組み合わせ {code} の計上がありません") for code in db.session.scalars(codes)
    ]


def _unmatched() -> list[Problem]:
    """Standing counts without a completed match, or with other values than its own."""
    own = and_(
        LedgerEntry.round == Match.round,
        LedgerEntry.request == SupportRequest.code,
        LedgerEntry.programme == Match.programme,
        LedgerEntry.measure == Match.measure,
        # A merged person's counts stay under the pseudonym they were booked with.
        func.coalesce(_present_pseudonym(), LedgerEntry.registrant) == Registrant.pseudonym,
    )
    completed = Match.status == MatchStatus.COMPLETED
    rows = db.session.execute(
        select(LedgerEntry.seq, func.coalesce(completed, False).label("completed"))
        .outerjoin(Match, Match.code == LedgerEntry.match)
        .outerjoin(SupportRequest, SupportRequest.id == Match.request_id)
        .outerjoin(Registrant, Registrant.id == Match.registrant_id)
        .where(ledger.standing(), or_(Match.id.is_(None), ~completed, ~own))
        .order_by(LedgerEntry.seq)
    )
    reasons = {
        True: "計上された値が、組み合わせの記録と違います",
        False: "完了した組み合わせのない計上です",
    }
    return [Problem(row.seq, reasons[row.completed]) for row in rows]


def _told_otherwise() -> list[Problem]:
    """Standing counts without a report, or whose day, minutes or participants are not what the match's
    reports come to.

    Helpers of one activity brought in by a file share its reports, each with the participants of their own
    row: of those the number is not compared.
    """
    counts = and_(CompletionReport.held, Attendance.came)
    told = (
        select(
            Attendance.match_id,
            func.sum(case((counts, CompletionReport.minutes))).label("minutes"),
            func.max(case((counts, CompletionReport.participants))).label("participants"),
            func.max(case((counts, Session.starts_at))).label("began"),
        )
        .select_from(Attendance)
        .join(CompletionReport)
        .outerjoin(Session, Session.id == CompletionReport.session_id)
        .group_by(Attendance.match_id)
        .subquery()
    )
    e = LedgerEntry
    participants = e.participants.is_not_distinct_from(told.c.participants)
    told_of = (
        select(
            told.c.match_id.is_not(None),
            and_(
                e.minutes.is_not_distinct_from(told.c.minutes),
                or_(Match.external_id.is_not(None), participants),
            ),
            *(e.activity_date, told.c.began, SupportRequest.term_start),
        )
        .join(Match, Match.code == e.match)
        .join(SupportRequest, SupportRequest.id == Match.request_id)
        .outerjoin(told, told.c.match_id == Match.id)
        .where(ledger.standing())
    )
    # A million counts have some thousand days: one by one they are read only where something is wrong.
    if not any(starmap(_otherwise, db.session.execute(told_of.distinct()))):
        return []
    each = db.session.execute(told_of.add_columns(e.seq).order_by(e.seq))
    return [Problem(seq, reason) for *row, seq in each if (reason := _otherwise(*row))]


def _otherwise(
    reported: bool, agrees: bool, day: date, began: datetime | None, term_start: date | None
) -> str:
    """How a count differs from what was reported; empty: not at all."""
    if not reported:
        return "計上のもとになった活動の報告がありません"
    if agrees and day == (day_of(began) if began else term_start):
        return ""
    return "計上された日・時間・参加人数が、活動の報告と違います"


def _present_pseudonym() -> ScalarSelect[str]:
    kept = Registrant.__table__.alias("kept")
    return (
        select(kept.c.pseudonym)
        .join(RegistrantAlias, RegistrantAlias.registrant_id == kept.c.id)
        .where(RegistrantAlias.pseudonym == LedgerEntry.registrant)
        .scalar_subquery()
    )
