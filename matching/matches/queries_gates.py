"""Reads for the gates: what they know of a request, and of people."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    String,
    Time,
    and_,
    cast,
    literal,
    null,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from matching.kernel.clock import TOKYO, day_of, now, today
from matching.kernel.db import UTCDateTime, db
from matching.matches import gates
from matching.matches.models import STANDING, Match, MatchSession
from matching.matches.queries_seats import left_on
from matching.municipality.city import municipality
from matching.organisations.models import Membership
from matching.registry import queries as registry
from matching.registry.models import Blackout, Registrant, Registration, RegistrationStatus, WeeklyHours
from matching.registry.models_credentials import Credential, Verification
from matching.registry.rules import pauses
from matching.requests.models import SupportRequest
from matching.requests.standing import Conditions


def wanted(request: Conditions) -> gates.Wanted:
    """The request as the gates see it."""
    city = municipality()
    sessions = tuple((session.starts_at, session.ends_at) for session in request.sessions)
    first = day_of(sessions[0][0]) if sessions else request.term_start
    limit = next((limit for p in request.programmes if (limit := city.programmes[p].seat_limit)), None)
    return gates.Wanted(
        programmes=tuple(request.programmes),
        sessions=sessions,
        ward=request.ward,
        online=request.online,
        organisation=request.organisation_id,
        first_day=max(first or today(), today()),
        credentials=tuple(request.credentials_required),
        term=(request.term_start, request.term_end) if request.term_start and request.term_end else None,
        monthly_limits={
            p: monthly.value for p in request.programmes if (monthly := city.programmes[p].monthly_limit)
        },
        seat_limit=limit.value if limit else None,
        seat_article=limit.article if limit else "",
        articles={
            p: monthly.article for p in request.programmes if (monthly := city.programmes[p].monthly_limit)
        },
        openable=_openable(request),
        earliest=today() + timedelta(days=1),
        names={p.key: p.name for p in city.programmes.values()} | dict(city.credential_kinds),
    )


def _openable(request: Conditions) -> tuple[str, ...]:
    """The programmes to which the request could be opened as well; none for a seat or a stage."""
    programmes = municipality().programmes
    if any(programmes[key].staff_only or programmes[key].turned_round for key in request.programmes):
        return ()
    return tuple(
        p.key
        for p in programmes.values()
        if not (p.staff_only or p.turned_round or p.key in request.programmes)
        and (not p.requesters or request.organisation.kind in p.requesters)
    )


def people(ids: Collection[int], request: SupportRequest | None = None) -> dict[int, gates.Person]:
    """What the gates know of these registrants, in one statement however many they are.

    For `request`: what they already do for it neither makes them busy nor fills their limits. None: for any.
    """
    known: dict[int, dict[str, list[Row[Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in db.session.execute(_facts(ids, request)):
        known[row.id][row.fact].append(row)
    return {id_: _person(facts) for id_, facts in known.items()}


def _person(facts: Mapping[str, list[Row[Any]]]) -> gates.Person:
    """A registrant of the facts read, each kind under its name."""
    (self,) = facts["person"]
    busy = tuple((row.starts, row.ends) for row in facts["session"])
    return gates.Person(
        programmes=frozenset(row.key for row in facts["registration"] if row.number),
        pending={row.key: RegistrationStatus(row.state) for row in facts["registration"] if not row.number},
        areas=tuple(self.wards),
        hours=tuple((row.number, row.opens, row.closes) for row in facts["hours"]),
        away=tuple((row.first, row.last) for row in facts["absence"]),
        busy=busy,
        held=tuple(
            gates.Held(
                covered, row.state != Verification.STATED, row.last, row.key if covered != row.key else ""
            )
            for row in facts["credential"]
            for covered in municipality().covered(row.key)
        ),
        monthly_limit=self.number,
        month_counts=gates.by_month(busy),
        seats=tuple((row.first, _held_to(row)) for row in facts["seat"]),
        paused=pauses(self.first, self.last, today()),
        paused_until=self.last,
        organisations=frozenset(row.number for row in facts["organisation"]),
    )


def _held_to(seat: Row[Any]) -> date:
    """The last day of a seat: its term's, or where it was given up the day before."""
    return date.fromisoformat(seat.state) - timedelta(days=1) if seat.state else seat.last


# Every fact fits into one row of these, empty where it has nothing to say: one statement reads them all.
SHAPE: dict[str, TypeEngine[Any]] = {
    "key": String(),
    "state": String(),
    "number": Integer(),
    "wards": JSON(),
    "first": Date(),
    "last": Date(),
    "starts": UTCDateTime(),
    "ends": UTCDateTime(),
    "opens": Time(),
    "closes": Time(),
}


def _facts(ids: Collection[int], request: SupportRequest | None) -> Any:
    asked = select(Registrant.id).where(Registrant.id.in_(ids)).cte("asked")

    def fact(name: str, of: InstrumentedAttribute[int], **values: Any) -> Select[Any]:
        columns: Iterator[ColumnElement[Any]] = (
            (type_coerce(values[n], kind) if n in values else cast(null(), kind)).label(n)
            for n, kind in SHAPE.items()
        )
        return select(of.label("id"), literal(name).label("fact"), *columns).join(asked, asked.c.id == of)

    of_another = true() if request is None else Match.request_id != request.id
    in_force = registry.in_force(municipality().programmes, today())
    return union_all(
        fact(
            "person",
            Registrant.id,
            wards=Registrant.areas,
            number=Registrant.monthly_limit,
            first=Registrant.paused_from,
            last=Registrant.paused_until,
        ),
        fact(
            "registration",
            Registration.registrant_id,
            key=Registration.programme,
            state=Registration.status,
            number=cast(in_force, Integer),
        ),
        fact(
            "hours",
            WeeklyHours.registrant_id,
            number=WeeklyHours.weekday,
            opens=WeeklyHours.starts,
            closes=WeeklyHours.ends,
        ),
        fact("absence", Blackout.registrant_id, first=Blackout.first_day, last=Blackout.last_day).where(
            Blackout.last_day >= today()
        ),
        fact(
            "credential",
            Credential.registrant_id,
            key=Credential.kind,
            state=Credential.verification,
            last=Credential.expires_on,
        ),
        fact("session", MatchSession.registrant_id, starts=MatchSession.starts_at, ends=MatchSession.ends_at)
        .join(Match, Match.id == MatchSession.match_id)
        .where(MatchSession.standing, MatchSession.ends_at > _month_start(), of_another),
        fact(
            "seat",
            Match.registrant_id,
            first=SupportRequest.term_start,
            last=SupportRequest.term_end,
            state=left_on(),
        )
        .join(SupportRequest, SupportRequest.id == Match.request_id)
        .where(Match.status.in_(STANDING), SupportRequest.term_start.is_not(None), of_another),
        fact("organisation", Registrant.id, number=Membership.organisation_id).join(
            Membership,
            and_(Membership.account_id == Registrant.account_id, Membership.ended_at.is_(None)),
        ),
    )


def _month_start() -> datetime:
    return now().astimezone(TOKYO).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
