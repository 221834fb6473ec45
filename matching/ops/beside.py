"""A database made ready beside the one that stands, then put in its place in one transaction.

Killed at any moment, what stands is as it was or wholly the new one; what was beside it then is `left_over`.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from matching.kernel.db import db

DEBIAN = Path("/usr/lib/postgresql")  # each version's programs lie below
UNREADABLE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
LOGS = ("-wal", "-shm", "-journal")
SCHEMA = "restoring"
# The statements of a backup name the schema public; a script that ends early has changed nothing.
FIRST = f"""BEGIN;
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
ALTER SCHEMA public RENAME TO standing;
CREATE SCHEMA public;
"""
LAST = f"""
ALTER SCHEMA public RENAME TO {SCHEMA};
ALTER SCHEMA standing RENAME TO public;
ALTER EXTENSION btree_gist SET SCHEMA public;
COMMIT;
"""
IN_ITS_PLACE = (
    "SET LOCAL lock_timeout = '20s'",  # somebody reads still: said, not waited for
    f"ALTER EXTENSION btree_gist SET SCHEMA {SCHEMA}",
    "DROP SCHEMA public CASCADE",
    f"ALTER SCHEMA {SCHEMA} RENAME TO public",
)


class Sqlite:
    """Beside the database's file lies another, which SQLite's own backup copies over it."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.beside = database.with_name(f".{database.name}.part")

    def dump(self, file: Path) -> None:
        """A state between two transactions, also while others write. OSError, sqlite3.Error."""
        _copy(self.database, file)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it

    def bring(self, file: Path) -> Engine:
        """Make ready what `file` holds; ClickException where it is no backup."""
        _require_backup(file)
        self.clear()
        self.beside.touch(mode=0o600)
        _copy(file, self.beside)
        return create_engine(f"sqlite:///{self.beside}", hide_parameters=True)

    def put_in_place(self) -> None:
        """One transaction, whoever reads; what cannot be read at all is replaced as a file."""
        try:
            _copy(self.beside, self.database)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname not in UNREADABLE:
                raise
            for log in LOGS:
                Path(f"{self.database}{log}").unlink(missing_ok=True)
            self.beside.replace(self.database)

    def left_over(self) -> bool:
        """Whether a restore that was killed left something."""
        return self.beside.exists()

    def clear(self) -> None:
        for name in ("", *LOGS):
            Path(f"{self.beside}{name}").unlink(missing_ok=True)


class Postgresql:
    """Beside the schema public stands another, which takes its name."""

    def dump(self, file: Path) -> None:
        """ClickException with pg_dump's own words where it fails."""
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={SCHEMA}")
        run([program("pg_dump"), *options, f"--file={file}"])

    def bring(self, file: Path) -> Engine:
        """Make ready what `file` holds; ClickException where it is no backup."""
        script = run(
            [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)], url=False
        )
        psql = [program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        run(psql, FIRST.encode() + script + LAST.encode())
        inside = {"options": f"-c search_path={SCHEMA}"}
        return create_engine(db.engine.url, connect_args=inside, hide_parameters=True)

    def put_in_place(self) -> None:
        """One transaction. DBAPIError where somebody holds a table for too long."""
        with db.engine.begin() as connection:
            for statement in IN_ITS_PLACE:
                connection.execute(text(statement))

    def left_over(self) -> bool:
        """Whether a restore that was killed left something."""
        return SCHEMA in inspect(db.engine).get_schema_names()

    def clear(self) -> None:
        """Where that cannot be, `flask check` says so."""
        with suppress(DBAPIError), db.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))


def copies() -> Sqlite | Postgresql:
    """How this installation's database is copied."""
    sqlite = db.engine.dialect.name == "sqlite"
    return Sqlite(Path(db.engine.url.database or "")) if sqlite else Postgresql()


@contextmanager
def working_on(engine: Engine) -> Iterator[None]:
    """The application works on this database for a while."""
    engines: Any = db.engines
    standing = engines[None]
    db.session.remove()
    engines[None] = engine
    try:
        yield
    finally:
        db.session.remove()
        engine.dispose()
        engines[None] = standing


def _copy(source: Path, target: Path) -> None:
    address = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _require_backup(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.Error:
        whole, ours = False, None
    if not (whole and ours):
        raise click.ClickException(f"{file} は、この製品の控えではないか、壊れています。何も変えていません。")


def program(name: str) -> str:
    """One of PostgreSQL's programs: on the path, or the newest of Debian's."""
    newest = max(DEBIAN.glob(f"*/bin/{name}"), key=_version, default=None)
    found = shutil.which(name) or (newest and str(newest))
    if found is None:
        raise click.ClickException(
            f"{name} が見つかりません。PostgreSQL の道具（postgresql-client）を入れてください。"
        )
    return str(found)


def _version(path: Path) -> list[int]:
    """15 of /usr/lib/postgresql/15/bin/pg_dump."""
    return [int(number) for number in path.parts[-3].split(".")]


def run(command: Sequence[str], given: bytes = b"", *, url: bool = True) -> bytes:
    """The program's output; its own words where it fails. The password never stands on the command line."""
    address = db.engine.url
    where = [address.set(drivername="postgresql", password=None).render_as_string()] if url else []
    environment = os.environ | ({"PGPASSWORD": str(address.password)} if address.password else {})
    done = subprocess.run([*command, *where], input=given, capture_output=True, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException(
            done.stderr.decode(errors="replace").strip() or f"{command[0]} が失敗しました"
        )
    return done.stdout
