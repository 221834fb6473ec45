"""わたしに合う依頼: the ranking turned round, one registrant before the open requests."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, case, or_, select, true

from matching.accounts.models import Account
from matching.engine.asked import Wish
from matching.engine.explaining import Hit, TermWeight
from matching.kernel.clock import day_text, now, span_text
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher.gateway import running, threshold
from matching.matcher.queries import NEAREST, Explained, marked
from matching.matches import gates, queries_gates, rules
from matching.matches.gates import Gate
from matching.matches.models import Match
from matching.municipality.city import municipality
from matching.registry.models import Registrant
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest
from matching.requests.standing import Open, by_ids

SHOWN = 30


class _Askable(NamedTuple):
    """An open request; `wish`: the code of the person's wish for it, or nothing."""

    id: int
    code: str
    wish: str
    programmes: set[str]  # those of them for which the person offers something


class _Place(NamedTuple):
    """An open request with the person's offering that meets it best."""

    of: _Askable
    wish: Wish
    offering: str  # code
    score: float


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


def own_offerings(registrant: Registrant) -> list[tuple[str, str, str]]:
    """(code, title, programme) of what the person offers, each with a programme in force it was given for."""
    moment = now()
    return [
        (offering.code, offering.title, registration.programme)
        for registration in registrant.registrations
        if registration.in_force(moment)
        for offering in registration.offerings
    ]


def codes_for(own: Iterable[tuple[str, str, str]], programmes: Collection[str]) -> frozenset[str]:
    """Those of a person's offerings that may be used for a request that is open to these programmes."""
    return frozenset(code for code, _, programme in own if programme in programmes)


def openings(actor: Account, registrant: Registrant, *, only: SupportRequest | None = None) -> list[Opening]:
    """The open requests that fit the actor's own registrant: those whose every gate is passed first.

    Score, words and gates are those the coordinator is shown for this person; each request is searched among
    the person's own offerings only. In as many statements however many requests are open, and two more where
    too few of the nearest pass.
    """
    own = own_offerings(registrant)
    found = [
        place
        for place in _met(_open_to(actor, registrant, own, only), own)
        if place.score >= threshold().listed or place.of.wish
    ]
    person = queries_gates.people([registrant.id])[registrant.id]
    titles = {code: title for code, title, _ in own}
    first = _first(found, person)
    why = running().search_each([(place.wish, [place.offering]) for _, place, _ in first], 1)
    return [
        _opening(rank, request, place, hit, told, titles[place.offering], person)
        for rank, ((request, place, told), [hit]) in enumerate(zip(first, why, strict=True), 1)
    ]


def _first(found: Iterable[_Place], person: gates.Person) -> list[tuple[Open, _Place, list[Gate]]]:
    """Those shown, in order. The gates are asked from the best fitting one on until enough have passed."""
    moment, ordered = now(), sorted(found, key=lambda place: (-place.score, place.of.code))
    passing: list[tuple[Open, _Place, list[Gate]]] = []
    failing: list[tuple[Open, _Place, list[Gate]]] = []
    for several in (ordered[: NEAREST * SHOWN], ordered[NEAREST * SHOWN :]):
        if several and len(passing) < SHOWN:
            requests = by_ids([place.of.id for place in several])
            for place in several:
                request = requests[place.of.id]
                if len(passing) < SHOWN and rules.joinable(request.sessions, moment):
                    told = gates.each(person, queries_gates.wanted(request))
                    shown = passing if all(gate.passed for gate in told) else failing
                    shown.append((request, place, told))
    return [*passing, *failing][:SHOWN]


def _met(askable: Mapping[str, _Askable], own: Collection[tuple[str, str, str]]) -> Iterator[_Place]:
    """Each request with the person's offering that meets it best; those that nothing meets are left out."""
    index = running()
    wishes = index.wishes(askable.keys())
    asked = [(wish, codes_for(own, askable[code].programmes)) for code, wish in wishes.items()]
    for (code, wish), best in zip(wishes.items(), index.best_each(asked), strict=True):
        if best:
            yield _Place(askable[code], wish, *best)


def _open_to(
    actor: Account,
    registrant: Registrant,
    own: Iterable[tuple[str, str, str]],
    only: SupportRequest | None,
) -> dict[str, _Askable]:
    """Open requests the actor may ask for but for their dates, by code."""
    askable = {state for state, verb in rules.LIFE_CYCLE if verb == "wish"}
    theirs = and_(Match.request_id == SupportRequest.id, Match.registrant_id == registrant.id)
    wish = case((Match.wished, Match.code), else_="")
    rows = db.session.execute(
        select(SupportRequest.id, SupportRequest.code, wish, RequestProgramme.programme)
        .join(RequestProgramme, RequestProgramme.request_id == SupportRequest.id)
        .outerjoin(Match, theirs)
        .where(
            granted(actor, "opening.see", SupportRequest),
            SupportRequest.status == RequestStatus.OPEN,
            RequestProgramme.programme.in_({programme for _, _, programme in own}),
            or_(Match.id.is_(None), Match.status.in_(askable)),
            true() if only is None else SupportRequest.id == only.id,
        )
    )
    found: dict[str, _Askable] = {}
    for id_, code, wished, key in rows:
        found.setdefault(code, _Askable(id_, code, wished, set())).programmes.add(key)
    return found


def _opening(
    rank: int,
    request: Open,
    place: _Place,
    hit: Hit,
    told: list[Gate],
    offering: str,
    person: gates.Person,
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
        offering=offering,
        score=hit.score,
        terms=hit.terms,
        gates=told,
        stage=municipality().turned_round(request.programmes),
        wish=place.of.wish,
    )


def _place(request: Open) -> str:
    if request.online:
        return "オンライン"
    district = f" {request.school_district}校区" if request.school_district else ""
    return request.ward + district


def _dates(request: Open) -> tuple[str, ...]:
    if request.term_start is not None and request.term_end is not None:
        first, last = request.term_start, request.term_end
        return (f"任期 {first.year}年{day_text(first)}から{last.year}年{day_text(last)}まで",)
    return tuple(span_text(*session) for session in request.sessions)
