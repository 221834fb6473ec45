"""`flask restore` killed at any moment: the database is the old one or the new one, and nobody is back."""

import random
import time

import pytest
from sqlalchemy import select

from matching.accounts.models import SignIn
from matching.accounts.services import open_sign_in
from matching.kernel import outbox
from matching.kernel.db import db, transaction
from matching.ops import beside, checks
from matching.registry.models import Registrant
from matching.registry.services import erasing
from tests.factories import make_account, make_registrant, make_registration
from tests.support.processes import flask, nobody_else, waited
from tests.support.soak import kills, tally

CANARY, KEPT, LATER = "qzxcanary", "控えの 花子", "あとから 来た人"
ERASED, KILLS, SEED = 5, kills(3), 8


def begun():
    return beside.copies().left_over()


def begun_or_ended(command):
    """On a busy machine it may have ended before somebody looks."""
    return waited(lambda: begun() or command.poll() is not None)


def state():
    """The old database or the new one; both whole, and without whom was erased."""
    assert waited(nobody_else)
    db.session.rollback()
    for table in db.metadata.sorted_tables:
        assert CANARY not in repr(db.session.execute(select(table)).all()), table.name
    names = db.session.scalars(select(Registrant.name)).all()
    signed_in = db.session.scalars(select(SignIn.id).where(SignIn.ended_at.is_(None))).all()
    db.session.rollback()  # a restore waits for whoever reads
    assert names.count(erasing.ERASED) == ERASED and KEPT in names
    if LATER in names:
        return "old"
    assert signed_in == []
    return "new"


def took(folder, copy):
    """How long a restore takes, and of that from when something stands beside the database."""
    make_registrant(name=LATER)
    assert state() == "old"
    started = time.monotonic()
    command = flask(folder, "restore", copy, "--replace")
    assert begun_or_ended(command)
    seen = time.monotonic()
    assert command.wait() == 0
    ended = time.monotonic()
    assert state() == "new" and not begun()
    return ended - started, ended - seen


@pytest.mark.soak
def test_a_killed_restore_brings_nobody_back(app, tmp_path):
    chance, copy = random.Random(SEED), str(tmp_path / "copy.backup")
    (tmp_path / "instance").mkdir()
    leaving = [make_registration(make_registrant(name=CANARY)).registrant for _ in range(ERASED)]
    make_registrant(name=KEPT)
    for person in leaving:
        with transaction():
            outbox.enqueue(person.email, "件名", f"{CANARY} 様")
    with transaction():
        open_sign_in(make_account())
    assert app.test_cli_runner().invoke(args=["backup", copy]).exit_code == 0
    for person in leaving:
        with transaction():
            done = erasing.erase(None, person)
        erasing.clean_up(tmp_path / "instance", f"file://{tmp_path / 'mail'}", done)
    ends = {"old": 0, "new": 0}
    whole, window = took(tmp_path, copy)  # seconds
    for number in range(KILLS):
        beside.copies().clear()
        make_registrant(name=LATER)
        command = flask(tmp_path, "restore", copy, "--replace")
        if number % 2:
            time.sleep(chance.uniform(whole / 2, whole))
        else:
            assert begun_or_ended(command)
            time.sleep(chance.uniform(0, window))
        command.kill()
        command.wait()
        ends[state()] += 1
    tally(f"promise 15 {db.engine.dialect.name}: restores killed", kills=sum(ends.values()), **ends)
    assert flask(tmp_path, "restore", copy, "--replace").wait() == 0
    assert state() == "new" and not begun()
    assert checks.problems() == []
