"""Accounts, their roles and scope, sign-ins, and the links sent by mail."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, states
from matching.kernel.permissions import Role


class Account(Base):
    """Somebody who can sign in. Every account is a resident; further roles are rows."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    email: Mapped[str] = mapped_column(String(254), unique=True, info=PERSONAL)  # lower case
    name: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    digest: Mapped[bool] = mapped_column(default=True)  # a coordinator's daily mail of what waits

    role_rows: Mapped[list["AccountRole"]] = relationship(cascade="all, delete-orphan")
    ward_rows: Mapped[list["CoordinatorWard"]] = relationship(cascade="all, delete-orphan")
    measure_rows: Mapped[list["CoordinatorMeasure"]] = relationship(cascade="all, delete-orphan")

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset({Role.RESIDENT, *(row.role for row in self.role_rows)})

    @property
    def wards(self) -> frozenset[str]:
        return frozenset(row.ward for row in self.ward_rows)

    @property
    def measures(self) -> frozenset[int]:
        return frozenset(row.measure for row in self.measure_rows)

    # What flask-login asks of a user; its mixin would bring Flask in here.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None


class AccountRole(Base):
    """A role beyond that of a resident."""

    __tablename__ = "account_role"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(states(Role, "role"), primary_key=True)


class CoordinatorWard(Base):
    """A ward a coordinator looks after."""

    __tablename__ = "coordinator_ward"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    ward: Mapped[str] = mapped_column(String(20), primary_key=True)


class CoordinatorMeasure(Base):
    """A measure (取組) a coordinator looks after."""

    __tablename__ = "coordinator_measure"
    __table_args__ = (CheckConstraint("measure >= 1", name="measure"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    measure: Mapped[int] = mapped_column(primary_key=True)


class SignIn(Base):
    """One signed-in browser. Ending the row ends the sign-in, whoever holds a copy of the cookie."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")


class SignInFailure(Base):
    """A failed sign-in, by the hash of the address typed: slows down guessing."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_email_hash_at", "email_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class LinkPurpose(StrEnum):
    SIGN_UP = "sign_up"
    INVITATION = "invitation"  # made by staff: an account with a role or a membership
    RESET = "reset"


class AccountLink(Base):
    """A link sent by mail, kept as a hash: works once, until it expires."""

    __tablename__ = "account_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[LinkPurpose] = mapped_column(states(LinkPurpose, "purpose"))
    email: Mapped[str] = mapped_column(String(254), index=True, info=PERSONAL)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
