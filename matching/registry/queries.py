"""Reads about the registry, and who stands in which relation to an entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.paging import Page, page_of
from matching.kernel.permissions import OWN, SCOPE, granted, relation
from matching.kernel.readings import name_key
from matching.municipality.city import municipality
from matching.registry.models import (
    Offering,
    Registrant,
    Registration,
    RegistrationDocument,
    RegistrationStatus,
    offering_registration,
)


def registrant_id_of(account: Account) -> ScalarSelect[int]:
    """The id of the one registrant an account has become, as a subquery. Equal to it: found by its index."""
    return select(Registrant.id).where(Registrant.account_id == account.id).scalar_subquery()


@relation(Registration, OWN)
def _own(actor: Account) -> ColumnElement[bool]:
    return Registration.registrant_id == registrant_id_of(actor)


@relation(Registration, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    """The registrant's ward and the programme's measure; never somebody's draft."""
    programmes = municipality().programmes
    keys = [p.key for p in programmes.values() if p.measure in actor.measures]
    every = len(keys) == len(programmes)  # the usual coordinator's: nothing to look up
    living_in_scope = select(Registrant.id).where(
        Registrant.id == Registration.registrant_id, Registrant.ward.in_(actor.wards)
    )
    return and_(
        true() if every else Registration.programme.in_(keys),
        living_in_scope.correlate(Registration).exists(),
        Registration.status != RegistrationStatus.DRAFT,
    )


@relation(Registrant, SCOPE)
def _people_in_scope(actor: Account) -> ColumnElement[bool]:
    """Of the actor's wards, with nothing registered outside of the actor's measures: the whole person."""
    keys = [p.key for p in municipality().programmes.values() if p.measure in actor.measures]
    sent = Registration.status != RegistrationStatus.DRAFT
    held = select(Registration.id).where(Registration.registrant_id == Registrant.id, sent)
    elsewhere = held.where(Registration.programme.not_in(keys))
    return and_(
        Registrant.ward.in_(actor.wards),
        held.correlate(Registrant).exists(),
        ~elsewhere.correlate(Registrant).exists(),
    )


def in_force(programmes: Iterable[str], day: date) -> ColumnElement[bool]:
    """Registrations in one of the programmes, approved and valid on that day."""
    return and_(
        Registration.programme.in_(programmes),
        Registration.status == RegistrationStatus.APPROVED,
        or_(Registration.valid_until.is_(None), Registration.valid_until >= day),
    )


def registrant_by_code(code: str) -> Registrant | None:
    return db.session.scalars(select(Registrant).filter_by(code=code)).first()


def registrants_named(typed: str, visible: ColumnElement[bool], limit: int) -> list[Registrant]:
    """Who may be meant, by reading: by public code, else by the whole name or reading, else by a part of one.

    `visible`: the registrations by which the reader may know of somebody.
    """
    key = name_key(typed)
    if not key:
        return []
    people = db.session.execute(
        select(Registrant.id, Registrant.code, Registrant.name, Registrant.kana)
        .where(Registrant.id.in_(select(Registration.registrant_id).where(visible)))
        .order_by(Registrant.kana, Registrant.id)
    )
    spelled = [(id_, code, (name_key(name), name_key(kana))) for id_, code, name, kana in people]
    meant = (
        [id_ for id_, code, _ in spelled if code == key]
        or [id_ for id_, _, names in spelled if key in names]
        or [id_ for id_, _, names in spelled if any(key in name for name in names)]
    )[:limit]
    found = select(Registrant).where(Registrant.id.in_(meant)).order_by(Registrant.kana, Registrant.id)
    return list(db.session.scalars(found))


def registrant_of(account: Account) -> Registrant | None:
    """The registrant an account has become."""
    return db.session.scalars(
        select(Registrant)
        .filter_by(account_id=account.id)
        .options(selectinload(Registrant.registrations).selectinload(Registration.offerings))
    ).first()


def with_consents(registrant: Registrant) -> None:
    """Read the consents of all their registrations in one statement."""
    theirs = select(Registration).where(Registration.registrant_id == registrant.id)
    db.session.scalars(theirs.options(joinedload(Registration.consents))).unique().all()


def with_papers(registration: Registration) -> None:
    """Read its consents, documents and offerings, some of each, in one statement."""
    db.session.scalars(
        select(Registration)
        .where(Registration.id == registration.id)
        .outerjoin(offering_registration)  # one by one: SQLite would read the whole of a nested join
        .outerjoin(Offering)
        .options(
            joinedload(Registration.consents),
            joinedload(Registration.documents).joinedload(RegistrationDocument.seen_by),
            contains_eager(Registration.offerings),
        )
        .order_by(Offering.id)
    ).unique().one()


def is_registered(account: Account) -> bool:
    """Whether the account's registrant has a registration in force."""
    mine = db.session.scalars(select(Registration).where(_own(account)))  # a few: by the person alone
    return any(registration.in_force(now()) for registration in mine)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A registration waiting for a decision; a coordinator in scope may read the name."""

    code: str
    name: str
    programme: str
    measure: int
    ward: str
    submitted_at: datetime | None
    on_paper: bool


def queue(actor: Account, number: int) -> tuple[list[QueueRow], Page]:
    """A page of the submitted registrations in the actor's scope, oldest first; one too far is the last."""
    city = municipality()
    submitted = (
        granted(actor, "registration.see", Registration),
        Registration.status == RegistrationStatus.SUBMITTED,
    )
    total = db.session.scalar(select(func.count()).select_from(Registration).where(*submitted)) or 0
    page = page_of(total, number)
    rows = db.session.scalars(
        select(Registration)
        .where(*submitted)
        .options(joinedload(Registration.registrant))
        .order_by(Registration.submitted_at, Registration.id)
        .limit(page.size)
        .offset(page.offset)
    )
    return [
        QueueRow(
            code=row.code,
            name=row.registrant.name,
            programme=city.programmes[row.programme].name,
            measure=city.programmes[row.programme].measure,
            ward=row.registrant.ward,
            submitted_at=row.submitted_at,
            on_paper=row.on_paper,
        )
        for row in rows
    ], page
