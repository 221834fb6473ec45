"""Who fits a request: ranked, explained, with the gates each person passes or fails."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, or_, select

from matching.accounts.models import Account
from matching.engine import ranking
from matching.engine import text as words
from matching.engine.asked import Asked, Wish
from matching.engine.explaining import Hit, TermWeight
from matching.engine.index import Least, any_score
from matching.engine.ranking import Ranked, Signal
from matching.engine.segment import Allowed
from matching.engine.thesaurus import Thesaurus
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher import signals
from matching.matcher.gateway import running, threshold
from matching.matcher.rules import crowded
from matching.matcher.texts import wish_of, wishes_of
from matching.matches import gates, queries_gates
from matching.matches.gates import Gate
from matching.matches.mends import mended
from matching.matches.models import Match
from matching.municipality.city import Measure, municipality
from matching.registry import queries as registry
from matching.registry.details import details
from matching.registry.models import Offering, Registrant, Registration, offering_registration
from matching.requests.models import SupportRequest

CONSIDERED = 1_000  # whoever fits the text less well than so many others is neither shown nor counted
SHOWN = 50
NEAREST = 3  # times as many as are listed: their gates are asked first, and mostly those are enough
SMALL = 0.01
TINY = 1e-6  # more than rounding moves a score
MEANT = 10  # people listed where a name fits several


class Found(NamedTuple):
    """A person's best offering (its code too) for a wish; without one nothing met. `score` in [0, 1]."""

    registrant_id: int
    offering_id: int | None
    offering: str
    score: float


class Explained:
    """What is ranked: a score with the words that make it, and the gates."""

    __slots__ = ()
    score: float
    terms: tuple[TermWeight, ...]
    gates: list[Gate]

    @property
    def passes(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def percent(self) -> int:
        return round(self.score * 100)

    @property
    def chips(self) -> list[TermWeight]:
        """The weights as a page shows them: those below a hundredth as one."""
        large = [term for term in self.terms if term.weight >= SMALL]
        rest = sum(term.weight for term in self.terms if term.weight < SMALL)
        return [*large, TermWeight("", "そのほか", "", rest)] if rest >= SMALL / 2 else large

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The weights as a match keeps them."""
        return [{"term": t.term, "surface": t.surface, "via": t.via, "weight": t.weight} for t in self.terms]


@dataclass(frozen=True, slots=True)
class Candidate(Explained):
    """A person for a request, as the coordinator sees them: no contact."""

    rank: int | None  # by the total, among those considered; None: nothing met, or far behind
    registrant: str  # code
    name: str  # with さん; of a group with its head count
    ward: str
    school_district: str
    offering: list[tuple[str, bool]]  # the title in pieces, True: marked
    description: list[tuple[str, bool]]
    details: list[tuple[str, str]]  # level, equipment …: what it is, what is written
    crowded: str  # a note; see `crowded` of matcher/rules.py
    score: float
    terms: tuple[TermWeight, ...]
    missing: tuple[str, ...]  # words of what is a must that nothing here meets
    signals: tuple[Signal, ...]
    gates: list[Gate]
    measure: Measure | None  # what a match would count for
    programme: str
    asked: str  # the state of the match there is already, or nothing
    wish: str  # the code of the match this person asked for themselves, undecided; or nothing
    free_sessions: frozenset[str]  # codes

    @property
    def total_percent(self) -> int:
        """Both shown numbers rounded once, so that they differ by the points shown."""
        return self.percent + round(sum(signal.points for signal in self.signals) * 100)


class Offered:
    """What registrations in force for these programmes offer, and the index as it stands: each read once."""

    def __init__(self, programmes: Iterable[str]) -> None:
        self.index = running()
        # Past the session: some twenty thousand rows need no look for objects in them.
        self._rows = (
            db.session.connection()
            .execute(
                select(Offering.code, Offering.id, Offering.registrant_id, Registration.programme)
                .join(offering_registration, offering_registration.c.offering_id == Offering.id)
                .join(Registration, Registration.id == offering_registration.c.registration_id)
                .where(registry.in_force(programmes, today()))
            )
            .all()
        )

    def best(
        self,
        asked: Sequence[tuple[Wish | Asked, Iterable[str]]],
        limit: int,
        thesaurus: Thesaurus | None = None,
        least: Least = any_score,
    ) -> list[list[Found]]:
        """For each (wish, programmes) the people with one of them in force, best first, one row each.

        Of the best `limit` offerings those are looked at that `least` wants. `thesaurus`: None is the one in
        force.
        """
        # Many requests are open to the same few programmes.
        keys = [frozenset(programmes) for _, programmes in asked]
        may = {chosen: Allowed(row[0] for row in self._rows if row[3] in chosen) for chosen in set(keys)}
        wishes = [(wish, may[chosen]) for (wish, _), chosen in zip(asked, keys, strict=True)]
        offerings = {row[0]: row for row in self._rows}
        return [
            _best_of_each(hits, offerings) for hits in self.index.ranked_each(wishes, limit, thesaurus, least)
        ]


def _best_of_each(
    ranked: Iterable[tuple[str, float]], offerings: Mapping[str, Row[*tuple[Any, ...]]]
) -> list[Found]:
    best: dict[int, Found] = {}
    for code, score in ranked:
        _, offering_id, registrant_id, _ = offerings[code]
        if registrant_id not in best:
            best[registrant_id] = Found(registrant_id, offering_id, code, score)
    return list(best.values())


def rank(wish: Wish, programmes: Iterable[str] | None = None) -> list[Found]:
    """People with a registration in force for one of `programmes` (None: any), best first, one row each."""
    chosen = municipality().programmes if programmes is None else programmes
    return Offered(chosen).best([(wish, chosen)], CONSIDERED)[0]


def fitting(requests: Mapping[SupportRequest, Iterable[str]]) -> list[tuple[Asked, list[Found]]]:
    """Each request (with its programmes) as the index sees it, and whom its candidates' page would list.

    Best first, by the text alone.
    """
    offered = Offered({key for programmes in requests.values() for key in programmes})
    asked = list(offered.index.asked_each(wishes_of(requests)))
    pairs = list(zip(asked, requests.values(), strict=True))
    listed = offered.best(pairs, CONSIDERED, least=threshold().least)
    return list(zip(asked, listed, strict=True))


def candidates(request: SupportRequest, *, limit: int = SHOWN, nearest: bool = False) -> list[Candidate]:
    """The people worth listing: those who pass every gate first, each part by its total, highest first.

    None where nobody is suitable; with `nearest` whoever comes nearest all the same. In as many statements
    however many people there are, and one more where too few of the nearest pass.
    """
    offered, wishing = Offered(request.programmes), _wishing(request)
    found = wishing | _considered(request, offered)
    best = max((f.score for f in found.values()), default=0.0)
    least = 0.0 if nearest else threshold().least(best)
    worth = {id_ for id_, f in found.items() if f.score >= least or id_ in wishing}
    first = _may_be_first(found, worth, NEAREST * limit)
    wanted = queries_gates.wanted(request)
    people: dict[int, gates.Person] = {}
    passing: list[tuple[int, Ranked[int]]] = []
    failing: list[tuple[int, Ranked[int]]] = []
    for among, span in ((first, slice(NEAREST * limit)), (found, slice(NEAREST * limit, None))):
        if len(people) < len(worth) and len(passing) < limit:  # else nobody further behind is listed
            ordered = enumerate(_ordered(among, request), 1)
            several = [place for place in ordered if place[1].id in worth][span]
            people |= queries_gates.people([ranked.id for _, ranked in several], request)
            for place in several:
                told = gates.each(people[place[1].id], wanted)
                (passing if all(gate.passed for gate in told) else failing).append(place)
    return _shown([*passing, *failing][:limit], found, people, request, offered)


def meant(actor: Account, request: SupportRequest, typed: str) -> list[Registrant]:
    """Whom a coordinator may mean: of those ranked for the request, and of those in their own scope."""
    return registry.registrants_named(typed, _known_to(actor, request), MEANT + 1)


def _known_to(actor: Account, request: SupportRequest) -> ColumnElement[bool]:
    """The registrations by which a coordinator knows of people: in force for the request, or in scope."""
    ranked = registry.in_force(request.programmes, today())
    return or_(ranked, granted(actor, "registration.see", Registration))


def candidate(actor: Account, request: SupportRequest, registrant: Registrant) -> Candidate:
    """One person for a request, whether or not anything of theirs meets it or a registration is in force."""
    offered = Offered(request.programmes)
    found = _considered(request, offered)
    best = found.get(registrant.id) or _best_offering(actor, request, registrant, offered)
    found[registrant.id] = best
    ordered = _ordered(found, request)
    place = next(n for n, ranked in enumerate(ordered, 1) if ranked.id == registrant.id)
    people = queries_gates.people([registrant.id], request)
    counted = best.score > 0 and place <= CONSIDERED
    return _shown([(place if counted else None, ordered[place - 1])], found, people, request, offered)[0]


def _considered(request: SupportRequest, offered: Offered) -> dict[int, Found]:
    (best,) = offered.best([(wish_of(request), request.programmes)], CONSIDERED)
    return {f.registrant_id: f for f in best}


def _wishing(request: SupportRequest) -> dict[int, Found]:
    """Those who have asked for the request themselves are listed however their words fit."""
    rows = db.session.execute(
        select(Match.registrant_id, Offering.id, Offering.code)
        .outerjoin(offering_registration, offering_registration.c.registration_id == Match.registration_id)
        .outerjoin(Offering, Offering.id == offering_registration.c.offering_id)
        .where(Match.request_id == request.id, Match.wished)
    )
    return {registrant: Found(registrant, id_, code or "", 0.0) for registrant, id_, code in rows}


def _may_be_first(found: Mapping[int, Found], worth: Collection[int], number: int) -> Mapping[int, Found]:
    """Whoever may stand before, or be, one of the first `number` of those `worth` listing.

    Signals turn round no difference above CLEAR, so that of the others nothing need be known.
    """
    scores = sorted((found[id_].score for id_ in worth), reverse=True)
    if len(scores) <= number:
        return found
    bar = scores[number - 1] - ranking.CLEAR - TINY
    return {id_: f for id_, f in found.items() if f.score >= bar}


def _ordered(found: Mapping[int, Found], request: SupportRequest) -> list[Ranked[int]]:
    scores = {id_: f.score for id_, f in found.items()}
    return ranking.order(scores, signals.facts(list(scores), request), municipality().signals)


def _best_offering(
    actor: Account, request: SupportRequest, registrant: Registrant, offered: Offered
) -> Found:
    """Of somebody who is not ranked: the offering nearest to the request, else the first there is."""
    rows = db.session.execute(
        select(Offering.code, Offering.id)
        .where(Offering.registrant_id == registrant.id, Offering.registrations.any(_known_to(actor, request)))
        .order_by(Offering.id)
    )
    offerings = {row.code: row.id for row in rows}
    for code, score in offered.index.ranked(wish_of(request), 1, offerings.keys()):
        return Found(registrant.id, offerings[code], code, score)
    code, id_ = next(iter(offerings.items()), ("", None))
    return Found(registrant.id, id_, code, 0.0)


def _shown(
    places: Sequence[tuple[int | None, Ranked[int]]],
    found: Mapping[int, Found],
    people: Mapping[int, gates.Person],
    request: SupportRequest,
    offered: Offered,
) -> list[Candidate]:
    """The cards of these people, with the reasons and a mend for each gate they fail."""
    wanted = queries_gates.wanted(request)
    city = municipality()
    shown = [found[ranked.id] for _, ranked in places]
    rows = _rows(shown, request)
    hits = offered.index.explained(wish_of(request), [f.offering for f in shown if f.offering])
    musts = tuple(dict.fromkeys(word.surface for word in words.analyse(request.must_have)))
    made = []
    for place, ranked in places:
        f, person = found[ranked.id], people[ranked.id]
        registrant, offering, match = rows[ranked.id]
        programme = gates.programme_used(person, wanted)
        hit = hits.get(f.offering) or Hit(f.offering, 0.0, (), missing=musts)
        free = set(gates.free_sessions(person, wanted.sessions))
        made.append(
            Candidate(
                rank=place,
                registrant=registrant.code,
                name=registrant.called,
                ward=registrant.ward,
                school_district=registrant.school_district,
                offering=marked(offering.title if offering else "", hit.met),
                description=marked(offering.description if offering else "", hit.met),
                details=details(offering) if offering else [],
                crowded=crowded(offering.capacity, request.participants) if offering else "",
                score=hit.score,
                terms=hit.terms,
                missing=hit.missing,
                signals=ranked.signals,
                gates=mended(person, wanted),
                measure=city.measures[city.programmes[programme].measure] if programme else None,
                programme=city.programmes[programme].name if programme else "",
                asked=match.status.label if match and not match.wished else "",
                wish=match.code if match and match.wished else "",
                free_sessions=frozenset(s.code for s in request.sessions if (s.starts_at, s.ends_at) in free),
            )
        )
    return made


def _rows(
    found: Sequence[Found], request: SupportRequest
) -> dict[int, tuple[Registrant, Offering | None, Match | None]]:
    """Each person with their offering and their match for this request, where there is one."""
    offerings = [f.offering_id for f in found if f.offering_id is not None]
    rows = db.session.execute(
        select(Registrant, Offering, Match)
        .outerjoin(Offering, and_(Offering.registrant_id == Registrant.id, Offering.id.in_(offerings)))
        .outerjoin(Match, and_(Match.registrant_id == Registrant.id, Match.request_id == request.id))
        .where(Registrant.id.in_([f.registrant_id for f in found]))
    )
    return {registrant.id: (registrant, offering, match) for registrant, offering, match in rows}


def marked(text: str, met: Iterable[str]) -> list[tuple[str, bool]]:
    """The text in pieces, True for the words that met (given as normalised forms)."""
    pieces: list[tuple[str, bool]] = []
    reached, wanted = 0, frozenset(met)
    for word in words.analyse(text):
        if word.term in wanted and word.start >= reached:
            if word.start > reached:
                pieces.append((text[reached : word.start], False))
            pieces.append((text[word.start : word.end], True))
            reached = word.end
    if reached < len(text):
        pieces.append((text[reached:], False))
    return pieces
