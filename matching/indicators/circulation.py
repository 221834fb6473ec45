"""還元率: of those who learned, who went on to act – from courses to registrations to matches (design §7)."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Subquery, case, func, or_, select
from sqlalchemy.orm import aliased

from matching.indicators.counted import SIGN, place_of, read_on
from matching.indicators.definitions import Definition, Value
from matching.indicators.kept import Revision, kept
from matching.indicators.rules import FEW, a_year_after
from matching.kernel.clock import day_of, fiscal_year_end, today
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.rules import START
from matching.registry.models import Registrant, RegistrantAlias, Registration
from matching.registry.models_courses import Course, CourseParticipant, LearningRecord

RATE = Definition(
    "circulation_rate",
    "還元率",
    "講座で学んだ記録のある登録者のうち、学んだ日（登録がそのあとなら、はじめて承認した日）から12か月以内に、"
    "計上した活動がある人の割合です。学んだ年度だけが分かっているときは、年度の終わりを学んだ日とし、その年度の"
    "うちの活動も入れます。",
    "登録していない修了者、取り消した計上。",
    "％",
    1,
)
Window = tuple[date, date]  # first and last day


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who learned in a fiscal year, each once. `running`: for some the 12 months are not over."""

    fiscal_year: int
    learned: int
    active: int
    running: bool

    @property
    def rate(self) -> Value:
        """Per cent; None: too few people to be shown."""
        return RATE.rounded(Decimal(100) * self.active / self.learned) if self.learned >= FEW else None


@dataclass(frozen=True, slots=True)
class CourseRow:
    """What became of a course: completed, of them in the registry, of them active within 12 months."""

    name: str
    fiscal_year: int
    completed: int
    registered: int
    active: int


def cohorts(at: Revision | None = None) -> list[Cohort]:
    """Every fiscal year somebody learned in, newest first (`at`: the state it is read in)."""
    began, learners = _began(), set[int]()
    people: defaultdict[int, defaultdict[int, list[Window]]] = defaultdict(lambda: defaultdict(list))
    for registrant, year, last_day, first in db.session.execute(
        select(LearningRecord.registrant_id, LearningRecord.fiscal_year, Course.last_day, began.c.moment)
        .join(began, began.c.registrant_id == LearningRecord.registrant_id)
        .outerjoin(Course, Course.id == LearningRecord.course_id)
    ):
        people[year][registrant].append(_window(year, last_day, day_of(first)))
        learners.add(registrant)
    acts = _acts(learners, at)
    return [
        Cohort(
            year,
            len(learned),
            sum(_acted(acts.get(person, ()), windows) for person, windows in learned.items()),
            any(last >= today() for windows in learned.values() for _, last in windows),
        )
        for year, learned in sorted(people.items(), reverse=True)
    ]


def courses(at: Revision | None = None) -> list[CourseRow]:
    """The courses somebody completed, newest first (`at`: the state they are read in)."""
    began = _began()
    learned = select(LearningRecord.registrant_id)
    learners = learned.join(began, began.c.registrant_id == LearningRecord.registrant_id)
    acts = _acts(set(db.session.scalars(learners)), at)
    rows: dict[int, tuple[Course, list[tuple[int, date] | None]]] = {}
    for course, registrant, first in db.session.execute(
        select(Course, CourseParticipant.registrant_id, began.c.moment)
        .join(CourseParticipant.course)
        .outerjoin(began, began.c.registrant_id == CourseParticipant.registrant_id)
        .where(CourseParticipant.completed_at.is_not(None))
        .order_by(Course.last_day.desc(), Course.id)
    ):
        rows.setdefault(course.id, (course, []))[1].append((registrant, day_of(first)) if first else None)
    return [
        CourseRow(
            course.name,
            course.fiscal_year,
            len(people),
            len(registered := [p for p in people if p is not None]),
            sum(
                _acted(acts.get(p, ()), [_window(course.fiscal_year, course.last_day, first)])
                for p, first in registered
            ),
        )
        for course, people in rows.values()
    ]


def _window(year: int, last_day: date | None, registered: date) -> Window:
    """From when to when an activity is owed to the learning."""
    learned = last_day or fiscal_year_end(year)
    begins = max(learned, registered)
    first = begins if last_day else max(date(year, 4, 1), registered)
    return first, a_year_after(begins)


def _acted(days: Sequence[date], windows: Iterable[Window]) -> bool:
    """Whether one of the days, which are in order, lies in one of the windows."""
    for first, last in windows:
        place = bisect_left(days, first)
        if place < len(days) and days[place] <= last:
            return True
    return False


def _began() -> Subquery:
    """Registrant → the moment their first registration was approved."""
    first = select(Registration.registrant_id, func.min(Registration.approved_at).label("moment"))
    approved = Registration.approved_at.is_not(None)
    return first.where(approved).group_by(Registration.registrant_id).subquery()


class _Days:
    """The days of the standing counts of those who learned, added up to `place`."""

    def __init__(self) -> None:
        self.place = START
        self.days: defaultdict[int, Counter[date]] = defaultdict(Counter)

    def on(self) -> bool:
        e, other = LedgerEntry, aliased(LedgerEntry)
        learned = select(LearningRecord.registrant_id)
        present = func.coalesce(RegistrantAlias.registrant_id, Registrant.id)
        rows = iter(
            db.session.execute(
                select(e.seq, e.hash, case((present.in_(learned), present)), e.activity_date, SIGN)
                .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == e.registrant)
                .outerjoin(Registrant, Registrant.pseudonym == e.registrant)
                # the first says whether the book is the same, the last how far it was read
                .where(
                    e.seq >= self.place[0],
                    or_(
                        present.in_(learned),
                        e.seq == self.place[0],
                        e.seq == select(func.max(other.seq)).scalar_subquery(),
                    ),
                )
                .order_by(e.seq)
            )
        )
        if self.place != START and place_of(next(rows, None)) != self.place:
            return False
        for number, own_hash, person, day, sign in rows:
            if person is not None:
                self.days[person][day] += sign
            self.place = number, own_hash
        return True

    def result(self) -> Mapping[int, Sequence[date]]:
        return {person: sorted(day for day in days if days[day]) for person, days in self.days.items()}


def _acts(learners: set[int], at: Revision | None) -> Mapping[int, Sequence[date]]:
    """Registrant with a learning record → the days they were counted on, in order."""
    if at is None:
        anew = _Days()
        anew.on()
        return anew.result()
    # Whose days they are is read with an entry: for others who learned or were merged all are read again.
    of = at.database, at.merged, learners
    acts: Mapping[int, Sequence[date]] = kept("acts", (at.head, *of), lambda: read_on("acts", of, _Days))
    return acts
