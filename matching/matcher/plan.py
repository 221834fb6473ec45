"""一括案: open requests and their people as the engine's values, and the plan it makes of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from matching.accounts.models import Account
from matching.engine import mending, planning
from matching.engine.planning import Limit, Pair, Problem
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher.gateway import threshold
from matching.matcher.queries import Found, Offered
from matching.matcher.texts import wish_of
from matching.matches import gates, queries_gates
from matching.matches.models import Match, MatchStatus
from matching.matches.queries import organisations_of
from matching.municipality.city import municipality
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest

CANDIDATES = 50  # of one request: those the plan chooses from
LOOKED_AT = 150  # of one request: those whose gates are asked
AT_ONCE = 30_000  # people in one statement; SQLite takes 32,766 values
ALTERNATES = 3
STARTED = "started"  # what the service asks beside the gates: no session has begun
MONTHLY, SEATS = "monthly_limit", "concurrent_seats"
NEVER = frozenset({"organisation"})  # gates nobody can relax


@dataclass(frozen=True, slots=True)
class Case:
    """What is planned: the requests in the order they came, and all the engine was told about them.

    `open_`: how many were to be planned; of those `requests` may be the nearest, and none that is full.
    """

    open_: int
    offered: Offered
    requests: Mapping[int, SupportRequest]
    wanted: Mapping[int, gates.Wanted]
    asked: Mapping[int, Collection[int]]  # request → people asked for it before: not asked again unawares
    people: Mapping[int, gates.Person]
    found: Mapping[tuple[int, int], Found]  # (request, person) → the offering that fits
    problem: Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan with its alternates and mends, and what choosing one by one would give."""

    case: Case
    plan: planning.Plan
    first_come: tuple[Pair, ...]
    best_first: tuple[Pair, ...]
    alternates: Mapping[int, tuple[Pair, ...]]
    mends: Mapping[int, mending.Mend]


def in_scope(actor: Account) -> ColumnElement[bool]:
    """The requests for which the actor may approve matches: never those of an own organisation."""
    return and_(
        granted(actor, "request.approve_match", SupportRequest),
        SupportRequest.organisation_id.not_in(organisations_of(actor)),
    )


def draw_up(scope: ColumnElement[bool], *, most: int | None = None, seconds: float | None = None) -> Outcome:
    """The plan for the open requests in this scope, of more than `most` those with the nearest deadlines.

    `seconds`: how long either step of the solver may take. The number of statements does not grow with the
    requests.
    """
    case = _read(scope, most)
    plan = planning.solve(case.problem, seconds)
    wider = _with_other_programmes(case, plan)
    return Outcome(
        case=wider,
        plan=plan,
        first_come=planning.first_come(case.problem),
        best_first=planning.best_first(case.problem),
        alternates=mending.alternates(case.problem, plan, ALTERNATES),
        mends=mending.mends(wider.problem, plan),
    )


def _open() -> ColumnElement[bool]:
    """Open, and some session (or a term) is still to come: what is over can only be closed."""
    to_come = SupportRequest.sessions.any(Session.starts_at > now())
    asks = ~SupportRequest.programme_rows.any(RequestProgramme.programme.in_(municipality().stages))
    return and_(
        asks,
        SupportRequest.status == RequestStatus.OPEN,
        or_(SupportRequest.term_start.is_not(None), to_come),
    )


def _read(scope: ColumnElement[bool], most: int | None) -> Case:
    rows = db.session.execute(
        select(SupportRequest, func.count().over())
        .where(_open(), scope)
        .options(joinedload(SupportRequest.organisation), joinedload(SupportRequest.sessions))
        .order_by(SupportRequest.deadline.is_(None), SupportRequest.deadline, SupportRequest.id)
        .limit(most)
    )
    found = rows.unique().all()
    nearest = {request.id: request for request, _ in found}
    asked: dict[int, set[int]] = defaultdict(set)
    free = {id_: request.headcount for id_, request in nearest.items()}
    for id_, person, place in db.session.execute(
        select(Match.request_id, Match.registrant_id, Match.place).where(
            Match.request_id.in_(nearest), Match.status != MatchStatus.PROPOSED
        )
    ):
        asked[id_].add(person)
        free[id_] -= place is not None
    requests = {id_: request for id_, request in sorted(nearest.items()) if free[id_] > 0}
    wanted = {id_: queries_gates.wanted(request) for id_, request in requests.items()}
    empty = Case(
        open_=found[0][1] if found else 0,
        offered=Offered({key for w in wanted.values() for key in (*w.programmes, *w.openable)}),
        requests=requests,
        wanted=wanted,
        asked=asked,
        people={},
        found={},
        problem=Problem({id_: free[id_] for id_ in requests}, []),
    )
    return _with(empty, _best(empty, {request: request.programmes for request in requests.values()}))


def _with_other_programmes(case: Case, plan: planning.Plan) -> Case:
    """Where places stay free: the people of other programmes too, for whom the request would be opened."""
    diary = planning.Diary(case.problem, plan.chosen)
    short = (request for id_, request in case.requests.items() if diary.left(id_) > 0)
    return _with(case, _best(case, {request: case.wanted[request.id].openable for request in short}))


def _best(case: Case, programmes: Mapping[SupportRequest, Collection[str]]) -> dict[int, list[Found]]:
    asked = {request.id: (wish_of(request), keys) for request, keys in programmes.items() if keys}
    found = case.offered.best(list(asked.values()), LOOKED_AT, least=lambda _: threshold().somebody)
    return dict(zip(asked, found, strict=True))


def _with(case: Case, hits: Mapping[int, list[Found]]) -> Case:
    """The case with these people, best first, for its requests too."""
    new = {
        (id_, hit.registrant_id): hit
        for id_, several in hits.items()
        for hit in several
        if (id_, hit.registrant_id) not in case.found and hit.registrant_id not in case.asked.get(id_, ())
    }
    people = {**case.people} | _people({person for _, person in new} - set(case.people))
    pairs = list(case.problem.pairs)
    chances: Counter[int] = Counter()
    for (id_, person), hit in new.items():
        pair = _pair(id_, hit, case.wanted[id_], people[person])
        chances[id_] += not pair.failing
        if not pair.failing & NEVER and chances[id_] <= CANDIDATES + case.problem.places[id_]:
            pairs.append(pair)
    problem = replace(case.problem, pairs=pairs, limits=_limits(pairs, case.wanted, people))
    return replace(case, people=people, found=new | {**case.found}, problem=problem)


def _people(ids: Collection[int]) -> dict[int, gates.Person]:
    ordered = sorted(ids)
    pieces = (ordered[first : first + AT_ONCE] for first in range(0, len(ordered), AT_ONCE))
    return {id_: person for piece in pieces for id_, person in queries_gates.people(piece).items()}


def _pair(request: int, hit: Found, wanted: gates.Wanted, person: gates.Person) -> Pair:
    failing = {gate.name for gate in gates.each(person, wanted) if not gate.passed}
    sessions = gates.covered(person, wanted.sessions, now())
    if any(starts <= now() for starts, _ in sessions) or (wanted.sessions and not failing and not sessions):
        failing.add(STARTED)
    uses: dict[Limit, int] = {}
    if gates.monthly_limit(person, wanted) is not None:  # as the gate counts: every session of the request
        uses = {Limit(MONTHLY, month): n for month, n in gates.by_month(wanted.sessions).items()}
    if wanted.term and wanted.seat_limit is not None:
        uses[Limit(SEATS)] = 1
    return Pair(
        request=request,
        person=hit.registrant_id,
        score=hit.score,
        spans=tuple((starts.timestamp(), ends.timestamp()) for starts, ends in sessions),
        uses=tuple(uses.items()),
        failing=frozenset(failing),
    )


def _limits(
    pairs: Iterable[Pair], wanted: Mapping[int, gates.Wanted], people: Mapping[int, gates.Person]
) -> dict[int, dict[Limit, int]]:
    """What is left to each person of each limit their pairs use."""
    limits: dict[int, dict[Limit, int]] = defaultdict(dict)
    for pair in pairs:
        person, left = people[pair.person], limits[pair.person]
        for limit, _ in pair.uses:
            if limit.month is None:
                asked = wanted[pair.request]
                seats = (asked.seat_limit or 0) - gates.seats_taken(person, asked)
                left[limit] = min(seats, left.get(limit, seats))
            else:
                most = gates.monthly_limit(person, wanted[pair.request])
                assert most is not None  # the pair uses it
                room = most[0] - person.month_counts.get(limit.month, 0)
                left[limit] = min(room, left.get(limit, room))
    return limits
