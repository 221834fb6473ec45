"""The figures, read from the book: per measure and fiscal year, and the entries behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import distinct, func, select

from matching.indicators.models import Target
from matching.indicators.rules import Grade, grade, percent
from matching.kernel.clock import fiscal_year, today
from matching.kernel.db import db
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.queries import standing
from matching.municipality.city import Measure, Programme, municipality
from matching.registry.models import Registrant, RegistrantAlias

DEFINITION = (
    "担当者が実施を確認した活動を、引き受けた人ごとに1件と数えます。属する年度は、最後に行われた日の年度です。"
    "行われなかったもの、来られなかった人の分、取り消した計上は数えません。"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted. `minutes` are summed over people; `participants` once per request."""

    completed_matches: int = 0
    people_active: int = 0
    organisations: int = 0
    districts: int = 0
    activity_minutes: int = 0
    participants: int = 0


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """One measure in one fiscal year. Without a target there is no grade and no percentage."""

    measure: Measure
    figures: Figures
    target: int | None
    programmes: list[tuple[Programme, Figures]]

    @property
    def percent(self) -> int | None:
        return None if self.target is None else percent(self.figures.completed_matches, self.target)

    @property
    def grade(self) -> Grade | None:
        return grade(self.figures.completed_matches, self.target)


def years() -> list[int]:
    """The plan's fiscal years that have begun, newest first."""
    city = municipality()
    last = min(fiscal_year(today()), city.last_fiscal_year)
    return list(range(last, city.first_fiscal_year - 1, -1))


def running(year: int) -> bool:
    """Whether the fiscal year still runs (途中経過)."""
    return year >= fiscal_year(today())


def measures(year: int) -> list[MeasureFigures]:
    """All four measures of the plan in one fiscal year."""
    city = municipality()
    by_measure = _figures(year, LedgerEntry.measure)
    by_programme = _figures(year, LedgerEntry.programme)
    targets = dict(
        db.session.execute(
            select(Target.measure, Target.completed_matches).filter_by(fiscal_year=year, programme="")
        ).all()
    )
    return [
        MeasureFigures(
            measure=measure,
            figures=by_measure.get(number, Figures()),
            target=targets.get(number),
            programmes=[
                (p, by_programme.get(p.key, Figures()))
                for p in city.programmes.values()
                if p.measure == number
            ],
        )
        for number, measure in city.measures.items()
    ]


def _figures(year: int, by: Any) -> Mapping[Any, Figures]:
    counted = (LedgerEntry.fiscal_year == year, standing())
    most = (
        select(by.label("key"), func.max(LedgerEntry.participants).label("participants"))
        .where(*counted)
        .group_by(by, LedgerEntry.request)
        .subquery()
    )
    reached = dict(
        db.session.execute(select(most.c.key, func.sum(most.c.participants)).group_by(most.c.key)).all()
    )
    # Somebody registered twice and merged since is one person, under whichever pseudonym it was booked.
    person = func.coalesce(Registrant.pseudonym, LedgerEntry.registrant)
    rows = db.session.execute(
        select(
            by,
            func.count(),
            func.count(distinct(person)),
            func.count(distinct(LedgerEntry.organisation)),
            func.count(distinct(func.nullif(LedgerEntry.district, ""))),
            func.sum(LedgerEntry.minutes),
        )
        .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == LedgerEntry.registrant)
        .outerjoin(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(*counted)
        .group_by(by)
    )
    return {
        key: Figures(matches, people, organisations, districts, int(minutes), int(reached[key]))
        for key, matches, people, organisations, districts, minutes in rows
    }


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """One counted activity as the public may see it: programme, ward and month only."""

    month: date
    programme: str
    ward: str


def public_entries(year: int, measure: int) -> list[PublicEntry]:
    """The entries a figure counts, newest month first."""
    city = municipality()
    rows = db.session.execute(
        select(LedgerEntry.activity_date, LedgerEntry.programme, LedgerEntry.ward)
        .where(LedgerEntry.fiscal_year == year, LedgerEntry.measure == measure, standing())
        .order_by(LedgerEntry.activity_date.desc(), LedgerEntry.programme, LedgerEntry.ward)
    )
    return [PublicEntry(day.replace(day=1), city.programmes[key].name, ward) for day, key, ward in rows]


def reversed_counts(year: int, measure: int) -> int:
    """How many counts of this figure were taken back."""
    return (
        db.session.scalar(
            select(func.count()).where(
                LedgerEntry.fiscal_year == year,
                LedgerEntry.measure == measure,
                LedgerEntry.kind == EntryKind.REVERSAL,
            )
        )
        or 0
    )


def head_hash() -> str | None:
    """The hash of the last entry: printed with a report, so that a cut-off book shows."""
    return db.session.scalar(select(LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1))
