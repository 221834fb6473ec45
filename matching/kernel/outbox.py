"""Mail as rows: written in the transaction that causes it, delivered later by `flask worker`.

Delivery is at least once: a repeat carries the same Message-ID.
"""

import os
import smtplib
import ssl
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import String, Text, and_, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from matching.kernel import audit
from matching.kernel.clock import TOKYO, now
from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, db, transaction
from matching.kernel.errors import RuleViolation

SENDER = "まなびの環 <noreply@manabi.invalid>"
MAX_ATTEMPTS = 8
GONE = "（消去）"  # stands where a person's data stood
LEASE = timedelta(minutes=5)
Send = Callable[[EmailMessage], None]


class OutboxMessage(Base):
    """One mail to one address."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    created_at: Mapped[datetime]
    recipient: Mapped[str] = mapped_column(String(254), info=PERSONAL)
    subject: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    body: Mapped[str] = mapped_column(Text, info=PERSONAL)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(100))


def enqueue(recipient: str | None, subject: str, body: str) -> None:
    """Queue a mail in the running transaction; somebody without an address gets none."""
    if recipient:
        line = " ".join(subject.split())  # a title may have come with a line break
        db.session.add(
            OutboxMessage(created_at=now(), due_at=now(), recipient=recipient, subject=line, body=body)
        )


def deliver(send: Send) -> int:
    """Send what is due, one message a transaction; returns how many went out."""
    sent = 0
    while message_id := _lease():
        error = _error_of(send, db.session.get_one(OutboxMessage, message_id))
        with transaction():
            message = db.session.get_one(OutboxMessage, message_id)
            message.last_error = error
            if error is None:
                message.sent_at = now()
                sent += 1
            else:
                message.due_at = now() + timedelta(minutes=2**message.attempts)
    return sent


def dead(limit: int) -> list[OutboxMessage]:
    """Mails given up after the last try, newest first."""
    return list(
        db.session.scalars(select(OutboxMessage).where(_DEAD).order_by(OutboxMessage.id.desc()).limit(limit))
    )


def dead_count() -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxMessage).where(_DEAD)) or 0


def send_again(actor: audit.Actor, message: OutboxMessage) -> None:
    """Queue a mail that was given up anew. RuleViolation where it was sent or is still being tried."""
    db.session.refresh(message, with_for_update=True)
    if message.sent_at is not None or message.attempts < MAX_ATTEMPTS:
        raise RuleViolation("このメールは、もう送られたか、いま送っているところです。")
    message.attempts, message.due_at = 0, now()
    audit.record(actor, "mail.resend", message)


_DEAD = and_(OutboxMessage.sent_at.is_(None), OutboxMessage.attempts >= MAX_ATTEMPTS)


def forget(addresses: Collection[str], words: Collection[str]) -> list[str]:
    """Mails to these addresses are gone, these words are taken out of all others.

    Returns the codes of the mails that held something, for `forget_files`.
    """
    told = [OutboxMessage.recipient.in_(addresses)] if addresses else []
    parts = [
        c.contains(w, autoescape=True) for w in words for c in (OutboxMessage.subject, OutboxMessage.body)
    ]
    if not told and not parts:
        return []
    held = db.session.scalars(select(OutboxMessage).where(or_(*told, *parts))).all()
    for message in held:
        if message.recipient in addresses:
            db.session.delete(message)
        for word in words:
            message.subject = message.subject.replace(word, GONE)
            message.body = message.body.replace(word, GONE)
    db.session.flush()
    return [message.code for message in held]


def forget_files(mail_url: str, codes: Collection[str]) -> None:
    """Remove the files of these mails, where mails are written to a folder."""
    url = urlsplit(mail_url)
    if url.scheme == "file":
        for code in codes:
            for name in (f"{code}.eml", f"{code}.part"):  # a worker may have been killed half way
                (Path(unquote(url.path)) / name).unlink(missing_ok=True)


def sender(mail_url: str) -> Send:
    """file:///folder writes .eml files there; smtp[s]://user:password@host:port/?from=address delivers."""
    url = urlsplit(mail_url)
    if url.scheme == "file":
        return _to_folder(Path(unquote(url.path)))
    return _to_smtp(mail_url)


def _lease() -> int | None:
    """Take the next due message for a while, so that no second worker sends it too."""
    with transaction():
        message = db.session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.sent_at.is_(None),
                OutboxMessage.due_at <= now(),
                OutboxMessage.attempts < MAX_ATTEMPTS,
            )
            .order_by(OutboxMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if message is None:
            return None
        message.attempts += 1
        message.due_at = now() + LEASE
        return message.id


def _mail(message: OutboxMessage) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, message.recipient, message.subject
    mail["Date"] = format_datetime(message.created_at.astimezone(TOKYO))
    mail["Message-ID"] = f"<{message.code}@manabi.invalid>"
    mail.set_content(message.body, cte="8bit")
    return mail


def _error_of(send: Send, message: OutboxMessage) -> str | None:
    """ValueError: what cannot be a mail at all; it keeps nobody else's from going out."""
    try:
        mail = _mail(message)
        db.session.rollback()  # nothing is held while it goes out
        send(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return type(error).__name__  # its text may hold the address
    return None


def _to_folder(folder: Path) -> Send:
    def send(mail: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{mail['Message-ID'].partition('@')[0].strip('<')}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(bytes(mail))
        os.replace(part, path)  # noqa: PTH105 – atomic: a reader never sees half a mail

    return send


def _to_smtp(mail_url: str) -> Send:
    url = urlsplit(mail_url)
    own = parse_qs(url.query).get("from")
    trusted = ssl.create_default_context()

    def connect() -> smtplib.SMTP:
        where = (url.hostname or "", url.port or 0)
        if url.scheme == "smtps":
            return smtplib.SMTP_SSL(*where, timeout=30, context=trusted)
        return smtplib.SMTP(*where, timeout=30)

    def send(mail: EmailMessage) -> None:
        if own:
            mail.replace_header("From", formataddr(("まなびの環", own[0])))
        with connect() as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=trusted)
            if url.username:
                smtp.login(unquote(url.username), unquote(url.password or ""))
            smtp.send_message(mail)

    return send
