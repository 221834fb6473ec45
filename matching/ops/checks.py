"""What `flask check` looks at: the tables' version, the book, and promises a statement can test."""

import json
from collections.abc import Iterator
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import JSON, Column, Text, and_, cast, func, or_, select, text
from sqlalchemy.orm import aliased

from matching.indicators.verification import verify
from matching.kernel import personal
from matching.kernel.db import db
from matching.matches.models import MatchSession
from matching.ops.beside import copies
from matching.registry.models import Erasure, Registrant
from matching.registry.services import erasing


def problems() -> list[str]:
    """Sentences; none: all is well."""
    found = [*_tables()]
    if not found:
        found += [f"台帳 {problem.seq or '-'}: {problem.reason}" for problem in verify().problems]
        found += [*_double_bookings(), *_not_erased(), *_brought_back(), *_left_over()]
    return found


def _tables() -> Iterator[str]:
    """Asked first: nothing else can be read from tables of another version."""
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current != script.get_current_head():
            yield f"表の版が違います（{current}）。flask db upgrade を実行してください。"
        if connection.dialect.name == "sqlite":
            for table, row, *_ in connection.execute(text("PRAGMA foreign_key_check")):
                yield f"{table} の {row} 番の行が、無い行を指しています"


def _double_bookings() -> Iterator[str]:
    one, other = aliased(MatchSession), aliased(MatchSession)
    number = db.session.scalar(
        select(func.count())
        .select_from(one)
        .join(
            other,
            and_(
                other.registrant_id == one.registrant_id,
                or_(other.match_id > one.match_id, other.session_id > one.session_id),
                other.starts_at < one.ends_at,
                one.starts_at < other.ends_at,
            ),
        )
        .where(one.standing, other.standing)
    )
    if number:
        yield f"同じ人の、重なる活動が{number}組あります"


def _not_erased() -> Iterator[str]:
    """Whoever was erased has nothing personal left."""
    erased = select(Registrant.id, Registrant.code).join(Erasure, Erasure.code == Registrant.code)
    table = Registrant.__table__
    for id_, code in db.session.execute(erased).all():
        for owned, which in personal.owned(table, id_).items():  # type: ignore[arg-type]
            nothing = personal.empty(owned) | ({"name": erasing.ERASED} if owned is table else {})
            left = [_as_text(owned.c[name]).is_distinct_from(_as_text(v)) for name, v in nothing.items()]
            if left and db.session.scalar(select(func.count()).select_from(owned).where(which, or_(*left))):
                yield f"消去した登録者 {code} の情報が、{owned.name} に残っています"


def _brought_back() -> Iterator[str]:
    """Whoever the list beside the database names is erased in it too: a restore may have broken off."""
    codes = erasing.listed(current_app.extensions["settings"].instance_path)
    known = select(Registrant.code).where(
        Registrant.code.in_(codes), Registrant.code.not_in(select(Erasure.code))
    )
    for code in db.session.scalars(known.order_by(Registrant.code)):
        yield f"消去した登録者 {code} がもどっています。flask registry erase --again を実行してください。"


def _left_over() -> Iterator[str]:
    """A restore that was cut off leaves beside the database what may name whoever was erased."""
    if copies().left_over():
        yield "途中で止まった復元の残りがあります。もう一度 flask restore を実行してください。"


def _as_text(value: Any) -> Any:
    """Lists are compared as they are written: PostgreSQL knows no other equality of JSON."""
    if isinstance(value, list):
        return json.dumps(value)
    return cast(value, Text) if isinstance(value, Column) and isinstance(value.type, JSON) else value
