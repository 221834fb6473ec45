"""The life of a registration: sent, decided about, ended. The table is in rules.py."""

from collections.abc import Collection
from datetime import date
from typing import Any

from matching.accounts.models import Account
from matching.kernel import audit, events, occasions, outbox
from matching.kernel.clock import date_text, fiscal_year_end, now, today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, NotAllowed, RuleViolation
from matching.kernel.lifecycle import move
from matching.kernel.links import absolute
from matching.municipality.city import municipality
from matching.registry import messages, rules
from matching.registry.models import (
    Erasure,
    Registrant,
    Registration,
    RegistrationStatus,
)
from matching.registry.services import credentials, ruling


def submit_registrations(
    actor: Account | None,
    registrant: Registrant,
    registrations: Collection[Registration],
    *,
    on_paper: bool = False,
) -> list[Registration]:
    """Send what has been written. Invalid where a consent or the offering is missing; sent ones stay."""
    db.session.refresh(registrant, with_for_update=True)
    for registration in registrations:
        _lock(registration)
    sent = [r for r in registrations if r.status is not RegistrationStatus.SUBMITTED]
    ruling.check_application(registrant, sent)
    for registration in sent:
        if not registration.offerings:
            raise Invalid("title", "できることを入力してください。")
        _advance(actor, registration, "submit")
        registration.submitted_at, registration.on_paper = now(), on_paper
        registration.comment = registration.refusal_reason = registration.end_reason = ""
        registration.ended_at = None
        _tell(registration, *messages.submitted(_name(registration), absolute("/registry")))
    return sent


def approve_registration(
    actor: Account, registration: Registration, valid_until: date, documents: Collection[str] = ()
) -> None:
    """In force from now on; the credential its programme needs is verified with it (design §4).

    `documents` are the kinds the actor has seen; those its programme requires must be among them.
    Nobody approves their own.
    """
    _lock(registration)
    if registration.registrant.account_id == actor.id:
        raise NotAllowed("ご自分の登録は承認できません。ほかの担当者に頼んでください。")
    if registration.status is RegistrationStatus.APPROVED:
        return
    if valid_until != fiscal_year_end(valid_until.year - 1) or valid_until < today():
        raise Invalid("valid_until", "登録期限は、これからの年度の終わり（3月31日）にしてください。")
    if registration.status is RegistrationStatus.SUBMITTED:
        ruling.check_approval(registration, valid_until, documents)
        for kind in municipality().programmes[registration.programme].credentials:
            credentials.verify_for(actor, registration, kind)
    _advance(actor, registration, "approve")
    ruling.write_documents(actor, registration, documents)
    registration.valid_until, registration.decided_at = valid_until, now()
    registration.approved_at = registration.approved_at or now()
    _tell(registration, *messages.approved(_name(registration), absolute("/registry")))


def return_registration(actor: Account, registration: Registration, comment: str) -> None:
    """Send it back with a comment."""
    _lock(registration)
    _advance(actor, registration, "return")
    registration.comment, registration.decided_at = comment, now()
    _tell(registration, *messages.returned(_name(registration), comment, absolute("/registry")))


def refuse_registration(actor: Account, registration: Registration, reason: str) -> None:
    """`reason` is a key of the municipality's refusal reasons (不適格事由)."""
    city = municipality()
    programme = city.programmes[registration.programme]
    if reason not in rules.refusable([programme.refused_purposes], city.refusal_reasons):
        raise Invalid("reason", "理由を一覧から選んでください。")
    _lock(registration)
    if registration.status is RegistrationStatus.REFUSED:
        return
    _advance(actor, registration, "refuse", reason=reason)
    registration.refusal_reason, registration.decided_at = reason, now()
    _tell(
        registration,
        *messages.refused(
            programme.name, rules.refusal_words(reason, [programme.refused_purposes], city.refusal_reasons)
        ),
    )


def withdraw(actor: Account | None, registration: Registration, reason: str = "other") -> None:
    """The person's own end (辞退)."""
    _end(actor, registration, "withdraw", reason)
    _tell(registration, *messages.withdrawn(_name(registration)))


def suspend(actor: Account, registration: Registration, reason: str = "other") -> None:
    """The city's pause (休止); `reason` is told to the person."""
    _end(actor, registration, "suspend", reason)
    _tell(registration, *messages.suspended(_name(registration), rules.END_REASONS["suspend"][reason]))


def revoke(actor: Account, registration: Registration, reason: str = "other") -> None:
    """The city's end (取消し); `reason` is told to the person."""
    _end(actor, registration, "revoke", reason)
    _tell(registration, *messages.revoked(_name(registration), rules.END_REASONS["revoke"][reason]))


def resume(actor: Account, registration: Registration) -> None:
    _lock(registration)
    _advance(actor, registration, "resume")
    registration.end_reason, registration.ended_at = "", None
    _tell(registration, *messages.resumed(_name(registration), absolute("/registry")))


def expire(registration: Registration) -> None:
    """Its last day has passed (満了). Nothing happens where it was renewed or ended meanwhile."""
    _lock(registration)
    if not rules.has_run_out(registration.status, registration.valid_until, today()):
        return
    if not occasions.once("registration.expired", f"{registration.code} {registration.valid_until}"):
        return
    _end(None, registration, "expire", "")
    _tell(registration, *messages.expired(_name(registration), absolute("/registry")))


def renew(actor: Account | None, registration: Registration, valid_until: date) -> None:
    """In force until a later fiscal year's end (更新); actor None: by the mailed link.

    RuleViolation where it runs to that day or a later one already, or has ended and lacks what it needs.
    """
    _lock(registration)
    stands = registration.valid_until
    if stands is not None and not rules.prolongs(stands, valid_until):
        raise RuleViolation(f"この登録の期限は、すでに{date_text(stands)}です。")
    if registration.status is RegistrationStatus.EXPIRED:
        ruling.check_renewal(registration)
    if valid_until != fiscal_year_end(valid_until.year - 1) or valid_until < today():
        raise Invalid("valid_until", "登録期限は、これからの年度の終わり（3月31日）にしてください。")
    _advance(actor, registration, "renew", valid_until=valid_until.isoformat())
    registration.valid_until, registration.decided_at = valid_until, now()
    registration.end_reason, registration.ended_at = "", None
    _tell(registration, *messages.renewed(_name(registration), valid_until))


def require_kept(registrant: Registrant) -> None:
    """Conflict where the data have been erased: nothing is left to change."""
    if db.session.get(Erasure, registrant.code) is not None:
        raise Conflict("この方の情報は、すでに消去されています。")


def _lock(registration: Registration) -> None:
    db.session.refresh(registration, with_for_update=True)


def _advance(actor: Account | None, registration: Registration, verb: str, **details: Any) -> None:
    require_kept(registration.registrant)
    before = registration.status
    refusal = f"この登録は「{before.label}」なので、この操作はできません。"
    registration.status = move(rules.LIFE_CYCLE, before, verb, refusal=refusal).to
    audit.record(
        actor,
        f"registration.{verb}",
        registration,
        before=before.value,
        after=registration.status.value,
        **details,
    )
    db.session.flush()


def _end(actor: Account | None, registration: Registration, verb: str, reason: str) -> None:
    if reason not in rules.END_REASONS.get(verb, {"": ""}):
        raise Invalid("reason", "理由を一覧から選んでください。")
    _lock(registration)
    _advance(actor, registration, verb, reason=reason)
    registration.end_reason, registration.ended_at = reason, now()
    events.registration_ended.send(registration, actor=actor)


def _name(registration: Registration) -> str:
    return municipality().programmes[registration.programme].name


def _tell(registration: Registration, subject: str, body: str) -> None:
    outbox.enqueue(registration.registrant.address, subject, body)
