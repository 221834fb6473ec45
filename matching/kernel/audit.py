"""Who did what to which thing, and when. Holds codes and states, never a name or a contact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.clock import now
from matching.kernel.db import Base, db


class Actor(Protocol):
    """Whoever acts. None stands for the system itself or a person who answers by a signed link."""

    @property
    def id(self) -> Any: ...


class Subject(Protocol):
    __tablename__: str

    @property
    def code(self) -> Any: ...


class AuditEvent(Base):
    """One act. Never changed."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject_type", "subject_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_code: Mapped[str] = mapped_column(String(20))
    details: Mapped[dict[str, Any]]


class Disclosure(Base):
    """Whose contact was shown to whom, when and why. Written before the page that shows it."""

    __tablename__ = "disclosure"
    __table_args__ = (Index("ix_disclosure_subject", "subject_type", "subject_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    viewer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_code: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(60))  # the action, and the code of what it was for
    # OFFICE, ARRANGED, FOR_MATCH, or a consent's purpose and version; empty: before this was noted
    basis: Mapped[str] = mapped_column(String(60), default="", server_default="")


# On what a disclosure rests where it is not a registration's consent.
OFFICE = "office"  # the coordinator's own work
ARRANGED = "arranged"  # the requesting side's contact, shown to whom they arranged with
FOR_MATCH = "match"  # the consent given for one match


def disclose(viewer: Actor | None, subject: Subject, reason: str, basis: str) -> None:
    """Note that the contact of `subject` is about to be shown, and on what that rests."""
    db.session.add(
        Disclosure(
            at=now(),
            viewer_id=viewer.id if viewer else None,
            subject_type=subject.__tablename__,
            subject_code=subject.code,
            reason=reason,
            basis=basis,
        )
    )


def history(subject: Subject) -> Sequence[AuditEvent]:
    """What was done to `subject`, newest first."""
    return db.session.scalars(
        select(AuditEvent)
        .filter_by(subject_type=subject.__tablename__, subject_code=subject.code)
        .order_by(AuditEvent.id.desc())
    ).all()


def record(actor: Actor | None, action: str, subject: Subject, **details: Any) -> None:
    """Note the act in the transaction that performs it."""
    db.session.add(
        AuditEvent(
            at=now(),
            actor_id=actor.id if actor else None,
            action=action,
            subject_type=subject.__tablename__,
            subject_code=subject.code,
            details=details,
        )
    )
