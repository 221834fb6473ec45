"""Reads about accounts."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts import rules
from matching.accounts.models import Account, AccountLink, AccountRole, LinkPurpose, SignIn, SignInFailure
from matching.kernel.clock import now
from matching.kernel.codes import token_hash
from matching.kernel.db import db
from matching.kernel.permissions import OWN, Role, relation


@relation(Account, OWN)
def _own(actor: Account):  # type: ignore[no-untyped-def]
    return Account.id == actor.id


def account_by_code(code: str) -> Account | None:
    return db.session.scalars(select(Account).filter_by(code=code)).first()


def account_by_email(email: str) -> Account | None:
    return db.session.scalars(select(Account).filter_by(email=email.casefold())).first()


def sign_in_of(token: str) -> SignIn | None:
    """The sign-in of this token, if it still holds."""
    account = joinedload(SignIn.account)
    statement = (
        select(SignIn)
        .filter_by(token_hash=token_hash(token), ended_at=None)
        .options(  # some roles × wards × measures of one person: fewer rows than statements would cost
            account.joinedload(Account.role_rows),
            account.joinedload(Account.ward_rows),
            account.joinedload(Account.measure_rows),
        )
    )
    found = db.session.scalars(statement).unique().one_or_none()
    if found is None or found.account.disabled_at is not None:
        return None
    still = rules.holds(found.account.roles, found.created_at, found.last_seen_at, now())
    return found if still else None


def too_many_failures(email: str) -> bool:
    """Whether somebody has been guessing at this address."""
    recent = now() - rules.TRIES_WITHIN
    statement = select(func.count()).where(
        SignInFailure.email_hash == token_hash(email.casefold()), SignInFailure.at > recent
    )
    return (db.session.scalar(statement) or 0) >= rules.TRIES


def usable_link(token: str, *purposes: LinkPurpose) -> AccountLink | None:
    """The link of this token, if it is for one of these purposes, unused and not expired."""
    found = db.session.scalars(select(AccountLink).filter_by(token_hash=token_hash(token))).first()
    if found is None or found.purpose not in purposes:
        return None
    return found if found.used_at is None and found.expires_at > now() else None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff as the administrator's list shows them."""

    code: str
    name: str
    email: str
    roles: str
    wards: str
    measures: str
    disabled: bool


def staff() -> list[StaffRow]:
    """Everybody with a staff role, by name."""
    accounts = db.session.scalars(
        select(Account)
        .where(Account.id.in_(select(AccountRole.account_id).where(AccountRole.role.in_(rules.STAFF))))
        .order_by(Account.name, Account.id)
        .options(
            *(selectinload(rows) for rows in (Account.role_rows, Account.ward_rows, Account.measure_rows))
        )
    )
    return [
        StaffRow(
            code=account.code,
            name=account.name,
            email=account.email,
            roles="・".join(role.label for role in Role if role in account.roles & rules.STAFF),
            wards="・".join(sorted(account.wards)),
            measures="・".join(str(measure) for measure in sorted(account.measures)),
            disabled=account.disabled_at is not None,
        )
        for account in accounts
    ]
