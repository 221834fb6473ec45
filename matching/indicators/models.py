"""What the city wants to reach, what its surveys found, and the years it has reviewed and closed."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.accounts.models import Account
from matching.kernel.codes import new_code
from matching.kernel.db import Base, states
from matching.kernel.labels import Labelled


class Target(Base):
    """Completed matches wanted in a fiscal year, for a measure or (programme not empty) one programme."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("measure", "programme", "fiscal_year"),
        CheckConstraint("completed_matches >= 1", name="completed_matches"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    measure: Mapped[int]
    programme: Mapped[str] = mapped_column(String(40), default="")
    fiscal_year: Mapped[int]
    completed_matches: Mapped[int]


class TargetChange(Base):
    """A target set, changed or taken away (after: None). Never changed."""

    __tablename__ = "target_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    measure: Mapped[int]
    programme: Mapped[str] = mapped_column(String(40))
    fiscal_year: Mapped[int]
    before: Mapped[int | None]
    after: Mapped[int | None]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # None: an import by command

    by: Mapped[Account | None] = relationship()


class SurveyValue(Base):
    """What the city's survey found for one 検証指標 (a key of `survey` in plan.toml) in a fiscal year."""

    __tablename__ = "survey_value"
    __table_args__ = (CheckConstraint("value >= 0 AND value <= 100", name="value"),)

    question: Mapped[str] = mapped_column(String(15), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Decimal] = mapped_column(Numeric(4, 1))  # per cent

    @property
    def code(self) -> str:
        return survey_code(self.question, self.fiscal_year)


def survey_code(question: str, fiscal_year: int) -> str:
    """Under which code the record names a survey's value, also one taken away."""
    return f"{fiscal_year}-{question}"


class HalfwayReview(Base):
    """中間見直し: what the city found when half of the plan had passed; one for the plan."""

    __tablename__ = "halfway_review"

    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the plan's halfway year
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)  # a stale edit is shown both texts

    @property
    def code(self) -> str:
        return str(self.fiscal_year)


class HalfwayChange(Base):
    """The text of the half-way review as somebody saved it. Never changed."""

    __tablename__ = "halfway_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    by: Mapped[Account] = relationship()


class ReviewStatus(Labelled):
    WRITING = "writing", "記入中"
    PROPOSED = "proposed", "締める提案中"
    CLOSED = "closed", "締めた"


class YearReview(Base):
    """年度の見直し: written, proposed by one, closed by another."""

    __tablename__ = "year_review"

    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[ReviewStatus] = mapped_column(states(ReviewStatus, "status"))
    version: Mapped[int] = mapped_column(default=1)  # a stale edit is shown both texts
    proposed_at: Mapped[datetime | None]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    proposed_by: Mapped[Account | None] = relationship(foreign_keys=proposed_by_id)
    closed_by: Mapped[Account | None] = relationship(foreign_keys=closed_by_id)
    causes: Mapped[list["Cause"]] = relationship(order_by="Cause.measure", cascade="all, delete-orphan")

    @property
    def code(self) -> str:
        return str(self.fiscal_year)


class Cause(Base):
    """原因と解決すべき課題: the paragraph of one measure, needed for C and D; public with the report."""

    __tablename__ = "cause"

    fiscal_year: Mapped[int] = mapped_column(ForeignKey("year_review.fiscal_year"), primary_key=True)
    measure: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class StoredFigure(Base):
    """A figure of a closed year with its definition, as both were when it was closed. Never changed."""

    __tablename__ = "stored_figure"

    fiscal_year: Mapped[int] = mapped_column(ForeignKey("year_review.fiscal_year"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)  # a measure's number, a programme's key
    figure: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    name: Mapped[str] = mapped_column(String(40))
    sentence: Mapped[str] = mapped_column(Text)
    leaves_out: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(10))
    places: Mapped[int]
    per: Mapped[int]


class StoredGrade(Base):
    """Target and grade of a measure or programme in a closed year; neither without a target."""

    __tablename__ = "stored_grade"

    fiscal_year: Mapped[int] = mapped_column(ForeignKey("year_review.fiscal_year"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)  # as of StoredFigure
    target: Mapped[int | None]
    percent: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(1))
