"""Figures read from registrations, courses and requests: what stood ready, and what became of requests."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from matching.indicators.definitions import Value
from matching.kernel.clock import at, day_of, fiscal_year_end, today
from matching.kernel.db import db
from matching.matches.models import Match, MatchStatus
from matching.municipality.city import municipality
from matching.registry.models import Registration, RegistrationStatus
from matching.registry.models_courses import Course, CourseParticipant
from matching.requests.models import FIRST, RequestProgramme, RequestStatus, Session, SupportRequest

# Those who said yes, whatever came of it later by their own doing: the place was filled.
SAID_YES = (
    MatchStatus.ACCEPTED,
    MatchStatus.REPORTED,
    MatchStatus.COMPLETED,
    MatchStatus.VOIDED,
    MatchStatus.NO_SHOW,
)
ENDED = (RequestStatus.FILLED, RequestStatus.CLOSED, RequestStatus.UNMET)
NOT_DECIDED = (RegistrationStatus.DRAFT, RegistrationStatus.SUBMITTED, RegistrationStatus.RETURNED)


@dataclass(slots=True)
class Arranged:
    """Of one programme in one year. `days`: from opening to the last yes, of each request that was filled."""

    in_force: int = 0
    places: int = 0
    filled: int = 0
    days: list[int] = field(default_factory=list)
    new_registrations: int = 0


def by_programme(year: int) -> Mapping[str, Arranged]:
    """Programme → what stood ready in the year and what became of its requests."""
    found: defaultdict[str, Arranged] = defaultdict(Arranged)
    for programme, in_force, new in _registrations(year):
        found[programme].in_force, found[programme].new_registrations = int(in_force), int(new)
    for programme, headcount, opened, yes in _ended(year):
        mine = found[programme]
        mine.places += headcount
        mine.filled += min(headcount, len(yes))
        if len(yes) >= headcount:
            mine.days.append((day_of(sorted(yes)[headcount - 1]) - day_of(opened)).days)
    return found


def completions(year: int) -> Mapping[str, int]:
    """Kind of course → how many completed one that ended in the year."""
    rows = select(Course.kind, func.count(CourseParticipant.completed_at)).join(CourseParticipant.course)
    return dict(db.session.execute(rows.where(Course.fiscal_year == year).group_by(Course.kind)).all())


def completed_for(programmes: Iterable[str], by_kind: Mapping[str, int]) -> int:
    """Completions of the courses that fit one of these programmes, each once."""
    wanted, kinds = set(programmes), municipality().course_kinds
    return sum(n for kind, n in by_kind.items() if kind in kinds and wanted & set(kinds[kind].programmes))


def figures(several: Iterable[Arranged], people_active: int) -> dict[str, Value]:
    """The figures of these programmes together."""
    mine = list(several)
    in_force, places = sum(a.in_force for a in mine), sum(a.places for a in mine)
    days = [n for a in mine for n in a.days]
    return {
        "activation_rate": Decimal(100) * people_active / in_force if in_force else None,
        "fill_rate": Decimal(100) * sum(a.filled for a in mine) / places if places else None,
        "days_to_fill": Decimal(median(days)) if days else None,
        "new_registrations": sum(a.new_registrations for a in mine),
    }


def in_force(year: int) -> ColumnElement[bool]:
    """Registrations in force on the year's last day (or today), as a where-clause.

    As their own dates have it: approved by that day, not ended, not run out.
    """
    day = min(fiscal_year_end(year), today())
    end = at(day, time.max)
    ended = and_(Registration.ended_at.is_not(None), Registration.ended_at <= end)
    return and_(
        Registration.approved_at <= end,
        Registration.status.not_in(NOT_DECIDED),
        or_(Registration.valid_until.is_(None), Registration.valid_until >= day),
        ~ended,
    )


def _registrations(year: int) -> Any:
    """Programme, how many were in force on the year's last day (or today), how many began in the year."""
    first, last = begins(year), begins(year + 1)
    new = and_(Registration.approved_at >= first, Registration.approved_at < last)
    return db.session.execute(
        select(
            Registration.programme,
            func.sum(case((in_force(year), 1), else_=0)),
            func.sum(case((new, 1), else_=0)),
        )
        .where(Registration.approved_at < last)
        .group_by(Registration.programme)
    )


def begins(year: int) -> datetime:
    """The first moment of a fiscal year."""
    return at(date(year, 4, 1), time.min)


def _ended(year: int) -> Iterable[tuple[str, int, datetime, list[datetime]]]:
    """First programme, headcount, opening and each yes of the requests whose last day was in the year."""
    first, last = begins(year), min(begins(year + 1), at(today(), time.max))
    ends = (
        select(Session.request_id)
        .group_by(Session.request_id)
        .having(func.max(Session.starts_at) >= first, func.max(Session.starts_at) < last)
    )
    term = SupportRequest.term_start.between(date(year, 4, 1), min(fiscal_year_end(year), today()))
    said = func.coalesce(Match.answered_at, Match.offered_at, Match.created_at)
    rows = db.session.execute(
        select(
            SupportRequest.id,
            RequestProgramme.programme,
            SupportRequest.headcount,
            SupportRequest.opened_at,
            said,
        )
        .join(RequestProgramme, RequestProgramme.request_id == SupportRequest.id)
        .outerjoin(Match, and_(Match.request_id == SupportRequest.id, Match.status.in_(SAID_YES)))
        .where(
            SupportRequest.status.in_(ENDED),
            SupportRequest.opened_at.is_not(None),
            or_(SupportRequest.id.in_(ends), term),
            RequestProgramme.position == FIRST,
        )
        .order_by(SupportRequest.id)
    )
    for (_, programme, headcount, opened), some in groupby(rows, key=lambda row: row[:4]):
        yield programme, headcount, opened, [row[4] for row in some if row[4] is not None]
