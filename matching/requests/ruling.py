"""What the programmes' rules say to a request that somebody sends or opens. An import is not asked."""

from datetime import date

from sqlalchemy import func, select

from matching.kernel.clock import day_of, fiscal_year, today
from matching.kernel.db import db
from matching.kernel.rulings import Ruling
from matching.municipality.city import Programme, municipality
from matching.organisations.models import Organisation
from matching.registry.rules import refusable, refusal_words
from matching.requests import rules
from matching.requests.models import RequestProgramme, Session, SupportRequest


def at_sending(request: SupportRequest) -> list[tuple[Programme, Ruling]]:
    """Every rule of the request's programmes that it breaks on the day it is sent."""
    found = [
        (programme, ruling)
        for programme in _programmes(request)
        if (ruling := rules.too_late(_first_day(request), today(), programme.lead_days))
    ]
    return found + at_opening(request)


def at_opening(request: SupportRequest) -> list[tuple[Programme, Ruling]]:
    """Those that still bind when it is opened: a request may wait for its coordinator past the last day."""
    found = too_often(request)
    for programme in _programmes(request):
        if request.term_start is None:  # a council seat has no participants
            few = rules.too_few(request.participants, programme.minimum_group)
            found += [(programme, few)] if few else []
    return found


def too_often(request: SupportRequest) -> list[tuple[Programme, Ruling]]:
    """The yearly limits its organisation has used up, in the fiscal year in which the request begins."""
    return [
        (programme, often)
        for programme in _programmes(request)
        if programme.yearly_limit is not None
        if (often := rules.too_often(_others(request, programme.key), programme.yearly_limit))
    ]


def begins_in(request: SupportRequest) -> int:
    """The fiscal year of its first day; today's where it has none yet."""
    return fiscal_year(_first_day(request) or today())


def purposes(request: SupportRequest) -> dict[str, str]:
    """The purposes for which this request may be refused: code → the article."""
    found = [programme.refused_purposes for programme in _programmes(request)]
    return refusable(found, municipality().refusal_reasons)


def refusal(request: SupportRequest, code: str) -> str:
    """Why the request was refused, with the article, as the requester reads it."""
    found = [programme.refused_purposes for programme in _programmes(request)]
    return refusal_words(code, found, municipality().refusal_reasons)


def _programmes(request: SupportRequest) -> list[Programme]:
    return [municipality().programmes[key] for key in request.programmes]


def _first_day(request: SupportRequest) -> date | None:
    return day_of(request.sessions[0].starts_at) if request.sessions else request.term_start


def _others(request: SupportRequest, programme: str) -> int:
    """The organisation's further requests of this programme that begin in the same fiscal year.

    Its row is locked first, so that two sent at once are counted one after the other.
    """
    db.session.execute(
        select(Organisation.id).where(Organisation.id == request.organisation_id).with_for_update()
    )
    year = begins_in(request)
    first = (
        select(func.min(Session.starts_at)).where(Session.request_id == SupportRequest.id).scalar_subquery()
    )
    rows = db.session.execute(
        select(first, SupportRequest.term_start).where(
            SupportRequest.organisation_id == request.organisation_id,
            SupportRequest.id != request.id,
            SupportRequest.status.in_(rules.COUNTED),
            SupportRequest.id.in_(
                select(RequestProgramme.request_id).where(RequestProgramme.programme == programme)
            ),
        )
    )
    days = [day_of(starts) if starts else term for starts, term in rows]
    return sum(day is not None and fiscal_year(day) == year for day in days)
