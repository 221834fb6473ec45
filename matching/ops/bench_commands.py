"""`flask matcher bench` and `bench-plan`: what the ranking and the plan reach, beside their peers."""

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from matching.engine.meaning import HOME, Meaning, reduced
from matching.kernel.clock import today
from matching.matcher.commands import matcher
from matching.ops import bench_plan, bench_quality, bench_report, bench_speed, bench_texts

SIZES = (10_000, 100_000, 1_000_000)
PEOPLE, FIRST = 10, 5
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@matcher.command()
@click.option(
    "--size", "sizes", multiple=True, type=click.IntRange(1, 5_000_000), help="Texts; may be repeated."
)
@click.option("--lexical", type=FOLDER, help="A further judged set, where words meet (BEIR files).")
@click.option("--people", is_flag=True, help="Also the first people of some requests.")
@click.option("--json", "as_json", is_flag=True, help="Only the speed at one size.")
def bench(sizes: tuple[int, ...], lexical: Path | None, people: bool, as_json: bool) -> None:
    """Measure the ranking's quality and speed beside its peers'; print tables for the README."""
    if as_json and len(sizes) != 1:
        raise click.UsageError("--json には --size を一つだけ指定してください。")
    try:
        sets = [bench_texts.read(folder) for folder in (bench_texts.JUDGED, lexical) if folder]
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    meaning = Meaning.load(HOME) or reduced()
    with TemporaryDirectory() as folder:
        measured = [bench_speed.measure(sets, size, meaning, Path(folder)) for size in sizes or SIZES]
    if as_json:
        click.echo(json.dumps(_speed(measured[0])))
        return
    click.echo(f"{bench_report.machine(today())}\n")
    for title, judged in zip(("評価した依頼", "言葉が合う質問"), sets, strict=False):
        found = bench_quality.measure(judged, meaning)
        _print(bench_report.quality(title, found, bench_quality.differences(found)))
    _print(bench_report.cross_validation(bench_quality.cross_validated(sets[0], meaning)))
    _print(bench_report.speed(measured))
    if people:
        _print(bench_report.people(bench_quality.people(sets[0], meaning, PEOPLE, FIRST), sets[0].offers))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _speed(measured: bench_speed.Speed) -> dict[str, Any]:
    def times(of: bench_speed.Times | None) -> dict[str, float] | None:
        return {"p50_ms": of.p50, "p95_ms": of.p95} if of else None

    return {
        "size": measured.size,
        "build_s": measured.build_s,
        "start_s": measured.start_s,
        "memory_mb": measured.memory_mb,
        "upsert_ms": measured.upsert.p50,
        "lexical": times(measured.lexical),
        "fused": times(measured.fused),
        "peers": {name: times(peer) for name, peer in measured.peers.items()},
    }


@matcher.command("bench-plan")
@click.option("--case", "names", multiple=True, type=click.Choice(list(bench_plan.CASES)))
@click.option("--json", "as_json", is_flag=True)
def bench_plan_(names: tuple[str, ...], as_json: bool) -> None:
    """Measure the plan on made-up cases (none named: the usual and the scarce one)."""
    results = {name: bench_plan.measure(bench_plan.CASES[name]) for name in names or ("usual", "scarce")}
    click.echo(json.dumps(results, ensure_ascii=False, indent=None if as_json else 2))
