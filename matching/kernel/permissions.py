"""Who may do what: one table of role × action × relation. What it does not grant is denied.

Relations are names here. Each package registers, for its own tables, what a relation means as a
where-clause; lists are filtered by it, and one object is tested by the same clause.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import g, has_request_context
from sqlalchemy import ColumnElement, false, inspect, or_, select, true
from sqlalchemy.orm import RelationshipDirection, aliased, contains_eager

from matching.kernel.db import Base, db
from matching.kernel.errors import NotAllowed, NotFound
from matching.kernel.labels import Labelled


class Role(Labelled):
    RESIDENT = "resident", "市民"
    REQUESTER = "requester", "依頼者"
    COORDINATOR = "coordinator", "担当者"
    AUDITOR = "auditor", "監査担当"
    ADMIN = "admin", "管理者"


ANY, OWN, ORGANISATION, SCOPE = "any", "own", "own_organisation", "own_scope"
DISTRICT = "own_district"  # living in a school district of an own disaster body
PROGRAMMES = "own_programmes"  # open to a programme the person is registered for, in force
RESIDENT, REQUESTER, COORDINATOR, AUDITOR, ADMIN = Role

# Every account is a resident too: a coordinator may register as anybody else.
TABLE: Mapping[str, Mapping[Role, str]] = {
    # the signed-in person's own account
    "account.use": dict.fromkeys(Role, ANY),
    "account.manage": {ADMIN: ANY},
    # organisations and their members
    "organisation.list": {REQUESTER: ANY, COORDINATOR: ANY, ADMIN: ANY},
    "organisation.see": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE, ADMIN: ANY},
    "organisation.enter": {COORDINATOR: ANY},
    "organisation.invite": {COORDINATOR: SCOPE},
    "organisation.set_operator": {COORDINATOR: SCOPE},
    # 学校設置者: one list for the whole city
    "operator.see": {COORDINATOR: ANY, ADMIN: ANY},
    "operator.edit": {COORDINATOR: ANY},
    "organisation.edit": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE},
    "organisation.join": {RESIDENT: ANY},
    "organisation.approve_member": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE},
    "organisation.hand_over": {REQUESTER: ORGANISATION},
    # the registry
    "registration.apply": {RESIDENT: ANY},
    "registration.enter": {COORDINATOR: ANY},
    "registration.list": {COORDINATOR: ANY, ADMIN: ANY},
    "registration.see": {RESIDENT: OWN, COORDINATOR: SCOPE, ADMIN: ANY},
    "registration.edit": {RESIDENT: OWN, COORDINATOR: SCOPE},
    "registration.decide": {COORDINATOR: SCOPE},
    "registration.see_contact": {COORDINATOR: SCOPE},
    "registration.withdraw": {RESIDENT: OWN},
    # 地域防災リーダー, by their consent: the office of their ward, their school district's disaster bodies
    "leader.list": {REQUESTER: ANY, COORDINATOR: ANY},
    "leader.see_contact": {REQUESTER: DISTRICT, COORDINATOR: SCOPE},
    # certificates, and the courses that lead to them
    "credential.list": {COORDINATOR: ANY},
    "credential.see": {COORDINATOR: SCOPE, ADMIN: ANY},
    "credential.verify": {COORDINATOR: SCOPE},
    "course.list": {COORDINATOR: ANY},
    "course.enter": {COORDINATOR: ANY},
    "course.see": {COORDINATOR: SCOPE},
    "course.edit": {COORDINATOR: SCOPE},
    "registration.consent": {RESIDENT: OWN, COORDINATOR: SCOPE},  # a coordinator writes down what was said
    # the yearly renewal round; a notice is seen by those in whose scope its registration is
    "renewal.open": {COORDINATOR: ANY},
    "renewal_notice.see": {COORDINATOR: SCOPE},
    "renewal_notice.answer": {COORDINATOR: SCOPE},
    # a person in the registry, whatever they are registered for
    "registrant.see": {COORDINATOR: SCOPE, ADMIN: ANY},
    "registrant.merge": {COORDINATOR: SCOPE, ADMIN: ANY},
    "registrant.erase": {COORDINATOR: SCOPE, ADMIN: ANY},
    "registrant.retention": {COORDINATOR: ANY, ADMIN: ANY},
    # requests, and what a coordinator does for one
    "request.list": {REQUESTER: ANY, COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "request.post": {REQUESTER: ANY},
    "request.see": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE, AUDITOR: ANY, ADMIN: ANY},
    "request.edit": {REQUESTER: ORGANISATION},
    "request.open": {COORDINATOR: SCOPE},
    "request.cancel": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE},
    "request.close": {COORDINATOR: SCOPE},
    "request.candidates": {COORDINATOR: SCOPE},
    "request.approve_match": {COORDINATOR: SCOPE},
    "plan.see": {COORDINATOR: ANY},
    "plan.approve": {COORDINATOR: ANY},
    "drill.list": {COORDINATOR: ANY},  # of their own wards
    "request.report": {REQUESTER: ORGANISATION},
    "calendar.edit": {COORDINATOR: ANY},  # the days a series leaves out: one for the whole city
    "request.confirm": {COORDINATOR: SCOPE},
    # openings: requests as those see them who are registered for their programmes
    "opening.list": {RESIDENT: ANY},
    "opening.see": {RESIDENT: PROGRAMMES},
    "opening.wish": {RESIDENT: PROGRAMMES},
    # matches; an auditor reads them without their people (pages_lists.audits)
    "match.see": {RESIDENT: OWN, REQUESTER: ORGANISATION, COORDINATOR: SCOPE, AUDITOR: ANY, ADMIN: ANY},
    "match.answer": {RESIDENT: OWN},
    "match.answer_change": {RESIDENT: OWN, COORDINATOR: SCOPE},
    "match.object": {REQUESTER: ORGANISATION},
    "match.withdraw": {RESIDENT: OWN},
    "match.choose": {REQUESTER: ORGANISATION},
    "match.decide": {COORDINATOR: SCOPE},
    "match.record_attempt": {COORDINATOR: SCOPE},
    "match.see_contact": {RESIDENT: OWN, REQUESTER: ORGANISATION, COORDINATOR: SCOPE},
    "match.cancel": {RESIDENT: OWN, COORDINATOR: SCOPE},
    "match.reverse": {COORDINATOR: SCOPE},
    "match.resign": {COORDINATOR: SCOPE},
    "match.record_check": {REQUESTER: ORGANISATION, COORDINATOR: SCOPE},
    "match.see_check": {RESIDENT: OWN, COORDINATOR: SCOPE},
    "match.take_back_check": {COORDINATOR: SCOPE},
    # the desk
    "inbox.see": {COORDINATOR: ANY},
    # mail given up after the last try
    "mail.see": {COORDINATOR: ANY, ADMIN: ANY},
    "mail.resend": {COORDINATOR: ANY, ADMIN: ANY},
    # the thesaurus: one for the whole city
    "thesaurus.see": {COORDINATOR: ANY, ADMIN: ANY},
    "thesaurus.edit": {COORDINATOR: ANY},
    # the plan's targets, the survey's values, 中間見直し, who is asked (sums only); and the review of a
    # year: one proposes, another closes
    "target.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "target.edit": {ADMIN: ANY},
    "survey.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "survey.edit": {ADMIN: ANY},
    "halfway.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "halfway.write": {ADMIN: ANY},
    "equity.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "year.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    # what waits for want of people; a request is named only to who may open it
    "gap.see": {COORDINATOR: ANY, AUDITOR: ANY, ADMIN: ANY},
    "year.write": {COORDINATOR: ANY, ADMIN: ANY},
    "year.close": {ADMIN: ANY},
}

Clause = Callable[[Any], ColumnElement[bool]]
_relations: dict[tuple[type[Base], str], Clause] = {}
Row = TypeVar("Row", bound=Base)


def relation(model: type[Base], name: str) -> Callable[[Clause], Clause]:
    """Register what `name` means for rows of `model`: actor → where-clause."""

    def register(clause: Clause) -> Clause:
        _relations[model, name] = clause
        return clause

    return register


def related(actor: Any, name: str, model: type[Base]) -> ColumnElement[bool]:
    """The rows of `model` to which the actor stands in this relation, as a where-clause."""
    return _relations[model, name](actor)


def may(actor: Any, action: str) -> bool:
    """Whether some role of the actor is granted the action on some object."""
    return any(role in TABLE[action] for role in actor.roles)


def granted(actor: Any, action: str, model: type[Base]) -> ColumnElement[bool]:
    """The rows of `model` on which the actor may do `action`, as a where-clause."""
    clauses = []
    for role in actor.roles:
        name = TABLE[action].get(role)
        if name == ANY:
            return true()
        if name is not None:
            clauses.append(related(actor, name, model))
    return or_(false(), *clauses)


def allowed(actor: Any, action: str, row: Base) -> bool:
    """Whether the actor may do `action` on this row."""
    held = {ANY} | stands(actor, row, action.partition(".")[0])
    return any(TABLE[action].get(role) in held for role in actor.roles)


def stands(actor: Any, row: Base, subject: str) -> frozenset[str]:
    """The relations (own, own scope …) the actor has to this row, of those a subject's actions ask for.

    A page asks for its buttons one by one: they are read in one statement, once a request.
    """
    known: dict[Any, frozenset[str]] = g.setdefault("stands", {}) if has_request_context() else {}
    key = (actor.id, subject, type(row), row.id)  # type: ignore[attr-defined]
    if key not in known:
        known[key] = _stands(actor, row, subject)
    return known[key]


def _stands(actor: Any, row: Base, subject: str) -> frozenset[str]:
    model = type(row)
    by_roles = (by for action, by in TABLE.items() if action.partition(".")[0] == subject)
    names = sorted({name for by in by_roles for name in by.values()} - {ANY})
    if not names:
        return frozenset()
    clauses = [related(actor, name, model).label(f"stands_{n}") for n, name in enumerate(names)]
    key = model.__table__.c.id == row.id  # type: ignore[attr-defined]
    found = db.session.execute(select(*clauses).select_from(model).where(key)).first()
    return frozenset(name for name, yes in zip(names, found or (), strict=False) if yes)


def load(actor: Any, action: str, model: type[Row], code: str) -> Row:
    """The row with this public code. NotFound for a stranger, NotAllowed for one who may only see it."""
    see = f"{action.partition('.')[0]}.see"
    see = see if see in TABLE else action
    right = granted(actor, action, model).label("right")
    coded = model.code == code  # type: ignore[attr-defined]
    rows = _with_what_comes_along(select(model, right).where(coded, granted(actor, see, model)), model)
    found = db.session.execute(rows).unique().first()
    if found is None:
        raise NotFound("ページが見つかりません。")
    if not found.right:
        raise NotAllowed("この操作をする権限がありません。")
    row: Row = found[0]
    return row


def _with_what_comes_along(rows: Any, model: type[Base]) -> Any:
    """What a row always comes with (a match's request, that one's organisation and programmes), in one go.

    By joins of this statement alone: what is locked later is locked by itself.
    """
    for r in _at_hand(model):
        one = aliased(r.entity.class_)
        step = getattr(model, r.key).of_type(one)
        option = contains_eager(step)
        rows = rows.outerjoin(step).options(option).order_by(*_order(r, one))
        for further in _at_hand(r.entity.class_):
            other = aliased(further.entity.class_)
            next_step = getattr(one, further.key).of_type(other)
            rows = rows.outerjoin(next_step).options(option.contains_eager(next_step))
            rows = rows.order_by(*_order(further, other))
    return rows


def _at_hand(model: type[Base]) -> list[Any]:
    """The relationships to what a row belongs to, and those its table says come with it."""
    return [
        r
        for r in inspect(model).relationships
        if r.direction is RelationshipDirection.MANYTOONE or r.lazy == "selectin"
    ]


def _order(relationship: Any, alias: Any) -> list[Any]:
    return [getattr(alias, column.key) for column in relationship.order_by or ()]
