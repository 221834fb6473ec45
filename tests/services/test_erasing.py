"""Promise 15: deletion is real. A word planted in every personal column is found nowhere after."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, text

from matching.accounts.models import LinkPurpose, SignIn
from matching.accounts.services import open_sign_in, send_link
from matching.engine.asked import Wish
from matching.indicators.verification import verify
from matching.kernel import outbox, personal
from matching.kernel.clock import now
from matching.kernel.db import Base, db, transaction
from matching.kernel.permissions import Role
from matching.ledger.models import LedgerEntry
from matching.ledger.services import Count, count
from matching.matcher.gateway import SNAPSHOT, running
from matching.matches.models import Match, MatchStatus
from matching.ops import beside
from matching.registry.models import (
    CourseParticipant,
    Erasure,
    LearningRecord,
    Registrant,
    RegistrationStatus,
    Verification,
)
from matching.registry.services import erasing
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    indexed,
    make_account,
    make_alternate,
    make_coordinator,
    make_course,
    make_credential,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)

CANARY = "qzxcanary"
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
                value = f"{CANARY}{next(number)}"[: column.type.length or LENGTHS]
            else:
                value = [{"term": CANARY}]
            db.session.execute(table.update().where(which).values({column.name: value}))
            columns += 1
    db.session.commit()
    db.session.expire_all()
    return columns


def booked(match):
    with transaction():
        count(
            Count(
                match=match.code,
                round=1,
                request=match.request.code,
                programme=match.programme,
                measure=match.measure,
                activity_date=at(match.request.sessions[0].starts_at.date()).date(),
                minutes=90,
                participants=20,
                online=False,
                registrant=match.registrant.pseudonym,
                organisation=match.request.organisation.code,
                ward=match.request.ward,
                district=match.request.school_district,
            )
        )


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


def found(needles):
    return [(name, row) for name, row in everything() for needle in needles if needle in row]


def files_with(folder, needles):
    spellings = [n.encode(code) for n in needles for code in ("utf-8", "utf-16-le", "utf-32-le")]
    return [p for p in folder.rglob("*") if p.is_file() and any(s in p.read_bytes() for s in spellings)]


@pytest.mark.soak
def test_deletion_is_real(app, somebody, caplog, tmp_path):
    settings = app.extensions["settings"]
    coordinator = make_coordinator()
    needles = [CANARY, "kanaria@example.jp"]
    assert planted(somebody) >= 15
    with transaction():
        indexed_offering = somebody.offerings[0]
        outbox.enqueue(somebody.account.email, "お知らせ", f"{somebody.name}さま")
        outbox.enqueue("school@example.jp", "承諾", f"{somebody.name}さんが承諾しました {somebody.phone}")
    indexed(somebody.registrations[0])
    outbox.deliver(outbox.sender(settings.mail_url))
    running().keep()
    index = settings.instance_path / SNAPSHOT
    assert CANARY in "".join(read_index(index)) and files_with(settings.instance_path, needles)
    assert found(needles)
    before = [(e.seq, e.hash) for e in db.session.scalars(select(LedgerEntry))]
    assert before and verify().ok
    pseudonym, offering = somebody.pseudonym, indexed_offering.code

    with transaction():
        done = erasing.erase(coordinator, somebody)
        code = somebody.code
    erasing.clean_up(settings.instance_path, settings.mail_url, done)

    assert found(needles) == []
    if db.engine.dialect.name == "sqlite":
        database = db.engine.url.database
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        raw = Path(database).read_bytes()
        assert not any(needle.encode() in raw for needle in needles)
    copy = tmp_path / "copy.backup"
    assert app.test_cli_runner().invoke(args=["backup", str(copy)]).exit_code == 0
    whole = copy.read_bytes()
    if (
        db.engine.dialect.name == "postgresql"
    ):  # its own format is packed: as the statements that bring it back
        whole = beside.run([beside.program("pg_restore"), "--file=-", str(copy)], url=False)
    assert not any(needle.encode() in whole for needle in needles)
    copies = [p for p in files_with(settings.instance_path, needles) if p.suffix in (".eml", ".npz", ".txt")]
    assert copies == []
    assert CANARY not in "".join(read_index(index))
    assert not any(needle in caplog.text for needle in needles)
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
    import io

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
