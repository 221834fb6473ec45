"""What is said to the database meanwhile: pages are bounded however many rows there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from matching.kernel.db import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The list fills with every statement (SELECT, UPDATE …) while the block runs."""
    said: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
