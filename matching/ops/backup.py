"""`flask backup` and `flask restore`: the whole database in one file, written while it is in use.

What was erased after the backup is erased before the restored database stands (promise 15), and everybody
signs in anew.
"""

import sqlite3
from collections.abc import Sequence
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
from matching.ops.beside import copies, working_on
from matching.ops.checks import problems
from matching.registry.models import Erasure
from matching.registry.services import erasing

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
        copies().dump(part)
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
    """Bring the database back as FILE has it, up to the present tables, and check it. Stop the app before.

    All of it happens beside the present database, which is replaced at the end, at once or not at all.
    """
    settings = current_app.extensions["settings"]
    _leave(settings.instance_path, replace=replace)
    beside = copies()
    try:
        with working_on(beside.bring(file)):
            flask_migrate.upgrade()
            with transaction():
                db.session.execute(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now()))
            again = erasing.erase_again(settings.instance_path, settings.mail_url)
        (settings.instance_path / SNAPSHOT).unlink(missing_ok=True)  # an index of another database
        beside.put_in_place()
    except (OSError, sqlite3.Error, DBAPIError) as error:
        raise click.ClickException(f"もどせませんでした。何も変えていません（{error}）。") from error
    finally:
        beside.clear()
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
