"""What the public API gives besides the figures: open requests and how many are registered."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from matching.indicators.rules import hidden
from matching.kernel.clock import day_of, today
from matching.kernel.db import db
from matching.kernel.paging import Page, page_of
from matching.matches.models import STANDING, Match
from matching.municipality.city import municipality
from matching.registry.models import Registrant, Registration
from matching.registry.queries import in_force
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """An open request without what was typed about it: no school, contact, class or title."""

    code: str
    programmes: list[str]
    ward: str
    online: bool
    first_date: date | None
    last_date: date | None
    places_left: int
    deadline: date | None


@dataclass(frozen=True, slots=True)
class RegistryCount:
    """How many registrations of a programme are in force; wards with few of them have None."""

    programme: str
    in_force: int
    by_ward: dict[str, int | None]


def open_requests(wanted: int) -> tuple[list[OpenRequest], Page]:
    """A page of the open requests, the oldest first; council seats are asked for by city offices only."""
    seats = [p.key for p in municipality().programmes.values() if p.staff_only]
    row = aliased(RequestProgramme)
    secret = exists().where(row.request_id == SupportRequest.id, row.programme.in_(seats))
    shown = (SupportRequest.status == RequestStatus.OPEN, ~secret)
    page = page_of(db.session.scalar(select(func.count(SupportRequest.id)).where(*shown)) or 0, wanted)
    taken = (
        select(func.count())
        .where(Match.request_id == SupportRequest.id, Match.status.in_(STANDING))
        .scalar_subquery()
    )
    first, last = (
        select(of(Session.starts_at)).where(Session.request_id == SupportRequest.id).scalar_subquery()
        for of in (func.min, func.max)
    )
    rows = db.session.execute(
        select(SupportRequest, taken, first, last)
        .where(*shown)
        .order_by(SupportRequest.id)
        .limit(page.size)
        .offset(page.offset)
    )
    found = [
        OpenRequest(
            request.code,
            request.programmes,
            request.ward,
            request.online,
            day_of(begins) if begins else None,
            day_of(ends) if ends else None,
            max(request.headcount - places, 0),
            request.deadline,
        )
        for request, places, begins, ends in rows
    ]
    return found, page


def registry() -> list[RegistryCount]:
    """Each programme that is not for staff only, in the city's order."""
    rows = db.session.execute(
        select(Registration.programme, Registrant.ward, func.count())
        .join(Registrant, Registrant.id == Registration.registrant_id)
        .where(in_force(municipality().programmes, today()))
        .group_by(Registration.programme, Registrant.ward)
    )
    counted: dict[str, dict[str, int]] = {}
    for key, ward, number in rows:
        counted.setdefault(key, {})[ward] = number
    found = []
    for programme in municipality().programmes.values():
        if programme.staff_only:
            continue
        by_ward = counted.get(programme.key, {})
        few = hidden(by_ward)
        shown = {ward: None if ward in few else by_ward.get(ward, 0) for ward in municipality().wards}
        found.append(RegistryCount(programme.key, sum(by_ward.values()), shown))
    return found
