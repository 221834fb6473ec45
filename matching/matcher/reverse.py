"""わたしに合う依頼: the ranking turned round, one registrant before the open requests."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, case, select

from matching.accounts.models import Account
from matching.engine.asked import Wish
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
from matching.requests.models import SupportRequest
from matching.requests.standing import Open, open_requests

SHOWN = 30
NOTHING_YET = "", True  # of a request that a person has no match for: no wish, and they may ask


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
    rows = db.session.execute(
        select(Offering.code, Offering.title, Registration.programme)
        .join(offering_registration, offering_registration.c.offering_id == Offering.id)
        .join(Registration, Registration.id == offering_registration.c.registration_id)
        .where(
            Registration.registrant_id == registrant.id,
            registry.in_force(municipality().programmes, today()),
        )
    )
    return [(code, title, programme) for code, title, programme in rows]


def codes_for(own: Iterable[tuple[str, str, str]], programmes: Collection[str]) -> frozenset[str]:
    """Those of a person's offerings that may be used for a request that is open to these programmes."""
    return frozenset(code for code, _, programme in own if programme in programmes)


def openings(actor: Account, registrant: Registrant, *, only: SupportRequest | None = None) -> list[Opening]:
    """The open requests that fit the actor's own registrant: those whose every gate is passed first.

    Score, words and gates are those the coordinator is shown for this person. In as many statements however
    many requests are open; each is searched among the person's own offerings only.
    """
    wishes = _open_to(actor, registrant, only)
    own = own_offerings(registrant)
    found = [place for place in _met(wishes, own) if place[1].score >= threshold().listed or wishes[place[0]]]
    person = queries_gates.people([registrant.id])[registrant.id]
    titles = {code: title for code, title, _ in own}
    return [
        _opening(rank, request, hit, told, titles[hit.id], person, wishes[request])
        for rank, (request, hit, told) in enumerate(_first(found, person), 1)
    ]


def _first(found: Sequence[tuple[Open, Hit]], person: gates.Person) -> list[tuple[Open, Hit, list[Gate]]]:
    """Those shown, in order. The gates are asked from the best fitting one on until enough have passed."""
    passing: list[tuple[Open, Hit, list[Gate]]] = []
    failing: list[tuple[Open, Hit, list[Gate]]] = []
    for request, hit in sorted(found, key=lambda place: (-place[1].score, place[0].code)):
        if len(passing) == SHOWN:
            break
        told = gates.each(person, queries_gates.wanted(request))
        (passing if all(gate.passed for gate in told) else failing).append((request, hit, told))
    return [*passing, *failing][:SHOWN]


def _met(wishes: Iterable[Open], own: Sequence[tuple[str, str, str]]) -> Iterator[tuple[Open, Hit]]:
    """Each request with the person's offering that meets it best; those that nothing meets are left out.

    Many requests are asked in the same words: those are searched once.
    """
    alike: dict[tuple[Wish, frozenset[str]], list[Open]] = defaultdict(list)
    for request in wishes:
        alike[wish_of(request), codes_for(own, request.programmes)].append(request)
    for requests, best in zip(alike.values(), running().search_each(alike, 1), strict=True):
        yield from ((request, best[0]) for request in requests if best)


def _open_to(actor: Account, registrant: Registrant, only: SupportRequest | None) -> dict[Open, str]:
    """Open requests the actor may ask for now → the code of their wish, if there is one."""
    askable = {state for state, verb in rules.LIFE_CYCLE if verb == "wish"}
    rows = db.session.execute(
        select(Match.request_id, Match.status, case((Match.wished, Match.code), else_="")).where(
            Match.registrant_id == registrant.id
        )
    )
    theirs = {id_: (wish, status in askable) for id_, status, wish in rows}
    seen = granted(actor, "opening.see", SupportRequest)
    moment = now()
    return {
        request: theirs.get(request.id, NOTHING_YET)[0]
        for request in open_requests(seen if only is None else and_(seen, SupportRequest.id == only.id))
        if theirs.get(request.id, NOTHING_YET)[1] and rules.joinable(request.sessions, moment)
    }


def _opening(
    rank: int,
    request: Open,
    hit: Hit,
    told: list[Gate],
    offering: str,
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
        offering=offering,
        score=hit.score,
        terms=hit.terms,
        gates=told,
        stage=municipality().turned_round(request.programmes),
        wish=wish,
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
