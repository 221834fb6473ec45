"""Promise 12: whatever is changed, removed, added or moved in the book, the check finds it."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from matching.indicators.verification import verify
from matching.kernel.db import db, transaction
from matching.ledger import services as ledger
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import entry_hash
from matching.ledger.services import CHAINED
from matching.matches.models import MatchStatus
from matching.matches.queries_reports import count_values
from matching.matches.rules import Outcome
from tests.factories import make_match, make_request
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
            ledger.count(count_values(match, Outcome(day, 60 + number, 10 + number)))
            if number % 4 == 0:
                ledger.reverse(match.code, 1)
                match.round = 2
                ledger.count(count_values(match, Outcome(day, 60, 10)))
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
