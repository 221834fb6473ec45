"""What the city has entered about its plan, read in one statement: every page of the figures shows of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, Select, String, case, cast, literal, select, union_all

from matching.indicators.kept import Revision, kept
from matching.indicators.models import Cause, HalfwayReview, SurveyValue, Target
from matching.kernel.db import db
from matching.municipality.city import municipality

NO_NUMBER, NO_TEXT = literal(0), literal("")


@dataclass(frozen=True, slots=True)
class Entered:
    """Targets in completed matches by scope (a measure's number or a programme's key), the survey's values
    in per cent by question, the paragraphs by measure – each of a fiscal year –, and 中間見直し (or empty).
    """

    targets: Mapping[int, Mapping[str, int]]
    survey: Mapping[int, Mapping[str, Decimal]]
    causes: Mapping[int, Mapping[int, str]]
    halfway: str

    def halfway_in(self, year: int) -> str:
        """中間見直し as the year's page and report have it; empty before half of the plan has passed."""
        return self.halfway if year >= municipality().halfway_year else ""


def entered(at: Revision | None = None) -> Entered:
    """As things are now; at a revision as they are kept for it (every verb that enters leaves its event)."""
    return _read() if at is None else kept("entered", at.acts, _read)


def _read() -> Entered:
    target = case((Target.programme == "", cast(Target.measure, String(40))), else_=Target.programme)
    rows = db.session.execute(
        union_all(
            _part(Target, target, number=Target.completed_matches),
            _part(SurveyValue, SurveyValue.question, number=SurveyValue.value),
            _part(Cause, Cause.measure, text=Cause.text),
            _part(HalfwayReview, NO_TEXT, text=HalfwayReview.text),
        )
    )
    targets: defaultdict[int, dict[str, int]] = defaultdict(dict)
    survey: defaultdict[int, dict[str, Decimal]] = defaultdict(dict)
    causes: defaultdict[int, dict[int, str]] = defaultdict(dict)
    halfway = ""
    for table, year, key, number, text in rows:
        if table == Target.__tablename__:
            targets[year][key] = int(number)
        elif table == SurveyValue.__tablename__:
            survey[year][key] = number
        elif table == Cause.__tablename__:
            causes[year][int(key)] = text
        elif year == municipality().halfway_year:
            halfway = text
    return Entered(dict(targets), dict(survey), dict(causes), halfway)


def _part(table: Any, key: Any, *, number: Any = NO_NUMBER, text: Any = NO_TEXT) -> Select[Any]:
    name, amount = literal(table.__tablename__), cast(number, Numeric(20, 1))
    return select(name, table.fiscal_year, cast(key, String(40)), amount, text)
