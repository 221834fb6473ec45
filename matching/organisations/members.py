"""An organisation in its own people's hands: its page, who joins, and the hand-over in April."""

from collections.abc import Collection

from sqlalchemy import select

from matching.accounts.models import Account
from matching.accounts.queries import account_by_email
from matching.kernel import audit, outbox
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.organisations import messages, queries, services
from matching.organisations.models import (
    HandOver,
    Membership,
    MembershipRequest,
    Organisation,
    OrganisationDistrict,
)


def edit(
    actor: Account, organisation: Organisation, name: str, districts: Collection[str], version: int
) -> None:
    """Change name and school districts. Conflict where somebody changed them since `version` was read."""
    db.session.refresh(organisation, with_for_update=True)
    if organisation.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    services.check_districts(organisation.kind, organisation.ward, districts)
    known = queries.known(name, organisation.kind)
    if known is not None and known.id != organisation.id:
        raise Invalid("name", "この名前と区分の団体は、すでにあります。")
    organisation.name = name
    held = {row.school_district: row for row in organisation.district_rows}
    organisation.district_rows = [
        held.get(district) or OrganisationDistrict(school_district=district)
        for district in sorted(set(districts))
    ]
    organisation.version += 1
    audit.record(actor, "organisation.edit", organisation)


def ask_to_join(actor: Account, organisation: Organisation) -> None:
    """Its contacts are told, or the coordinators where it has none. Asking again changes nothing."""
    db.session.refresh(organisation, with_for_update=True)
    if _is_member(organisation, actor):
        raise RuleViolation("すでにこの団体の担当者です。")
    asked = _asked(organisation, actor)
    if asked is None:
        asked = MembershipRequest(organisation_id=organisation.id, account_id=actor.id, asked_at=now())
        db.session.add(asked)
    elif asked.decided_at is None:
        return
    asked.asked_at, asked.decided_at, asked.decided_by_id, asked.approved = now(), None, None, None
    audit.record(actor, "organisation.ask_to_join", organisation)
    page = absolute(f"/organisations/{organisation.code}")
    for address in queries.answerers(organisation):
        outbox.enqueue(address, *messages.asked_to_join(organisation, page))


def decide(actor: Account, organisation: Organisation, account: Account, *, approved: bool) -> None:
    """Approve or refuse who asked; they are told. Nobody approves themselves.

    The same decision again changes nothing; RuleViolation where it was another, or nobody has asked.
    """
    db.session.refresh(organisation, with_for_update=True)
    asked = _asked(organisation, account)
    if asked is None or (asked.decided_at is not None and asked.approved is not approved):
        raise RuleViolation("この方の申し出は出ていないか、もう決まっています。")
    if asked.decided_at is not None:
        return
    if account.id == actor.id:
        raise RuleViolation("ご自分の申し出は、ほかの方に承認してもらってください。")
    asked.decided_at, asked.decided_by_id, asked.approved = now(), actor.id, approved
    if approved:
        services.add_member(actor, organisation, account)
    else:
        audit.record(actor, "organisation.refuse_member", organisation)
    outbox.enqueue(account.email, *messages.join_decided(organisation, approved, absolute("/organisations")))


def hand_over(actor: Account, organisation: Organisation, email: str) -> bool:
    """Name a successor; True where it is done at once, as with a colleague who speaks for it already.

    Others are invited by mail; the actor's own rights end when the invitation is taken up.
    """
    db.session.refresh(organisation, with_for_update=True)
    if not _is_member(organisation, actor):
        raise RuleViolation("この団体の担当者だけが引き継げます。")
    address = email.casefold()
    if address == actor.email:
        raise Invalid("email", "引き継ぐ方のメールアドレスを入力してください。")
    successor = account_by_email(address)
    if successor is not None and successor.disabled_at is not None:
        raise Invalid("email", "この方のアカウントは停止されています。ほかの方のアドレスを入力してください。")
    begun = queries.hand_over_of(organisation, actor)
    if begun is not None and begun.email != address:  # named before: that invitation is taken back
        for invitation in organisation.invitations:
            if invitation.email == begun.email and invitation.accepted_at is None:
                db.session.delete(invitation)
        db.session.delete(begun)
        begun = None
    audit.record(actor, "organisation.hand_over", organisation)
    colleague = next((m.account for m in _active(organisation) if m.account.email == address), None)
    if colleague is not None:
        services.pass_on(organisation, actor, colleague)
        return True
    services.invite(actor, organisation, address)
    if begun is None:
        db.session.add(
            HandOver(organisation_id=organisation.id, from_id=actor.id, email=address, created_at=now())
        )
    return False


def _is_member(organisation: Organisation, account: Account) -> bool:
    return any(m.account_id == account.id for m in _active(organisation))


def _active(organisation: Organisation) -> list[Membership]:
    return [m for m in organisation.memberships if m.ended_at is None]


def _asked(organisation: Organisation, account: Account) -> MembershipRequest | None:
    statement = select(MembershipRequest).filter_by(organisation_id=organisation.id, account_id=account.id)
    return db.session.scalars(statement).first()
