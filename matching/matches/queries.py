"""Reads about matches: what the gates need to know, what a page shows, what a count holds."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import TOKYO, day_of, now, today
from matching.kernel.db import db
from matching.kernel.permissions import ORGANISATION, OWN, SCOPE, related, relation
from matching.ledger.services import Count
from matching.matches import rules
from matching.matches.models import (
    STANDING,
    Attendance,
    CompletionReport,
    Match,
    MatchSession,
    MatchStatus,
    Origin,
)
from matching.municipality.city import municipality
from matching.organisations.models import Membership
from matching.registry import queries as registry
from matching.registry.models import (
    Blackout,
    ConsentPurpose,
    Credential,
    Offering,
    Registrant,
    Registration,
    Verification,
    WeeklyHours,
    offering_registration,
)
from matching.registry.rules import pauses
from matching.requests.models import RequestProgramme, SupportRequest

# From acceptance on both sides know each other's name; contacts are shown until the activity is done.
KNOWN = frozenset(
    {
        MatchStatus.ACCEPTED,
        MatchStatus.REPORTED,
        MatchStatus.COMPLETED,
        MatchStatus.VOIDED,
        MatchStatus.NO_SHOW,
    }
)
REACHABLE = frozenset({MatchStatus.ACCEPTED, MatchStatus.REPORTED})


@relation(Match, OWN)
def _own(actor: Account) -> ColumnElement[bool]:
    """What is proposed is seen by the person only where they asked for it themselves."""
    mine = select(Registrant.id).where(Registrant.account_id == actor.id)  # one at most
    return and_(
        Match.registrant_id.in_(mine),
        or_(Match.status != MatchStatus.PROPOSED, Match.origin == Origin.REGISTRANT),
    )


@relation(Match, ORGANISATION)
def _own_organisation(actor: Account) -> ColumnElement[bool]:
    """From the offer on; of a stage also who applies: there this side chooses."""
    turned = [programme.key for programme in municipality().programmes.values() if programme.turned_round]
    stages = select(RequestProgramme.request_id).where(
        RequestProgramme.request_id == Match.request_id, RequestProgramme.programme.in_(turned)
    )
    applied = and_(Match.wished, stages.correlate(Match).exists())
    return _of_request(actor, ORGANISATION) & or_(Match.status.in_(KNOWN | {MatchStatus.OFFERED}), applied)


@relation(Match, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """A match's scope is its request's."""
    return _of_request(actor, SCOPE)


def _of_request(actor: Account, name: str) -> ColumnElement[bool]:
    """Matches to whose request the actor stands in this relation."""
    theirs = select(SupportRequest.id).where(
        SupportRequest.id == Match.request_id, related(actor, name, SupportRequest)
    )
    return theirs.correlate(Match).exists()


def organisations_of(account: Account) -> set[int]:
    """The organisations (ids) the account speaks for."""
    active = Membership.ended_at.is_(None)
    return set(
        db.session.scalars(
            select(Membership.organisation_id).where(Membership.account_id == account.id, active)
        )
    )


# --- what the gates know -------------------------------------------------------------------------------


def wanted(request: SupportRequest) -> rules.Wanted:
    """The request as the gates see it."""
    city = municipality()
    sessions = tuple((session.starts_at, session.ends_at) for session in request.sessions)
    first = day_of(sessions[0][0]) if sessions else request.term_start
    limit = next((limit for p in request.programmes if (limit := city.programmes[p].seat_limit)), None)
    return rules.Wanted(
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


def _openable(request: SupportRequest) -> tuple[str, ...]:
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


def people(ids: Collection[int], request: SupportRequest | None = None) -> dict[int, rules.Person]:
    """What the gates know of these registrants, in at most seven statements however many they are.

    For `request`: what they already do for it neither makes them busy nor fills their limits. None: for any.
    """
    in_force = registry.in_force(municipality().programmes, today())
    registrations = _grouped(
        select(Registration.registrant_id, Registration.programme, Registration.status, in_force).where(
            Registration.registrant_id.in_(ids)
        )
    )
    hours = _grouped(
        select(WeeklyHours.registrant_id, WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.ends).where(
            WeeklyHours.registrant_id.in_(ids)
        )
    )
    away = _grouped(
        select(Blackout.registrant_id, Blackout.first_day, Blackout.last_day).where(
            Blackout.registrant_id.in_(ids), Blackout.last_day >= today()
        )
    )
    credentials = select(
        Credential.registrant_id, Credential.kind, Credential.verification, Credential.expires_on
    ).where(Credential.registrant_id.in_(ids))
    asked = request is None or bool(request.credentials_required)
    held = _grouped(credentials) if asked else {}
    of_another = true() if request is None else Match.request_id != request.id
    busy = _grouped(
        select(MatchSession.registrant_id, MatchSession.starts_at, MatchSession.ends_at)
        .join(Match, Match.id == MatchSession.match_id)
        .where(
            MatchSession.registrant_id.in_(ids),
            MatchSession.standing,
            MatchSession.ends_at > _month_start(),
            of_another,
        )
    )
    seated = request is None or request.term_start is not None
    seats = _grouped(_seats(ids).where(of_another)) if seated else {}
    speaks_for = and_(Membership.account_id == Registrant.account_id, Membership.ended_at.is_(None))
    found = _grouped(
        select(
            Registrant.id,
            Registrant.areas,
            Registrant.monthly_limit,
            Registrant.paused_from,
            Registrant.paused_until,
            Membership.organisation_id,
        )
        .outerjoin(Membership, speaks_for)
        .where(Registrant.id.in_(ids))
    )
    return {
        id_: rules.Person(
            programmes=frozenset(key for key, _, holds in registrations[id_] if holds),
            pending={key: status for key, status, holds in registrations[id_] if not holds},
            areas=tuple(rows[0][0]),
            hours=tuple(hours[id_]),
            away=tuple(away[id_]),
            busy=tuple(busy[id_]),
            held=tuple(
                rules.Held(
                    covered, verification is not Verification.STATED, expires, kind if covered != kind else ""
                )
                for kind, verification, expires in held.get(id_, ())
                for covered in municipality().covered(kind)
            ),
            monthly_limit=rows[0][1],
            month_counts=rules.by_month(busy[id_]),
            seats=tuple(seats.get(id_, ())),
            paused=pauses(rows[0][2], rows[0][3], today()),
            paused_until=rows[0][3],
            organisations=frozenset(row[-1] for row in rows if row[-1]),
        )
        for id_, rows in found.items()
    }


def _grouped(statement) -> dict[int, list[tuple]]:  # type: ignore[no-untyped-def, type-arg]
    """Rows by their first column, without it."""
    rows = defaultdict(list)
    for row in db.session.execute(statement):
        rows[row[0]].append(tuple(row[1:]))
    return rows


def _month_start() -> datetime:
    return now().astimezone(TOKYO).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _seats(ids: Collection[int]):  # type: ignore[no-untyped-def]
    """The terms of the council seats these people hold or are asked for."""
    return (
        select(Match.registrant_id, SupportRequest.term_start, SupportRequest.term_end)
        .join(SupportRequest)
        .where(
            Match.registrant_id.in_(ids),
            Match.status.in_(STANDING),
            SupportRequest.term_start.is_not(None),
        )
    )


# --- reports and counts --------------------------------------------------------------------------------


def reports_of(match: Match) -> list[CompletionReport]:
    """The reports in which the person of this match was expected."""
    return list(
        db.session.scalars(
            select(CompletionReport)
            .join(Attendance)
            .where(Attendance.match_id == match.id)
            .order_by(CompletionReport.id)
        )
    )


def any_report(match: Match) -> bool:
    return any(not told.comment for told in reports_of(match))


def has_begun(match: Match) -> bool:
    """Whether the activity has begun: a date of the match has, or a report stands."""
    return any(row.starts_at <= now() for row in match.session_rows) or any_report(match)


def any_held(match: Match) -> bool:
    return any(told.held for told in reports_of(match))


def fully_reported(match: Match) -> bool:
    """Every session the match covers (of a council seat: the appointment) has a report that stands."""
    return rules.fully_reported(len(match.session_rows), (told.comment for told in reports_of(match)))


def outcome_of(match: Match) -> rules.Outcome | None:
    """What the match's reports come to; None while one is missing, or where the person never came."""
    if not fully_reported(match):
        return None
    rows = db.session.execute(
        select(CompletionReport, Attendance.came)
        .join(Attendance)
        .where(Attendance.match_id == match.id)
        .options(joinedload(CompletionReport.session))
    ).all()
    return rules.outcome(
        rules.Reported(_day(match, told), told.held, came, told.minutes, told.participants)
        for told, came in rows
    )


def _day(match: Match, told: CompletionReport) -> date:
    if told.session is not None:
        return day_of(told.session.starts_at)
    assert match.request.term_start is not None  # a seat has a term
    return match.request.term_start


def count_values(match: Match, result: rules.Outcome) -> Count:
    """The values of the match's ledger entry: codes and numbers, no name."""
    request = match.request
    return Count(
        match=match.code,
        round=match.round,
        request=request.code,
        programme=match.programme,
        measure=match.measure,
        activity_date=result.activity_date,
        minutes=result.minutes,
        participants=result.participants,
        online=request.online,
        registrant=match.registrant.pseudonym,
        organisation=request.organisation.code,
        ward=request.ward,
        district=request.school_district,
    )


def future_sessions(request: SupportRequest) -> bool:
    return any(session.ends_at > now() for session in request.sessions)


# --- pages ---------------------------------------------------------------------------------------------


def shares_contact(match: Match) -> bool:
    """Whether the person lets the other side have their contact: by registration, or for this match."""
    return sharing_basis(match) is not None


def sharing_basis(match: Match) -> str | None:
    """On which consent the requester may have the contact: its purpose and version, or the match's own."""
    consent = match.registration.consent_to(ConsentPurpose.CONTACT_SHARING)
    if consent is not None:
        return f"{consent.purpose.value} {consent.version}"
    return audit.FOR_MATCH if match.contact_consent else None


def matches_of_request(request: SupportRequest) -> list[Match]:
    """All matches of the request with what its page shows, standing ones first."""
    rows = db.session.scalars(
        select(Match)
        .where(Match.request_id == request.id)
        .options(
            joinedload(Match.registrant),
            selectinload(Match.session_rows).joinedload(MatchSession.session),
            selectinload(Match.attempts),
        )
    )
    return sorted(rows, key=lambda m: (m.place is None, m.place or 0, m.id))


def offerings_of(found: Collection[Match]) -> Mapping[int, list[Offering]]:
    """Registration id → what it offers, of all these matches in one statement."""
    rows = db.session.execute(
        select(offering_registration.c.registration_id, Offering)
        .join(Offering, Offering.id == offering_registration.c.offering_id)
        .where(offering_registration.c.registration_id.in_([match.registration_id for match in found]))
        .order_by(Offering.id)
    )
    offered: dict[int, list[Offering]] = defaultdict(list)
    for registration_id, offering in rows:
        offered[registration_id].append(offering)
    return offered


def listed(condition: ColumnElement[bool], limit: int = 200) -> list[Match]:
    """The newest matches under this condition, with request and person."""
    return list(
        db.session.scalars(
            select(Match)
            .where(condition)
            .options(
                joinedload(Match.request).joinedload(SupportRequest.organisation),
                joinedload(Match.registrant),
                selectinload(Match.session_rows),
            )
            .order_by(Match.id.desc())
            .limit(limit)
        )
    )


def by_token_hash(token_hash: str) -> Match | None:
    return db.session.scalars(select(Match).filter_by(answer_token_hash=token_hash)).first()


def reports_of_request(request: SupportRequest) -> dict[int | None, CompletionReport]:
    """Session id (None: the appointment) → its report."""
    rows = db.session.scalars(
        select(CompletionReport)
        .where(CompletionReport.request_id == request.id)
        .options(selectinload(CompletionReport.attendances))
    )
    return {told.session_id: told for told in rows}
