"""`flask worker` killed at any point, of what is due by time or of its mail: none doubled, none lost."""

import email
import random
import time
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.kernel.occasions import Occasion
from matching.kernel.outbox import OutboxMessage
from matching.registry.models import Registration, RegistrationStatus
from tests.factories import make_registrant, make_registration
from tests.support.processes import flask, waited
from tests.support.soak import kills, tally

KILLS, SEED = kills(4), 5
PEOPLE = 15 * KILLS
EXPIRED = "registration.expired"


def count(model, *conditions, **of):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).filter_by(**of).where(*conditions))


def expired():
    return count(Occasion, kind=EXPIRED)


def sent():
    return count(OutboxMessage, OutboxMessage.sent_at.is_not(None))


def nothing_left():
    """A mail a killed worker was just sending waits for its lease to end."""
    due = OutboxMessage.due_at <= datetime.now(UTC)
    return expired() == PEOPLE and count(OutboxMessage, due, sent_at=None) == 0


@pytest.mark.soak
def test_a_killed_worker_doubles_and_loses_nothing(app, tmp_path):
    chance = random.Random(SEED)
    for _ in range(PEOPLE):
        make_registration(make_registrant(), valid_until=date(2026, 3, 31))
    seen = []
    for number in range(KILLS):
        if nothing_left():
            break
        # as far as this, of all registrations and all their mails; at least a step on; then a moment more
        goal = max((number + chance.random()) / KILLS * 2 * PEOPLE, expired() + sent() + 1)
        worker = flask(tmp_path, "worker")
        assert waited(lambda goal=goal: expired() + sent() >= goal or nothing_left())
        time.sleep(chance.uniform(0, 0.02))
        worker.kill()
        worker.wait()
        seen.append((expired(), sent()))
        assert count(Registration, status=RegistrationStatus.EXPIRED) == expired()
        assert count(AuditEvent, action="registration.expire") == expired()
        assert count(OutboxMessage) == expired()
    assert 0 < seen[0][0] < PEOPLE, "it was killed in the middle"
    assert flask(tmp_path, "worker", "--once").wait() == 0
    assert expired() == count(OutboxMessage) == PEOPLE
    assert count(AuditEvent, action="registration.expire") == PEOPLE
    assert count(Registration, status=RegistrationStatus.EXPIRED) == PEOPLE
    files = list((tmp_path / "mail").glob("*.eml"))
    names = {email.message_from_bytes(path.read_bytes())["Message-ID"] for path in files}
    assert sent() >= PEOPLE - len(seen)  # one waits for the end of its lease for each time it was killed
    assert sent() <= len(names) == len(files) <= PEOPLE
    tally(
        f"worker {db.engine.dialect.name}: killed",
        kills=len(seen),
        among_registrations=sum(done < PEOPLE for done, _ in seen),
        among_mails=sum(done == PEOPLE for done, _ in seen),
        occasions=PEOPLE,
        sent=sent(),
    )
