"""Leaving for good: every personal column is emptied, counts and the ledger's chain stay (promise 15).

The emptied registrant stays with its code, pseudonym, kind and ward, so that matches and figures stay whole.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, delete, func, select, text, update

from matching.accounts.models import Account, AccountLink, SignIn, SignInFailure
from matching.kernel import audit, events, outbox, personal
from matching.kernel.clock import now
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.organisations.models import Invitation, Membership
from matching.registry import rules
from matching.registry.models import (
    Blackout,
    Erasure,
    Offering,
    Registrant,
    RegistrantAlias,
    WeeklyHours,
    offering_registration,
)
from matching.registry.models_courses import CourseParticipant
from matching.registry.services import life

LIST = "erasures.txt"  # beside the database: a restored backup does not know what was erased after it
ERASED = "（消去済み）"


@dataclass(frozen=True, slots=True)
class Erased:
    """What files may still hold once the transaction is committed: codes of registrants and of mails."""

    codes: Sequence[str] = ()
    mails: Sequence[str] = ()


def erase(actor: Account | None, registrant: Registrant) -> Erased:
    """Withdraw every registration and empty all that is personal; the same again changes nothing.

    After the commit, `clean_up` does the same in the files.
    """
    db.session.refresh(registrant, with_for_update=True)
    if db.session.get(Erasure, registrant.code) is not None:
        return Erased()
    for registration in registrant.registrations:
        if (registration.status, "withdraw") in rules.LIFE_CYCLE:
            life.withdraw(actor, registration)
    db.session.flush()
    account = registrant.account
    ending = account if account is not None and not stays(account) else None
    addresses = _addresses(registrant, ending)
    words = [w for w in (registrant.name, registrant.email, registrant.phone) if len(w) > 1]
    words += [ending.name, ending.email] if ending else []
    offerings = [offering.code for offering in registrant.offerings]
    _empty(registrant)
    for registrant_row in (WeeklyHours, Blackout):
        db.session.execute(delete(registrant_row).where(registrant_row.registrant_id == registrant.id))
    unfinished = CourseParticipant.completed_at.is_(None)  # a completion is a count: it stays
    db.session.execute(
        delete(CourseParticipant).where(CourseParticipant.registrant_id == registrant.id, unfinished)
    )
    if ending is not None:
        _end_account(ending)
    _forget_addresses(addresses)
    held = outbox.forget(addresses, [word for word in words if word])
    db.session.expire_all()
    events.registrant_erased.send(registrant, offerings=offerings)
    db.session.add(Erasure(code=registrant.code, at=now()))
    audit.record(actor, "registrant.erase", registrant)
    return Erased(_codes_of(registrant), held)


def stays(account: Account) -> bool:
    """Whether the account is somebody's work for the city or an organisation: it outlives a registration."""
    member = select(Membership.id).where(Membership.account_id == account.id, Membership.ended_at.is_(None))
    return bool(account.role_rows) or db.session.scalars(member.limit(1)).first() is not None


def clean_up(folder: Path, mail_url: str, done: Erased) -> None:
    """After the commit: the list for a restore, the mails' files, the index file, SQLite's log."""
    _list(folder, done.codes)
    outbox.forget_files(mail_url, done.mails)
    events.erasure_committed.send(None)
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def erase_again(folder: Path, mail_url: str) -> int:
    """After a restore: erase whom the list names and the backup still knows; returns how many."""
    done = 0
    for code in listed(folder):
        with transaction():
            registrant = db.session.scalars(select(Registrant).filter_by(code=code)).first()
            if registrant is None or db.session.get(Erasure, code) is not None:
                continue
            again = erase(None, registrant)
        clean_up(folder, mail_url, Erased(mails=again.mails))
        done += 1
    return done


def listed(folder: Path) -> list[str]:
    """The codes of whoever was erased, as the list beside the database has them."""
    path = folder / LIST
    return sorted(set(path.read_text().split())) if path.exists() else []


def complete_list(folder: Path) -> None:
    """Before a restore: whom this database has erased, should a line have been lost in a crash."""
    erased = select(Erasure.code)
    merged = (
        select(RegistrantAlias.code)
        .join(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(Registrant.code.in_(erased))
    )
    known = {*db.session.scalars(erased), *db.session.scalars(merged)}
    _list(folder, sorted(known - set(listed(folder))))


def _list(folder: Path, codes: Sequence[str]) -> None:
    with (folder / LIST).open("a") as file:
        file.writelines(f"{code}\n" for code in codes)
        file.flush()
        os.fsync(file.fileno())


def _codes_of(registrant: Registrant) -> list[str]:
    """The code, and those of records merged into it: an older backup knows the person by them."""
    merged = select(RegistrantAlias.code).where(RegistrantAlias.registrant_id == registrant.id)
    return [registrant.code, *db.session.scalars(merged)]


def _addresses(registrant: Registrant, ending: Account | None) -> set[str]:
    addresses = {registrant.email, ending.email if ending else ""} - {""}
    kept = registrant.account.email if registrant.account and ending is None else None
    return {address for address in addresses if address != kept}


def _empty(registrant: Registrant) -> None:
    """By the metadata walk: a column that is declared personal is emptied without being named here."""
    reached = personal.owned(_table(Registrant), registrant.id)
    offered = select(Offering.id).where(Offering.registrant_id == registrant.id)
    for table, which in reversed(reached.items()):
        if values := personal.empty(table):
            db.session.execute(table.update().where(which).values(values))
    db.session.execute(delete(offering_registration).where(offering_registration.c.offering_id.in_(offered)))
    db.session.execute(delete(Offering).where(Offering.registrant_id == registrant.id))
    aliases = RegistrantAlias.registrant_id == registrant.id
    db.session.execute(update(RegistrantAlias).where(aliases).values(external_id=None))
    table = _table(Registrant)
    db.session.execute(
        table.update()
        .where(table.c.id == registrant.id)
        .values(name=ERASED, external_id=None, account_id=None, members=None)
    )


def _end_account(account: Account) -> None:
    table, key = _table(Account), account.id
    code, email = account.code, account.email
    db.session.execute(delete(SignIn).where(SignIn.account_id == key))
    db.session.execute(delete(SignInFailure).where(SignInFailure.email_hash == token_hash(email)))
    for owned, which in reversed(personal.owned(table, key).items()):
        if owned is not table and owned is not _table(Registrant) and (values := personal.empty(owned)):
            db.session.execute(owned.update().where(which).values(values))
    values = personal.empty(table) | {"email": f"erased-{code}", "password_hash": "", "disabled_at": now()}
    db.session.execute(table.update().where(table.c.id == key).values(values))


def _forget_addresses(addresses: Collection[str]) -> None:
    """Rows that know the person by an address only: links, invitations and courses not completed go,
    others are emptied.
    """
    lowered = {address.lower() for address in addresses}
    for gone in (AccountLink, Invitation):
        db.session.execute(delete(gone).where(func.lower(gone.email).in_(lowered)))
    participant = CourseParticipant
    unfinished = participant.registrant_id.is_(None), participant.completed_at.is_(None)
    db.session.execute(delete(participant).where(func.lower(participant.email).in_(lowered), *unfinished))
    asked = (_table(Registrant), _table(Account), _table(outbox.OutboxMessage))
    for column in personal.by_address(*asked):
        table = column.table
        values = personal.empty(table)
        if table is _table(participant):
            values["name"] = ERASED  # somebody completed it: the row must name one
        db.session.execute(table.update().where(func.lower(column).in_(lowered)).values(values))


def _table(model: type) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
