"""Figures read from registrations, courses and requests: what stood ready, and what became of requests."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, SelectBase, and_, case, func, or_, select

from matching.indicators.definitions import Value
from matching.indicators.kept import Revision
from matching.indicators.shares import shares
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


class Ended(NamedTuple):
    """What became of a request that is over. `days`: from opening to the last yes; None: not filled."""

    programme: str
    places: int
    filled: int
    days: int | None


def by_programme(year: int, at: Revision | None = None) -> Mapping[str, Arranged]:
    """Programme → what stood ready in the year and what became of its requests."""
    found: defaultdict[str, Arranged] = defaultdict(Arranged)
    for programme, in_force, new in _registrations(year):
        found[programme].in_force, found[programme].new_registrations = int(in_force), int(new)
    for ended in shares(("ended", year), at, lambda among: _ended(year, among)):
        mine = found[ended.programme]
        mine.places += ended.places
        mine.filled += ended.filled
        if ended.days is not None:
            mine.days.append(ended.days)
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


def _ended(year: int, among: SelectBase | None) -> Iterable[tuple[int, Ended | None]]:
    """The requests whose last day was in the year, by their first programme."""
    first, last = begins(year), min(begins(year + 1), at(today(), time.max))
    ends = (
        select(Session.request_id)
        .group_by(Session.request_id)
        .having(func.max(Session.starts_at) >= first, func.max(Session.starts_at) < last)
    )
    if among is not None:
        ends = ends.where(Session.request_id.in_(among))
    term = SupportRequest.term_start.between(date(year, 4, 1), min(fiscal_year_end(year), today()))
    over = and_(
        SupportRequest.status.in_(ENDED),
        SupportRequest.opened_at.is_not(None),
        or_(SupportRequest.id.in_(ends), term),
    )
    rows = db.session.execute(
        select(
            SupportRequest.id,
            over,
            RequestProgramme.programme,
            SupportRequest.headcount,
            SupportRequest.opened_at,
            func.coalesce(Match.answered_at, Match.offered_at, Match.created_at),
        )
        .join(RequestProgramme, RequestProgramme.request_id == SupportRequest.id)
        .outerjoin(Match, and_(Match.request_id == SupportRequest.id, Match.status.in_(SAID_YES)))
        .where(RequestProgramme.position == FIRST, over if among is None else SupportRequest.id.in_(among))
        .order_by(SupportRequest.id)
    )
    for (request, ended, programme, headcount, opened), some in groupby(rows, key=lambda row: row[:5]):
        yes = [row[5] for row in some if row[5] is not None]
        yield request, _share(programme, headcount, opened, yes) if ended else None


def _share(programme: str, headcount: int, opened: datetime, yes: list[datetime]) -> Ended:
    if len(yes) < headcount:
        return Ended(programme, headcount, len(yes), None)
    days = (day_of(sorted(yes)[headcount - 1]) - day_of(opened)).days
    return Ended(programme, headcount, headcount, days)
