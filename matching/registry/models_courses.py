"""講座: courses and who is in them, and what a person has learned."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base
from matching.registry.models import Registrant


class LearningRecord(Base):
    """A course once taken, and the fiscal year: the bridge from learning to giving."""

    __tablename__ = "learning_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"), index=True)
    course: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    fiscal_year: Mapped[int]
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))  # recorded by its completion


class Course(Base):
    """講座: who holds it, when, and the credential it leads to (granted only by the credential's issuer)."""

    __tablename__ = "course"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    name: Mapped[str] = mapped_column(String(100))
    organiser: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(40))
    ward: Mapped[str] = mapped_column(String(20))
    fiscal_year: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    credential: Mapped[str] = mapped_column(String(40), default="")
    expires_on: Mapped[date | None]  # of the certificates it gives
    created_at: Mapped[datetime]

    participants: Mapped[list["CourseParticipant"]] = relationship(
        back_populates="course", order_by="CourseParticipant.id", cascade="all, delete-orphan"
    )


class CourseParticipant(Base):
    """Somebody in a course: a registrant, or a name and a way to write to them until they become one."""

    __tablename__ = "course_participant"
    __table_args__ = (
        UniqueConstraint("course_id", "registrant_id"),
        CheckConstraint("registrant_id IS NOT NULL OR name <> ''", name="who"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    registrant_id: Mapped[int | None] = mapped_column(
        ForeignKey("registrant.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    kana: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    email: Mapped[str] = mapped_column(String(254), default="", index=True, info=PERSONAL)
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    course: Mapped[Course] = relationship(back_populates="participants")
    registrant: Mapped[Registrant | None] = relationship(lazy="selectin")

    @property
    def called(self) -> str:
        """The name as a page says it."""
        return self.registrant.called if self.registrant else f"{self.name} さん"
