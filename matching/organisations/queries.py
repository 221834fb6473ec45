"""Reads about organisations, and who stands in which relation to one."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account, AccountRole, CoordinatorWard
from matching.kernel.db import db
from matching.kernel.paging import Page, page_of
from matching.kernel.permissions import COORDINATOR, ORGANISATION, SCOPE, granted, relation
from matching.organisations.models import (
    HandOver,
    Invitation,
    Membership,
    MembershipRequest,
    Operator,
    Organisation,
)


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


def listed(actor: Account, wanted: int) -> tuple[list[OrganisationRow], Page]:
    """A page of the organisations the actor may see, by ward and name."""
    seen = granted(actor, "organisation.see", Organisation)
    page = page_of(db.session.scalar(select(func.count()).select_from(Organisation).where(seen)) or 0, wanted)
    members = (
        select(func.count())
        .where(Membership.organisation_id == Organisation.id, Membership.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Organisation.code, Organisation.name, Organisation.kind, Organisation.ward, members)
        .where(seen)
        .order_by(Organisation.ward, Organisation.name, Organisation.id)
        .offset(page.offset)
        .limit(page.size)
    )
    return [OrganisationRow(*row) for row in rows], page


def open_invitations(email: str) -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).filter_by(email=email.casefold(), accepted_at=None)))


def operators() -> list[Operator]:
    """学校設置者, by name, with the organisations that belong to each."""
    statement = select(Operator).options(selectinload(Operator.organisations)).order_by(Operator.name)
    return list(db.session.scalars(statement))


def belonging(actor: Account, operator: Operator) -> list[tuple[Organisation, bool]]:
    """The operator's organisations by name, and of each whether the actor may open its page."""
    seen = granted(actor, "organisation.see", Organisation).label("seen")
    theirs = select(Organisation, seen).where(Organisation.operator_id == operator.id)
    return [(row[0], row[1]) for row in db.session.execute(theirs.order_by(Organisation.name))]


def operator_named(name: str) -> Operator | None:
    return db.session.scalars(select(Operator).filter_by(name=name)).first()


def open_hand_overs(email: str) -> list[HandOver]:
    return list(db.session.scalars(select(HandOver).filter_by(email=email.casefold(), done_at=None)))


def hand_over_of(organisation: Organisation, account: Account) -> HandOver | None:
    """The hand-over the account has begun, until the other side has taken over."""
    statement = select(HandOver).filter_by(organisation_id=organisation.id, from_id=account.id, done_at=None)
    return db.session.scalars(statement).first()


def asking(organisation: Organisation) -> list[MembershipRequest]:
    """Who would like to speak for the organisation and waits for the answer."""
    statement = select(MembershipRequest).filter_by(organisation_id=organisation.id, decided_at=None)
    return list(
        db.session.scalars(
            statement.options(joinedload(MembershipRequest.account)).order_by(MembershipRequest.id)
        )
    )


MOST_FOUND = 30


def named(part: str) -> list[Organisation]:
    """The organisations whose name holds these words, by name."""
    if not part:
        return []
    found = select(Organisation).where(Organisation.name.contains(part, autoescape=True))
    return list(db.session.scalars(found.order_by(Organisation.name, Organisation.id).limit(MOST_FOUND)))


def answerers(organisation: Organisation) -> list[str]:
    """Addresses of those who may approve a member: its contacts, or the ward's coordinators without one."""
    speaking = [m.account for m in organisation.memberships if m.ended_at is None]
    members = [account.email for account in speaking if account.disabled_at is None]
    if members:
        return members
    statement = select(Account.email).where(
        Account.disabled_at.is_(None),
        Account.id.in_(select(AccountRole.account_id).where(AccountRole.role == COORDINATOR)),
        Account.id.in_(select(CoordinatorWard.account_id).where(CoordinatorWard.ward == organisation.ward)),
    )
    return list(db.session.scalars(statement.order_by(Account.id)))


def by_code(code: str) -> Organisation | None:
    return db.session.scalars(select(Organisation).filter_by(code=code)).first()
