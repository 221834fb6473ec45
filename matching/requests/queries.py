"""Reads about requests, and who stands in which relation to one."""

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.kernel.permissions import ORGANISATION, SCOPE, granted, related, relation
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest


@relation(SupportRequest, ORGANISATION)
def _own_organisation(actor: Account) -> ColumnElement[bool]:
    return SupportRequest.organisation_id.in_(
        select(Organisation.id).where(related(actor, ORGANISATION, Organisation))
    )


@relation(SupportRequest, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """The request's ward, and a measure of any programme it is open to; never somebody's draft."""
    keys = [p.key for p in municipality().programmes.values() if p.measure in actor.measures]
    looked_after = select(RequestProgramme.request_id).where(RequestProgramme.programme.in_(keys))
    return and_(
        SupportRequest.ward.in_(actor.wards),
        SupportRequest.id.in_(looked_after),
        SupportRequest.status != RequestStatus.DRAFT,
    )


def counts(actor: Account) -> dict[RequestStatus, int]:
    """How many requests the actor may see in each state."""
    rows = db.session.execute(
        select(SupportRequest.status, func.count())
        .where(granted(actor, "request.see", SupportRequest))
        .group_by(SupportRequest.status)
    )
    return dict(rows.all())


def listed(actor: Account, status: RequestStatus | None, limit: int = 200) -> list[SupportRequest]:
    """The requests the actor may see, in this state or any; those answered for soonest first."""
    statement = select(SupportRequest).where(granted(actor, "request.see", SupportRequest))
    if status is not None:
        statement = statement.where(SupportRequest.status == status)
    return list(
        db.session.scalars(
            statement.options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
            .order_by(SupportRequest.deadline.is_(None), SupportRequest.deadline, SupportRequest.id.desc())
            .limit(limit)
        )
    )
