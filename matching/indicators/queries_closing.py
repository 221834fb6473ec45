"""What a year still waits for before it can be closed."""

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from matching.accounts.models import Account
from matching.indicators.models import HalfwayChange, HalfwayReview, YearReview
from matching.kernel.clock import at
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matches.models import Match, MatchSession, MatchStatus
from matching.municipality.city import municipality
from matching.requests.models import SupportRequest


def review(year: int) -> YearReview | None:
    """The year's review with who proposed and who closed it."""
    people = joinedload(YearReview.proposed_by), joinedload(YearReview.closed_by)
    return db.session.scalars(select(YearReview).filter_by(fiscal_year=year).options(*people)).first()


def halfway() -> HalfwayReview | None:
    """The half-way review as it stands."""
    return db.session.get(HalfwayReview, municipality().halfway_year)


def halfway_history() -> list[HalfwayChange]:
    """The texts it has had with who wrote them, newest first."""
    saved = select(HalfwayChange).filter_by(fiscal_year=municipality().halfway_year)
    return list(
        db.session.scalars(saved.options(joinedload(HalfwayChange.by)).order_by(HalfwayChange.id.desc()))
    )


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """A request with somebody's activity that is not confirmed yet. `own`: the reader may open it."""

    code: str
    title: str
    own: bool


def open_matters(reader: Account, year: int) -> list[OpenMatter]:
    """Requests whose accepted or reported activity ended before the year did, the oldest first."""
    over = at(date(year + 1, 4, 1), time.min)
    last = (
        select(MatchSession.match_id, func.max(MatchSession.ends_at).label("ended"))
        .group_by(MatchSession.match_id)
        .subquery()
    )
    own = granted(reader, "request.see", SupportRequest).label("own")
    rows = db.session.execute(
        select(SupportRequest.code, SupportRequest.title, own)
        .join(Match, Match.request_id == SupportRequest.id)
        .outerjoin(last, last.c.match_id == Match.id)
        .where(
            Match.status.in_((MatchStatus.ACCEPTED, MatchStatus.REPORTED)),
            or_(last.c.ended < over, SupportRequest.term_start < date(year + 1, 4, 1)),
        )
        .group_by(SupportRequest.id)
        .order_by(func.max(last.c.ended), SupportRequest.id)
    )
    return [OpenMatter(*row) for row in rows]
