"""わたしに合う依頼: the ranking turned round, one registrant before the open requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, case, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.engine.explaining import Hit, TermWeight
from matching.kernel.clock import day_text, now, span_text, today
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher.gateway import running, threshold
from matching.matcher.queries import Explained, marked
from matching.matcher.texts import wish_of
from matching.matches import gates, queries_gates, rules
from matching.matches.gates import Gate
from matching.matches.models import Match
from matching.municipality.city import municipality
from matching.registry import queries as registry
from matching.registry.models import Offering, Registrant, Registration, offering_registration
from matching.requests.models import RequestStatus, SupportRequest

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Opening(Explained):
    """An open request as somebody who may do it sees it: no contact, no contact person, no room."""

    request: str  # code
    rank: int
    title: list[tuple[str, bool]]  # in pieces, True: marked
    description: list[tuple[str, bool]]
    organisation: str
    place: str  # ward and school district
    dates: tuple[str, ...]
    deadline: date | None
    fee: str
    minors: bool
    one_to_one: bool | None
    teacher_present: bool | None
    continuing: bool | None
    programme: str
    offering: str  # the title of the person's own offering that met
    score: float
    terms: tuple[TermWeight, ...]
    gates: list[Gate]
    stage: bool  # turned round: people apply
    wish: str  # the code of the match, where the person has asked for it already


def own_offerings(registrant: Registrant) -> list[tuple[Offering, str]]:
    """The offerings of the person's registrations in force, each with a programme it was given for."""
    rows = db.session.execute(
        select(Offering, Registration.programme)
        .join(offering_registration, offering_registration.c.offering_id == Offering.id)
        .join(Registration, Registration.id == offering_registration.c.registration_id)
        .where(
            Registration.registrant_id == registrant.id,
            registry.in_force(municipality().programmes, today()),
        )
    )
    return [(offering, programme) for offering, programme in rows]


def codes_for(own: Iterable[tuple[Offering, str]], request: SupportRequest) -> set[str]:
    """Those of a person's offerings that may be used for the request."""
    return {offering.code for offering, programme in own if programme in request.programmes}


def openings(actor: Account, registrant: Registrant, *, only: SupportRequest | None = None) -> list[Opening]:
    """The open requests that fit the actor's own registrant: those whose every gate is passed first.

    Score, words and gates are those the coordinator is shown for this person. In as many statements however
    many requests are open; each is searched among the person's own offerings only.
    """
    wishes = _open_to(actor, registrant, only)
    own = own_offerings(registrant)
    by_code = {offering.code: offering for offering, _ in own}
    asked = [(wish_of(request), codes_for(own, request)) for request in wishes]
    hits = running().search_each(asked, 1)
    found = [
        (request, best[0])
        for (request, wish), best in zip(wishes.items(), hits, strict=True)
        if best and (best[0].score >= threshold().listed or wish)
    ]
    person = queries_gates.people([registrant.id])[registrant.id]
    judged = [(request, hit, gates.each(person, queries_gates.wanted(request))) for request, hit in found]
    judged.sort(key=lambda j: (not all(gate.passed for gate in j[2]), -j[1].score, j[0].code))
    return [
        _opening(rank, request, hit, told, by_code[hit.id], person, wishes[request])
        for rank, (request, hit, told) in enumerate(judged[:SHOWN], 1)
    ]


def _open_to(
    actor: Account, registrant: Registrant, only: SupportRequest | None
) -> dict[SupportRequest, str]:
    """Open requests the actor may ask for now, with what a page shows of them → the wish's code, if any."""
    askable = {state for state, verb in rules.LIFE_CYCLE if verb == "wish"}
    theirs = and_(Match.request_id == SupportRequest.id, Match.registrant_id == registrant.id)
    statement = (
        select(SupportRequest, case((Match.wished, Match.code), else_=""))
        .outerjoin(Match, theirs)
        .where(
            granted(actor, "opening.see", SupportRequest),
            SupportRequest.status == RequestStatus.OPEN,
            or_(Match.id.is_(None), Match.status.in_(askable)),
            true() if only is None else SupportRequest.id == only.id,
        )
    )
    rows = db.session.execute(
        statement.options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
    )
    return {
        request: wish
        for request, wish in rows
        if rules.joinable([(s.starts_at, s.ends_at) for s in request.sessions], now())
    }


def _opening(
    rank: int,
    request: SupportRequest,
    hit: Hit,
    told: list[Gate],
    offering: Offering,
    person: gates.Person,
    wish: str,
) -> Opening:
    met = {term.term for term in hit.terms}
    programme = gates.programme_used(person, queries_gates.wanted(request))
    return Opening(
        request=request.code,
        rank=rank,
        title=marked(request.title, met),
        description=marked(request.description, met),
        organisation=request.organisation.name,
        place=_place(request),
        dates=_dates(request),
        deadline=request.deadline,
        fee=request.fee,
        minors=request.minors,
        one_to_one=request.one_to_one,
        teacher_present=request.teacher_present,
        continuing=request.continuing,
        programme=municipality().programmes[programme].name if programme else "",
        offering=offering.title,
        score=hit.score,
        terms=hit.terms,
        gates=told,
        stage=municipality().turned_round(request.programmes),
        wish=wish,
    )


def _place(request: SupportRequest) -> str:
    if request.online:
        return "オンライン"
    district = f" {request.school_district}校区" if request.school_district else ""
    return request.ward + district


def _dates(request: SupportRequest) -> tuple[str, ...]:
    if request.term_start is not None and request.term_end is not None:
        first, last = request.term_start, request.term_end
        return (f"任期 {first.year}年{day_text(first)}から{last.year}年{day_text(last)}まで",)
    return tuple(span_text(session.starts_at, session.ends_at) for session in request.sessions)
