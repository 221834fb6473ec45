"""Each occasion once; one job's failure stops nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matching.desk import digest
from matching.kernel import clock, outbox
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict
from matching.kernel.occasions import Job, Occasion, beats, each, once, unmade
from matching.kernel.outbox import OutboxMessage
from matching.ops import jobs
from matching.ops.commands import Rounds
from matching.registry.models import RegistrationStatus
from tests.conftest import NOW
from tests.factories import make_account, make_coordinator, make_dead_mail, make_registration


def subjects(**of):
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.subject).filter_by(**of).order_by(OutboxMessage.id)))


def test_an_occasion_comes_up_once(app):
    with transaction():
        assert once("offer.reminder", "a")
        assert not once("offer.reminder", "a")
        assert once("report.reminder", "a")
    assert unmade("offer.reminder", ["b", "a", "b"]) == ["b"]


def test_an_occasion_of_an_undone_transaction_has_not_come_up(app):
    with pytest.raises(ZeroDivisionError), transaction():
        once("offer.reminder", "a")
        raise ZeroDivisionError
    assert unmade("offer.reminder", ["a"]) == ["a"]


def test_of_two_who_make_it_at_once_one_is_undone(app):
    with transaction():
        once("offer.reminder", "a")
    with pytest.raises(Conflict), transaction():
        db.session.add(Occasion(kind="offer.reminder", key="a", made_at=clock.now()))
        outbox.enqueue("a@example.jp", "二通目", "本文")
    assert subjects() == []


def test_one_that_fails_keeps_neither_the_others_nor_other_jobs_from_their_turn(app):
    def act(one):
        once("offer.reminder", str(one))
        outbox.enqueue(f"{one}@example.jp", "件名", "本文")
        assert one != 2

    def fail():
        raise RuntimeError

    rounds = Rounds([Job("broken", fail), each("some", lambda: [1, 2, 3], act), Job("last", lambda: True)])
    rounds.run()
    db.session.rollback()
    assert subjects(recipient="1@example.jp") == subjects(recipient="3@example.jp") == ["件名"]
    assert unmade("offer.reminder", ["1", "2", "3"]) == ["2"]
    assert set(beats()) == {"last"}


def test_a_job_waits_for_its_time(app):
    ran = []
    rounds = Rounds([Job("often", lambda: ran.append("often") or True, every=0), Job("seldom", lambda: True)])
    rounds.run()
    rounds.run()
    assert ran == ["often"] * 2


def test_coordinators_are_told_once_a_morning_how_much_waits(app):
    make_registration(status=RegistrationStatus.SUBMITTED)
    make_dead_mail()
    busy = make_coordinator()
    make_coordinator(digest=False)
    make_coordinator(disabled_at=clock.now())
    make_account()
    elsewhere = make_coordinator(wards=["西区"])
    job = each("digests", digest.due, digest.send)
    with clock.frozen(NOW.replace(hour=6)):
        assert digest.due() == []
    assert digest.due() == [busy.code, elsewhere.code]
    assert job.run()
    assert job.run()
    assert subjects(recipient=busy.email) == ["今日の仕事"]
    db.session.rollback()
    body = db.session.scalars(select(OutboxMessage.body).filter_by(recipient=busy.email)).one()
    assert "・審査を待つ登録: 1件\n・届かなかったメール: 1件\n" in body
    other = db.session.scalars(select(OutboxMessage.body).filter_by(recipient=elsewhere.email)).one()
    assert "審査を待つ登録" not in other
    with clock.frozen(NOW + timedelta(days=1)):
        assert job.run()
    assert len(subjects(recipient=busy.email)) == 2


def test_the_worker_says_when_it_ran_and_the_installation_when_it_is_behind(app):
    assert "worker: mail has not run" in jobs.problems()
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    assert jobs.problems() == []
    with clock.frozen(NOW + timedelta(minutes=20)):
        assert "worker: mail 1200 seconds ago" in jobs.problems()
    assert db.session.scalar(select(func.count()).select_from(Occasion)) == 0
