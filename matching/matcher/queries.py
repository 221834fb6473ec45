"""Who fits a request: ranked, explained, with the gates each person passes or fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matching.engine import text as words
from matching.engine.index import Hit, TermWeight
from matching.engine.thesaurus import Thesaurus
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.matcher.gateway import running
from matching.matcher.thesaurus import current
from matching.matches import queries as matches
from matching.matches import rules
from matching.matches.models import Match
from matching.municipality.city import Measure, municipality
from matching.registry import queries as registry
from matching.registry.models import Offering, Registrant, Registration, offering_registration
from matching.requests.models import SupportRequest

SHOWN = 50
EVERYBODY = 1_000_000  # one row per person is made after the search, so the search itself is not cut


@dataclass(frozen=True, slots=True)
class Found:
    """A person's best offering for a text. `score` in [0, 1] is the sum of the weights."""

    registrant_id: int
    offering_id: int
    score: float
    terms: tuple[TermWeight, ...]


class Explained:
    """What is ranked: a score with the words that make it, and the gates."""

    __slots__ = ()
    score: float
    terms: tuple[TermWeight, ...]
    gates: list[rules.Gate]

    @property
    def passes(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def percent(self) -> int:
        return round(self.score * 100)

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The weights as a match keeps them."""
        return [{"term": t.term, "surface": t.surface, "via": t.via, "weight": t.weight} for t in self.terms]


@dataclass(frozen=True, slots=True)
class Candidate(Explained):
    """A person for a request, as the coordinator sees them: no contact."""

    rank: int
    registrant: str  # code
    name: str
    ward: str
    school_district: str
    offering: list[tuple[str, bool]]  # the title in pieces, True: marked
    description: list[tuple[str, bool]]
    score: float
    terms: tuple[TermWeight, ...]
    gates: list[rules.Gate]
    measure: Measure | None  # what a match would count for
    programme: str
    asked: str  # the state of the match there is already, or nothing
    wish: str  # the code of the match this person asked for themselves, undecided; or nothing
    free_sessions: frozenset[str]  # codes


def text_of(request: SupportRequest) -> str:
    """What of a request is matched."""
    return f"{request.title}\n{request.description}\n{request.audience}"


def rank(
    text: str, programmes: Iterable[str] | None = None, *, thesaurus: Thesaurus | None = None
) -> list[Found]:
    """People with a registration in force for one of `programmes` (None: any), best first, one row each.

    `thesaurus`: None is the one in force; a preview gives another.
    """
    words_met = current() if thesaurus is None else thesaurus
    chosen = list(municipality().programmes if programmes is None else programmes)
    offerings = {
        code: (offering_id, registrant_id)
        for code, offering_id, registrant_id in db.session.execute(
            select(Offering.code, Offering.id, Offering.registrant_id)
            .join(offering_registration, offering_registration.c.offering_id == Offering.id)
            .join(Registration, Registration.id == offering_registration.c.registration_id)
            .where(registry.in_force(chosen, today()))
            .distinct()
        )
    }
    best: dict[int, Found] = {}
    for hit in running().search(text, EVERYBODY, set(offerings), thesaurus=words_met):
        offering_id, registrant_id = offerings[hit.id]
        best.setdefault(registrant_id, _found(hit, offering_id, registrant_id))
    return list(best.values())


def _found(hit: Hit, offering_id: int, registrant_id: int) -> Found:
    return Found(registrant_id, offering_id, hit.score, hit.terms)


def candidates(request: SupportRequest, *, limit: int = SHOWN, only: int | None = None) -> list[Candidate]:
    """The request's best people: those who pass every gate first, each part best first.

    `only`: one registrant's id. In about a dozen statements however many people there are.
    """
    found = rank(text_of(request), request.programmes)
    ranks = {f.registrant_id: place for place, f in enumerate(found, 1)}
    if only is not None:
        found = [f for f in found if f.registrant_id == only]
    people = matches.people([f.registrant_id for f in found], request.programmes)
    wanted = matches.wanted(request)
    gates = {f.registrant_id: rules.gates(people[f.registrant_id], wanted) for f in found}
    found.sort(key=lambda f: not all(gate.passed for gate in gates[f.registrant_id]))  # stable: best first
    found = found[:limit]
    registrants = _by_id(Registrant, [f.registrant_id for f in found])
    offerings = _by_id(Offering, [f.offering_id for f in found])
    asked = dict(
        db.session.execute(select(Match.registrant_id, Match).where(Match.request_id == request.id)).all()
    )
    city = municipality()
    made = []
    for f in found:
        person, registrant = people[f.registrant_id], registrants[f.registrant_id]
        offering = offerings[f.offering_id]
        programme = rules.programme_used(person, wanted)
        met = {term.term for term in f.terms}
        match = asked.get(f.registrant_id)
        free = set(rules.free_sessions(person, wanted.sessions))
        made.append(
            Candidate(
                rank=ranks[f.registrant_id],
                registrant=registrant.code,
                name=registrant.name,
                ward=registrant.ward,
                school_district=registrant.school_district,
                offering=marked(offering.title, met),
                description=marked(offering.description, met),
                score=f.score,
                terms=f.terms,
                gates=gates[f.registrant_id],
                measure=city.measures[city.programmes[programme].measure] if programme else None,
                programme=city.programmes[programme].name if programme else "",
                asked=match.status.label if match and not match.wished else "",
                wish=match.code if match and match.wished else "",
                free_sessions=frozenset(s.code for s in request.sessions if (s.starts_at, s.ends_at) in free),
            )
        )
    return made


def marked(text: str, terms: set[str]) -> list[tuple[str, bool]]:
    """The text in pieces, True for those whose words met."""
    pieces: list[tuple[str, bool]] = []
    reached = 0
    for word in words.analyse(text):
        if word.term in terms and word.start >= reached:
            if word.start > reached:
                pieces.append((text[reached : word.start], False))
            pieces.append((text[word.start : word.end], True))
            reached = word.end
    if reached < len(text):
        pieces.append((text[reached:], False))
    return pieces


def _by_id(model: Any, ids: list[int]) -> dict[int, Any]:
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)))}
