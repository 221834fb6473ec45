"""検証指標 (市民の調査): the plan's values and those entered since, the circulation rate beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from matching.indicators.circulation import Cohort
from matching.indicators.entered import entered
from matching.indicators.kept import Revision
from matching.indicators.models import SurveyValue, survey_code
from matching.indicators.queries import Act, acts_on
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


def until(year: int, at: Revision | None = None) -> list[Asked]:
    """Every question with what was found up to the fiscal year."""
    found = {of: values for of, values in entered(at).survey.items() if of <= year}
    return [
        Asked(q, [_finding(q, of, value) for of, value in sorted(_values(q, found, year).items())])
        for q in municipality().survey.values()
    ]


def history(year: int) -> list[tuple[SurveyQuestion, Act]]:
    """The changes of a year's values, newest first."""
    asked = {survey_code(key, year): q for key, q in municipality().survey.items()}
    return [(asked[act.event.subject_code], act) for act in acts_on(SurveyValue, list(asked))]


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


def _values(q: SurveyQuestion, found: Mapping[int, Mapping[str, Decimal]], year: int) -> dict[int, Decimal]:
    """Fiscal year → the value the plan gives or, before it, the one entered."""
    plan = {of: _decimal(value) for of, value in q.actual.items() if of <= year}
    return plan | {of: values[q.key] for of, values in found.items() if q.key in values}


def _finding(q: SurveyQuestion, year: int, value: Decimal) -> Finding:
    if q.base is None or value == _decimal(q.base[1]):
        return Finding(year, value)
    change = value - _decimal(q.base[1])
    return Finding(year, value, change, (change > 0) == (q.wished == "増加"))


def _decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"))
