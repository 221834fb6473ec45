"""Reads about matches: who stands how to one, and what a page shows."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.paging import PAGE, Leaf, ids_in_turn
from matching.kernel.permissions import ORGANISATION, OWN, SCOPE, granted, related, relation
from matching.matches.models import (
    Match,
    MatchSession,
    MatchStatus,
    Origin,
)
from matching.municipality.city import municipality
from matching.organisations.models import Membership
from matching.registry import queries as registry
from matching.registry.models import Offering, offering_registration
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
# What a list of matches begins with, in this order; everything else is over.
IN_HAND = (MatchStatus.PROPOSED, MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.REPORTED)
REACHABLE = frozenset({MatchStatus.ACCEPTED, MatchStatus.REPORTED})


@relation(Match, OWN)
def _own(actor: Account) -> ColumnElement[bool]:
    """What is proposed is seen by the person only where they asked for it themselves."""
    return and_(
        Match.registrant_id == registry.registrant_id_of(actor),
        or_(Match.status != MatchStatus.PROPOSED, Match.origin == Origin.REGISTRANT),
    )


@relation(Match, ORGANISATION)
def _own_organisation(actor: Account) -> ColumnElement[bool]:
    """From the offer on; of a stage also who applies: there this side chooses."""
    stages = select(RequestProgramme.request_id).where(
        RequestProgramme.request_id == Match.request_id,
        RequestProgramme.programme.in_(municipality().stages),
    )
    applied = and_(Match.wished, stages.correlate(Match).exists())
    theirs = select(SupportRequest.id).where(related(actor, ORGANISATION, SupportRequest))
    # said the other way round, for SQLite would find all of the city's matches by these states
    offered = Match.status.not_in(set(MatchStatus) - KNOWN - {MatchStatus.OFFERED})
    return Match.request_id.in_(theirs) & or_(offered, applied)


@relation(Match, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """A match's scope is its request's: most of the city's, so looked up row by row."""
    theirs = select(SupportRequest.id).where(
        SupportRequest.id == Match.request_id, related(actor, SCOPE, SupportRequest)
    )
    return theirs.correlate(Match).exists()


def organisations_of(account: Account) -> Select[int]:
    """The organisations (ids) the account speaks for, as a part of another statement."""
    active = Membership.ended_at.is_(None)
    return select(Membership.organisation_id).where(Membership.account_id == account.id, active)


def decided_by(actor: Account) -> ColumnElement[bool]:
    """The matches the actor decides for the city: never those of an own organisation."""
    theirs = select(SupportRequest.id).where(related(actor, ORGANISATION, SupportRequest))
    return and_(granted(actor, "match.decide", Match), Match.request_id.not_in(theirs))


def future_sessions(request: SupportRequest) -> bool:
    return any(session.ends_at > now() for session in request.sessions)


# --- pages ---------------------------------------------------------------------------------------------


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


def in_hand(condition: ColumnElement[bool]) -> dict[MatchStatus, int]:
    """How many matches under this condition are in each of the states in which something is still to come."""
    rows = db.session.execute(
        select(Match.status, func.count()).where(condition, Match.status.in_(IN_HAND)).group_by(Match.status)
    )
    return dict(rows.all())


def listed(
    condition: ColumnElement[bool], counted: Mapping[MatchStatus, int], number: int
) -> tuple[list[Match], Leaf]:
    """A page of the matches under this condition, with request and person: those in hand first, by state,
    then what is over; each newest first. A page too far is the first. `counted`: as `in_hand` says.

    What is over is years long: nobody counts it, and the newest are found from the end of the table.
    """
    offset = (number - 1) * PAGE
    order = case({status: place for place, status in enumerate(IN_HAND)}, value=Match.status)
    current = select(Match.id).where(condition, Match.status.in_(IN_HAND)).order_by(order, Match.id.desc())
    over = select(Match.id).where(condition, Match.status.not_in(IN_HAND)).order_by(Match.id.desc())
    ids = ids_in_turn(current, over, sum(counted.values()), offset, PAGE + 1)
    if not ids and number > 1:
        return listed(condition, counted, 1)
    found = db.session.scalars(
        select(Match)
        .where(Match.id.in_(ids[:PAGE]))
        .options(
            joinedload(Match.request).joinedload(SupportRequest.organisation),
            joinedload(Match.registrant),
            selectinload(Match.session_rows),
        )
    )
    places = {id_: place for place, id_ in enumerate(ids)}
    return sorted(found, key=lambda match: places[match.id]), Leaf(number, len(ids) > PAGE)


def by_token_hash(token_hash: str) -> Match | None:
    return db.session.scalars(select(Match).filter_by(answer_token_hash=token_hash)).first()
