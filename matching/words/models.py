"""Groups of words, the version they stand at, and every change there was."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.engine.thesaurus import Group
from matching.kernel.codes import new_code
from matching.kernel.db import Base, states
from matching.kernel.labels import Labelled

THE_ROW = 1


class WordRole(Labelled):
    EQUAL = "equal", "同じ意味の言葉"
    NARROWER = "narrower", "せまい意味の言葉"


class ThesaurusVersion(Base):
    """The one row that numbers the changes; locked while one is written, so that numbers follow commits."""

    __tablename__ = "thesaurus_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class ThesaurusGroup(Base):
    """Words that count as equal, and narrower ones. A removed group has none, and may be entered again."""

    __tablename__ = "thesaurus_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    version: Mapped[int]  # the thesaurus' version that last changed it: a stale edit is shown both texts

    word_rows: Mapped[list["ThesaurusWord"]] = relationship(
        order_by="ThesaurusWord.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def content(self) -> Group:
        """The group as the engine takes it."""
        return Group(self._with_role(WordRole.EQUAL), self._with_role(WordRole.NARROWER))

    def _with_role(self, role: WordRole) -> tuple[str, ...]:
        return tuple(row.word for row in self.word_rows if row.role is role)


class ThesaurusWord(Base):
    """One word of a group, as it was typed."""

    __tablename__ = "thesaurus_word"
    __table_args__ = (UniqueConstraint("group_id", "word"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("thesaurus_group.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[WordRole] = mapped_column(states(WordRole, "role"))
    word: Mapped[str] = mapped_column(String(40))


class ThesaurusChange(Base):
    """What one version changed: a group's words before and after. Never changed itself."""

    __tablename__ = "thesaurus_change"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("thesaurus_group.id"), index=True)
    before: Mapped[dict[str, Any]]  # {"words": […], "narrower": […]}; both empty: there was no such group
    after: Mapped[dict[str, Any]]
