"""Promise 12: whatever is changed, removed, added or moved in the book, the check finds it."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from matching.indicators import reports
from matching.indicators.services import closing
from matching.indicators.verification import verify
from matching.kernel.db import db, transaction
from matching.kernel.permissions import Role
from matching.ledger import services as ledger
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import entry_hash
from matching.ledger.services import CHAINED
from matching.matches.models import MatchStatus
from matching.matches.services import reports as told_by
from tests.factories import make_account, make_coordinator, make_count, make_match, make_request
from tests.support.soak import ROUNDS, tally

TABLE = LedgerEntry.__table__
LENGTH = 12


@pytest.fixture
def book(app):
    """A dozen completed matches, some taken back and counted again; its triggers are out of the way."""
    for number in range(LENGTH):
        day = date(2025, 11, 1) + timedelta(days=30 * number)
        match = make_match(make_request(None, day), status=MatchStatus.COMPLETED)
        with transaction():
            make_count(match, day, 60 + number, 10 + number)
            if number % 4 == 0:
                ledger.reverse(match.code, 1)
                match.round = 2
                make_count(match, day)
    if db.engine.dialect.name == "sqlite":
        for name in ("no_update", "no_delete", "only_next"):
            db.session.execute(text(f"DROP TRIGGER ledger_entry_{name}"))
    else:
        db.session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))
    db.session.commit()
    assert verify().ok
    return db.session.execute(select(TABLE).order_by(TABLE.c.seq)).mappings().all()


def other(chance, value):
    """A value of the same type that is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, EntryKind):
        return EntryKind.REVERSAL if value is EntryKind.COUNT else EntryKind.COUNT
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 10, 1000))
    if isinstance(value, str):
        place = chance.randrange(len(value)) if value else 0
        return value[:place] + ("x" if value[place : place + 1] != "x" else "y") + value[place + 1 :]
    return value + chance.choice((-1, 1)) * timedelta(days=chance.randrange(1, 400))


def change(chance, book):
    """One value of one entry."""
    entry, column = chance.choice(book), chance.choice([c.name for c in TABLE.columns if c.name != "seq"])
    changed = {column: other(chance, entry[column])}
    db.session.execute(update(TABLE).where(TABLE.c.seq == entry["seq"]).values(changed))
    return column


def rehash(chance, book):
    """One value, with the entry's own hash made good: the next one does not follow it any more."""
    entry, column = chance.choice(book[:-1]), chance.choice([c for c in CHAINED if c != "seq"])
    changed = {**entry, column: other(chance, entry[column])}
    changed["hash"] = entry_hash(entry["previous_hash"], {name: changed[name] for name in CHAINED})
    db.session.execute(update(TABLE).where(TABLE.c.seq == entry["seq"]).values(changed))
    return column


def remove(chance, book):
    """One entry, or all from one on: the end of the book is cut off."""
    seq = chance.choice(book)["seq"]
    gone = TABLE.c.seq == seq if chance.random() < 0.5 else TABLE.c.seq >= seq
    db.session.execute(TABLE.delete().where(gone))


def add(chance, book):
    """One more count of a match, at the end, with a hash that follows."""
    model, last = chance.choice(book), book[-1]
    forged = {**model, "seq": last["seq"] + 1, "round": 9, "previous_hash": last["hash"]}
    forged["hash"] = entry_hash(last["hash"], {name: forged[name] for name in CHAINED})
    db.session.execute(insert(TABLE).values(forged))


def swap(chance, book):
    """Two entries change places."""
    one, another = chance.sample(book, 2)
    places = {one["seq"]: -1, another["seq"]: one["seq"], -1: another["seq"]}
    for old, new in places.items():
        db.session.execute(update(TABLE).where(TABLE.c.seq == old).values(seq=new))


def done(kind, chance, book):
    """The tampering, drawn again where a constraint of the table refuses it."""
    while True:
        try:
            return kind(chance, book)
        except IntegrityError:
            db.session.rollback()


@pytest.mark.soak
def test_every_tampering_is_found(app, book):
    chance = random.Random(12)
    rounds = max(40, 5 * ROUNDS)
    kinds = (change, change, rehash, remove, add, swap)
    for number in range(rounds):
        kind = kinds[number % len(kinds)]
        what = done(kind, chance, book)
        assert not verify().ok, (number, kind.__name__, what)
        db.session.rollback()
    assert verify().ok
    tally(f"promise 12 {db.engine.dialect.name}", tampered=rounds, found=rounds)


def forge(seq):
    """One value changed, and every hash from there on made good: the chain by itself says nothing."""
    previous = None
    for entry in db.session.execute(select(TABLE).where(TABLE.c.seq >= seq).order_by(TABLE.c.seq)).mappings():
        forged = {**entry, "previous_hash": previous or entry["previous_hash"]}
        if previous is None:
            forged["minutes"] += 600
        forged["hash"] = previous = entry_hash(
            forged["previous_hash"], {name: forged[name] for name in CHAINED}
        )
        db.session.execute(update(TABLE).where(TABLE.c.seq == entry["seq"]).values(forged))
    db.session.commit()


def test_a_chain_made_good_to_its_end_shows_by_the_printed_hash_alone(app, book):
    printed = reports.of_year(2026).head_hash
    assert printed == book[-1]["hash"]
    forge(book[0]["seq"])
    assert verify().ok
    assert reports.of_year(2026).head_hash != printed


def test_what_is_made_good_before_a_closed_years_end_is_found(app, book):
    one, other = (make_account(Role.ADMIN) for _ in range(2))
    with transaction():
        closing.propose(one, 2025)
        closing.close(other, 2025)
    assert reports.of_year(2025).head_hash == book[-1]["hash"]
    forge(book[0]["seq"])
    assert [problem.reason for problem in verify().problems] == ["2025年度を締めたときの記録と違います"]


@pytest.fixture
def told(app):
    """Two who helped at two dates: told, confirmed and counted by the verbs."""
    days = date(2026, 9, 1), date(2026, 9, 8)
    request = make_request(None, *days, headcount=2)
    helpers = [make_match(request, status=MatchStatus.ACCEPTED) for _ in range(2)]
    came = frozenset(match.code for match in helpers)
    for session in request.sessions:
        with transaction():
            values = told_by.ReportValues(held=True, minutes=90, participants=30, came=came)
            told_by.report(make_coordinator(), request, session, values)
    with transaction():
        told_by.confirm(make_coordinator(), request)
    assert verify().ok and verify().entries == 2


def test_a_count_whose_reports_are_gone_is_found(told):
    for table in ("attendance", "completion_report"):
        db.session.execute(text(f"DELETE FROM {table}"))
    db.session.commit()
    assert [(problem.seq, problem.reason) for problem in verify().problems] == [
        (seq, "計上のもとになった活動の報告がありません") for seq in (1, 2)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE completion_report SET minutes = 900 WHERE id = 2",
        "UPDATE completion_report SET participants = 300 WHERE id = 1",
        "UPDATE completion_report SET held = false WHERE id = 2",
        "UPDATE attendance SET came = false WHERE report_id = 1",
    ],
)
def test_a_report_changed_behind_the_books_back_is_found(told, statement):
    db.session.execute(text(statement))
    db.session.commit()
    assert {problem.reason for problem in verify().problems} == {
        "計上された日・時間・参加人数が、活動の報告と違います"
    }
