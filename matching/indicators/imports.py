"""The targets' spreadsheet, all or nothing."""

from matching.accounts.models import Account
from matching.indicators.services.targets import set_target
from matching.kernel import readings, spreadsheet
from matching.kernel.errors import Invalid
from matching.kernel.spreadsheet import Result, Table
from matching.municipality.city import municipality
from matching.registry.imports import read_programme

HEADERS = {
    "measure": "施策",
    "programme": "登録区分",
    "fiscal_year": "年度",
    "completed_matches": "目標件数",
}


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
        try:
            outcome = set_target(actor, measure, programme, year, wanted)
        except Invalid as error:
            row.wrong(error.field, error.sentence)
        else:
            setattr(result, outcome, getattr(result, outcome) + 1)
    return result
