"""Who may be somebody registered already: by name or reading and birth year, or by telephone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import selectinload

from matching.kernel.db import db
from matching.kernel.readings import name_key, phone_key
from matching.registry.models import Registrant

MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """The same people in the reader's scope, and how many more there are outside of it (never who)."""

    people: Sequence[Registrant]
    elsewhere: int

    def __bool__(self) -> bool:
        return bool(self.people) or self.elsewhere > 0


def likely(
    name: str, kana: str, birth_year: int | None, phone: str, visible: ColumnElement[bool], *, but: int = 0
) -> Likely:
    """Registrants who may be this person; `visible`: those the reader may know of, `but`: one left out.

    An unknown birth year meets every year.
    """
    same = [
        column == key
        for column, key in ((Registrant.name_key, name_key(name)), (Registrant.kana_key, name_key(kana)))
        if key
    ]
    born = Registrant.birth_year.is_(None)
    years = or_(born, Registrant.birth_year == birth_year) if birth_year else Registrant.id.is_not(None)
    dialled = phone_key(phone)
    telephone = Registrant.phone_key == dialled if dialled else false()
    meant = and_(or_(and_(or_(false(), *same), years), telephone), Registrant.id != but)
    found = db.session.scalars(
        select(Registrant)
        .where(meant, visible)
        .options(selectinload(Registrant.registrations))
        .order_by(Registrant.id)
        .limit(MOST)
    ).all()
    others = db.session.scalars(select(Registrant.id).where(meant, ~visible).limit(MOST)).all()
    return Likely(found, len(others))
