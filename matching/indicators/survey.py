"""検証指標 (市民の調査): the plan's values and those entered since, the circulation rate beside them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from matching.accounts.models import Account
from matching.indicators.circulation import Cohort
from matching.indicators.models import SurveyValue, survey_code
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.municipality.city import municipality
from matching.municipality.survey import SurveyQuestion


@dataclass(frozen=True, slots=True)
class Finding:
    """A value in per cent; `change` in points since 基準値, and whether that is the way wished.

    None: the plan gives no 基準値, or the value is the same.
    """

    fiscal_year: int
    value: Decimal
    change: Decimal | None = None
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what was found, the oldest first."""

    question: SurveyQuestion
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Beside:
    """A year of the question that the circulation rate goes before; None: not asked, nobody learned."""

    fiscal_year: int
    value: Decimal | None
    cohort: Cohort | None


def until(year: int) -> list[Asked]:
    """Every question with what was found up to the fiscal year."""
    entered: defaultdict[str, dict[int, Decimal]] = defaultdict(dict)
    for row in db.session.scalars(select(SurveyValue).where(SurveyValue.fiscal_year <= year)):
        entered[row.question][row.fiscal_year] = row.value
    return [
        Asked(
            q,
            [_finding(q, of, value) for of, value in sorted((_actual(q, year) | entered[q.key]).items())],
        )
        for q in municipality().survey.values()
    ]


def values(year: int) -> dict[str, Decimal]:
    """Question → the value entered for the fiscal year."""
    rows = select(SurveyValue.question, SurveyValue.value).filter_by(fiscal_year=year)
    return dict(db.session.execute(rows).all())


def history(year: int) -> list[tuple[SurveyQuestion, AuditEvent, str | None]]:
    """The changes of a year's values with who made them (None: an import), newest first."""
    asked = {survey_code(key, year): q for key, q in municipality().survey.items()}
    rows = db.session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_type == SurveyValue.__tablename__, AuditEvent.subject_code.in_(asked))
        .order_by(AuditEvent.id.desc())
    )
    return [(asked[event.subject_code], event, name) for event, name in rows]


def beside_circulation(survey: Iterable[Asked], cohorts: Iterable[Cohort], year: int) -> list[Beside]:
    """基準値 and each year up to `year` in which the question was asked or somebody learned, oldest first.

    Empty where no question asks what the circulation rate counts.
    """
    found: dict[int, Decimal] = {}
    for asked in survey:
        if asked.question.circulation:
            if asked.question.base:
                found[asked.question.base[0]] = _decimal(asked.question.base[1])
            found |= {f.fiscal_year: f.value for f in asked.findings}
            learned = {c.fiscal_year: c for c in cohorts if c.fiscal_year <= year}
            return [Beside(of, found.get(of), learned.get(of)) for of in sorted(found | learned)]
    return []


def _actual(q: SurveyQuestion, year: int) -> dict[int, Decimal]:
    return {of: _decimal(value) for of, value in q.actual.items() if of <= year}


def _finding(q: SurveyQuestion, year: int, value: Decimal) -> Finding:
    if q.base is None or value == _decimal(q.base[1]):
        return Finding(year, value)
    change = value - _decimal(q.base[1])
    return Finding(year, value, change, (change > 0) == (q.wished == "増加"))


def _decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"))
