"""The yearly renewal round, and registrations whose last day has passed."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, select

from matching.accounts.models import Account
from matching.kernel import audit, codes, occasions, outbox
from matching.kernel.clock import fiscal_year, fiscal_year_end, now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.municipality.city import municipality
from matching.registry import messages, rules
from matching.registry.models import Registration, RegistrationStatus
from matching.registry.models_renewal import NoticeChannel, RenewalAnswer, RenewalNotice, RenewalRound
from matching.registry.queries_renewal import ending
from matching.registry.services import life

REMIND_BEFORE = (30, 7)  # days before the registration ends (our proposal)


def open_round(actor: Account, key: str, renews_until: date) -> int:
    """Ask everybody in the actor's scope whose registration ends with this fiscal year; returns how many.

    The mails go out by the worker; somebody without an address gets a letter. Opening it again asks those
    who came later; the day stays that of the first.
    """
    year, programme = fiscal_year(today()), municipality().programmes[key]
    term = programme.term
    if renews_until not in rules.renewal_choices(year, term.value if term else None):
        raise Invalid("renews_until", "いつまで更新するかを一覧から選んでください。")
    found = db.session.scalars(select(RenewalRound).filter_by(programme=key, fiscal_year=year)).first()
    if refused := rules.renewal_too_early(fiscal_year_end(year), today(), programme.renewal_month):
        raise Invalid(refused.field, refused.told(programme.name))
    round_ = found or RenewalRound(
        programme=key, fiscal_year=year, renews_until=renews_until, opened_at=now()
    )
    db.session.add(round_)
    db.session.flush()
    asked = set(db.session.scalars(select(RenewalNotice.registration_id).filter_by(round_id=round_.id)))
    new = [r for r in ending(actor, key, year) if r.id not in asked]
    for registration in new:
        channel = NoticeChannel.MAIL if registration.registrant.address else NoticeChannel.LETTER
        db.session.add(RenewalNotice(round=round_, registration=registration, channel=channel))
        audit.record(actor, "renewal_notice.open", registration, fiscal_year=year, channel=channel.value)
    db.session.flush()
    return len(new)


def answer(actor: Account | None, notice: RenewalNotice, given: RenewalAnswer) -> None:
    """Record the answer, and renew (actor None: by the mailed link). The same answer again changes nothing.

    A coordinator may turn a no into a yes; a yes is taken back only by withdrawing.
    """
    db.session.refresh(notice.registration, with_for_update=True)
    db.session.refresh(notice, with_for_update=True)
    if notice.answer is given:
        return
    if notice.answer is RenewalAnswer.RENEW or (notice.answer is not None and actor is None):
        raise RuleViolation("お返事は、すでにいただいています。変えるときは、担当者にご連絡ください。")
    if actor is None and not notice.registration.in_force(now()):
        raise RuleViolation("この登録の期限は過ぎたか、登録が終わっています。担当者にご連絡ください。")
    if given is RenewalAnswer.RENEW:
        life.renew(actor, notice.registration, notice.round.renews_until)
    notice.answer, notice.answered_at = given, now()
    audit.record(actor, "renewal_notice.answer", notice.registration, answer=given.value)


# --- for the worker ------------------------------------------------------------------------------------


def run_out() -> list[int]:
    """Registrations whose last day has passed, by their ids."""
    ended = (RegistrationStatus.APPROVED, RegistrationStatus.SUSPENDED)
    return list(
        db.session.scalars(
            select(Registration.id)
            .where(Registration.status.in_(ended), Registration.valid_until < today())
            .order_by(Registration.id)
        )
    )


def expire(registration_id: int) -> None:
    life.expire(db.session.get_one(Registration, registration_id))


def unsent() -> list[int]:
    """Notices whose mail has not been queued yet."""
    return list(db.session.scalars(_unanswered(RenewalNotice.sent_at.is_(None))))


def send(notice_id: int) -> None:
    notice = db.session.get_one(RenewalNotice, notice_id, with_for_update=True)
    if notice.answer is None and occasions.once("renewal.mail", notice.code):
        _mail(notice, again=False)
        notice.sent_at = now()


def to_remind() -> list[tuple[int, int]]:
    """(notice, days before the end) of those asked by mail, unanswered, whose reminder has come up."""
    year = fiscal_year(today())
    left = (fiscal_year_end(year) - today()).days
    days = min((n for n in REMIND_BEFORE if left <= n), default=None)
    if days is None:
        return []
    asked_before = now() - timedelta(days=days)  # whoever was asked just now is not reminded yet
    rows = db.session.execute(
        _unanswered(RenewalNotice.sent_at <= asked_before)
        .add_columns(RenewalNotice.code)
        .where(RenewalRound.fiscal_year == year)
    ).all()
    keys = set(occasions.unmade("renewal.reminder", [f"{code} {days}" for _, code in rows]))
    return [(id_, days) for id_, code in rows if f"{code} {days}" in keys]


def remind(due: tuple[int, int]) -> None:
    notice = db.session.get_one(RenewalNotice, due[0], with_for_update=True)
    if notice.answer is None and occasions.once("renewal.reminder", f"{notice.code} {due[1]}"):
        _mail(notice, again=True)


def _unanswered(condition: ColumnElement[bool]) -> Select[int]:
    return (
        select(RenewalNotice.id)
        .join(RenewalNotice.round)
        .join(RenewalNotice.registration)
        .where(
            RenewalNotice.channel == NoticeChannel.MAIL,
            RenewalNotice.answer.is_(None),
            Registration.status == RegistrationStatus.APPROVED,
            condition,
        )
        .order_by(RenewalNotice.id)
    )


def _mail(notice: RenewalNotice, *, again: bool) -> None:
    """The newest link is the one that works."""
    token = codes.new_token()
    notice.token_hash = codes.token_hash(token)
    registration = notice.registration
    ends = fiscal_year_end(notice.round.fiscal_year)
    name = municipality().programmes[registration.programme].name
    link = absolute(f"/renew/{token}")
    outbox.enqueue(
        registration.registrant.address,
        *messages.renewal(name, ends, notice.round.renews_until, link, again=again),
    )
