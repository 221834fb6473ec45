"""Reads about matches: who stands how to one, what a page shows, what a count holds."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import day_of, now
from matching.kernel.db import db
from matching.kernel.permissions import ORGANISATION, OWN, SCOPE, related, relation
from matching.ledger.services import Count
from matching.matches import rules
from matching.matches.models import (
    Attendance,
    CompletionReport,
    Match,
    MatchSession,
    MatchStatus,
    Origin,
)
from matching.municipality.city import municipality
from matching.organisations.models import Membership
from matching.registry.models import (
    ConsentPurpose,
    Offering,
    Registrant,
    offering_registration,
)
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


def organisations_of(account: Account) -> Select[int]:
    """The organisations (ids) the account speaks for, as a part of another statement."""
    active = Membership.ended_at.is_(None)
    return select(Membership.organisation_id).where(Membership.account_id == account.id, active)


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
