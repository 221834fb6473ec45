"""`flask indicators`, `flask targets` and `flask survey`."""

import json
from dataclasses import asdict

import click
from flask.cli import AppGroup

from matching.indicators import figures, gap_files, imports, queries_gap, reports
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


@indicators.command()
@click.option("--fiscal-year", "year", type=int, required=True)
@click.option("--json", "machine", is_flag=True)
def gap(year: int, machine: bool) -> None:
    """What requests wait for and too few offer: the courses to hold next."""
    if year not in figures.years():
        raise click.ClickException(f"計画の、始まった年度を指定してください: {figures.years()}")
    found = queries_gap.of_year(year)
    if machine:
        click.echo(json.dumps(gap_files.as_json(found, year), ensure_ascii=False))
        return
    for subject in found.courses:
        part = subject.part
        click.echo(
            f"{part.name}: 依頼{part.requests}件、足りない人数{part.missing}人、育てたい人数{part.wanted}人"
        )
    click.echo(f"待っている依頼{found.whole.requests}件（ひとつだけの題材{len(found.alone)}件）")
