"""What the plan's page shows: plain values, names for a coordinator in scope, no contact."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from matching.accounts.models import Account
from matching.engine.planning import Pair, total
from matching.kernel.clock import now, span_text
from matching.kernel.db import db
from matching.matcher import plan
from matching.matches import gates
from matching.municipality.city import Measure, municipality
from matching.registry.models import Offering, Registrant, Registration, offering_registration
from matching.requests.models import SupportRequest
from matching.requests.wording import term_text

MOST_REQUESTS = 100  # on one page
SECONDS = 5.0  # for either step of the solver, while somebody waits


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for a request: who, with what, and how well it fits (0–100)."""

    name: str  # with さん; of a group with its head count
    offering: str
    percent: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """One match of the plan. `value`: the codes its tick box sends."""

    value: str
    person: Person
    measure: Measure
    programme: str
    dates: str  # of a series: how many of how many


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to bring about, and why it is needed: the gate's own sentence."""

    to_do: str
    because: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in the plan. `mends`: who could fill the places left, and what it takes of each."""

    code: str
    title: str
    organisation: str
    when: str
    seat: bool  # of a council: no course leads there
    deadline: date | None
    places: int
    proposals: tuple[Proposal, ...]
    alternates: tuple[Person, ...]
    mends: tuple[tuple[Person, tuple[Step, ...]], ...]

    @property
    def missing(self) -> int:
        return self.places - len(self.proposals)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one ticked proposal; `refusal` says why it was not offered."""

    request: str
    title: str
    person: str
    answer_by: date | None = None  # none: the person had said yes, or asked for it
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to choose, and what it comes to. `score`: the sum of the fits, each 0–100."""

    name: str
    filled: int
    score: int


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The page: rows of the requests with free places among the `open_` ones in scope.

    `people` who fit in words were considered; `capped`: only the nearest deadlines were; `proven`: no better
    plan exists.
    """

    rows: tuple[RequestRow, ...]
    ways: tuple[Way, ...]
    places: int
    open_: int
    people: int
    capped: bool
    proven: bool

    @property
    def filled(self) -> int:
        return self.ways[0].filled


def plan_page(actor: Account) -> PlanPage:
    """The plan for the actor's open requests with free places."""
    scope = plan.in_scope(actor)
    outcome = plan.draw_up(scope, most=MOST_REQUESTS, seconds=SECONDS)
    words, open_ = Words(outcome), outcome.case.open_
    rows = [words.row(request) for request in outcome.case.requests.values()]
    return PlanPage(
        rows=tuple(sorted(rows, key=lambda row: (row.deadline or date.max, row.title, row.code))),
        ways=(
            _way("一括案", outcome.plan.chosen),
            _way("届いた順に一件ずつ決めると", outcome.first_come),
            _way("よく合う組から一組ずつ決めると", outcome.best_first),
        ),
        places=outcome.plan.places,
        open_=open_,
        capped=open_ > MOST_REQUESTS,
        people=len(outcome.case.people),
        proven=outcome.plan.status == "optimal",
    )


def _way(name: str, chosen: Sequence[Pair]) -> Way:
    return Way(name, len(chosen), round(100 * total(chosen)))


class Words:
    """An outcome in words. Whom it names is read in one statement."""

    def __init__(self, outcome: plan.Outcome) -> None:
        self._outcome, self._case = outcome, outcome.case
        pairs = [
            *outcome.plan.chosen,
            *(pair for several in outcome.alternates.values() for pair in several),
            *(pair for mend in outcome.mends.values() for pair, _ in mend.people),
        ]
        named = (
            select(
                Offering.id,
                Offering.title,
                Registrant,
                Registration.programme,
            )
            .join(Registrant, Registrant.id == Offering.registrant_id)
            .join(offering_registration, offering_registration.c.offering_id == Offering.id)
            .join(Registration, Registration.id == offering_registration.c.registration_id)
            .where(Offering.id.in_({self._offering(pair) for pair in pairs}))
        )
        self._people: dict[int, Registrant] = {}
        self._titles: dict[int, str] = {}
        self._given_for: dict[int, set[str]] = defaultdict(set)
        for row in db.session.execute(named):
            self._people[row.Registrant.id] = row.Registrant
            self._titles[row.id] = row.title
            self._given_for[row.id].add(row.programme)

    def public_id(self, pair: Pair) -> str:
        """The person's external id, or the public code where there is none."""
        person = self._people[pair.person]
        return person.external_id or person.code

    def row(self, request: SupportRequest) -> RequestRow:
        chosen = [pair for pair in self._outcome.plan.chosen if pair.request == request.id]
        mend = self._outcome.mends.get(request.id)
        return RequestRow(
            code=request.code,
            title=request.title,
            organisation=request.organisation.name,
            when=_when(request),
            seat=request.term_start is not None,
            deadline=request.deadline,
            places=self._case.problem.places[request.id],
            proposals=tuple(self._proposal(request, pair) for pair in chosen),
            alternates=tuple(self._person(pair) for pair in self._outcome.alternates.get(request.id, ())),
            mends=tuple(
                (self._person(pair), tuple(self.steps(pair, failing).values()))
                for pair, failing in mend.people
            )
            if mend
            else (),
        )

    def steps(self, pair: Pair, failing: Iterable[str]) -> dict[str, Step]:
        """Gate → what to bring about so that the person could come, given the rest of the plan."""
        wanted, person = self._case.wanted[pair.request], self._case.people[pair.person]
        told = {gate.name: gate.reason for gate in gates.each(person, wanted) if not gate.passed}
        told.setdefault(plan.STARTED, "すでに始まった日時が含まれています")
        elsewhere = "この案では" + "と".join(
            f"「{self._case.requests[other.request].title}」"
            for other in self._outcome.plan.chosen
            if other.person == pair.person
        )
        return {
            gate: Step(self._to_do(gate, pair, wanted, person), told.get(gate, f"{elsewhere}に行きます"))
            for gate in sorted(failing)
        }

    def _to_do(self, gate: str, pair: Pair, wanted: gates.Wanted, person: gates.Person) -> str:
        """The nearest mend of a gate, as a coordinator would say it."""
        names = wanted.names
        if gate == "registration":
            held = person.programmes & self._given_for[self._offering(pair)]
            name = next((names[key] for key in wanted.openable if key in held), "ほかの登録区分")
            return f"依頼の対象に「{name}」を加える"
        if gate == "availability":
            free = gates.free_sessions(person, wanted.sessions)
            times = [span for span in wanted.sessions if span not in free] or wanted.sessions
            if len(wanted.sessions) > gates.SERIES:
                return f"{span_text(*times[0])}など、{len(times)}回のうち1回でも来られるようにする"
            more = f"（ほか{len(times) - 1}回）" if len(times) > 1 else ""
            return f"{span_text(*times[0])}{more}に来られるようにする"
        credentials = "・".join(names.get(kind, kind) for kind in wanted.credentials)
        return {
            "area": f"{wanted.ward}でも活動できるようにする",
            "credential": f"「{credentials}」の確認を済ませる",
            plan.MONTHLY: "月の活動の上限を増やしてもらう",
            plan.SEATS: "委員の兼職の上限を見なおす",
            plan.STARTED: "これからの日時に決めなおす",
        }[gate]

    def _proposal(self, request: SupportRequest, pair: Pair) -> Proposal:
        city, person, wanted = municipality(), self._case.people[pair.person], self._case.wanted[request.id]
        programme = city.programmes[gates.programme_used(person, wanted) or ""]
        series = len(wanted.sessions) > gates.SERIES
        covered = gates.covered(person, wanted.sessions, now()) if series else []
        sessions = [s.code for s in request.sessions if (s.starts_at, s.ends_at) in covered]
        return Proposal(
            value=":".join((request.code, self._people[pair.person].code, ",".join(sessions))),
            person=self._person(pair),
            measure=city.measures[programme.measure],
            programme=programme.name,
            dates=f"{len(wanted.sessions)}回のうち{len(sessions)}回" if series else "",
        )

    def _person(self, pair: Pair) -> Person:
        name, title = self._people[pair.person].called, self._titles[self._offering(pair)]
        return Person(name, title, round(100 * pair.score))

    def _offering(self, pair: Pair) -> int:
        offering = self._case.found[pair.request, pair.person].offering_id
        assert offering is not None  # who is ranked has one
        return offering


def _when(request: SupportRequest) -> str:
    if not request.sessions:
        return f"任期 {term_text(request)}"
    more = len(request.sessions) - 1
    first = span_text(request.sessions[0].starts_at, request.sessions[0].ends_at)
    return f"{first} ほか{more}回" if more else first
