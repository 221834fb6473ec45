"""The questions of the city's survey of its citizens, as plan.toml has them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WISHES = ("増加", "減少")
SURVEY_KEY = re.compile("[a-z_]{1,15}")  # the code of a value fits the record's column


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """One 検証指標 of the city's survey, in per cent: 基準値, 検証値 and 実績 as the plan gives them.

    `wished`: which way is good, 増加 or 減少. `circulation`: it asks citizens what the circulation rate
    counts of registrants.
    """

    key: str
    label: str
    name: str
    wished: str
    circulation: bool = False
    base: tuple[int, float] | None = None  # fiscal year and value
    check_year: int | None = None
    check_value: float | None = None
    direction: str = ""  # where the plan wants no number: 増加
    actual: Mapping[int, float] = field(default_factory=dict)


def survey_questions(rows: Iterable[Mapping[str, Any]]) -> dict[str, SurveyQuestion]:
    """ValueError where a key is there twice or too long, or the way that is good is not said."""
    survey: dict[str, SurveyQuestion] = {}
    for data in rows:
        question = _question(data)
        if question.key in survey or not SURVEY_KEY.fullmatch(question.key):
            raise ValueError(f"plan.toml: survey の key {question.key} は、英小文字15字以内で一度だけです")
        if question.wished not in WISHES:
            raise ValueError(f"plan.toml: {question.key} の wished は{'か'.join(WISHES)}です")
        survey[question.key] = question
    if sum(q.circulation for q in survey.values()) > 1:
        raise ValueError("plan.toml: circulation は一つの指標だけに書けます")
    return survey


def _question(data: Mapping[str, Any]) -> SurveyQuestion:
    base, check = data.get("base"), data.get("check_value", {})
    return SurveyQuestion(
        data["key"],
        data["label"],
        data["name"],
        data["wished"],
        data.get("circulation", False),
        (base["year"], base["value"]) if base else None,
        check.get("year"),
        check.get("value"),
        check.get("direction", ""),
        {row["year"]: row["value"] for row in data.get("actual", ())},
    )
