"""Organisations and memberships."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.accounts.models import Account
from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base


class Operator(Base):
    """学校設置者: who runs schools and the like, and checks those who meet their children."""

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    version: Mapped[int] = mapped_column(default=1)  # a stale edit is refused
    created_at: Mapped[datetime]

    organisations: Mapped[list["Organisation"]] = relationship(
        back_populates="operator", order_by="Organisation.name"
    )


class Organisation(Base):
    """A school, community group or office. Known by name and kind."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("name", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(40))  # a key of the municipality's organisation kinds
    ward: Mapped[str] = mapped_column(String(20))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"), index=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # a stale edit is shown both
    created_at: Mapped[datetime]

    operator: Mapped[Operator | None] = relationship(back_populates="organisations")
    district_rows: Mapped[list["OrganisationDistrict"]] = relationship(cascade="all, delete-orphan")
    memberships: Mapped[list["Membership"]] = relationship(back_populates="organisation")
    invitations: Mapped[list["Invitation"]] = relationship(back_populates="organisation")

    @property
    def districts(self) -> list[str]:
        return sorted(row.school_district for row in self.district_rows)


class OrganisationDistrict(Base):
    """A school district of an organisation: a 中学校 has several, an office none."""

    __tablename__ = "organisation_district"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    school_district: Mapped[str] = mapped_column(String(40), primary_key=True)


class Membership(Base):
    """An account that speaks for an organisation until the membership ends."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organisation_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(back_populates="memberships")
    account: Mapped[Account] = relationship()


class Invitation(Base):
    """An address that becomes a member when its owner follows the mail's link."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("organisation_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254), index=True, info=PERSONAL)  # lower case
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(back_populates="invitations")


class MembershipRequest(Base):
    """Somebody would like to speak for an organisation; its contact or a coordinator decides."""

    __tablename__ = "membership_request"
    __table_args__ = (UniqueConstraint("organisation_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved: Mapped[bool | None]

    organisation: Mapped[Organisation] = relationship()
    account: Mapped[Account] = relationship(foreign_keys=account_id)


class HandOver(Base):
    """引き継ぎ: the rights of one member end when the person at this address has taken over."""

    __tablename__ = "hand_over"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    email: Mapped[str] = mapped_column(String(254), index=True, info=PERSONAL)  # lower case
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    giver: Mapped[Account] = relationship(foreign_keys=from_id)
