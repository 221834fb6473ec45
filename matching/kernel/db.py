"""The database: declarative base, column types, and the one transaction at the edge of a verb."""

import enum
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BindParameter, DateTime, Dialect, Enum, MetaData, bindparam, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import registry as orm_registry
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from sqlalchemy.types import TypeDecorator

from matching.kernel.errors import Conflict

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
PERSONAL = {"personal": True}
BUSY_MILLISECONDS = 20_000
# What ends one of two who met: unique and exclusion constraints, triggers, deadlocks, a lock not had.
MET_ANOTHER = {
    *("23505", "23P01", "40001", "40P01"),
    *("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_TRIGGER"),
    *("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"),
}


def written_out(values: Iterable[int | str]) -> BindParameter[Any]:
    """Numbers or codes for `in_`, however many: a database binds some 32,000 values at most."""
    return bindparam(None, list(values), expanding=True, literal_execute=True)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on both databases. A naive one is refused (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table."""

    registry = orm_registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UTCDateTime,
            dict[str, Any]: JSON,
            list[str]: JSON,
            list[dict[str, Any]]: JSON,
        },
    )


db = SQLAlchemy(model_class=Base)


def states(kind: type[enum.StrEnum], name: str) -> Enum:
    """A column of an enumeration's values, with a CHECK named after `name` behind it."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


MET = "ほかの操作と同時になりました。画面を開きなおして、もう一度お確かめください。"


# SQLite gives its lock to whoever asks at the right moment, so one of many can starve: threads queue for it.
_TURN = threading.RLock()


@contextmanager
def transaction() -> Iterator[None]:
    """One unit of work, committed at its end or wholly undone.

    What was only read before is read again under the lock. A violated constraint is a Conflict: somebody
    else was first.
    """
    session = db.session
    session.rollback()
    with _TURN if db.engine.dialect.name == "sqlite" else nullcontext():
        try:
            session.connection(execution_options={"writes": True})
            yield
            session.commit()
        except DBAPIError as error:
            session.rollback()
            if _met_another(error):
                raise Conflict(MET) from error
            raise
        except (ObjectDeletedError, StaleDataError) as error:  # a row that was read is no longer there
            session.rollback()
            raise Conflict(MET) from error
        except BaseException:
            session.rollback()
            raise


def _met_another(error: DBAPIError) -> bool:
    """A constraint behind a rule was violated, or the lock not had; a missing value is our own mistake."""
    violated = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return violated in MET_ANOTHER


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",  # what is erased is overwritten in the file
        "recursive_triggers=ON",  # INSERT OR REPLACE fires the DELETE triggers too
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
