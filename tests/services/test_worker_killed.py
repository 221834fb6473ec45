"""`flask worker` killed at any point: no occasion doubled, none lost."""

import email
import os
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.kernel.occasions import Occasion
from matching.kernel.outbox import OutboxMessage
from matching.registry.models import Registration, RegistrationStatus
from tests.factories import make_registrant, make_registration

PEOPLE, KILLS, SEED = 60, 4, 5
ROOT = Path(__file__).parent.parent.parent
EXPIRED = "registration.expired"


def start(tmp_path, *arguments):
    environment = {
        **os.environ,
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "MAIL_URL": f"file://{tmp_path / 'mail'}",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def count(model, **of):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).filter_by(**of))


def kill_at_a_random_point(worker, chance, done):
    """Wait until it has done something more, or everything; then a moment longer; then SIGKILL."""
    until = time.monotonic() + 60
    while count(Occasion, kind=EXPIRED) in (done, 0) and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.08))
    worker.kill()
    worker.wait()


def test_a_killed_worker_doubles_and_loses_nothing(app, tmp_path):
    chance = random.Random(SEED)
    for _ in range(PEOPLE):
        make_registration(make_registrant(), valid_until=date(2026, 3, 31))
    seen = []
    for _ in range(KILLS):
        done = count(Occasion, kind=EXPIRED)
        if done == PEOPLE:
            break
        kill_at_a_random_point(start(tmp_path), chance, done)
        seen.append(count(Occasion, kind=EXPIRED))
        assert count(Registration, status=RegistrationStatus.EXPIRED) == seen[-1]
        assert count(AuditEvent, action="registration.expire") == seen[-1]
        assert count(OutboxMessage) == seen[-1]
    assert 0 < seen[0] < PEOPLE, "it was killed in the middle"
    assert start(tmp_path, "--once").wait() == 0
    assert count(Occasion, kind=EXPIRED) == count(OutboxMessage) == PEOPLE
    assert count(AuditEvent, action="registration.expire") == PEOPLE
    assert count(Registration, status=RegistrationStatus.EXPIRED) == PEOPLE
    # a mail a killed worker was just sending waits for its lease to end: all others went out, none lost
    sent = count(OutboxMessage) - count(OutboxMessage, sent_at=None)
    files = list((tmp_path / "mail").glob("*.eml"))
    names = {email.message_from_bytes(path.read_bytes())["Message-ID"] for path in files}
    assert sent >= PEOPLE - len(seen)
    assert sent <= len(names) == len(files) <= PEOPLE
