"""The command line of every import: read, bring in all or nothing, say what happened."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from matching.kernel import spreadsheet
from matching.kernel.db import transaction
from matching.kernel.spreadsheet import Problem, Result, Table, Unreadable

Load = Callable[[Any, Table], Result]


class _Undo(Exception):
    """Leaves the transaction without writing."""


def bring_in(load: Load, table: Table, *, dry_run: bool = False) -> Result:
    """Load the table in one transaction; nothing is written while one row is wrong."""
    try:
        with transaction():
            result = load(None, table)
            if result.problems or dry_run:
                raise _Undo
    except _Undo:
        if result.problems:
            result.created = result.updated = result.unchanged = 0
    return result


def import_command(headers: Mapping[str, str], load: Load) -> click.Command:
    """`import FILE [--dry-run] [--json]`: exit code 1 where there are problems."""

    @click.command("import", epilog=f"Headers: {'、'.join(headers.values())}; or {', '.join(headers)}")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
    @click.option("--json", "as_json", is_flag=True)
    @with_appcontext
    def command(file: Path, dry_run: bool, as_json: bool) -> None:
        """Bring in a spreadsheet (.csv or .xlsx), all or nothing."""
        try:
            table = spreadsheet.read(file, headers)
        except Unreadable as error:
            result = Result(rows=0, problems=[Problem(1, "", "", str(error))])
        else:
            result = bring_in(load, table, dry_run=dry_run)
            for header in table.unknown:
                click.echo(f"知らない見出しは読みませんでした: {header}", err=True)
        for note in result.notes:
            click.echo(note, err=True)
        click.echo(_json(result) if as_json else _words(result, dry_run))
        if result.problems:
            raise SystemExit(1)

    return command


def _json(result: Result) -> str:
    names = ("rows", "created", "updated", "unchanged", "encoding")
    values = {name: getattr(result, name) for name in names}
    return json.dumps(
        values | {"problems": [asdict(problem) for problem in result.problems]}, ensure_ascii=False
    )


def _words(result: Result, dry_run: bool) -> str:
    if result.problems:
        lines = [f"{p.row}行目 {p.column}「{p.value}」: {p.reason}" for p in result.problems]
        return "\n".join([*lines, f"{len(lines)}か所を直してください。何も取り込んでいません。"])
    done = "取り込むと" if dry_run else "取り込みました（"
    counts = f"新規 {result.created}、変更 {result.updated}、変更なし {result.unchanged}"
    tail = " になります。" if dry_run else "）。"
    return f"{result.rows}行（{result.encoding}）を{done}{' ' if dry_run else ''}{counts}{tail}"
