"""What the index must know to catch up, and what was decided about pairs it ranked."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.codes import new_code
from matching.kernel.db import Base, states
from matching.matches.models import Origin


class IndexRevision(Base):
    """The one row that numbers the changes; locked while one is written, so that numbers follow commits."""

    __tablename__ = "index_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class Kind(StrEnum):
    OFFERING = "offering"  # searched
    REQUEST = "request"  # once opened: tells which words are ordinary in requests


class IndexedText(Base):
    """The words of a text as they were found when it was saved. None: the text is gone.

    `stamp` is another with each change: a process that starts from a file sees by it what has changed.
    """

    __tablename__ = "indexed_text"

    kind: Mapped[Kind] = mapped_column(states(Kind, "kind"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)  # of the offering or request
    revision: Mapped[int] = mapped_column(index=True)
    stamp: Mapped[str] = mapped_column(String(20), default=new_code)
    analyser: Mapped[str] = mapped_column(String(60))
    words: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # [normalised, as written] each


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
