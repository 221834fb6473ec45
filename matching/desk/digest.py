"""The daily mail to coordinators: how much waits for them, in numbers only."""

from datetime import time

from sqlalchemy import select

from matching.accounts.models import Account, AccountRole
from matching.desk.queries import waiting
from matching.kernel import audit, occasions, outbox
from matching.kernel.clock import at, now, today
from matching.kernel.db import db
from matching.kernel.links import absolute
from matching.kernel.permissions import COORDINATOR
from matching.municipality.city import signature

FROM = time(7)  # by Tokyo's clocks
KIND = "digest"


def choose(account: Account, *, wanted: bool) -> None:
    """A coordinator takes the daily mail, or stops it."""
    db.session.refresh(account, with_for_update={"of": Account})
    if account.digest is not wanted:
        account.digest = wanted
        audit.record(account, "account.digest", account, wanted=wanted)


def due() -> list[str]:
    """Codes of the coordinators who have not been told today."""
    if now() < at(today(), FROM):
        return []
    codes = db.session.scalars(
        select(Account.code)
        .where(
            Account.digest,
            Account.disabled_at.is_(None),
            Account.id.in_(select(AccountRole.account_id).where(AccountRole.role == COORDINATOR)),
        )
        .order_by(Account.id)
    )
    made_today = {f"{code} {today()}": code for code in codes}
    return [made_today[key] for key in occasions.unmade(KIND, made_today)]


def send(code: str) -> None:
    """Tell one coordinator; where nothing waits, no mail goes out."""
    account = db.session.scalars(select(Account).filter_by(code=code)).one()
    if not occasions.once(KIND, f"{code} {today()}"):
        return
    counts = [(task.title, task.number) for task in waiting(account)]
    counts.append(("届かなかったメール", outbox.dead_count()))
    if found := [(title, number) for title, number in counts if number]:
        outbox.enqueue(account.email, *_mail(found))


def _mail(counts: list[tuple[str, int]]) -> tuple[str, str]:
    lines = "\n".join(f"・{title}: {number}件" for title, number in counts)
    return (
        "今日の仕事",
        f"次の仕事が待っています。\n\n{lines}\n\n{absolute('/')}\n\n"
        "このお知らせは、はじめのページで止められます。" + signature(),
    )
