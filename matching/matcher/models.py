"""What the index must know to catch up: which offering changed at which revision."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.db import Base


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
