"""The verbs of the thesaurus: enter a group, change it, remove it. Each raises the version by one."""

from typing import Any

from matching.accounts.models import Account
from matching.engine.thesaurus import Group
from matching.kernel import audit
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Conflict
from matching.words import queries, rules
from matching.words.models import (
    THE_ROW,
    ThesaurusChange,
    ThesaurusGroup,
    ThesaurusVersion,
    ThesaurusWord,
    WordRole,
)


def enter_group(actor: Account | None, wanted: Group) -> ThesaurusGroup:
    """A new group; one that holds the same words already is returned as it is. Invalid: see rules.check."""
    rules.check(wanted)
    head = _lock()
    group = queries.standing_as(wanted)
    if group is None:
        group = ThesaurusGroup(version=head.number, word_rows=[])
        db.session.add(group)
        _write(actor, "enter", head, group, wanted)
    return group


def change_group(actor: Account | None, group: ThesaurusGroup, wanted: Group, version: int) -> None:
    """Other words; a removed group comes back with them. The words it holds already change nothing.

    Conflict where somebody changed or removed it since `version` was read. Invalid: see rules.check.
    """
    rules.check(wanted)
    _replace(actor, "change", group, wanted, version)


def remove_group(actor: Account | None, group: ThesaurusGroup, version: int) -> None:
    """Its words count for nothing any more; its history stays. Removing it again changes nothing.

    Conflict where somebody changed it since `version` was read.
    """
    _replace(actor, "remove", group, rules.NOTHING, version)


def _replace(actor: Account | None, verb: str, group: ThesaurusGroup, wanted: Group, version: int) -> None:
    head = _lock()
    db.session.refresh(group)
    if group.content == wanted:
        return
    if group.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    _write(actor, verb, head, group, wanted)


def _lock() -> ThesaurusVersion:
    return db.session.get_one(ThesaurusVersion, THE_ROW, with_for_update=True, populate_existing=True)


def _write(
    actor: Account | None, verb: str, head: ThesaurusVersion, group: ThesaurusGroup, wanted: Group
) -> None:
    before, after = _kept(group.content), _kept(wanted)
    head.number += 1
    group.version = head.number
    group.word_rows.clear()
    db.session.flush()  # the old words go before the new ones come: a word stands once
    roles = [(WordRole.EQUAL, word) for word in wanted.words]
    roles += [(WordRole.NARROWER, word) for word in wanted.narrower]
    group.word_rows = [
        ThesaurusWord(position=position, role=role, word=word)
        for position, (role, word) in enumerate(roles, 1)
    ]
    db.session.add(
        ThesaurusChange(
            version=head.number,
            at=now(),
            actor_id=actor.id if actor else None,
            group_id=group.id,
            before=before,
            after=after,
        )
    )
    audit.record(actor, f"thesaurus.{verb}", group, version=head.number, before=before, after=after)
    db.session.flush()


def _kept(content: Group) -> dict[str, Any]:
    return {"words": list(content.words), "narrower": list(content.narrower)}
