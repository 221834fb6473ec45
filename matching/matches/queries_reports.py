"""Reads about reports: what was told of a match, what it comes to, and what a count holds."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from matching.kernel.clock import day_of, now
from matching.kernel.db import db
from matching.ledger.services import Count
from matching.matches import rules
from matching.matches.models import Attendance, CompletionReport, Match
from matching.requests.models import SupportRequest

# The reports in which a person was expected, and whether they came.
Told = list[tuple[CompletionReport, bool]]


def told_of(matches: Iterable[Match]) -> dict[int, Told]:
    """Match id → what was told of it, of all these matches in one statement."""
    told: dict[int, Told] = {match.id: [] for match in matches}
    rows = db.session.execute(
        select(Attendance.match_id, CompletionReport, Attendance.came)
        .join(CompletionReport)
        .where(Attendance.match_id.in_(told))
        .options(joinedload(CompletionReport.session))
        .order_by(CompletionReport.id)
    )
    for match_id, report, came in rows:
        told[match_id].append((report, came))
    return told


def reported(matches: Iterable[Match]) -> set[int]:
    """Those (ids) of which a report stands."""
    return {id_ for id_, told in told_of(matches).items() if any(not report.comment for report, _ in told)}


def begun(matches: Collection[Match]) -> set[int]:
    """Those (ids) whose activity has begun: a date of the match has, or a report stands."""
    started = {match.id for match in matches if any(starts <= now() for starts, _ in match.spans)}
    return started | reported(matches)


def fully_reported(match: Match, told: Told) -> bool:
    """Every session the match covers (of a council seat: the appointment) has a report that stands."""
    return rules.fully_reported(len(match.session_rows), (report.comment for report, _ in told))


def outcome_of(match: Match, told: Told) -> rules.Outcome | None:
    """What the match's reports come to; None while one is missing, or where the person never came."""
    if not fully_reported(match, told):
        return None
    return rules.outcome(
        rules.Reported(_day(match, report), report.held, came, report.minutes, report.participants)
        for report, came in told
    )


def _day(match: Match, report: CompletionReport) -> date:
    if report.session is not None:
        return day_of(report.session.starts_at)
    assert match.request.term_start is not None  # a seat has a term
    return match.request.term_start


def count_values(match: Match, result: rules.Outcome) -> Count:
    """The values of the match's ledger entry: codes and numbers, no name."""
    request = match.request
    return Count(
        match=match.code,
        round=match.round,
        request=request.code,
        programme=match.programme,
        measure=match.measure,
        activity_date=result.activity_date,
        minutes=result.minutes,
        participants=result.participants,
        online=request.online,
        registrant=match.registrant.pseudonym,
        organisation=request.organisation.code,
        ward=request.ward,
        district=request.school_district,
    )


def by_session(request: SupportRequest) -> dict[int | None, CompletionReport]:
    """Session id (None: the appointment) → its report."""
    rows = db.session.scalars(
        select(CompletionReport)
        .where(CompletionReport.request_id == request.id)
        .options(selectinload(CompletionReport.attendances))
    )
    return {told.session_id: told for told in rows}
