"""地域防災リーダー: who lets the city tell local disaster bodies how to reach them."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from matching.accounts.models import Account
from matching.kernel.clock import today
from matching.kernel.db import db
from matching.kernel.permissions import COORDINATOR, DISTRICT, ORGANISATION, granted, related, relation
from matching.municipality.city import municipality
from matching.organisations.models import Organisation, OrganisationDistrict
from matching.registry.models import Consent, ConsentPurpose, Registrant, Registration
from matching.registry.queries import in_force


def _bodies(actor: Account) -> ColumnElement[bool]:
    """The actor's own organisations of a kind that may be told (organisations.toml)."""
    told = [kind.key for kind in municipality().organisation_kinds.values() if kind.told_of_leaders]
    return and_(Organisation.kind.in_(told), related(actor, ORGANISATION, Organisation))


def _own_districts(actor: Account) -> Select[str]:
    return select(OrganisationDistrict.school_district).join(Organisation).where(_bodies(actor))


@relation(Registration, DISTRICT)
def _of_own_district(actor: Account) -> ColumnElement[bool]:
    living = select(Registrant.id).where(Registrant.school_district.in_(_own_districts(actor)))
    return Registration.registrant_id.in_(living)


def _leaders(actor: Account) -> ColumnElement[bool]:
    """Registrations in force with the consent that stands, of people who do not rest, for this reader."""
    consented = select(Consent.registration_id).where(  # few have: those are looked up
        Consent.purpose == ConsentPurpose.LOCAL_LEADER,
        Consent.withdrawn_at.is_(None),
    )
    awake = or_(
        Registrant.paused_from.is_(None), Registrant.paused_from > today(), Registrant.paused_until < today()
    )
    return and_(
        granted(actor, "leader.see_contact", Registration),
        in_force(municipality().programmes, today()),
        Registration.id.in_(consented),
        awake,
    )


def _wards(actor: Account) -> frozenset[str]:
    """Those in which the actor is the city's office for leaders."""
    programmes = municipality().programmes.values()
    measures = {p.measure for p in programmes if ConsentPurpose.LOCAL_LEADER in p.may_consent}
    office = COORDINATOR in actor.roles and not measures.isdisjoint(actor.measures)
    return frozenset(actor.wards if office else ())


def districts(actor: Account) -> Mapping[str, int]:
    """School district → how many leaders; those the actor may ask about, in the order of the wards."""
    wards, own = _wards(actor), set(db.session.scalars(_own_districts(actor)))
    found = dict(
        db.session.execute(
            select(Registrant.school_district, func.count())
            .join(Registration, Registration.registrant_id == Registrant.id)
            .where(_leaders(actor))
            .group_by(Registrant.school_district)
        ).all()
    )
    return {
        name: found.get(name, 0)
        for ward, names in municipality().wards.items()
        for name in names
        if name in own or ward in wards
    }


def leaders(actor: Account, district: str) -> list[Registration]:
    """Those of a school district, by reading, with their person and consents."""
    rows = db.session.scalars(
        select(Registration)
        .join(Registration.registrant)
        .join(Registration.consents)
        .where(_leaders(actor), Registrant.school_district == district)
        .options(contains_eager(Registration.registrant), contains_eager(Registration.consents))
        .order_by(Registrant.kana, Registrant.id)
    )
    return list(rows.unique())


def body_of(actor: Account, district: str) -> Organisation | None:
    """The body of this district for which the actor reads; None: for the city's office."""
    if any(district in municipality().wards[ward] for ward in _wards(actor)):
        return None
    return db.session.scalars(
        select(Organisation)
        .join(OrganisationDistrict)
        .where(_bodies(actor), OrganisationDistrict.school_district == district)
        .order_by(Organisation.name)
    ).first()
