"""わたしに合う依頼: the ranking turned round, one registrant before the open requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.engine.explaining import Hit, TermWeight
from matching.kernel.clock import day_text, now, span_text, today
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher.gateway import running, threshold
from matching.matcher.queries import Explained, marked
from matching.matcher.texts import wish_of
from matching.matcher.thesaurus import current
from matching.matches import queries as matches
from matching.matches import rules
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
    gates: list[rules.Gate]
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

    Score, words and gates are those the coordinator is shown for this person. In about fifteen statements
    however many requests are open; each is searched among the person's own offerings only.
    """
    wished = select(Match.request_id, Match.code).where(Match.registrant_id == registrant.id, Match.wished)
    wishes = dict(db.session.execute(wished).all())
    requests = _open_to(actor, registrant, only)
    own = own_offerings(registrant)
    by_code = {offering.code: offering for offering, _ in own}
    asked = [(wish_of(request), codes_for(own, request)) for request in requests]
    hits = running().search_each(asked, 1, thesaurus=current())
    found = [
        (request, best[0])
        for request, best in zip(requests, hits, strict=True)
        if best and (best[0].score >= threshold().listed or request.id in wishes)
    ]
    person = matches.people([registrant.id])[registrant.id]
    judged = [(request, hit, rules.gates(person, matches.wanted(request))) for request, hit in found]
    judged.sort(key=lambda j: (not all(gate.passed for gate in j[2]), -j[1].score, j[0].code))
    return [
        _opening(rank, request, hit, gates, by_code[hit.id], person, wishes.get(request.id, ""))
        for rank, (request, hit, gates) in enumerate(judged[:SHOWN], 1)
    ]


def _open_to(actor: Account, registrant: Registrant, only: SupportRequest | None) -> list[SupportRequest]:
    """Open requests the actor may ask for now, with what a page shows of them."""
    askable = {state for state, verb in rules.LIFE_CYCLE if verb == "wish"}
    settled = select(Match.request_id).where(
        Match.registrant_id == registrant.id, Match.status.not_in(askable)
    )
    statement = select(SupportRequest).where(
        granted(actor, "opening.see", SupportRequest),
        SupportRequest.status == RequestStatus.OPEN,
        SupportRequest.id.not_in(settled),
    )
    if only is not None:
        statement = statement.where(SupportRequest.id == only.id)
    rows = db.session.scalars(
        statement.options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
    )
    return [r for r in rows if rules.joinable([(s.starts_at, s.ends_at) for s in r.sessions], now())]


def _opening(
    rank: int,
    request: SupportRequest,
    hit: Hit,
    gates: list[rules.Gate],
    offering: Offering,
    person: rules.Person,
    wish: str,
) -> Opening:
    met = {term.term for term in hit.terms}
    programme = rules.programme_used(person, matches.wanted(request))
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
        gates=gates,
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
