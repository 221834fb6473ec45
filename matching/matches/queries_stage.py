"""Reads about stages (活動の場) that look for people."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel.clock import dated_span, now
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matches import rules
from matching.matches.models import STANDING, Match
from matching.municipality.city import municipality
from matching.registry.queries import registrant_id_of
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest

LISTED = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """An offered place as everybody may read it: nobody's name or contact."""

    code: str
    title: str
    description: str
    organisation: str
    where: str
    dates: tuple[str, ...]
    equipment: str
    deadline: date | None
    free: int  # places nobody has been given yet
    places: int
    applied: bool  # by this reader
    open_to_reader: bool  # registered for it


def looking(reader: Account | None) -> list[Stage]:
    """The stages that still take applications, those with the nearest date first."""
    own = _applied(reader) if reader else set()
    fits = granted(reader, "opening.wish", SupportRequest) if reader else false()
    rows = db.session.execute(
        select(SupportRequest, fits)
        .where(
            SupportRequest.status == RequestStatus.OPEN,
            SupportRequest.programme_rows.any(RequestProgramme.programme.in_(municipality().stages)),
        )
        .options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
        .limit(LISTED)
    ).all()
    taken = dict(
        db.session.execute(
            select(Match.request_id, func.count())
            .where(Match.request_id.in_([request.id for request, _ in rows]), Match.status.in_(STANDING))
            .group_by(Match.request_id)
        ).all()
    )
    joinable = [
        (request, bool(fit))
        for request, fit in rows
        if rules.joinable([(s.starts_at, s.ends_at) for s in request.sessions], now())
    ]
    joinable.sort(key=lambda row: (row[0].sessions[0].starts_at, row[0].code))
    return [_stage(request, taken.get(request.id, 0), request.id in own, fit) for request, fit in joinable]


def _applied(reader: Account) -> set[int]:
    """Requests (ids) the reader has applied for or been given a place in."""
    mine = Match.registrant_id == registrant_id_of(reader)
    under_way = or_(Match.wished, Match.status.in_(STANDING))
    return set(db.session.scalars(select(Match.request_id).where(mine, under_way)))


def _stage(request: SupportRequest, taken: int, applied: bool, fits: bool) -> Stage:
    return Stage(
        code=request.code,
        title=request.title,
        description=request.description,
        organisation=request.organisation.name,
        where="オンライン" if request.online else f"{request.ward} {request.place}".strip(),
        dates=tuple(dated_span(session.starts_at, session.ends_at) for session in request.sessions),
        equipment=request.equipment,
        deadline=request.deadline,
        free=max(0, request.headcount - taken),
        places=request.headcount,
        applied=applied,
        open_to_reader=fits,
    )
