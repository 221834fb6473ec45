"""What happens by time: each occasion once, and the jobs of `flask worker` that see to it.

An occasion's row, its effects and its mails are one transaction: a worker that is killed has done all of it
or nothing, and the next one goes on from there.
"""

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel.clock import now
from matching.kernel.db import Base, db, transaction
from matching.kernel.errors import Conflict

log = logging.getLogger(__name__)
AT_ONCE = 500  # keys looked up in one statement


class Occasion(Base):
    """Something that happens once: a reminder of one offer, the expiry of one registration."""

    __tablename__ = "occasion"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))  # public codes and days, never a name
    made_at: Mapped[datetime]


class WorkerBeat(Base):
    """When a job of the worker last went through without a failure."""

    __tablename__ = "worker_beat"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Job:
    """One thing the worker does, at most every `every` seconds.

    `work` says whether all of it went well; `run` lets no failure out.
    """

    name: str
    work: Callable[[], bool]
    every: float = 60

    def run(self) -> bool:
        try:
            return self.work()
        except Exception as error:  # one job's failure never stops the others
            _failed(self.name, error)
            return False
        finally:
            db.session.rollback()


def once(kind: str, key: str) -> bool:
    """Whether this occasion comes up for the first time; it is kept with the running transaction.

    Two workers at once: the constraint ends one of them (Conflict), and its transaction is undone.
    """
    if not unmade(kind, [key]):
        return False
    db.session.add(Occasion(kind=kind, key=key, made_at=now()))
    db.session.flush()
    return True


def unmade(kind: str, keys: Iterable[str]) -> list[str]:
    """Those of the keys whose occasion has not come up yet, in their order."""
    asked = list(dict.fromkeys(keys))
    made: set[str] = set()
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        made |= set(
            db.session.scalars(select(Occasion.key).where(Occasion.kind == kind, Occasion.key.in_(part)))
        )
    return [key for key in asked if key not in made]


def each(name: str, due: Callable[[], Iterable[Any]], act: Callable[[Any], Any], every: float = 60) -> Job:
    """A job that finds what is due without the write lock and does each in a transaction of its own."""

    def work() -> bool:
        failed = [one for one in list(due()) if not _done(name, act, one)]
        return not failed

    return Job(name, work, every)


def _done(name: str, act: Callable[[Any], Any], one: Any) -> bool:
    try:
        with transaction():
            act(one)
    except Conflict:
        return True  # another worker or a person was first; looked at again next time
    except Exception as error:  # the others are done all the same
        _failed(name, error)
        return False
    return True


def _failed(name: str, error: Exception) -> None:
    """Only where it happened: the text of a database's error may repeat a whole row."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("the worker's %s failed, trying again: %s\n%s", name, type(error).__name__, where)


def beat(jobs: Iterable[str]) -> None:
    """Note in the running transaction that these jobs went well."""
    for job in jobs:
        db.session.merge(WorkerBeat(job=job, at=now()))


def beats() -> dict[str, datetime]:
    """Job → when it last went well."""
    return {row.job: row.at for row in db.session.scalars(select(WorkerBeat))}
