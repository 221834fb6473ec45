"""What is personal, read from the tables' own declarations: one walk for download, erasure and merging.

A column is declared once, where it is defined (`info=PERSONAL`); a table a later package adds is walked too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, ColumnDefault, ColumnElement, Index, Select, Table, UniqueConstraint, select

from matching.kernel.db import Base, db

# A row belongs to what its foreign keys name; an account is also named by what it did, so only this counts.
OWN_ACCOUNT = "account_id"
SECRET = ("password_hash", "pseudonym")
ADDRESSES = ("email", "recipient")


def personal_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that are declared personal."""
    return [column for column in table.columns if column.info.get("personal")]


def referring(parent: Table) -> Iterator[tuple[Table, Column[Any]]]:
    """Every (table, column) whose rows belong to a row of `parent`."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            column = key.parent
            ours = parent.name != "account" or column.name == OWN_ACCOUNT
            if key.column.table is parent and table is not parent and ours:
                yield table, column


def owned(root: Table, row_id: int) -> dict[Table, ColumnElement[bool]]:
    """Every table with rows that belong to one row of `root`, nearest first, and which rows they are."""
    found: dict[Table, ColumnElement[bool]] = {root: root.c.id == row_id}
    waiting = [root]
    while waiting:
        parent = waiting.pop(0)
        if "id" not in parent.columns:
            continue
        for table, column in referring(parent):
            if table not in found:
                found[table] = column.in_(select(parent.c.id).where(found[parent]))
                waiting.append(table)
    return found


def by_address(*known: Table) -> list[Column[Any]]:
    """Addresses in tables that may know a person by nothing else; `known`: tables asked in another way."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in personal_columns(table)
        if table not in known and column.name.endswith(ADDRESSES)
    ]


def empty(table: Table) -> dict[str, Any]:
    """What a personal column holds once a person is gone: nothing, in the form its type allows."""
    return {column.name: _nothing(column) for column in personal_columns(table)}


def rows_of(table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The rows as they can be handed to the person: without keys, hashes and the ledger's name."""
    shown = [c for c in table.columns if not _inner(c)]
    if not shown:
        return []
    statement: Select[Any] = select(*shown).where(which).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in db.session.execute(statement)]


def move(table: Table, column: Column[Any], gone: int, kept: int) -> None:
    """Let the rows of `gone` belong to `kept`; a row that `kept` has already (a unique key) falls away."""
    for names in _unique(table, column.name):
        others = [table.c[name] for name in names if name != column.name]
        had = select(*others).where(column == kept) if others else None
        twice = db.session.execute(had).all() if had is not None else ()
        for row in twice:
            same = [c == value for c, value in zip(others, row, strict=True)]
            db.session.execute(table.delete().where(column == gone, *same))
    db.session.execute(table.update().where(column == gone).values({column.name: kept}))


def _unique(table: Table, name: str) -> list[list[str]]:
    keys = [list(table.primary_key.columns)]
    keys += [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    keys += [list(index.columns) for index in table.indexes if index.unique and not _partial(index)]
    return [names for key in keys if name in (names := [c.name for c in key])]


def _partial(index: Index) -> bool:
    """Whether only some rows are held apart by it: those a merge has ended meet nobody."""
    return index.dialect_options["sqlite"]["where"] is not None


def _inner(column: Column[Any]) -> bool:
    return (
        bool(column.foreign_keys)
        or column.name == "id"
        or column.name.endswith("_hash")
        or column.name in SECRET
    )


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.default, ColumnDefault) and column.default.is_callable:
        return column.default.arg(None)  # a list or dictionary of its own
    made: Mapping[type, Any] = {str: "", int: 0, bool: False}
    return made[column.type.python_type]
