"""Migrations run up and down on both databases, and end where the models are."""

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select, text

from matching.kernel.db import db
from tests.factories import make_match, make_registration

HELD = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION "
    "SELECT conname FROM pg_constraint WHERE contype = 'x'",
}
EXPECTED = {
    "sqlite": {
        "closed_year_no_update",
        "closed_year_no_delete",
        "ledger_entry_no_update",
        "ledger_entry_no_delete",
        "ledger_entry_only_next",
        "match_session_no_overlap_insert",
        "match_session_no_overlap_update",
    },
    "postgresql": {
        "closed_year_no_change",
        "closed_year_no_truncate",
        "ledger_entry_no_change",
        "ledger_entry_no_truncate",
        "ex_match_session_overlap",
    },
}


def tables():
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_agree(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_what_stands_behind_the_rules_is_there(app):
    kind = db.engine.dialect.name
    assert set(db.session.scalars(text(HELD[kind]))) == EXPECTED[kind]


def test_down_and_up_again(app):
    before = tables()
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == before


def test_rows_survive_the_way_down_and_up(app):
    """What hangs on a row is still there after each step that changes its table."""
    match = make_match()
    make_registration()
    rows = lambda: {  # noqa: E731
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in db.metadata.sorted_tables
        if table.name not in ("indexed_text", "thesaurus_version")
    }
    before = rows()
    assert min(before[name] for name in ("request_session", "request_programme", "match_session")) >= 1
    db.session.rollback()
    flask_migrate.downgrade(revision="0001")
    flask_migrate.upgrade()
    assert rows() == before
    assert db.session.get(type(match), match.id).request.sessions
