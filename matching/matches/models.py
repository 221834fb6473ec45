"""Matches, the sessions they cover, answers, reports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.accounts.models import Account
from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, states
from matching.kernel.labels import Labelled
from matching.organisations.models import Operator
from matching.registry.models import Registrant, Registration
from matching.requests.models import Session, SupportRequest


class MatchStatus(Labelled):
    PROPOSED = "proposed", "提案"
    OFFERED = "offered", "打診中"
    ACCEPTED = "accepted", "承諾"
    REPORTED = "reported", "報告済み"
    COMPLETED = "completed", "完了"
    VOIDED = "voided", "計上取消し"
    REJECTED = "rejected", "見送り"
    DECLINED = "declined", "辞退"
    LAPSED = "lapsed", "期限切れ"
    WITHDRAWN = "withdrawn", "取下げ"
    CANCELLED = "cancelled", "中止"
    NO_SHOW = "no_show", "欠席"


# The states in which a match holds its place and its person's time.
STANDING = frozenset(
    {
        MatchStatus.OFFERED,
        MatchStatus.ACCEPTED,
        MatchStatus.REPORTED,
        MatchStatus.COMPLETED,
        MatchStatus.VOIDED,
    }
)


class Origin(Labelled):
    COORDINATOR = "coordinator", "担当者"
    REQUESTER = "requester", "依頼者"
    REGISTRANT = "registrant", "本人"
    PLAN = "plan", "一括案"
    IMPORT = "import", "取込"


class Channel(Labelled):
    MAIL = "mail", "メール"
    TELEPHONE = "telephone", "電話"
    FAX = "fax", "FAX"
    IN_PERSON = "in_person", "対面"


class AttemptResult(Labelled):
    NO_ANSWER = "no_answer", "応答なし"
    LATER = "later", "後日返事"
    DECLINED = "declined", "辞退"
    ACCEPTED = "accepted", "承諾"


class Match(Base):
    """One request × one registrant, whatever happens between them.

    `place` numbers the standing matches of a request from 1 to its headcount, so that the last place is
    given once. Programme and measure are fixed at approval.
    """

    __tablename__ = "match"
    __table_args__ = (
        UniqueConstraint("request_id", "registrant_id"),
        UniqueConstraint("request_id", "place"),
        CheckConstraint("place IS NULL OR place >= 1", name="place"),
        CheckConstraint("round >= 1", name="round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    external_id: Mapped[str | None] = mapped_column(String(40), unique=True)  # of an imported activity
    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id"))
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    programme: Mapped[str] = mapped_column(String(40))
    measure: Mapped[int]
    status: Mapped[MatchStatus] = mapped_column(states(MatchStatus, "status"), index=True)
    origin: Mapped[Origin] = mapped_column(states(Origin, "origin"))
    place: Mapped[int | None]
    round: Mapped[int] = mapped_column(default=1)  # one more after each reversal
    score: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, info=PERSONAL
    )  # as they were at approval: words of the offering
    answer_by: Mapped[date | None]
    # The mailed link's secret, hashed; kept after the answer, so that the link can say what happened.
    answer_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    contact_consent: Mapped[bool] = mapped_column(default=False)  # given for this match
    decline_reason: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    chosen_at: Mapped[datetime | None]  # of an application for a stage: the offering side wants this one
    answered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    request: Mapped[SupportRequest] = relationship()
    registrant: Mapped[Registrant] = relationship()
    registration: Mapped[Registration] = relationship()
    session_rows: Mapped[list["MatchSession"]] = relationship(
        order_by="MatchSession.starts_at", cascade="all, delete-orphan"
    )
    attempts: Mapped[list["ContactAttempt"]] = relationship(order_by="ContactAttempt.id.desc()")

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """When the dates it covers begin and end; of a council seat none."""
        return [(row.starts_at, row.ends_at) for row in self.session_rows]

    @hybrid_property
    def wished(self) -> bool:
        """The person asked for it, and nobody has decided yet; of the class, as a condition."""
        return self.status == MatchStatus.PROPOSED and self.origin == Origin.REGISTRANT

    @wished.inplace.expression
    @classmethod
    def _wished(cls) -> ColumnElement[bool]:
        return and_(cls.status == MatchStatus.PROPOSED, cls.origin == Origin.REGISTRANT)


class MatchSession(Base):
    """A session a match covers. Person and time are repeated here for the constraint against overlaps.

    No two standing rows of one person may overlap; times are half-open, so adjacent ones may follow each
    other: EXCLUDE on PostgreSQL, triggers on SQLite (see migrations).
    """

    __tablename__ = "match_session"
    __table_args__ = (Index("ix_match_session_registrant_id_starts_at", "registrant_id", "starts_at"),)

    match_id: Mapped[int] = mapped_column(ForeignKey("match.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("request_session.id"), primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    standing: Mapped[bool]

    session: Mapped[Session] = relationship()


class ContactAttempt(Base):
    """連絡記録: one try to reach a person about a match, and what came of it."""

    __tablename__ = "contact_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[Channel] = mapped_column(states(Channel, "channel"))
    result: Mapped[AttemptResult] = mapped_column(states(AttemptResult, "result"))
    reason: Mapped[str] = mapped_column(String(40), default="")


class CompletionReport(Base):
    """活動報告: one per session, for all who helped; a council seat has one without a session (委嘱)."""

    __tablename__ = "completion_report"
    __table_args__ = (
        UniqueConstraint("session_id"),
        Index(
            "uq_completion_report_seat",
            "request_id",
            unique=True,
            postgresql_where=text("session_id IS NULL"),
            sqlite_where=text("session_id IS NULL"),
        ),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("participants >= 0", name="participants"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("request_session.id"))
    held: Mapped[bool]
    minutes: Mapped[int]
    participants: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")  # why the coordinator sent it back
    reported_at: Mapped[datetime]
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    attendances: Mapped[list["Attendance"]] = relationship(cascade="all, delete-orphan")
    session: Mapped[Session | None] = relationship()


class Attendance(Base):
    """Whether the person of a match came to the reported session."""

    __tablename__ = "attendance"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("completion_report.id", ondelete="CASCADE"), primary_key=True
    )
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), primary_key=True, index=True)
    came: Mapped[bool]


class EffectAnswer(Base):
    """One of the plan's eight effects as the requester saw it, in five steps; once per request."""

    __tablename__ = "effect_answer"
    __table_args__ = (CheckConstraint("step BETWEEN 1 AND 5", name="step"),)

    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id"), primary_key=True)
    effect: Mapped[str] = mapped_column(String(40), primary_key=True)
    step: Mapped[int]


class ChildSafetyCheck(Base):
    """安全確認: an operator's check of a person (design §4). That it was done, never what it found."""

    __tablename__ = "child_safety_check"
    __table_args__ = (
        UniqueConstraint("registrant_id", "operator_id", "checked_on"),
        CheckConstraint("checked_on <= valid_to", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    checked_on: Mapped[date]
    valid_to: Mapped[date]
    officer: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    operator: Mapped[Operator] = relationship()


class Alternate(Base):
    """補欠: who is offered the place when one falls free, in order. Gone once offered."""

    __tablename__ = "alternate"
    __table_args__ = (UniqueConstraint("request_id", "registrant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id"))
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"), index=True)
    score: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, info=PERSONAL
    )  # as they were when kept: words of the offering
    kept_at: Mapped[datetime]
    kept_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))  # who approved it beforehand

    request: Mapped[SupportRequest] = relationship()
    registrant: Mapped[Registrant] = relationship()


class MatchChange(Base):
    """The dates or the place changed after acceptance: what the match was, and the answer asked for anew."""

    __tablename__ = "match_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), index=True)
    before: Mapped[list[str]]  # dates and place as they were, as they are read
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # of the mailed link
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    kept: Mapped[bool | None]  # the answer; None: none yet, or a later change took its place

    match: Mapped[Match] = relationship()


class Objection(Base):
    """The requester's reason against a person, until a coordinator decides."""

    __tablename__ = "match_objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), index=True)
    reason: Mapped[str] = mapped_column(String(40))  # of rules.OBJECTION_REASONS
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    upheld: Mapped[bool | None]

    by: Mapped[Account] = relationship(foreign_keys=by_id)
