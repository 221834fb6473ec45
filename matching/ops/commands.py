"""The worker and the sample city."""

import logging
import signal
import threading

import click
from flask import current_app
from flask.cli import with_appcontext

from matching.kernel import outbox

PAUSE_SECONDS = 2
log = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due, then stop.")
@with_appcontext
def worker(once: bool) -> None:
    """Deliver mail from the outbox until told to stop."""
    send = outbox.sender(current_app.extensions["settings"].mail_url)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        sent = outbox.deliver(send)
        if sent:
            log.info("delivered %d messages", sent)
        if once:
            return
        stop.wait(PAUSE_SECONDS)
