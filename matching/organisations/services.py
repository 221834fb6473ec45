"""The verbs of an organisation: enter it, invite its people, let them go."""

from collections.abc import Collection

from matching.accounts import services as accounts
from matching.accounts.models import Account, LinkPurpose
from matching.kernel import audit, events
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.kernel.permissions import Role
from matching.municipality.city import municipality
from matching.organisations import queries
from matching.organisations.models import Invitation, Membership, Organisation, OrganisationDistrict


def enter_organisation(
    actor: Account | None, name: str, kind: str, ward: str, districts: Collection[str] = ()
) -> Organisation:
    """A new organisation. Invalid where name and kind are known already, or a district is elsewhere."""
    city = municipality()
    if ward not in city.wards:
        raise Invalid("ward", "区を一覧から選んでください。")
    check_districts(kind, ward, districts)
    if queries.known(name, kind):
        raise Invalid(
            "name", "この名前と区分の団体は、すでにあります。一覧から開いて、担当者を招待してください。"
        )
    organisation = Organisation(
        name=name,
        kind=kind,
        ward=ward,
        created_at=now(),
        district_rows=[OrganisationDistrict(school_district=district) for district in sorted(set(districts))],
    )
    db.session.add(organisation)
    db.session.flush()
    audit.record(actor, "organisation.enter", organisation)
    return organisation


def check_districts(kind: str, ward: str, districts: Collection[str]) -> None:
    """Districts of the organisation's ward; of a 中学校 and the like also of others. Invalid otherwise."""
    city = municipality()
    if any(district not in city.districts for district in districts):
        raise Invalid("districts", "校区を一覧から選んでください。")
    found = city.organisation_kinds.get(kind)
    if found is not None and found.across_wards:
        return
    if any(city.districts[district] != ward for district in districts):
        raise Invalid("districts", f"{ward}にある校区を選んでください。")


def invite(actor: Account, organisation: Organisation, email: str) -> None:
    """Mail a link that makes its owner a member; inviting again sends a new link."""
    address = email.casefold()
    if any(m.ended_at is None and m.account.email == address for m in organisation.memberships):
        raise Invalid("email", "この方は、すでにこの団体の担当者です。")
    known = next((i for i in organisation.invitations if i.email == address), None)
    if known is None:
        organisation.invitations.append(Invitation(email=address, created_at=now()))
    else:
        known.accepted_at = None
    accounts.send_link(LinkPurpose.INVITATION, address)
    audit.record(actor, "organisation.invite", organisation)


def end_membership(actor: Account, organisation: Organisation, membership: Membership) -> None:
    """The person no longer speaks for the organisation; ending it again changes nothing."""
    if membership.ended_at is None:
        membership.ended_at = now()
        audit.record(actor, "organisation.end_membership", organisation)


def add_member(actor: Account | None, organisation: Organisation, account: Account) -> None:
    """The account speaks for the organisation from now on."""
    membership = next((m for m in organisation.memberships if m.account_id == account.id), None)
    if membership is None:
        organisation.memberships.append(Membership(account_id=account.id, created_at=now()))
    else:
        membership.ended_at = None
    accounts.grant(actor, account, Role.REQUESTER)
    audit.record(actor, "organisation.add_member", organisation)


@events.address_confirmed.connect
def _accept_invitations(account: Account) -> None:
    """Whoever has shown that an address is theirs becomes a member wherever it was invited."""
    for invitation in queries.open_invitations(account.email):
        invitation.accepted_at = now()
        add_member(account, invitation.organisation, account)
    for hand_over in queries.open_hand_overs(account.email):
        hand_over.done_at = now()
        pass_on(hand_over.organisation, hand_over.giver, account)


def pass_on(organisation: Organisation, giver: Account, taker: Account) -> None:
    """The taker is a member now; the giver's rights end, and the open requests name the taker."""
    for membership in organisation.memberships:
        if membership.account_id == giver.id and taker.id != giver.id:
            end_membership(taker, organisation, membership)
    events.organisation_handed_over.send(organisation, giver=giver, taker=taker)
