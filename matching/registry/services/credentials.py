"""Certificates: seen by the city, reminded of, and ended with their last day."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from matching.accounts.models import Account
from matching.kernel import audit, events, occasions, outbox
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.kernel.links import absolute
from matching.municipality.city import municipality
from matching.municipality.learning import CredentialKind
from matching.registry import credential_queries, messages, proofs
from matching.registry.models import Registration
from matching.registry.models_credentials import Credential, Verification
from matching.registry.services.versions import raise_version

REMINDER = "credential.reminder"
TAKEN = "同じ番号が、確認済みの別の登録にあります。どちらの番号が正しいか、証書を見くらべて確かめてください。"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenValues:
    """What a coordinator read on the certificate. `evidence`: a key of proofs.EVIDENCE."""

    certificate_number: str
    issued_on: date | None
    expires_on: date | None
    evidence: str


def verify_credential(actor: Account, credential: Credential, version: int, values: SeenValues) -> None:
    """The city has seen it: it counts from now on. Nobody verifies their own.

    Conflict where somebody changed it since `version` was read.
    """
    _lock(credential)
    if credential.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    if credential.registrant.account_id == actor.id:
        raise NotAllowed("ご自分の資格は確かめられません。ほかの担当者に頼んでください。")
    kind = _kind(credential)
    _require(kind, values)
    credential.certificate_number = values.certificate_number
    credential.issued_on, credential.expires_on = values.issued_on, values.expires_on
    if credential_queries.verified_elsewhere(credential):
        raise RuleViolation(TAKEN)
    _see(actor, credential, values.evidence)
    audit.record(actor, "credential.verify", credential, kind=credential.kind, evidence=values.evidence)


def unverify_credential(actor: Account, credential: Credential) -> None:
    """A verification taken back: stated again, and out of the matches that need it."""
    _lock(credential)
    if credential.verification is Verification.STATED:
        return
    credential.verification = Verification.STATED
    credential.verified_at, credential.verified_by_id, credential.evidence = None, None, ""
    credential.version += 1
    audit.record(actor, "credential.unverify", credential, kind=credential.kind)
    db.session.flush()
    events.credential_ended.send(credential, actor=actor)


def verify_for(actor: Account, registration: Registration, kind: str) -> None:
    """Approving a registration verifies the credential its programme needs (design §4), or a higher one.

    RuleViolation where none is stated with a number of the right form, unexpired and nobody else's.
    `ruling.check_approval` has asked before whether there is one at all.
    """
    name, fits = municipality().credential_kinds[kind], municipality().covered
    held = [c for c in registration.registrant.credentials if kind in fits(c.kind) and shown(c)]
    lasting = [c for c in held if c.expires_on is None or c.expires_on >= today()]
    if not lasting:
        raise RuleViolation(f"{name}の有効期限が切れています。差し戻して、新しい証書を尋ねてください。")
    if any(c.verification is not Verification.STATED for c in lasting):
        return
    credential = lasting[0]
    if fault := proofs.number_fault(_kind(credential), credential.certificate_number):
        raise RuleViolation(f"{name}の番号の形が違います。差し戻して、番号を尋ねてください。{fault}")
    if _kind(credential).expires and credential.expires_on is None:
        raise RuleViolation(f"{name}の有効期限が入力されていません。差し戻して、有効期限を尋ねてください。")
    if credential_queries.verified_elsewhere(credential):
        raise RuleViolation(TAKEN)
    _see(actor, credential, "registration")


def shown(credential: Credential) -> bool:
    """Whether there is something to see: a number, where its kind has one."""
    seen = credential.verification is not Verification.STATED
    return bool(credential.certificate_number) or seen or not _kind(credential).number_pattern


# --- for the worker ------------------------------------------------------------------------------------


def run_out() -> list[int]:
    """Ids of the certificates whose last day has passed."""
    return list(db.session.scalars(_counting().where(Credential.expires_on < today())))


def expire(credential_id: int) -> None:
    """It counts no more: person and coordinators are told, and the matches that need it are ended."""
    credential = db.session.get_one(Credential, credential_id, with_for_update=True)
    last = credential.expires_on
    if credential.ended_at is not None or last is None or last >= today():
        return
    credential.ended_at = now()
    audit.record(None, "credential.expire", credential, kind=credential.kind)
    db.session.flush()
    _tell(credential, messages.credential_expired)
    events.credential_ended.send(credential, actor=None)


def to_remind() -> list[int]:
    """Ids of the certificates whose reminder (90, 30 or 7 days before the last day) has not gone out."""
    last = today() + timedelta(days=max(proofs.REMINDERS))
    rows = db.session.execute(
        _counting()
        .where(Credential.expires_on.between(today(), last))
        .add_columns(Credential.code, Credential.expires_on)
    )
    keys = {_occasion(code, expires_on): id_ for id_, code, expires_on in rows}
    return [keys[key] for key in occasions.unmade(REMINDER, keys)]


def remind(credential_id: int) -> None:
    credential = db.session.get_one(Credential, credential_id, with_for_update=True)
    last = credential.expires_on
    if credential.ended_at is not None or last is None or last < today():
        return
    if occasions.once(REMINDER, _occasion(credential.code, last)):
        _tell(credential, messages.credential_expires)


def _occasion(code: str, expires_on: date) -> str:
    return f"{code} {expires_on} {proofs.reminder_due(expires_on, today())}"


def _counting() -> Select[int]:
    """Those that count: seen by the city, their end not yet acted on."""
    return (
        select(Credential.id)
        .where(Credential.verification != Verification.STATED, Credential.ended_at.is_(None))
        .order_by(Credential.id)
    )


def _require(kind: CredentialKind, values: SeenValues) -> None:
    """Invalid names what on the certificate cannot be so."""
    if values.evidence not in proofs.EVIDENCE:
        raise Invalid("evidence", "見たものを一覧から選んでください。")
    if kind.number_pattern and not values.certificate_number:
        raise Invalid("certificate_number", f"番号を入力してください。{kind.number_help}")
    if fault := proofs.number_fault(kind, values.certificate_number):
        raise Invalid("certificate_number", fault)
    if wrong := proofs.dates_fault(kind, values.issued_on, values.expires_on, today()):
        raise Invalid(*wrong)
    if kind.expires and values.expires_on is None:
        raise Invalid("expires_on", f"{kind.name}の有効期限を、証書のとおりに入力してください。")
    if values.expires_on and values.expires_on < today():
        raise Invalid("expires_on", "有効期限が切れています。新しい証書を見せてもらってください。")


def _see(actor: Account, credential: Credential, evidence: str) -> None:
    """It counts from now on, in place of the person's earlier certificate of the same number."""
    for earlier in list(credential.registrant.credentials):
        if earlier is not credential and _renewed(earlier, credential):
            audit.record(actor, "credential.replace", earlier, by=credential.code)
            credential.registrant.credentials.remove(earlier)
    db.session.flush()
    credential.verification, credential.evidence = Verification.VERIFIED, evidence
    credential.verified_at, credential.verified_by_id = now(), actor.id
    credential.ended_at = None
    credential.version += 1
    try:
        db.session.flush()
    except IntegrityError as error:  # uq_credential_verified_number: seen with somebody else just now
        raise RuleViolation(TAKEN) from error
    raise_version(credential.registrant)


def _renewed(earlier: Credential, later: Credential) -> bool:
    same = (earlier.kind, earlier.number_key) == (later.kind, later.number_key)
    return same and bool(later.number_key)


def _kind(credential: Credential) -> CredentialKind:
    known = municipality().credentials.get(credential.kind)
    return known or CredentialKind(key=credential.kind, name=credential.kind, issuer="")


def _lock(credential: Credential) -> None:
    db.session.refresh(credential.registrant, with_for_update=True)  # nobody offers on it meanwhile
    db.session.refresh(credential, with_for_update=True)


def _tell(credential: Credential, mail: messages.AboutExpiry) -> None:
    """The person by name; the coordinators by a page that only those in scope can open."""
    registrant, name = credential.registrant, _kind(credential).name
    assert credential.expires_on is not None
    outbox.enqueue(
        registrant.address, *mail(name, credential.expires_on, f"{registrant.name} 様", absolute("/registry"))
    )
    page = absolute(f"/registry/credentials/{credential.code}")
    for coordinator in credential_queries.coordinators_of(registrant):
        outbox.enqueue(coordinator.email, *mail(name, credential.expires_on, "担当者の方へ", page))
