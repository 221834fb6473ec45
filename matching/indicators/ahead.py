"""目標まで: how many more each measure needs by March, what is arranged, which open requests would do it.

No forecast: the plan's years are too few for one (design: not from less than three years of data).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import exists, func, or_, select

from matching.accounts.models import Account
from matching.indicators.reports import MeasureReport
from matching.indicators.rules import Grade, needed
from matching.kernel.clock import at, fiscal_year_end
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matches.models import STANDING, Match, MatchSession, MatchStatus
from matching.municipality.city import municipality
from matching.requests.models import FIRST, RequestProgramme, RequestStatus, Session, SupportRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """An open request with places left that ends within the year. `own`: the reader may look for people."""

    code: str
    title: str
    places: int
    own: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies between a measure and its next grades: grade → how many more; none left at A."""

    measure: MeasureReport
    more: Mapping[Grade, int]
    arranged: int
    wanted: list[Wanted]

    @property
    def places(self) -> int:
        return sum(request.places for request in self.wanted)


def of_year(reader: Account, year: int, measures: list[MeasureReport]) -> list[Ahead]:
    """For each measure that has a target."""
    arranged, wanted = _arranged(year), _wanted(reader, year)
    found = []
    for m in measures:
        if m.target is None:
            continue
        actual = int(m.figures["completed_matches"] or 0)
        more = {g: needed(g, m.target) - actual for g in (Grade.B, Grade.A)}
        left = {g: n for g, n in more.items() if n > 0}
        found.append(Ahead(m, left, arranged[m.measure.number], wanted.get(m.measure.number, [])))
    return found


def _arranged(year: int) -> Counter[int]:
    """Measure → accepted or reported matches whose last day is in the year, each once."""
    over = at(fiscal_year_end(year), time.max)
    later = exists().where(MatchSession.match_id == Match.id, MatchSession.starts_at > over)
    term = SupportRequest.term_start
    rows = db.session.execute(
        select(Match.measure, func.count())
        .join(SupportRequest, SupportRequest.id == Match.request_id)
        .where(
            Match.status.in_((MatchStatus.ACCEPTED, MatchStatus.REPORTED)),
            ~later,
            or_(term.is_(None), term <= fiscal_year_end(year)),
        )
        .group_by(Match.measure)
    )
    return Counter(dict(rows.all()))


def _wanted(reader: Account, year: int) -> dict[int, list[Wanted]]:
    """Measure of a request's first programme → the open requests with places left, the nearest first."""
    first, last = date(year, 4, 1), at(fiscal_year_end(year), time.max)
    taken = (
        select(func.count())
        .where(Match.request_id == SupportRequest.id, Match.status.in_(STANDING))
        .scalar_subquery()
    )
    ends = (
        select(func.max(Session.starts_at)).where(Session.request_id == SupportRequest.id).scalar_subquery()
    )
    rows = db.session.execute(
        select(
            RequestProgramme.programme,
            SupportRequest.code,
            SupportRequest.title,
            (SupportRequest.headcount - taken).label("places"),
            granted(reader, "request.candidates", SupportRequest).label("own"),
        )
        .join(RequestProgramme, RequestProgramme.request_id == SupportRequest.id)
        .where(
            SupportRequest.status == RequestStatus.OPEN,
            RequestProgramme.position == FIRST,
            or_(ends <= last, SupportRequest.term_start.between(first, fiscal_year_end(year))),
        )
        .order_by(ends, SupportRequest.id)
    )
    measures = {p.key: p.measure for p in municipality().programmes.values()}
    found: dict[int, list[Wanted]] = {}
    for programme, code, title, places, own in rows:
        if places > 0:
            found.setdefault(measures[programme], []).append(Wanted(code, title, places, own))
    return found
