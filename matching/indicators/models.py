"""What the city wants to reach."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.codes import new_code
from matching.kernel.db import Base


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
