"""Runs migrations with the application's own engine, in one transaction on both databases."""

from alembic import context
from flask import current_app

from matching.kernel.db import UTCDateTime

database = current_app.extensions["migrate"].db


def plain_types(type_, item, _context):
    """A migration names SQLAlchemy's own type, so that it stays true when our code moves."""
    if type_ == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


with database.engine.connect() as connection:
    writing = connection.execution_options(writes=True)
    context.configure(
        connection=writing,
        target_metadata=database.metadata,
        render_as_batch=True,
        render_item=plain_types,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
