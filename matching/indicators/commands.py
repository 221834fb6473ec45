"""`flask indicators` and `flask targets`."""

import json
from dataclasses import asdict

import click
from flask.cli import AppGroup

from matching.indicators import figures, imports, reports
from matching.indicators.published import as_json
from matching.indicators.verification import verify as verify_book
from matching.kernel.importing import import_command

indicators = AppGroup("indicators", help="The figures, and the book behind them.")
targets = AppGroup("targets", help="The targets' spreadsheet.")
targets.add_command(import_command(imports.HEADERS, imports.load))


@indicators.command()
@click.option("--json", "machine", is_flag=True)
def verify(machine: bool) -> None:
    """Recompute the chain and compare it with the matches; exit code 1 at any difference."""
    verdict = verify_book()
    if machine:
        result = {"entries": verdict.entries, "ok": verdict.ok}
        click.echo(
            json.dumps(result | {"problems": [asdict(p) for p in verdict.problems]}, ensure_ascii=False)
        )
    else:
        for problem in verdict.problems:
            click.echo(f"{problem.seq or '-'}: {problem.reason}")
        click.echo(f"{verdict.entries}件: {'異状ありません' if verdict.ok else '異状があります'}")
    if not verdict.ok:
        raise SystemExit(1)


@indicators.command()
@click.option("--fiscal-year", "year", type=int, required=True)
@click.option("--format", type=click.Choice(["json"]), default="json", expose_value=False)
def report(year: int) -> None:
    """The year's figures."""
    if year not in figures.years():
        raise click.ClickException(f"計画の、始まった年度を指定してください: {figures.years()}")
    click.echo(json.dumps(as_json(reports.of_year(year)), ensure_ascii=False))
