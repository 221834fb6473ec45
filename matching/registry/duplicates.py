"""Who may be somebody registered already: by name or reading and birth year, or by telephone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select, true
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
    return likely(actor, values.name, values.kana, values.birth_year, values.phone)


def of(registrant: Registrant, actor: Account) -> Likely:
    """Registrants who may be this one a second time; nobody for those who may not merge."""
    if not may(actor, "registrant.merge"):
        return NOBODY
    return likely(
        actor, registrant.name, registrant.kana, registrant.birth_year, registrant.phone, but=registrant.id
    )


def likely(
    actor: Account, name: str, kana: str, birth_year: int | None, phone: str, *, but: int = 0
) -> Likely:
    """Same name or reading and the same birth year (one not known meets any), or the same telephone.

    All as typed. Who is in the actor's scope comes before who is not.
    """
    known = Registrant.birth_year
    years = true() if birth_year is None else or_(known.is_(None), known == birth_year)
    meant = [
        and_(column == key, condition)  # flat: SQLite uses no index under an OR within an AND within an OR
        for column, key, condition in (
            (Registrant.name_key, name_key(name), years),
            (Registrant.kana_key, name_key(kana), years),
            (Registrant.phone_key, phone_key(phone), true()),
        )
        if key
    ]
    if not meant:
        return NOBODY
    mine = granted(actor, "registrant.merge", Registrant).label("mine")
    rows = (
        db.session.execute(
            select(Registrant, mine)
            .where(or_(*meant), Registrant.id != but)
            .options(joinedload(Registrant.registrations))
            .order_by(mine.desc(), Registrant.id)
            .limit(MOST + 1)
        )
        .unique()
        .all()
    )
    return Likely([person for person, seen in rows if seen], sum(1 for _, seen in rows if not seen))
