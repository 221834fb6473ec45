"""The spreadsheets of the targets and of the survey's values, all or nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from matching.accounts.models import Account
from matching.indicators.services.survey import set_survey_value
from matching.indicators.services.targets import set_target
from matching.kernel import readings, spreadsheet
from matching.kernel.errors import Invalid
from matching.kernel.spreadsheet import Result, Row, Table
from matching.municipality.city import municipality
from matching.registry.imports import read_programme

HEADERS = {
    "measure": "施策",
    "programme": "登録区分",
    "fiscal_year": "年度",
    "completed_matches": "目標件数",
}


SURVEY_HEADERS = {"question": "指標", "fiscal_year": "年度", "value": "値"}


def load(actor: Account | None, table: Table) -> Result:
    """Bring in every row, or none: the caller undoes the transaction where there are problems."""
    result = Result(rows=len(table.rows), encoding=table.encoding)
    seen: set[tuple[int, str, int]] = set()
    for row in spreadsheet.each(table, HEADERS, result.problems):
        before = len(result.problems)
        measure = row.read("measure", readings.read_number, 0, required=True)
        programme = row.read("programme", read_programme(municipality()), "")
        year = row.read("fiscal_year", readings.read_year, 0, required=True)
        wanted = row.read("completed_matches", lambda t: readings.read_number(t, 1), 0, required=True)
        if (measure, programme, year) in seen:
            row.wrong("fiscal_year", "同じ施策と年度の行が2つあります")
        seen.add((measure, programme, year))
        if len(result.problems) > before:
            continue
        _bring(row, result, set_target, actor, measure, programme, year, wanted)
    return result


def load_survey(actor: Account | None, table: Table) -> Result:
    """As `load`: the survey's values, one row for each question (its key, ア or sentence) and fiscal year."""
    keys = {name: q.key for q in municipality().survey.values() for name in (q.key, q.label, q.name)}
    result = Result(rows=len(table.rows), encoding=table.encoding)
    seen: set[tuple[str, int]] = set()
    for row in spreadsheet.each(table, SURVEY_HEADERS, result.problems):
        before = len(result.problems)
        typed = row.line("question", required=True)
        question = keys.get(typed, typed)
        year = row.read("fiscal_year", readings.read_year, 0, required=True)
        value = row.read("value", readings.read_percent, Decimal(0), required=True)
        if (question, year) in seen:
            row.wrong("fiscal_year", "同じ指標と年度の行が2つあります")
        seen.add((question, year))
        if len(result.problems) > before:
            continue
        _bring(row, result, set_survey_value, actor, question, year, value)
    return result


def _bring(row: Row, result: Result, verb: Callable[..., str], *values: Any) -> None:
    """Count what the verb did; its refusal is a problem of the row."""
    try:
        outcome = verb(*values)
    except Invalid as error:
        row.wrong(error.field, error.sentence)
    else:
        setattr(result, outcome, getattr(result, outcome) + 1)
