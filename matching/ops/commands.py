"""The worker and the sample city."""

import json
import logging
import math
import signal
import threading
import time
from datetime import date

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from matching.kernel import outbox
from matching.kernel.clock import today
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict
from matching.matcher.gateway import running
from matching.matcher.texts import find_anew
from matching.matches.services.offers import any_overdue, lapse_overdue
from matching.ops import demo as sample_city
from matching.ops.sample import USUAL_SIZE
from matching.registry.services import credentials

PAUSE_SECONDS = 2
KEEP_SECONDS = 300
log = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due, then stop.")
@with_appcontext
def worker(once: bool) -> None:
    """Deliver mail, end what is overdue and keep the index, until told to stop."""
    send = outbox.sender(current_app.extensions["settings"].mail_url)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if once:
        _round(send)
        _keep_index()
        return
    kept = -math.inf
    while not stop.is_set():
        try:
            _round(send)
            if time.monotonic() - kept > KEEP_SECONDS:
                _keep_index()
                kept = time.monotonic()
        except (DBAPIError, Conflict) as error:
            db.session.rollback()
            log.warning("the database is away or busy, trying again: %s", type(error).__name__)
        stop.wait(PAUSE_SECONDS)


def _round(send: outbox.Send) -> None:
    if any_overdue():
        with transaction():
            lapse_overdue()
    _credentials(today())
    if found := find_anew():
        log.info("found the words of %d texts anew", found)
    sent = outbox.deliver(send)
    if sent:
        log.info("delivered %d messages", sent)


def _credentials(day: date) -> None:
    """End the certificates whose last day is over, and remind of those that end soon."""
    if credentials.any_ending(day):
        with transaction():
            credentials.expire_credentials(day)
        with transaction():
            credentials.remind_of_expiry(day)


def _keep_index() -> None:
    """Save the index, so that a process that starts need not read every text."""
    try:
        running().keep()
    except OSError as error:  # a full disk keeps no mail from going out
        log.warning("the index could not be saved: %s", type(error).__name__)
    db.session.rollback()


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
