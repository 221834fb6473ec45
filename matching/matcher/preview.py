"""What a change of the thesaurus would do: the open requests whose first five people would be others."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matching.accounts.models import Account
from matching.engine import text as words
from matching.engine.thesaurus import Group, Thesaurus
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matcher import queries
from matching.matcher.texts import wish_of
from matching.registry.models import Registrant
from matching.requests.models import RequestStatus, SupportRequest
from matching.words import queries as thesaurus
from matching.words.models import ThesaurusGroup

FIRST = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody among the first five, as a coordinator may see them: no contact. `new`: in one list only."""

    name: str  # with さん; of a group with its head count
    ward: str
    new: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A request whose first five people change, best first."""

    code: str
    title: str
    organisation: str
    before: list[Person]
    after: list[Person]


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at`: open requests in the actor's scope; `affected`: those in which the words stand."""

    looked_at: int
    affected: int
    changed: list[Changed]


def preview(actor: Account, group: ThesaurusGroup | None, wanted: Group) -> Preview:
    """As if `group` (None: a new one) held the words `wanted`, among the requests the actor finds people for.

    Only a request in which the thesaurus says something else than now is ranked again: twice each.
    """
    groups = thesaurus.standing()
    now = Thesaurus(groups.values())
    then = Thesaurus((groups | {group.code if group else "": wanted}).values())
    requests = _open_requests(actor)
    affected = [request for request in requests if _differs(request, now, then)]
    offered = queries.Offered({key for request in affected for key in request.programmes})
    firsts = zip(affected, _firsts(affected, offered, now), _firsts(affected, offered, then), strict=True)
    changed = [(request, before, after) for request, before, after in firsts if before != after]
    people = _people({id for _, before, after in changed for id in (*before, *after)})
    return Preview(
        looked_at=len(requests),
        affected=len(affected),
        changed=[
            Changed(
                code=request.code,
                title=request.title,
                organisation=request.organisation.name,
                before=_listed(before, after, people),
                after=_listed(after, before, people),
            )
            for request, before, after in changed
        ],
    )


def _open_requests(actor: Account) -> Sequence[SupportRequest]:
    return db.session.scalars(
        select(SupportRequest)
        .where(
            SupportRequest.status == RequestStatus.OPEN, granted(actor, "request.candidates", SupportRequest)
        )
        .options(joinedload(SupportRequest.organisation))
        .order_by(SupportRequest.deadline.is_(None), SupportRequest.deadline, SupportRequest.id)
    ).all()


def _differs(request: SupportRequest, now: Thesaurus, then: Thesaurus) -> bool:
    wish = wish_of(request)
    parts = [[word.term for word in words.analyse(part)] for part in (wish.text, wish.must, wish.nice)]
    return any(now.expand(terms) != then.expand(terms) for terms in parts)


def _firsts(
    requests: Sequence[SupportRequest], offered: queries.Offered, thesaurus: Thesaurus
) -> list[list[int]]:
    """The first five people of each request."""
    wishes = [(wish_of(request), request.programmes) for request in requests]
    found = offered.best(wishes, 2 * FIRST, thesaurus)
    return [[person.registrant_id for person in people[:FIRST]] for people in found]


def _people(ids: set[int]) -> dict[int, tuple[str, str]]:
    rows = db.session.scalars(select(Registrant).where(Registrant.id.in_(ids)))
    return {row.id: (row.called, row.ward) for row in rows}


def _listed(ids: list[int], others: list[int], people: dict[int, tuple[str, str]]) -> list[Person]:
    return [Person(*people[id], new=id not in others) for id in ids]
