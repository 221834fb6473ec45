"""Who may be somebody registered already: by name or reading and birth year, or by telephone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import joinedload

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.kernel.permissions import granted, may
from matching.kernel.readings import name_key, phone_key
from matching.registry.models import Registrant
from matching.registry.services.entries import PersonValues

MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """The same people in the reader's scope, and how many more there are outside of it (never who)."""

    people: Sequence[Registrant]
    elsewhere: int

    def __bool__(self) -> bool:
        return bool(self.people) or self.elsewhere > 0


NOBODY = Likely((), 0)


def like(values: PersonValues, actor: Account) -> Likely:
    """Registrants who may be the person somebody is about to write down."""
    return _likely(actor, values.name, values.kana, values.birth_year, values.phone)


def of(registrant: Registrant, actor: Account) -> Likely:
    """Registrants who may be this one a second time; nobody for those who may not merge."""
    if not may(actor, "registrant.merge"):
        return NOBODY
    return _likely(
        actor, registrant.name, registrant.kana, registrant.birth_year, registrant.phone, but=registrant.id
    )


def _likely(
    actor: Account, name: str, kana: str, birth_year: int | None, phone: str, *, but: int = 0
) -> Likely:
    """Same name or reading and the same birth year (one not known meets any), or the same telephone."""
    spelled = [
        column == key
        for column, key in ((Registrant.name_key, name_key(name)), (Registrant.kana_key, name_key(kana)))
        if key
    ]
    years = or_(Registrant.birth_year.is_(None), Registrant.birth_year == birth_year)
    named = or_(false(), *spelled) if birth_year is None else and_(or_(false(), *spelled), years)
    dialled = phone_key(phone)
    meant = and_(or_(named, Registrant.phone_key == dialled if dialled else false()), Registrant.id != but)
    mine = granted(actor, "registrant.merge", Registrant)
    rows = (
        db.session.execute(
            select(Registrant, mine)
            .where(meant)
            .options(joinedload(Registrant.registrations))
            .order_by(Registrant.id)
            .limit(MOST + 1)
        )
        .unique()
        .all()
    )
    return Likely([person for person, seen in rows if seen], sum(1 for _, seen in rows if not seen))
