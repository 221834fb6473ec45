"""Everything the worker does by time. A new job is one more line here."""

import logging
from datetime import datetime, timedelta

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from matching.desk import digest
from matching.kernel import occasions, outbox
from matching.kernel.clock import now
from matching.kernel.db import db, transaction
from matching.kernel.occasions import Job, each
from matching.matcher.gateway import running
from matching.matcher.texts import find_anew
from matching.matches.services import offers, reminders
from matching.registry.services import credentials, renewal

KEEP_SECONDS = 300
BEHIND = timedelta(minutes=15)  # three times the longest pause between two runs of a job
log = logging.getLogger(__name__)


def jobs(send: outbox.Send) -> tuple[Job, ...]:
    """In the order of a round: what is due by time first, then the mail it made."""
    return (
        Job("lapses", _lapse, every=0),
        each("expiries", renewal.run_out, renewal.expire),
        each("credential expiries", credentials.run_out, credentials.expire),
        each("credential reminders", credentials.to_remind, credentials.remind),
        each("renewal mails", renewal.unsent, renewal.send),
        each("renewal reminders", renewal.to_remind, renewal.remind),
        each("offer reminders", reminders.offers_to_remind, reminders.remind_of_offer),
        each("insurance reminders", reminders.insurances_to_remind, reminders.remind_of_insurance),
        each("report reminders", reminders.reports_to_remind, reminders.remind_of_report),
        each("digests", digest.due, digest.send),
        Job("texts", _find_anew, every=0),
        Job("mail", lambda: _deliver(send), every=0),
        Job("index", _keep_index, every=KEEP_SECONDS),
    )


def _lapse() -> bool:
    if offers.any_overdue():
        with transaction():
            offers.lapse_overdue()
    return True


def _find_anew() -> bool:
    if found := find_anew():
        log.info("found the words of %d texts anew", found)
    return True


def _deliver(send: outbox.Send) -> bool:
    if sent := outbox.deliver(send):
        log.info("delivered %d messages", sent)
    return True


def _keep_index() -> bool:
    """Save the index, so that a process that starts need not read every text."""
    try:
        running().keep()
    except OSError as error:  # a full disk keeps no mail from going out
        log.warning("the index could not be saved: %s", type(error).__name__)
        return False
    return True


# --- readiness -----------------------------------------------------------------------------------------


def problems() -> list[str]:
    """What keeps this installation from being ready; none: it is. Each says which part it is about."""
    try:
        with db.engine.connect() as connection:
            present = set(MigrationContext.configure(connection).get_current_heads())
        if present != set(_script().get_heads()):
            return ["migrations: missing"]
        beats = occasions.beats()
    except SQLAlchemyError:
        return ["database: unreachable"]
    finally:
        db.session.rollback()
    names = [job.name for job in jobs(_nobody)]
    return [told for name in names if (told := _behind(name, beats.get(name)))]


def _behind(name: str, at: datetime | None) -> str:
    if at is None:
        return f"worker: {name} has not run"
    late = now() - at
    return f"worker: {name} {int(late.total_seconds())} seconds ago" if late > BEHIND else ""


def _script() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)


def _nobody(_mail: object) -> None:
    """Only the jobs' names are asked for."""
