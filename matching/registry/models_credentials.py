"""Certificates: what somebody states, and what of it the city has seen."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from matching.accounts.models import Account
from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, states
from matching.kernel.labels import Labelled
from matching.kernel.readings import number_key
from matching.registry.models import Registrant


class Verification(Labelled):
    STATED = "stated", "申告"
    VERIFIED = "verified", "確認済"
    IMPORTED = "imported", "取込"  # the city saw it before the import (取込)


SEEN_NUMBER = "verification = 'verified' AND number_key <> ''"


class Credential(Base):
    """A certificate, stated or verified by the city. 防災士 has no expiry."""

    __tablename__ = "credential"
    __table_args__ = (
        Index(
            "uq_credential_verified_number",
            "kind",
            "number_key",
            unique=True,
            sqlite_where=text(SEEN_NUMBER),
            postgresql_where=text(SEEN_NUMBER),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, index=True, default=new_code)
    kind: Mapped[str] = mapped_column(String(40))
    certificate_number: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    # What makes two spellings of a number the same; kept in step with it.
    number_key: Mapped[str] = mapped_column(String(40), default="", index=True, info=PERSONAL)
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    verification: Mapped[Verification] = mapped_column(states(Verification, "verification"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    evidence: Mapped[str] = mapped_column(String(20), default="")  # what was seen: a key of rules.EVIDENCE
    ended_at: Mapped[datetime | None]  # its expiry has been acted on
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))  # granted by completing it
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # a stale edit is shown both texts

    registrant: Mapped[Registrant] = relationship(back_populates="credentials")
    verified_by: Mapped[Account | None] = relationship()

    @validates("certificate_number")
    def _in_step(self, _key: str, number: str) -> str:
        self.number_key = number_key(number)
        return number

    def holds_on(self, day: date) -> bool:
        """Verified, and unexpired on that day."""
        seen = self.verification is not Verification.STATED
        return seen and (self.expires_on is None or self.expires_on >= day)
