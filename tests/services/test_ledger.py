"""The book: append-only in the database itself, one chain, every tampering found."""

import random
import sqlite3
from datetime import date

import pytest
from flask import current_app
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from matching.indicators import queries, reports
from matching.indicators.services.targets import set_target
from matching.indicators.verification import verify
from matching.kernel.db import db, transaction
from matching.kernel.errors import RuleViolation
from matching.ledger import services as ledger
from matching.ledger.models import LedgerEntry
from matching.matches.models import MatchStatus
from tests.factories import make_count, make_match, make_request

TAMPERING = {
    "recorded_at": "'2026-01-01 00:00:00.000000'",
    "kind": "'reversal'",
    "match": "'other'",
    "round": "7",
    "request": "'other'",
    "programme": "'lecturer'",
    "measure": "2",
    "fiscal_year": "2025",
    "activity_fiscal_year": "2025",
    "activity_date": "'2025-05-05'",
    "minutes": "1",
    "participants": "1",
    "online": "true",
    "registrant": "'other'",
    "organisation": "'other'",
    "ward": "'西区'",
    "district": "'一新'",
    "previous_hash": "'x'",
    "hash": "'x'",
}


def completed(day=date(2026, 9, 1), **values):
    return make_match(make_request(None, day), status=MatchStatus.COMPLETED, **values)


def book(*days):
    """Completed matches with their counts, one for each day."""
    matches = [completed(day) for day in days]
    with transaction():
        for match in matches:
            make_count(match, match.session_rows[0].starts_at.date(), 90, 30)
    return matches


def open_up():
    """What somebody with the database's password could do: take the triggers away."""
    if db.engine.dialect.name == "sqlite":
        for name in ("no_update", "no_delete", "only_next"):
            db.session.execute(text(f"DROP TRIGGER ledger_entry_{name}"))
    else:
        db.session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))
    db.session.commit()


def counted(year):
    return reports.of_year(year).measures[2].figures["completed_matches"]


DAYS = (date(2026, 4, 1), date(2026, 9, 1), date(2026, 9, 20))


def test_an_untouched_book_is_whole(app):
    book(*DAYS)
    verdict = verify()
    assert (verdict.entries, verdict.ok) == (3, True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET minutes = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry",
        "INSERT INTO ledger_entry SELECT 9, recorded_at, kind, 'm', round, request, programme, measure, "
        "fiscal_year, activity_fiscal_year, activity_date, minutes, participants, online, registrant, "
        "organisation, ward, district, previous_hash, hash FROM ledger_entry WHERE seq = 1",
    ],
)
def test_the_database_itself_refuses_changes(app, statement):
    sqlite = db.engine.dialect.name == "sqlite"
    if sqlite and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM ledger_entry WHERE true"
    if not sqlite and ("REPLACE" in statement or "SELECT 9" in statement):
        statement = "UPDATE ledger_entry SET hash = 'x'"
    book(*DAYS)
    with pytest.raises(DatabaseError):
        db.session.execute(text(statement))
    db.session.rollback()
    assert verify().ok


def test_a_bare_connection_is_refused_too(app):
    if db.engine.dialect.name != "sqlite":
        return
    book(*DAYS)
    with sqlite3.connect(db.engine.url.database) as bare:
        for statement in (
            "UPDATE ledger_entry SET minutes = 1",
            "REPLACE INTO ledger_entry SELECT * FROM ledger_entry",
        ):
            with pytest.raises(sqlite3.DatabaseError):
                bare.execute(statement)
    bare.close()


@pytest.mark.parametrize("column", TAMPERING)
def test_one_changed_value_is_found(app, column):
    book(*DAYS)
    open_up()
    db.session.execute(text(f'UPDATE ledger_entry SET "{column}" = {TAMPERING[column]} WHERE seq = 2'))
    db.session.commit()
    verdict = verify()
    assert not verdict.ok
    assert any(problem.seq == 2 for problem in verdict.problems)


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_removed_entry_is_found(app, gone):
    book(*DAYS)
    open_up()
    db.session.execute(text(f"DELETE FROM ledger_entry WHERE seq = {gone}"))
    db.session.commit()
    problems = verify().problems
    assert any(problem.seq is None for problem in problems)


def test_a_completed_match_without_an_entry_is_found(app):
    book(*DAYS)
    completed()
    assert [problem.seq for problem in verify().problems] == [None]


def test_count_reversal_and_count_again(app):
    match = book(DAYS[0])[0]
    with transaction():
        ledger.reverse(match.code, 1)
    assert counted(2026) == 0
    assert not verify().ok  # the match still says completed
    with transaction():
        match.round = 2
        make_count(match, DAYS[0], 60, 20)
    assert counted(2026) == 1
    assert verify().ok
    with pytest.raises(RuleViolation), transaction():
        ledger.reverse("nothing", 1)


def test_years_turn_at_midnight_in_tokyo(app):
    book(date(2026, 3, 31), date(2026, 4, 1))
    years = db.session.scalars(select(LedgerEntry.fiscal_year).order_by(LedgerEntry.seq)).all()
    assert list(years) == [2025, 2026]


def test_figures_and_their_entries_agree(app):
    book(*DAYS)
    with transaction():
        set_target(None, 3, "", 2026, 4)
    third = reports.of_year(2026).measures[2]
    assert (third.figures["completed_matches"], third.target, third.percent, third.grade) == (3, 4, 75, "B")
    assert len(queries.entries(2026, LedgerEntry.measure == 3, None, 1)[0]) == 3
    assert third.figures["people_active"] == 3
    assert third.figures["participants"] == 90


def test_a_flipped_byte_is_reported_never_a_traceback(app, tmp_path):
    if db.engine.dialect.name != "sqlite":
        return
    book(*DAYS)
    original = tmp_path / "whole.sqlite3"
    with sqlite3.connect(db.engine.url.database) as bare:
        bare.execute(f"VACUUM INTO '{original}'")
    bare.close()
    data = original.read_bytes()
    chance = random.Random(7)
    inside = data.index(db.session.get_one(LedgerEntry, 2).hash.encode())
    db.session.rollback()
    for place in [inside, *(chance.randrange(len(data)) for _ in range(40))]:
        damaged = bytearray(data)
        damaged[place] ^= 0x15
        path = tmp_path / "damaged.sqlite3"
        path.write_bytes(damaged)
        result = _verify_file(path)
        assert result == 1 if place == inside else result in (0, 1)


def _verify_file(path):
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    before, db.engines[None] = db.engines[None], engine
    db.session.remove()
    try:
        done = current_app.test_cli_runner().invoke(args=["indicators", "verify", "--json"])
    finally:
        db.session.remove()
        db.engines[None] = before
        engine.dispose()
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code
