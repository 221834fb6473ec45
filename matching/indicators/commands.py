"""`flask indicators`, `flask targets` and `flask survey`."""

import json
from dataclasses import asdict

import click
from flask.cli import AppGroup

from matching.indicators import figures, imports, reports
from matching.indicators.shapes import SHAPES
from matching.indicators.verification import verify as verify_book
from matching.kernel.importing import import_command

indicators = AppGroup("indicators", help="The figures, and the book behind them.")
targets = AppGroup("targets", help="The targets' spreadsheet.")
targets.add_command(import_command(imports.HEADERS, imports.load))
survey = AppGroup("survey", help="The spreadsheet of what the city's survey found.")
survey.add_command(import_command(imports.SURVEY_HEADERS, imports.load_survey))


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
@click.option("--format", "shape", type=click.Choice(list(SHAPES)), default="json")
def report(year: int, shape: str) -> None:
    """The year's report on standard output."""
    if year not in figures.years():
        raise click.ClickException(f"計画の、始まった年度を指定してください: {figures.years()}")
    click.echo(SHAPES[shape].make(reports.of_year(year)), nl=False)
