"""The command line of every export: a spreadsheet that the import of the same name takes back unchanged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
from flask.cli import with_appcontext

from matching.kernel import spreadsheet
from matching.kernel.db import transaction

PERSONAL = "個人情報が入っています。使い終わったら、ファイルを消してください（消去した方の情報は残ります）。"


@dataclass(slots=True)
class Exported:
    """Rows of text by identifier, and what the file has no place for, as sentences without names."""

    rows: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def export_command(headers: Mapping[str, str], collect: Callable[[], Exported]) -> click.Command:
    """`export FILE`: .xlsx or .csv, readable by its owner only."""

    @click.command("export")
    @click.argument("file", type=click.Path(path_type=Path))
    @with_appcontext
    def command(file: Path) -> None:
        """Write a spreadsheet that `import` takes back unchanged."""
        with transaction():  # whose contact goes into the file is noted first
            found = collect()
        data = spreadsheet.written(found.rows, headers, file.suffix.lower())
        try:
            file.touch(mode=0o600)
            file.write_bytes(data)
        except OSError as error:
            raise click.ClickException(f"{file} に書けません（{error.strerror}）。") from error
        for note in (*found.notes, PERSONAL):
            click.echo(note, err=True)
        click.echo(f"{len(found.rows)}行を書き出しました。")

    return command


def yes_no(answer: bool | None) -> str:
    """As `readings.read_yes_no` reads it back."""
    return "" if answer is None else "○" if answer else "×"


def number(value: int | None) -> str:
    return "" if value is None else str(value)
