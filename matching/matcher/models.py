"""What the index must know to catch up: which offering changed at which revision."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.db import Base, states
from matching.matches.models import Origin


class IndexRevision(Base):
    """The one row that numbers the changes; locked while one is written, so that numbers follow commits."""

    __tablename__ = "index_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class OfferingChange(Base):
    """The last change of one offering."""

    __tablename__ = "offering_change"

    offering: Mapped[str] = mapped_column(String(20), primary_key=True)  # its code; it may be gone
    revision: Mapped[int] = mapped_column(index=True)


class Decision(Base):
    """One approval, rejection, answer or completion as a judged pair: request × the offering ranked for it.

    Codes only, no text: the words are read where they stand when the ranking is measured, and a pair whose
    request or offering is gone falls away. Never changed; a later decision is a further row.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("grade IS NULL OR grade BETWEEN 0 AND 2", name="grade"),
        CheckConstraint("rank IS NULL OR rank >= 1", name="rank"),
        Index("ix_decision_request_registrant", "request", "registrant"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    request: Mapped[str] = mapped_column(String(20))  # its code
    registrant: Mapped[str] = mapped_column(String(20))  # its code
    offering: Mapped[str] = mapped_column(String(20))  # its code
    verb: Mapped[str] = mapped_column(String(20))
    origin: Mapped[Origin] = mapped_column(states(Origin, "origin"))
    reason: Mapped[str] = mapped_column(String(40), default="")
    grade: Mapped[
        int | None
    ]  # 2 right, 1 chosen, 0 not right (rules.grade); none: it says nothing of the words
    score: Mapped[float | None]  # as it was shown, with its rank among the candidates
    rank: Mapped[int | None]
