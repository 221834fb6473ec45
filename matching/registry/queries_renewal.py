"""Reads about registrations in a coordinator's scope: the paged list, and the renewal round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import contains_eager, joinedload

from matching.accounts.models import Account
from matching.kernel.clock import fiscal_year_end
from matching.kernel.db import db
from matching.kernel.paging import Page, page_of
from matching.kernel.permissions import SCOPE, granted, related, relation
from matching.municipality.city import municipality
from matching.registry.models import Registrant, Registration, RegistrationStatus
from matching.registry.models_renewal import RenewalNotice, RenewalRound


@relation(RenewalNotice, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    return RenewalNotice.registration_id.in_(
        select(Registration.id).where(related(actor, SCOPE, Registration))
    )


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One registration as the list shows it."""

    code: str
    name: str
    programme: str
    measure: int
    ward: str
    status: RegistrationStatus
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list."""

    rows: list[ListedRow]
    page: Page


def listed(actor: Account, *, status: RegistrationStatus | None, programme: str | None, page: int) -> Listed:
    """The registrations the actor may see, by reading, a page at a time; a page too far is the last."""
    city = municipality()
    conditions = [granted(actor, "registration.see", Registration)]
    # a draft is its writer's alone, and no coordinator's own either
    conditions.append(Registration.status != RegistrationStatus.DRAFT)
    if status is not None:
        conditions.append(Registration.status == status)
    if programme is not None:
        conditions.append(Registration.programme == programme)
    total = db.session.scalar(select(func.count()).select_from(Registration).where(*conditions)) or 0
    shown = page_of(total, page)
    order = Registrant.kana, Registrant.id, Registration.id
    # along the index of the readings: SQLite would rather look up the person of each registration, and sort
    along = Registrant.id + 0 == Registration.registrant_id
    of_page = select(Registration.id).join(Registrant, along).where(*conditions).order_by(*order)
    rows = db.session.scalars(
        select(Registration)
        .join(Registration.registrant)
        .where(Registration.id.in_(of_page.limit(shown.size).offset(shown.offset).correlate(None)))
        .options(contains_eager(Registration.registrant))
        .order_by(*order)
    )
    return Listed(
        rows=[
            ListedRow(
                code=row.code,
                name=row.registrant.name,
                programme=city.programmes[row.programme].name,
                measure=city.programmes[row.programme].measure,
                ward=row.registrant.ward,
                status=row.status,
                valid_until=row.valid_until,
            )
            for row in rows
        ],
        page=shown,
    )


def _ends(actor: Account, year: int) -> list[ColumnElement[bool]]:
    return [
        granted(actor, "registration.decide", Registration),
        Registration.status == RegistrationStatus.APPROVED,
        Registration.valid_until == fiscal_year_end(year),
    ]


def ending(actor: Account, programme: str, year: int) -> Sequence[Registration]:
    """The programme's registrations in the actor's scope that end with this fiscal year, by reading."""
    return db.session.scalars(
        select(Registration)
        .join(Registration.registrant)
        .where(*_ends(actor, year), Registration.programme == programme)
        .options(joinedload(Registration.registrant).joinedload(Registrant.account))
        .order_by(Registrant.kana, Registration.id)
    ).all()


def ending_counts(actor: Account, year: int) -> dict[str, int]:
    """Programme → how many registrations in the actor's scope end with this fiscal year."""
    rows = db.session.execute(
        select(Registration.programme, func.count())
        .where(*_ends(actor, year))
        .group_by(Registration.programme)
    )
    return dict(rows.all())


def notices(actor: Account, programme: str, year: int) -> list[RenewalNotice]:
    """Who was asked in this year's round, in the actor's scope: the unanswered first, by reading."""
    rows = db.session.scalars(
        select(RenewalNotice)
        .join(RenewalNotice.round)
        .join(RenewalNotice.registration)
        .join(Registration.registrant)
        .where(
            RenewalRound.programme == programme,
            RenewalRound.fiscal_year == year,
            granted(actor, "renewal_notice.see", RenewalNotice),
        )
        .options(
            joinedload(RenewalNotice.round),
            joinedload(RenewalNotice.registration).joinedload(Registration.registrant),
        )
        .order_by(RenewalNotice.answer.is_not(None), Registrant.kana, RenewalNotice.id)
    )
    return list(rows)


def round_of(programme: str, year: int) -> RenewalRound | None:
    return db.session.scalars(select(RenewalRound).filter_by(programme=programme, fiscal_year=year)).first()


def notice_by_token_hash(token_hash: str) -> RenewalNotice | None:
    return db.session.scalars(select(RenewalNotice).filter_by(token_hash=token_hash)).first()
