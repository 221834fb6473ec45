"""Reads about stages (活動の場) that look for people."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from matching.kernel.clock import dated_span, now
from matching.kernel.db import db
from matching.matches import rules
from matching.matches.models import STANDING, Match
from matching.municipality.city import municipality
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest

LISTED = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """An offered place as everybody may read it: nobody's name or contact."""

    title: str
    description: str
    organisation: str
    where: str
    dates: tuple[str, ...]
    equipment: str
    deadline: date | None
    free: int  # places nobody has been given yet
    places: int


def looking() -> list[Stage]:
    """The stages that still take applications, those with the nearest date first."""
    turned = [programme.key for programme in municipality().programmes.values() if programme.turned_round]
    taken = dict(
        db.session.execute(
            select(Match.request_id, func.count())
            .where(Match.status.in_(STANDING))
            .group_by(Match.request_id)
        ).all()
    )
    rows = db.session.scalars(
        select(SupportRequest)
        .where(
            SupportRequest.status == RequestStatus.OPEN,
            SupportRequest.programme_rows.any(RequestProgramme.programme.in_(turned)),
        )
        .options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
        .limit(LISTED)
    ).all()
    joinable = [r for r in rows if rules.joinable([(s.starts_at, s.ends_at) for s in r.sessions], now())]
    joinable.sort(key=lambda request: (request.sessions[0].starts_at, request.code))
    return [_stage(request, taken.get(request.id, 0)) for request in joinable]


def _stage(request: SupportRequest, taken: int) -> Stage:
    return Stage(
        title=request.title,
        description=request.description,
        organisation=request.organisation.name,
        where="オンライン" if request.online else f"{request.ward} {request.place}".strip(),
        dates=tuple(dated_span(session.starts_at, session.ends_at) for session in request.sessions),
        equipment=request.equipment,
        deadline=request.deadline,
        free=max(0, request.headcount - taken),
        places=request.headcount,
    )
