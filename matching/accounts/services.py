"""The verbs of an account: sign up, sign in and out, reset, and what an administrator does."""

from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update

from matching.accounts import messages, queries, rules
from matching.accounts.models import (
    Account,
    AccountLink,
    AccountRole,
    CoordinatorMeasure,
    CoordinatorWard,
    LinkPurpose,
    SignIn,
    SignInFailure,
)
from matching.kernel import audit, events, outbox
from matching.kernel.clock import now
from matching.kernel.codes import new_token, token_hash
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.kernel.permissions import Role

_hasher = PasswordHasher()  # argon2id with the library's current parameters (RFC 9106, low memory)
# Compared with where there is no account, so that the answer takes as long.
NOBODY = _hasher.hash("nobody has this password")
LINK_ENDED = "このリンクは、使われたか、期限が切れています。もう一度、はじめから手続きしてください。"


def hash_password(password: str) -> str:
    """The argon2id hash. Slow by design: never inside a transaction."""
    return _hasher.hash(password)


def check_password(account: Account | None, password: str) -> bool:
    """Whether this is the account's password; as slow where there is no account or it is disabled."""
    stored = account.password_hash if account and account.disabled_at is None else ""
    try:
        _hasher.verify(stored or NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def better_hash(account: Account, password: str) -> str | None:
    """A new hash where the parameters have been raised since; None: the stored one is good."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(account.password_hash) else None


def request_sign_up(email: str) -> None:
    """Mail a link; an address that is known already is told so by mail only."""
    if queries.account_by_email(email):
        page, reset = absolute("/sign-in"), absolute("/reset")
        outbox.enqueue(email.casefold(), *messages.known(page, reset))
    else:
        send_link(LinkPurpose.SIGN_UP, email)


def request_reset(email: str) -> None:
    """Mail a reset link where there is such an account; nothing shows whether there is."""
    account = queries.account_by_email(email)
    if account is not None and account.disabled_at is None:
        send_link(LinkPurpose.RESET, email)


def send_link(purpose: LinkPurpose, email: str) -> None:
    """Mail a link that works once, until it expires. Only its hash is kept."""
    token = new_token()
    db.session.add(
        AccountLink(
            token_hash=token_hash(token),
            purpose=purpose,
            email=email.casefold(),
            created_at=now(),
            expires_at=now() + rules.link_lifetime(purpose),
        )
    )
    path = "/reset/" if purpose is LinkPurpose.RESET else "/sign-up/"
    write = {
        LinkPurpose.SIGN_UP: messages.sign_up,
        LinkPurpose.INVITATION: messages.invitation,
        LinkPurpose.RESET: messages.reset,
    }[purpose]
    outbox.enqueue(email.casefold(), *write(absolute(path + token)))


def follow_sign_up(token: str, name: str, password_hash: str) -> Account:
    """The owner of the address gives a name and a password. RuleViolation where the link no longer works."""
    link = _use(token, LinkPurpose.SIGN_UP, LinkPurpose.INVITATION)
    account = queries.account_by_email(link.email)
    if account is None:
        account = create_account(None, link.email, name, password_hash=password_hash)
    elif not account.password_hash:  # made by staff, who may have written the name otherwise
        account.name, account.password_hash = name, password_hash
    events.address_confirmed.send(account)
    return account


def follow_reset(token: str, password_hash: str) -> Account:
    """A new password; every sign-in and every other reset link ends."""
    link = _use(token, LinkPurpose.RESET)
    account = queries.account_by_email(link.email)
    if account is None or account.disabled_at is not None:
        raise RuleViolation(LINK_ENDED)
    account.password_hash = password_hash
    end_sign_ins(account)
    db.session.execute(
        update(AccountLink)
        .filter_by(email=link.email, purpose=LinkPurpose.RESET, used_at=None)
        .values(used_at=now())
    )
    audit.record(account, "account.reset", account)
    return account


def create_account(
    actor: Account | None,
    email: str,
    name: str,
    *,
    roles: Iterable[Role] = (),
    wards: Iterable[str] = (),
    measures: Iterable[int] = (),
    password_hash: str = "",
) -> Account:
    """A new account; without a password its owner sets one by mail. Invalid where the address is taken."""
    if queries.account_by_email(email):
        raise Invalid("email", "このメールアドレスは、すでに登録されています。")
    account = Account(
        email=email.casefold(),
        name=name,
        password_hash=password_hash,
        created_at=now(),
        role_rows=[AccountRole(role=role) for role in roles],
    )
    db.session.add(account)
    _scope(account, wards, measures)
    db.session.flush()
    audit.record(actor, "account.create", account, roles=sorted(account.roles))
    return account


def change_scope(actor: Account, account: Account, wards: Iterable[str], measures: Iterable[int]) -> None:
    """Set a coordinator's wards and measures; whoever is signed in signs in again."""
    _scope(account, wards, measures)
    end_sign_ins(account)
    scope = {"wards": sorted(account.wards), "measures": sorted(account.measures)}
    audit.record(actor, "account.scope", account, **scope)


def grant(actor: Account | None, account: Account, role: Role) -> None:
    """Give a further role; having it already changes nothing."""
    if role not in account.roles:
        account.role_rows.append(AccountRole(role=role))
        db.session.flush()
        audit.record(actor, "account.grant", account, role=role.value)


def disable(actor: Account, account: Account) -> None:
    """Nobody signs in with it until it is enabled again; RuleViolation for one's own."""
    if account.id == actor.id:
        raise RuleViolation("ご自分のアカウントは止められません。ほかの管理者に頼んでください。")
    if account.disabled_at is None:
        account.disabled_at = now()
        end_sign_ins(account)
        audit.record(actor, "account.disable", account)


def enable(actor: Account, account: Account) -> None:
    if account.disabled_at is not None:
        account.disabled_at = None
        audit.record(actor, "account.enable", account)


def open_sign_in(account: Account) -> str:
    """Begin a sign-in; returns the secret for the cookie."""
    token = new_token()
    db.session.add(
        SignIn(token_hash=token_hash(token), account_id=account.id, created_at=now(), last_seen_at=now())
    )
    forgotten = now() - rules.TRIES_WITHIN
    db.session.execute(delete(SignInFailure).where(SignInFailure.at < forgotten))
    return token


def end_sign_in(token: str) -> None:
    db.session.execute(
        update(SignIn).filter_by(token_hash=token_hash(token), ended_at=None).values(ended_at=now())
    )


def end_sign_ins(account: Account) -> None:
    """End every sign-in of the account, on whatever machine."""
    db.session.execute(update(SignIn).filter_by(account_id=account.id, ended_at=None).values(ended_at=now()))


def note_failure(email: str) -> None:
    db.session.add(SignInFailure(email_hash=token_hash(email.casefold()), at=now()))


def _use(token: str, *purposes: LinkPurpose) -> AccountLink:
    link = queries.usable_link(token, *purposes)
    if link is None:
        raise RuleViolation(LINK_ENDED)
    used = update(AccountLink).filter_by(id=link.id, used_at=None).values(used_at=now())
    if db.session.scalar(used.returning(AccountLink.id)) is None:
        raise RuleViolation(LINK_ENDED)
    return link


def _scope(account: Account, wards: Iterable[str], measures: Iterable[int]) -> None:
    account.ward_rows = [CoordinatorWard(ward=ward) for ward in sorted(set(wards))]
    account.measure_rows = [CoordinatorMeasure(measure=measure) for measure in sorted(set(measures))]
