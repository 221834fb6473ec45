"""A year as it is reported: figures, targets, grades, paragraphs; a closed year as it was stored."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matching.indicators import counted, figures
from matching.indicators.definitions import DEFINITIONS, Definition, Value
from matching.indicators.entered import entered
from matching.indicators.figures import Values
from matching.indicators.kept import Revision, revision
from matching.indicators.models import StoredFigure, StoredGrade
from matching.indicators.rules import Grade, grade, percent
from matching.kernel.db import db
from matching.municipality.city import Measure, Programme, municipality

Lines = dict[str, dict[str, Any]]  # scope → the values of its Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was done in a measure or programme. Without a target there is no grade and no percentage."""

    scope: str  # the measure's number or the programme's key
    figures: Values
    target: int | None = None
    percent: int | None = None
    grade: Grade | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeReport(Line):
    programme: Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReport(Line):
    measure: Measure
    cause: str  # 原因と解決すべき課題
    programmes: list[ProgrammeReport]

    @property
    def needs_cause(self) -> bool:
        """The paragraph belongs to every C and D (the city's review sheet)."""
        return self.grade in (Grade.C, Grade.D)


@dataclass(frozen=True, slots=True)
class YearReport:
    """`definitions` are those the figures were made by; `head_hash` the book's head they stand on."""

    fiscal_year: int
    closed: bool
    running: bool
    measures: list[MeasureReport]
    definitions: Mapping[str, Definition]
    head_hash: str | None

    @property
    def lines(self) -> list[Line]:
        """Every measure and programme."""
        return [line for m in self.measures for line in (m, *m.programmes)]

    @property
    def summary(self) -> dict[str, int]:
        """Grade → how many measures have it."""
        return {g: sum(m.grade == g for m in self.measures) for g in Grade}


def of_year(year: int, at: Revision | None = None) -> YearReport:
    """The year's report: stored values where it is closed, else as things are now (`at`: as read before)."""
    at = at or revision(year)
    if at.closed is None:
        return _report(year, at, _present(year, at), DEFINITIONS, closed=False, hash=at.head)
    return _report(year, at, *_stored(year), closed=True, hash=at.closed)


def present(year: int) -> YearReport:
    """The year's report counted anew, closed or not."""
    return _report(year, None, _present(year), DEFINITIONS, closed=False, hash=revision(year).head)


def _report(
    year: int,
    at: Revision | None,
    lines: Lines,
    definitions: Mapping[str, Definition],
    *,
    closed: bool,
    hash: str | None,
) -> YearReport:
    written = entered(at).causes.get(year, {})
    city = municipality()
    return YearReport(
        fiscal_year=year,
        closed=closed,
        running=figures.running(year),
        measures=[
            MeasureReport(
                measure=measure,
                cause=written.get(number, ""),
                programmes=[
                    ProgrammeReport(programme=p, **lines[p.key])
                    for p in city.programmes.values()
                    if p.measure == number and p.key in lines  # one that is younger than a closed year
                ],
                **lines[str(number)],
            )
            for number, measure in city.measures.items()
        ],
        definitions=definitions,
        head_hash=hash,
    )


@dataclass(frozen=True, slots=True)
class PlanYear:
    """One measure in one year of the plan, as the city's review table has it; None: the year lies ahead."""

    fiscal_year: int
    target: int | None
    actual: int | None
    percent: int | None
    grade: Grade | None


def plan_years(until: int, at: Revision | None = None) -> dict[int, list[PlanYear]]:
    """Measure → every year of the plan; actuals up to the fiscal year `until`."""
    city = municipality()
    at = at or revision(until)
    done = counted.totals(at)
    wanted, begun = entered(at).targets, figures.years()
    found: dict[int, list[PlanYear]] = {}
    for number in city.measures:
        found[number] = []
        for year in range(city.first_fiscal_year, city.last_fiscal_year + 1):
            target = wanted.get(year, {}).get(str(number))
            if year in begun and year <= until:
                actual = done.get((year, number), 0)
                reached = None if target is None else percent(actual, target)
                found[number].append(PlanYear(year, target, actual, reached, grade(actual, target)))
            else:
                found[number].append(PlanYear(year, target, None, None, None))
    return found


def _present(year: int, at: Revision | None = None) -> Lines:
    now = figures.of_year(year, at)
    targets = entered(at).targets.get(year, {})
    scopes = {str(number): values for number, values in now.measures.items()} | dict(now.programmes)
    return {scope: _line(scope, values, targets.get(scope)) for scope, values in scopes.items()}


def _line(scope: str, values: Values, target: int | None) -> dict[str, Any]:
    actual = int(values["completed_matches"] or 0)
    return {
        "scope": scope,
        "figures": values,
        "target": target,
        "percent": None if target is None else percent(actual, target),
        "grade": grade(actual, target),
    }


def _stored(year: int) -> tuple[Lines, Mapping[str, Definition]]:
    values: defaultdict[str, dict[str, Value]] = defaultdict(dict)
    definitions: dict[str, Definition] = {}
    order = {key: place for place, key in enumerate(DEFINITIONS)}
    rows = db.session.scalars(select(StoredFigure).filter_by(fiscal_year=year)).all()
    for row in sorted(rows, key=lambda row: order.get(row.figure, len(order))):
        d = Definition(row.figure, row.name, row.sentence, row.leaves_out, row.unit, row.places, row.per)
        definitions[row.figure] = d
        values[row.scope][row.figure] = d.rounded(row.value)
    lines = {
        row.scope: {
            "scope": row.scope,
            "figures": values[row.scope],
            "target": row.target,
            "percent": row.percent,
            "grade": Grade(row.grade) if row.grade else None,
        }
        for row in db.session.scalars(select(StoredGrade).filter_by(fiscal_year=year))
    }
    return lines, definitions
