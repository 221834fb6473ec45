"""Migrations run up and down on both databases, and end where the models are."""

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from matching.kernel.db import db

HELD = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION "
    "SELECT conname FROM pg_constraint WHERE contype = 'x'",
}
EXPECTED = {
    "sqlite": {
        "ledger_entry_no_update",
        "ledger_entry_no_delete",
        "ledger_entry_only_next",
        "match_session_no_overlap_insert",
        "match_session_no_overlap_update",
    },
    "postgresql": {"ledger_entry_no_change", "ledger_entry_no_truncate", "ex_match_session_overlap"},
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
