"""Reads about requests, and who stands in which relation to one."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, case, func, not_, select, true
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account, AccountRole, CoordinatorMeasure, CoordinatorWard
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.kernel.paging import Page, ids_in_turn
from matching.kernel.permissions import (
    COORDINATOR,
    ORGANISATION,
    OWN,
    PROGRAMMES,
    SCOPE,
    granted,
    related,
    relation,
)
from matching.municipality.city import municipality
from matching.organisations.models import Membership, Organisation
from matching.registry import queries as registry
from matching.registry.models import Registration
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest

# Before it is opened a request is its organisation's and the coordinators' alone.
UNOPENED = (RequestStatus.DRAFT, RequestStatus.SUBMITTED, RequestStatus.RETURNED)

# What a list of requests begins with, in this order; everything else is over.
IN_HAND = (
    RequestStatus.DRAFT,
    RequestStatus.SUBMITTED,
    RequestStatus.RETURNED,
    RequestStatus.OPEN,
    RequestStatus.FILLED,
)


@relation(SupportRequest, ORGANISATION)
def _own_organisation(actor: Account) -> ColumnElement[bool]:
    """Of an organisation the actor speaks for: they are few, and found once for all rows."""
    speaks_for = select(Organisation.id).where(related(actor, ORGANISATION, Organisation))
    return SupportRequest.organisation_id.in_(speaks_for)


@relation(SupportRequest, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """The request's ward, and a measure of any programme it is open to; never somebody's draft."""
    programmes = municipality().programmes
    keys = [p.key for p in programmes.values() if p.measure in actor.measures]
    looked_after = select(RequestProgramme.request_id).where(
        RequestProgramme.request_id == SupportRequest.id, RequestProgramme.programme.in_(keys)
    )
    every = len(keys) == len(programmes)  # the usual coordinator's: nothing to look up
    return and_(
        SupportRequest.ward.in_(actor.wards),
        true() if every else looked_after.correlate(SupportRequest).exists(),
        SupportRequest.status != RequestStatus.DRAFT,
    )


@relation(SupportRequest, PROGRAMMES)
def _own_programmes(actor: Account) -> ColumnElement[bool]:
    """Once opened, to a programme the person holds in force; never what only staff may see (女性人材リスト),
    and never a request of the person's own organisation."""
    programmes = municipality().programmes
    staff_only = [p.key for p in programmes.values() if p.staff_only]
    held = select(Registration.programme).where(
        related(actor, OWN, Registration), registry.in_force(programmes, today())
    )
    of_request = select(RequestProgramme.request_id).where(RequestProgramme.request_id == SupportRequest.id)
    fitting = of_request.where(RequestProgramme.programme.in_(held))
    secret = of_request.where(RequestProgramme.programme.in_(staff_only))
    return and_(
        fitting.correlate(SupportRequest).exists(),
        ~secret.correlate(SupportRequest).exists(),
        SupportRequest.status.not_in(UNOPENED),
        not_(related(actor, ORGANISATION, SupportRequest)),
    )


def looked_after_by(request: SupportRequest) -> list[Account]:
    """The coordinators in whose scope the request is, but for members of its own organisation."""
    programmes = municipality().programmes
    measures = {programmes[key].measure for key in request.programmes}
    return list(
        db.session.scalars(
            select(Account)
            .where(
                Account.disabled_at.is_(None),
                Account.id.in_(select(AccountRole.account_id).where(AccountRole.role == COORDINATOR)),
                Account.id.in_(
                    select(CoordinatorWard.account_id).where(CoordinatorWard.ward == request.ward)
                ),
                Account.id.in_(
                    select(CoordinatorMeasure.account_id).where(CoordinatorMeasure.measure.in_(measures))
                ),
                Account.id.not_in(
                    select(Membership.account_id).where(
                        Membership.organisation_id == request.organisation_id, Membership.ended_at.is_(None)
                    )
                ),
            )
            .order_by(Account.id)
        )
    )


def counts(actor: Account) -> dict[RequestStatus, int]:
    """How many requests the actor may see in each state."""
    rows = db.session.execute(
        select(SupportRequest.status, func.count())
        .where(granted(actor, "request.see", SupportRequest))
        .group_by(SupportRequest.status)
    )
    return dict(rows.all())


def listed(
    actor: Account, status: RequestStatus | None, counted: Mapping[RequestStatus, int], page: Page
) -> list[SupportRequest]:
    """A page of the requests the actor may see, in this state or any: those in hand first, by state and the
    soonest deadline; then what is over, the newest first. `counted`: as `counts` says.
    """
    seen = select(SupportRequest.id).where(granted(actor, "request.see", SupportRequest))
    if status is not None:
        seen = seen.where(SupportRequest.status == status)
    place = case({state: place for place, state in enumerate(IN_HAND)}, value=SupportRequest.status)
    deadline = SupportRequest.deadline
    current = seen.where(SupportRequest.status.in_(IN_HAND)).order_by(
        place, deadline.is_(None), deadline, SupportRequest.id.desc()
    )
    over = seen.where(SupportRequest.status.not_in(IN_HAND)).order_by(SupportRequest.id.desc())
    before = sum(counted.get(state, 0) for state in IN_HAND if status in (None, state))
    ids = ids_in_turn(current, over, before, page.offset, page.size)
    found = db.session.scalars(
        select(SupportRequest)
        .where(SupportRequest.id.in_(ids))
        .options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
    )
    places = {id_: place for place, id_ in enumerate(ids)}
    return sorted(found, key=lambda request: places[request.id])
