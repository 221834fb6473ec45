"""Reads about organisations, and who stands in which relation to one."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.kernel.permissions import ORGANISATION, SCOPE, granted, relation
from matching.organisations.models import Invitation, Membership, Operator, Organisation


@relation(Organisation, ORGANISATION)
def _own_organisation(actor: Account) -> ColumnElement[bool]:
    return Organisation.id.in_(
        select(Membership.organisation_id).where(
            Membership.account_id == actor.id, Membership.ended_at.is_(None)
        )
    )


@relation(Organisation, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    return Organisation.ward.in_(actor.wards)


def known(name: str, kind: str) -> Organisation | None:
    """An organisation is known by name and kind."""
    return db.session.scalars(select(Organisation).filter_by(name=name, kind=kind)).first()


def own(actor: Account) -> list[Organisation]:
    """The organisations the actor speaks for, by name."""
    return list(
        db.session.scalars(select(Organisation).where(_own_organisation(actor)).order_by(Organisation.name))
    )


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation in the coordinator's list. `members`: people who may sign in for it now."""

    code: str
    name: str
    kind: str
    ward: str
    members: int


def listed(actor: Account) -> list[OrganisationRow]:
    """The organisations the actor may see, by ward and name."""
    members = (
        select(func.count())
        .where(Membership.organisation_id == Organisation.id, Membership.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Organisation.code, Organisation.name, Organisation.kind, Organisation.ward, members)
        .where(granted(actor, "organisation.see", Organisation))
        .order_by(Organisation.ward, Organisation.name)
    )
    return [OrganisationRow(*row) for row in rows]


def open_invitations(email: str) -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).filter_by(email=email.casefold(), accepted_at=None)))


def operators() -> list[Operator]:
    """学校設置者, by name, with the organisations that belong to each."""
    statement = select(Operator).options(selectinload(Operator.organisations)).order_by(Operator.name)
    return list(db.session.scalars(statement))


def operator_named(name: str) -> Operator | None:
    return db.session.scalars(select(Operator).filter_by(name=name)).first()
