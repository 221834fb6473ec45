"""A backup is whole while others write, a restore erases again, a check finds what is wrong."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from matching.accounts.models import SignIn
from matching.accounts.services import open_sign_in
from matching.indicators.verification import verify
from matching.kernel.db import db, transaction
from matching.kernel.outbox import enqueue
from matching.matcher.gateway import SNAPSHOT
from matching.matches.models import Match, MatchStatus
from matching.ops import beside, checks
from matching.registry.models import Registrant
from matching.registry.services import erasing
from matching.registry.services.merging import merge
from tests.factories import make_account, make_match, make_registrant, make_registration

CANARY = "qzxcanary"


def run(app, *args):
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=list(args))
    db.session.rollback()
    db.session.expire_all()
    return result


@pytest.fixture
def copy(app, tmp_path):
    """A file for a backup; the list of erasures is this test's own."""
    (app.extensions["settings"].instance_path / erasing.LIST).unlink(missing_ok=True)
    yield str(tmp_path / "copy.backup")
    (app.extensions["settings"].instance_path / erasing.LIST).unlink(missing_ok=True)


def names():
    return set(db.session.scalars(select(Registrant.name)))


def erase(app, registrant):
    settings = app.extensions["settings"]
    with transaction():
        done = erasing.erase(None, registrant)
    erasing.clean_up(settings.instance_path, settings.mail_url, done)


def test_a_restore_brings_everything_back_and_everybody_signs_in_anew(app, copy):
    make_match(
        registration=make_registration(make_registrant(name="控えの 花子")), status=MatchStatus.ACCEPTED
    )
    with transaction():
        open_sign_in(make_account())
    assert run(app, "backup", copy).exit_code == 0
    make_registrant(name="あとから 来た人")
    (app.extensions["settings"].instance_path / SNAPSHOT).write_bytes(b"of another time")
    refused = run(app, "restore", copy)
    assert refused.exit_code == 1 and "--replace" in refused.output
    assert "あとから 来た人" in names()
    done = run(app, "restore", copy, "--replace")
    assert done.exit_code == 0, done.output
    assert "控えの 花子" in names() and "あとから 来た人" not in names()
    assert db.session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))).all() == []
    assert not (app.extensions["settings"].instance_path / SNAPSHOT).exists()
    assert verify().ok and run(app, "check").exit_code == 0


def test_who_was_erased_after_the_backup_is_erased_again(app, copy):
    leaves = make_registration(make_registrant(name=CANARY)).registrant
    with transaction():
        enqueue(leaves.email, "件名", f"{CANARY} 様")
    run(app, "backup", copy)
    erase(app, leaves)
    done = run(app, "restore", copy, "--replace")
    assert done.exit_code == 0 and "あらためて消去: 1人" in done.output
    assert CANARY not in names()
    for table in db.metadata.sorted_tables:
        assert CANARY not in repr(db.session.execute(select(table)).all()), table.name


def test_a_backup_taken_while_others_write_is_between_two_transactions(app, copy):
    """Each transaction writes a pair; a copy that held one without the other would not be whole."""
    stop, errors = threading.Event(), []

    def write():
        with app.app_context(), closing(db.session):
            while not stop.is_set():
                try:
                    with transaction():
                        for _ in range(2):
                            enqueue("pair@example.jp", "件名", "本文")
                except Exception as error:
                    errors.append(error)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            assert run(app, "backup", copy).exit_code == 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert errors == []
    assert run(app, "restore", copy, "--replace").exit_code == 0
    assert db.session.scalar(text("SELECT count(*) FROM outbox_message")) % 2 == 0


def test_a_file_that_is_no_backup_changes_nothing(app, copy):
    make_registrant(name="いまの 人")
    for content in (b"", b"not a database", b"PGDMP but no more"):
        Path(copy).write_bytes(content)
        assert run(app, "restore", copy, "--replace").exit_code == 1
    assert run(app, "restore", copy + ".missing", "--replace").exit_code == 1
    assert "いまの 人" in names()


def test_a_backup_that_fails_leaves_the_earlier_one(app, copy, monkeypatch):
    run(app, "backup", copy)
    before = Path(copy).read_bytes()
    monkeypatch.setattr("matching.ops.beside._copy", lambda *_: 1 / 0)
    monkeypatch.setattr("matching.ops.beside.run", lambda *_: 1 / 0)
    assert run(app, "backup", copy).exit_code != 0
    assert Path(copy).read_bytes() == before


def test_a_check_says_what_is_wrong(app):
    match = make_match(status=MatchStatus.ACCEPTED)
    assert checks.problems() == []
    db.session.execute(update(Match).where(Match.id == match.id).values(status=MatchStatus.COMPLETED))
    db.session.commit()
    assert [match.code in problem for problem in checks.problems()] == [True]


def test_a_check_finds_what_an_erasure_left(app, copy):
    registrant = make_registration().registrant
    erase(app, registrant)
    assert checks.problems() == []
    db.session.execute(update(Registrant).where(Registrant.id == registrant.id).values(phone="096-000-0000"))
    db.session.commit()
    result = run(app, "check")
    assert result.exit_code == 1 and registrant.code in result.output and "096" not in result.output


def test_a_check_finds_tables_of_another_version(app):
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    assert any("表の版" in problem for problem in checks.problems())


def test_a_restore_is_whole_while_somebody_still_reads(app, copy):
    """The app was not stopped: what is restored is erased all the same."""
    leaves = make_registration(make_registrant(name=CANARY)).registrant
    run(app, "backup", copy)
    erase(app, leaves)
    with app.app_context(), db.engine.connect() as another:
        another.execute(text("SELECT count(*) FROM registrant"))
        another.rollback()
        result = run(app, "restore", copy, "--replace")
    assert result.exit_code == 0, result.output
    assert CANARY not in names()


def test_an_erasure_the_list_does_not_know_is_not_lost(app, copy):
    """A crash between the commit and the list's line: the present database still knows it."""
    kept, gone = make_registration(make_registrant(name=CANARY)).registrant, make_registrant(name=CANARY)
    run(app, "backup", copy)
    with transaction():
        merge(None, kept, gone)
    erase(app, kept)
    (app.extensions["settings"].instance_path / erasing.LIST).unlink()
    assert "あらためて消去: 2人" in run(app, "restore", copy, "--replace").output
    assert CANARY not in names()


def test_a_check_finds_whom_a_broken_restore_brought_back(app, copy):
    person = make_registration().registrant
    (app.extensions["settings"].instance_path / erasing.LIST).write_text(f"{person.code}\nno-such-code\n")
    result = run(app, "check")
    assert result.exit_code == 1 and person.code in result.output and "no-such-code" not in result.output


def test_a_database_that_cannot_be_read_is_replaced(app, copy):
    """What a restore is for; what it leaves beside the database is nothing."""
    make_registrant(name="控えの 花子")
    assert run(app, "backup", copy).exit_code == 0
    if db.engine.dialect.name == "sqlite":
        db.engine.dispose()
        for content in (b"no database at all" * 1000, Path(copy).read_bytes()[:6000]):
            Path(db.engine.url.database).write_bytes(content)
            assert "--replace" in run(app, "restore", copy).output
            assert run(app, "restore", copy, "--replace").exit_code == 0
            assert "控えの 花子" in names() and checks.problems() == []
            db.session.remove()
    else:
        db.session.execute(text("DROP SCHEMA public CASCADE"))
        db.session.execute(text("CREATE SCHEMA public"))
        db.session.commit()
        assert run(app, "restore", copy).exit_code == 0
        assert "控えの 花子" in names() and checks.problems() == []


@pytest.mark.parametrize("step", ["flask_migrate.upgrade", "erasing.erase_again"])
def test_a_restore_that_fails_changes_nothing_and_leaves_nothing(app, copy, monkeypatch, step):
    make_registrant(name=CANARY)
    assert run(app, "backup", copy).exit_code == 0
    make_registrant(name="いまの 人")

    def fail(*_values):
        raise OSError("no space left")

    monkeypatch.setattr(f"matching.ops.backup.{step}", fail)
    told = run(app, "restore", copy, "--replace")
    assert told.exit_code == 1 and "何も変えていません" in told.output
    assert "いまの 人" in names() and not beside.copies().left_over()


def test_what_psql_read_of_a_restore_that_was_killed_changes_nothing(app, copy, monkeypatch):
    """Its input ends early; SQLite's copies are one statement each."""
    assert run(app, "backup", copy).exit_code == 0
    make_registrant(name="いまの 人")
    if db.engine.dialect.name == "postgresql":
        monkeypatch.setattr(beside, "LAST", "")
        assert run(app, "restore", copy, "--replace").exit_code == 1
    assert "いまの 人" in names() and not beside.copies().left_over()


def test_a_check_finds_what_a_restore_that_was_killed_left(app, copy):
    make_registrant(name=CANARY)
    assert run(app, "backup", copy).exit_code == 0
    beside.copies().bring(Path(copy)).dispose()
    assert [problem for problem in checks.problems() if "復元の残り" in problem]
    db.session.rollback()
    assert run(app, "backup", copy + ".2").exit_code == 0
    assert run(app, "restore", copy + ".2", "--replace").exit_code == 0
    assert checks.problems() == []


def test_a_folder_that_is_not_there_is_said(app, tmp_path):
    result = run(app, "backup", str(tmp_path / "no" / "such.backup"))
    assert result.exit_code == 1 and "Traceback" not in result.output and "Error:" in result.output


def test_the_newest_tools_are_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(beside.shutil, "which", lambda _: None)
    monkeypatch.setattr(beside, "DEBIAN", tmp_path)
    for version in ("9.6", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "pg_dump").touch()
    assert beside.program("pg_dump") == str(tmp_path / "15/bin/pg_dump")
