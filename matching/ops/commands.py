"""The worker and the sample city."""

import json
import logging
import math
import signal
import threading
import time
from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from matching.kernel import outbox
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict
from matching.kernel.occasions import Job, beat
from matching.ops import demo as sample_city
from matching.ops.jobs import jobs
from matching.ops.sample import USUAL_SIZE

PAUSE_SECONDS = 2
BEAT_SECONDS = 30
log = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due, then stop.")
@with_appcontext
def worker(once: bool) -> None:
    """Do what is due by time, deliver mail and keep the index, until told to stop."""
    todo = jobs(outbox.sender(current_app.extensions["settings"].mail_url))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    rounds = Rounds(todo)
    rounds.run()
    while not once and not stop.wait(PAUSE_SECONDS):
        rounds.run()


class Rounds:
    """The worker's rounds: each job in its own time, and a beat for those that went well."""

    def __init__(self, todo: Sequence[Job]) -> None:
        self.todo = todo
        self.ran: dict[str, float] = {}
        self.well: set[str] = set()
        self.beaten = -math.inf

    def run(self) -> None:
        for job in self.todo:
            started = time.monotonic()
            if started - self.ran.get(job.name, -math.inf) >= job.every:
                self.ran[job.name] = started
                self.well = self.well | {job.name} if job.run() else self.well - {job.name}
        if time.monotonic() - self.beaten >= BEAT_SECONDS and self._beat():
            self.beaten = time.monotonic()

    def _beat(self) -> bool:
        try:
            with transaction():
                beat(sorted(self.well))
        except (DBAPIError, Conflict) as error:
            log.warning("the database is away or busy, trying again: %s", type(error).__name__)
            return False
        self.well = set()
        return True


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
