"""The worker, the sample city, and the measurements."""

import json
import logging
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from matching.engine.meaning import reduced
from matching.kernel import outbox
from matching.kernel.clock import today
from matching.kernel.db import transaction
from matching.matcher.commands import matcher
from matching.matches.services.offers import any_overdue, lapse_overdue
from matching.ops import bench_quality, bench_report, bench_speed, bench_texts
from matching.ops import demo as sample_city
from matching.ops.sample import USUAL_SIZE

PAUSE_SECONDS = 2
SIZES = (10_000, 100_000, 1_000_000)
PEOPLE, FIRST = 10, 5
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
log = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due, then stop.")
@with_appcontext
def worker(once: bool) -> None:
    """Deliver mail and end what is overdue, until told to stop."""
    send = outbox.sender(current_app.extensions["settings"].mail_url)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        if any_overdue():
            with transaction():
                lapse_overdue()
        sent = outbox.deliver(send)
        if sent:
            log.info("delivered %d messages", sent)
        if once:
            return
        stop.wait(PAUSE_SECONDS)


@click.command()
@click.option("--size", default=USUAL_SIZE, type=click.IntRange(1, 100_000), help="Registrants.")
@click.option("--if-empty", is_flag=True, help="Do nothing where somebody is in the database already.")
@with_appcontext
def demo(size: int, if_empty: bool) -> None:
    """Make a sample city with sample accounts; the same again changes nothing."""
    if if_empty and sample_city.loaded():
        return
    instance = current_app.extensions["settings"].instance_path
    for name, result in sample_city.load(size, instance):
        for problem in result.problems:
            click.echo(f"{name} {problem.row}: {problem.column} {problem.reason}", err=True)
        click.echo(f"{name}: 新規 {result.created}、変更 {result.updated}、変更なし {result.unchanged}")
    for account in json.loads((instance / sample_city.NAMED).read_text())["accounts"]:
        click.echo(f"{account['about']}: {account['email']}  {account['password']}")


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
    meaning = reduced()
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
