"""`flask backup` and `flask restore`: the whole database in one file, written while it is in use.

What was erased after the backup is erased again by the restore (promise 15), and everybody signs in anew.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
import flask_migrate
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect, update
from sqlalchemy.exc import DBAPIError

from matching.accounts.models import SignIn
from matching.kernel.clock import now
from matching.kernel.db import db, transaction
from matching.matcher.gateway import SNAPSHOT
from matching.ops import demo
from matching.ops.checks import problems
from matching.registry.models import Erasure
from matching.registry.services import erasing

DEBIAN = Path("/usr/lib/postgresql")  # each version's programs lie below
ANEW = b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@with_appcontext
def backup(file: Path) -> None:
    """Write the database to FILE. An earlier FILE is replaced once the new one is whole."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        if (database := _sqlite()) is not None:
            _copy(database, part)
            _as_one_file(part)
        else:
            _run([_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={part}"])
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{file} に控えをとれませんでした（{error}）。") from error
    finally:
        if part.parent.is_dir():
            part.unlink(missing_ok=True)
    click.echo(f"{file} に控えをとりました（{file.stat().st_size:,} バイト）")


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Even where the database holds something: it is replaced.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Bring the database back as FILE has it, up to the present tables, and check it. Stop the app before."""
    settings = current_app.extensions["settings"]
    _leave(settings.instance_path, replace=replace)
    if (database := _sqlite()) is not None:
        _require_backup(file)
        try:
            _copy(file, database)
        except sqlite3.Error as error:
            raise click.ClickException(
                f"もどせませんでした。アプリを止めて、もう一度実行してください（{error}）。"
            ) from error
    else:
        script = _run(
            [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)], url=False
        )
        psql = [
            _program("psql"),
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--single-transaction",
            "--output=/dev/null",
        ]
        _run(psql, ANEW + script)
    flask_migrate.upgrade()
    (settings.instance_path / SNAPSHOT).unlink(missing_ok=True)  # an index of the database as it was
    with transaction():
        db.session.execute(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now()))
    again = erasing.erase_again(settings.instance_path, settings.mail_url)
    click.echo(f"もどしました。あらためて消去: {again}人")
    _tell(problems())


@click.command()
@with_appcontext
def check() -> None:
    """Whether the database is whole and keeps what the product promises; exit code 1 where it does not."""
    _tell(problems())


def _tell(found: Sequence[str]) -> None:
    for problem in found:
        click.echo(problem)
    if found:
        raise click.ClickException(f"{len(found)}件の異状があります")
    click.echo("異状ありません")


def _leave(instance: Path, *, replace: bool) -> None:
    """The database as it is: replaced only where that was said, and whom it has erased is listed first."""
    try:
        holds = inspect(db.engine).has_table(Erasure.__tablename__)
        if holds and not replace and demo.loaded():
            raise click.ClickException(
                "データベースは空ではありません。入れ替えるときは --replace をつけてください。"
            )
        if holds:
            erasing.complete_list(instance)
    except DBAPIError as error:
        if not replace:
            raise click.ClickException(
                "いまのデータベースは読めません。入れ替えるときは --replace をつけてください。"
            ) from error
        click.echo(
            f"いまのデータベースは読めません。消去した方は {erasing.LIST} にある方だけです。", err=True
        )
    db.session.rollback()
    db.engine.dispose()


def _sqlite() -> Path | None:
    """The database's file; None: it is PostgreSQL."""
    return Path(db.engine.url.database or "") if db.engine.dialect.name == "sqlite" else None


def _copy(source: Path, target: Path) -> None:
    """SQLite's own way: a state between two transactions, also while others write."""
    address = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _as_one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _require_backup(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.Error:
        whole, ours = False, None
    if not (whole and ours):
        raise click.ClickException(f"{file} は、この製品の控えではないか、壊れています。何も変えていません。")


def _program(name: str) -> str:
    """One of PostgreSQL's programs: on the path, or the newest of Debian's."""
    newest = max(DEBIAN.glob(f"*/bin/{name}"), key=_version, default=None)
    found = shutil.which(name) or (newest and str(newest))
    if found is None:
        raise click.ClickException(
            f"{name} が見つかりません。PostgreSQL の道具（postgresql-client）を入れてください。"
        )
    return str(found)


def _version(program: Path) -> list[int]:
    """15 of /usr/lib/postgresql/15/bin/pg_dump."""
    return [int(number) for number in program.parts[-3].split(".")]


def _run(command: Sequence[str], given: bytes = b"", *, url: bool = True) -> bytes:
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
