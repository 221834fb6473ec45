"""Promise 15: deletion is real. A word planted in every personal column is found nowhere after."""

import io
import itertools
import json
import sqlite3
import unicodedata
from contextlib import closing

import numpy as np
import pytest
from sqlalchemy import func, select

from matching.accounts.models import LinkPurpose, SignIn
from matching.accounts.services import open_sign_in, send_link
from matching.engine.asked import Wish
from matching.indicators.verification import verify
from matching.kernel import outbox, personal
from matching.kernel.clock import now
from matching.kernel.db import Base, db, transaction
from matching.kernel.permissions import Role
from matching.ledger.models import LedgerEntry
from matching.matcher.gateway import SNAPSHOT, running
from matching.matches.models import Match, MatchStatus
from matching.ops import beside
from matching.registry.models import Erasure, Registrant, RegistrationStatus
from matching.registry.models_courses import CourseParticipant, LearningRecord
from matching.registry.models_credentials import Verification
from matching.registry.services import erasing
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    indexed,
    make_account,
    make_alternate,
    make_coordinator,
    make_count,
    make_course,
    make_credential,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)

CANARY = "qzxcanary"
SPELT = (CANARY, "QZXCanary", "ｑｚｘＣＡＮＡＲＹ")  # an index keeps what it finds in a form of its own
LENGTHS = 30


def table_of(model):
    return model.__table__


def planted(registrant):
    """Plant a word in every personal column of every row the walk finds; returns how many columns."""
    number = itertools.count(1)
    columns = 0
    for table, which in personal.owned(table_of(Registrant), registrant.id).items():
        for column in personal.personal_columns(table):
            kind = column.type.python_type
            if kind is int:
                value = 1951
            elif kind is str:
                spelt = SPELT[columns % len(SPELT)]
                value = f"{spelt}{next(number)}"[: column.type.length or LENGTHS]
            else:
                value = [{"term": word} for word in SPELT]
            db.session.execute(table.update().where(which).values({column.name: value}))
            columns += 1
    db.session.commit()
    db.session.expire_all()
    return columns


def booked(match):
    with transaction():
        make_count(match, match.request.sessions[0].starts_at.date())


@pytest.fixture
def somebody(app):
    """A resident with an account and one row in every table that hangs on a person."""
    account = make_account(email="kanaria@example.jp", name=f"{CANARY}本人")
    registrant = make_registrant(account)
    registration = make_registration(registrant)
    make_registration(registrant, "bosaishi", status=RegistrationStatus.DRAFT)
    make_credential(registrant, certificate_number="123456", verification=Verification.VERIFIED)
    save(LearningRecord(registrant_id=registrant.id, course="講座", fiscal_year=2025))
    done = make_match(None, registration, MatchStatus.COMPLETED)
    make_match(make_request(None, at(done.created_at.date()).date().replace(month=12)), registration)
    booked(done)
    with transaction():
        open_sign_in(account)
        send_link(LinkPurpose.RESET, account.email)
    return registrant


def everything():
    """Every value of every row, as text."""
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            yield table.name, json.dumps([str(v) for v in row], ensure_ascii=False)


def holds(words, needles):
    """Whether one of the needles stands there, however it is spelt."""
    plain = unicodedata.normalize("NFKC", words).lower()
    return any(needle in plain for needle in needles)


def found(needles):
    return [(name, row) for name, row in everything() if holds(row, needles)]


def read(path):
    """What a file may say, in each way its bytes can be read; an index file also unpacked."""
    data = path.read_bytes()
    yield from (data.decode(code, "ignore") for code in ("utf-8", "utf-16-le", "utf-32-le"))
    if path.name == SNAPSHOT:
        yield from read_index(path)


def files_with(folder, needles):
    return {p for p in folder.rglob("*") if p.is_file() and any(holds(words, needles) for words in read(p))}


def cut_off(folder):
    """What a worker leaves that is killed while it writes a mail and the index."""
    for mail in (folder / "mail").glob("*.eml"):
        mail.with_suffix(".part").write_bytes(mail.read_bytes())
    half = folder / f"{SNAPSHOT}.killed"
    half.mkdir()
    (half / SNAPSHOT).write_bytes((folder / SNAPSHOT).read_bytes())


def vacuum():
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(db.engine.url.database, isolation_level=None)) as connection:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.execute(statement)


def run(app, *arguments):
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output


def written(app, path):
    """A backup as text: PostgreSQL's own format is packed, so as the statements that bring it back."""
    run(app, "backup", path)
    if db.engine.dialect.name == "postgresql":
        return beside.run([beside.program("pg_restore"), "--file=-", str(path)], url=False).decode()
    return "".join(read(path))


@pytest.mark.soak
def test_deletion_is_real(app, somebody, caplog, tmp_path):
    settings = app.extensions["settings"]
    folder = settings.instance_path
    coordinator = make_coordinator()
    needles = [CANARY, "kanaria@example.jp"]
    others = files_with(folder, needles)  # of tests before
    assert planted(somebody) >= 15
    with transaction():
        indexed_offering = somebody.offerings[0]
        outbox.enqueue(somebody.account.email, "お知らせ", f"{somebody.name}さま")
        outbox.enqueue("school@example.jp", "承諾", f"{somebody.name}さんが承諾しました {somebody.phone}")
    indexed(somebody.registrations[0])
    outbox.deliver(outbox.sender(settings.mail_url))
    running().keep()
    cut_off(folder)
    index = folder / SNAPSHOT
    kept = {path.suffix for path in files_with(folder, needles) - others}
    assert holds("".join(read_index(index)), needles) and kept >= {".eml", ".part", ".npz"}
    assert found(needles) and holds(written(app, tmp_path / "older.backup"), needles)
    before = [(e.seq, e.hash) for e in db.session.scalars(select(LedgerEntry))]
    assert before and verify().ok
    pseudonym, offering = somebody.pseudonym, indexed_offering.code

    with transaction():
        done = erasing.erase(coordinator, somebody)
        code = somebody.code
    erasing.clean_up(folder, settings.mail_url, done)

    for after in ("the erasure", "vacuum", "a restore"):
        if after == "vacuum":
            vacuum()
        elif after == "a restore":
            run(app, "restore", tmp_path / "older.backup", "--replace")
            running().keep()
        assert found(needles) == [], after
        db.session.rollback()
        assert files_with(folder, needles) - others == set(), after
        assert not holds(written(app, tmp_path / "newer.backup"), needles), after
    assert not holds(caplog.text, needles)
    assert [(e.seq, e.hash) for e in db.session.scalars(select(LedgerEntry))] == before
    assert verify().ok
    left = db.session.scalars(select(Registrant).filter_by(code=code)).one()
    assert (left.pseudonym, left.ward, left.name) == (pseudonym, "東区", erasing.ERASED)
    assert left.account_id is None and db.session.scalar(select(func.count(SignIn.id))) == 0
    assert {m.status for m in db.session.scalars(select(Match))} == {
        MatchStatus.COMPLETED,
        MatchStatus.WITHDRAWN,
    }
    assert running().ranked(Wish(CANARY, "", ""), 5, {offering}) == []


def read_index(path):
    """Every text of the saved index, whatever array it stands in."""
    data = path.read_bytes()
    with np.load(io.BytesIO(data[32:]), allow_pickle=False) as archive:
        for name in archive.files:
            array = archive[name]
            yield array.tobytes().decode("utf-8", "ignore")
            yield array.tobytes().decode("utf-32-le", "ignore")
            yield repr(array.tolist()) if array.dtype.kind in "US" else ""


def test_what_an_alternate_was_kept_for_goes_too(app):
    coordinator, registration = make_coordinator(), make_registration()
    kept = make_alternate(make_request(), registration, coordinator)
    kept.reasons = [{"term": CANARY}]
    db.session.commit()
    with transaction():
        erasing.erase(coordinator, registration.registrant)
    assert found([CANARY]) == []


def test_a_working_account_outlives_the_registration(app):
    """Somebody who also works for a school leaves the registry; the account is the school's contact still."""
    account = make_account(Role.REQUESTER)
    registrant = make_registrant(account)
    make_registration(registrant)
    request = make_request(None, contact_email=account.email, status=RequestStatus.OPEN)
    with transaction():
        erasing.erase(account, registrant)
    db.session.refresh(account)
    db.session.refresh(request)
    assert account.disabled_at is None and "@" in account.email
    assert request.contact_email == account.email
    assert registrant.account_id is None and registrant.phone == ""


def test_twice_is_once_and_others_keep_theirs(app):
    other = make_registration().registrant
    registrant = make_registration().registrant
    name = other.name
    for _ in range(2):
        with transaction():
            erasing.erase(None, registrant)
    db.session.refresh(other)
    assert other.name == name and other.offerings
    assert db.session.scalar(select(func.count()).select_from(Erasure)) == 1


def test_a_restored_backup_is_erased_again(app, tmp_path):
    """What the backup brought back is on the list beside it."""
    registrant = make_registration().registrant
    (tmp_path / erasing.LIST).write_text(f"{registrant.code}\nno-such-code\n")
    mail = f"file://{tmp_path / 'mail'}"
    assert erasing.erase_again(tmp_path, mail) == 1
    assert erasing.erase_again(tmp_path, mail) == 0
    db.session.refresh(registrant)
    assert registrant.name == erasing.ERASED and registrant.email == ""


def test_who_was_in_a_course_by_name_is_forgotten_and_a_completion_still_counts(app):
    account = make_account(email="kanaria@example.jp", name=f"{CANARY}本人")
    registrant = make_registrant(account)
    by_name = {"name": f"{CANARY}本人", "kana": CANARY, "email": "Kanaria@Example.jp"}
    make_course(CourseParticipant(**by_name), name="これからの講座")
    make_course(CourseParticipant(**by_name, completed_at=now()), CourseParticipant(registrant=registrant))
    with transaction():
        erasing.erase(None, registrant)
    left = db.session.scalars(select(CourseParticipant)).all()
    assert [(p.name, p.email, p.completed_at is not None) for p in left] == [(erasing.ERASED, "", True)]
    assert not found([CANARY, "anaria@"])
