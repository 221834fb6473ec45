"""Reads about courses, and who may see one: the ward it is held in, and a measure it serves."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.kernel.permissions import SCOPE, granted, relation
from matching.municipality.city import municipality
from matching.municipality.learning import CourseKind
from matching.registry.models import Registrant, Registration
from matching.registry.models_courses import Course, CourseParticipant

LISTED = 200


def kinds_of(actor: Account) -> dict[str, CourseKind]:
    """The kinds of courses that serve a measure of the actor's."""
    city = municipality()
    return {
        key: kind
        for key, kind in city.course_kinds.items()
        if kind.measures(city.programmes) & set(actor.measures)
    }


@relation(Course, SCOPE)
def _own_scope(actor: Account) -> ColumnElement[bool]:
    return and_(Course.ward.in_(actor.wards), Course.kind.in_(kinds_of(actor)))


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course in the list."""

    code: str
    name: str
    kind: str
    organiser: str
    ward: str
    first_day: date
    participants: int
    completed: int


def listed(actor: Account) -> list[CourseRow]:
    """The courses in the actor's scope, newest first."""
    kinds = municipality().course_kinds
    rows = db.session.execute(
        select(Course, func.count(CourseParticipant.id), func.count(CourseParticipant.completed_at))
        .outerjoin(CourseParticipant)
        .where(granted(actor, "course.see", Course))
        .group_by(Course.id)
        .order_by(Course.first_day.desc(), Course.id.desc())
        .limit(LISTED)
    )
    return [
        CourseRow(
            code=course.code,
            name=course.name,
            kind=kinds[course.kind].name if course.kind in kinds else course.kind,
            organiser=course.organiser,
            ward=course.ward,
            first_day=course.first_day,
            participants=participants,
            completed=completed,
        )
        for course, participants, completed in rows
    ]


def registrant_in_sight(actor: Account, code: str) -> Registrant | None:
    """By the code of the person or of one of their registrations; only whom the actor sees."""
    statement = (
        select(Registrant)
        .join(Registration)
        .where(
            granted(actor, "registration.see", Registration),
            (Registrant.code == code) | (Registration.code == code),
        )
    )
    return db.session.scalars(statement.limit(1)).first()
