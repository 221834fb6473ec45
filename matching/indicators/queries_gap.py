"""What the gap is made of: requests with places left, who fits them, and until when those are there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import raiseload

from matching.accounts.models import Account
from matching.engine.asked import Asked
from matching.engine.topics import topics
from matching.indicators import figures
from matching.indicators.arranged import SAID_YES
from matching.indicators.gap import ONLINE, SOON, Gap, Habits, Reason, Waiting, gap, reason
from matching.kernel.clock import WEEKDAYS, at, day_of, fiscal_year, fiscal_year_end, today
from matching.kernel.db import db, written_out
from matching.kernel.permissions import granted
from matching.matcher.gateway import threshold
from matching.matcher.queries import Found, fitting
from matching.matches.models import Match
from matching.municipality.city import municipality
from matching.registry import queries as registry
from matching.registry.models import (
    Registrant,
    Registration,
    WeeklyHours,
    offering_registration,
)
from matching.registry.models_credentials import Credential, Verification
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest

S = RequestStatus


@dataclass(frozen=True, slots=True)
class Lacking:
    """A request with places left, that waits at least where nobody can do it.

    `days`: its own; of a council seat the first of the term.
    """

    request: SupportRequest
    missing: int
    programmes: tuple[str, ...]
    days: tuple[date, ...]


def of_year(year: int) -> Gap:
    """The gap of a fiscal year against the registry as it is today."""
    lacking = _lacking(year)
    fits = fitting({of.request: of.programmes for of in lacking})
    waiting, asked = [], {}
    for of, (as_seen, _), able in zip(lacking, fits, _able(lacking, fits), strict=True):
        request = of.request
        if why := _why(request, of.days, able=bool(able)):
            asked[request.code] = as_seen
            waiting.append(
                Waiting(
                    code=request.code,
                    title=request.title,
                    reason=why,
                    place=ONLINE if request.online else request.ward,
                    days=of.days,
                    seat=request.term_start is not None,
                    missing=of.missing,
                    able=able,
                )
            )
    subjects = topics(asked, threshold().alike)
    return gap(waiting, subjects, _habits(), list(municipality().wards), _soon())


def openable(reader: Account, codes: Collection[str]) -> set[str]:
    """Those of these requests the reader may open."""
    these, mine = SupportRequest.code.in_(written_out(codes)), granted(reader, "request.see", SupportRequest)
    return set(db.session.scalars(select(SupportRequest.code).where(these, mine)))


def _soon() -> date:
    """The last day of those about to end: the running fiscal year's, or in 90 days."""
    return max(fiscal_year_end(fiscal_year(today())), today() + timedelta(days=SOON))


def _lacking(year: int) -> list[Lacking]:
    yes = select(func.count()).where(Match.request_id == SupportRequest.id, Match.status.in_(SAID_YES))
    missing = SupportRequest.headcount - yes.scalar_subquery()
    chosen = and_(_in(year), missing > 0)
    days: dict[int, set[date]] = defaultdict(set)
    for request, starts in db.session.execute(
        select(Session.request_id, Session.starts_at)
        .join(SupportRequest, SupportRequest.id == Session.request_id)
        .where(chosen)
    ):
        days[request].add(day_of(starts))
    rows = db.session.execute(
        select(SupportRequest, missing, RequestProgramme.programme)
        .join(RequestProgramme, RequestProgramme.request_id == SupportRequest.id)
        .where(chosen)
        .options(raiseload(SupportRequest.programme_rows))  # they are the third column
        .order_by(SupportRequest.id, RequestProgramme.position)
    )
    found = []
    for row, several in groupby(rows, key=itemgetter(0)):
        _, places, programmes = zip(*several, strict=True)
        its = tuple(sorted({row.term_start} if row.term_start else days[row.id]))
        if its and _why(row, its, able=False):
            found.append(Lacking(row, places[0], programmes, its))
    return found


def _why(request: SupportRequest, days: Sequence[date], *, able: bool) -> Reason | None:
    assert request.opened_at is not None  # _in asks for it
    return reason(request.status, day_of(request.opened_at), days, able, today())


def _in(year: int) -> ColumnElement[bool]:
    """Requests people were looked for, that ended in the year; in the running one the open ones too."""
    first, last = date(year, 4, 1), fiscal_year_end(year)
    ended = (
        select(Session.request_id)
        .group_by(Session.request_id)
        .having(func.max(Session.starts_at).between(at(first, time.min), at(last, time.max)))
    )
    began = SupportRequest.term_start.between(first, last)
    over = and_(SupportRequest.status.in_((S.UNMET, S.CLOSED)), or_(SupportRequest.id.in_(ended), began))
    return and_(
        SupportRequest.opened_at.is_not(None),
        ~SupportRequest.programme_rows.any(RequestProgramme.programme.in_(municipality().stages)),
        or_(over, SupportRequest.status == S.OPEN) if figures.running(year) else over,
    )


def _able(lacking: Iterable[Lacking], fits: Iterable[tuple[Asked, list[Found]]]) -> list[dict[int, date]]:
    """For each the people who fit it and have what it needs → the last day they do."""
    terms, held, day = _terms(), _held(), today()
    needed = {key: programme.credentials for key, programme in municipality().programmes.items()}

    @cache  # the same people fit many requests
    def last_day(registrant: int, offering: int | None, programmes: tuple[str, ...]) -> date:
        return max(
            min([until, *(held.get((registrant, kind), until) for kind in needed[programme])])
            for programme, until in terms[offering]
            if programme in programmes
        )

    found = []
    for of, (_, people) in zip(lacking, fits, strict=True):
        able = {}
        for person in people:
            last = last_day(person.registrant_id, person.offering_id, of.programmes)
            for kind in of.request.credentials_required:
                last = min(last, held.get((person.registrant_id, kind), date.min))
            if last >= day:
                able[person.registrant_id] = last
        found.append(able)
    return found


def _terms() -> Mapping[int | None, list[tuple[str, date]]]:
    """Offering → the programmes of its registrations in force, each with the last day."""
    found: dict[int | None, list[tuple[str, date]]] = defaultdict(list)
    for offering, programme, until in db.session.execute(
        select(offering_registration.c.offering_id, Registration.programme, Registration.valid_until)
        .join(Registration, Registration.id == offering_registration.c.registration_id)
        .where(registry.in_force(municipality().programmes, today()))
    ):
        found[offering].append((programme, until or date.max))
    return found


def _held() -> Mapping[tuple[int, str], date]:
    """(Registrant, kind of credential) → the last day a verified one of theirs holds."""
    found: dict[tuple[int, str], date] = {}
    for person, kind, until in db.session.execute(
        select(Credential.registrant_id, Credential.kind, Credential.expires_on).where(
            Credential.verification != Verification.STATED
        )
    ):
        found[person, kind] = max(until or date.max, found.get((person, kind), date.min))
    return found


def _habits() -> Mapping[int, Habits]:
    """Everybody with a registration in force."""
    # A set, made once: asked person by person, SQLite goes through all approved registrations for each.
    there = select(Registration.registrant_id).where(registry.in_force(municipality().programmes, today()))
    rows = db.session.execute(
        select(Registrant.id, Registrant.areas, WeeklyHours.weekday)
        .outerjoin(WeeklyHours, WeeklyHours.registrant_id == Registrant.id)
        .where(Registrant.id.in_(there))
        .order_by(Registrant.id)
    )
    found = {}
    for person, several in groupby(rows, key=itemgetter(0)):
        _, areas, weekdays = zip(*several, strict=True)
        free = frozenset(WEEKDAYS[day] for day in weekdays if day is not None)
        found[person] = Habits(frozenset(areas[0]), free)
    return found
