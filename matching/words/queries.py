"""Reads of the thesaurus: what holds now, the list, and what held at any version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from matching.accounts.models import Account
from matching.engine.thesaurus import Group
from matching.kernel.db import db
from matching.words.models import THE_ROW, ThesaurusChange, ThesaurusGroup, ThesaurusVersion, ThesaurusWord
from matching.words.rules import folded

SHOWN = 200


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group in the list, and who last changed it."""

    code: str
    content: Group
    version: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one version changed. An empty group before or after: there was or is none."""

    version: int
    at: datetime
    by: str
    group: str  # code
    before: Group
    after: Group

    @property
    def kind(self) -> str:
        if not self.before.words:
            return "加えた"
        return "変えた" if self.after.words else "消した"


def version() -> int:
    """How many changes were committed; it rises by one with each."""
    return db.session.scalar(select(ThesaurusVersion.number).where(ThesaurusVersion.id == THE_ROW)) or 0


def standing() -> dict[str, Group]:
    """The groups in force by code."""
    return {group.code: group.content for group in _standing()}


def standing_as(wanted: Group) -> ThesaurusGroup | None:
    """The group in force that holds these very words."""
    return next((group for group in _standing() if _sets(group.content) == _sets(wanted)), None)


def to_edit(group: ThesaurusGroup) -> Group:
    """Its words; of a removed group those it held last."""
    return group.content if group.content.words else history(group)[0].before


def listed(search: str = "") -> list[GroupRow]:
    """The groups with a word that contains `search`, last changed first; a removed group has no word."""
    rows = db.session.execute(
        select(ThesaurusGroup, ThesaurusChange.at, Account.name)
        .join(ThesaurusChange, ThesaurusChange.version == ThesaurusGroup.version)
        .outerjoin(Account, Account.id == ThesaurusChange.actor_id)
        .order_by(ThesaurusGroup.version.desc())
    )
    found = [GroupRow(group.code, group.content, group.version, at, by or "") for group, at, by in rows]
    return [row for row in found if any(folded(search) in folded(word) for word in _words(row.content))]


def history(group: ThesaurusGroup | None = None) -> list[Change]:
    """The changes of one group, or the latest of all; newest first."""
    statement = (
        select(ThesaurusChange, Account.name, ThesaurusGroup.code)
        .join(ThesaurusGroup, ThesaurusGroup.id == ThesaurusChange.group_id)
        .outerjoin(Account, Account.id == ThesaurusChange.actor_id)
        .order_by(ThesaurusChange.version.desc())
        .limit(SHOWN)
    )
    if group is not None:
        statement = statement.where(ThesaurusChange.group_id == group.id)
    return [
        Change(change.version, change.at, by or "", code, _group(change.before), _group(change.after))
        for change, by, code in db.session.execute(statement)
    ]


def at_version(number: int) -> list[Group]:
    """What the thesaurus held after this change; the group changed last first."""
    changes = db.session.execute(
        select(ThesaurusChange.group_id, ThesaurusChange.after)
        .where(ThesaurusChange.version <= number)
        .order_by(ThesaurusChange.version.desc())
    )
    latest: dict[int, Group] = {}
    for group_id, after in changes:
        latest.setdefault(group_id, _group(after))
    return [group for group in latest.values() if group.words]


def _standing() -> Iterable[ThesaurusGroup]:
    """Those with words, and these, in one statement."""
    return db.session.scalars(
        select(ThesaurusGroup)
        .join(ThesaurusGroup.word_rows)
        .options(contains_eager(ThesaurusGroup.word_rows))
        .order_by(ThesaurusGroup.id, ThesaurusWord.position)
    ).unique()


def _group(kept: Mapping[str, Any]) -> Group:
    return Group(tuple(kept["words"]), tuple(kept["narrower"]))


def _words(group: Group) -> tuple[str, ...]:
    return (*group.words, *group.narrower)


def _sets(group: Group) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(group.words), frozenset(group.narrower)
