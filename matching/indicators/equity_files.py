"""公平さ as other programs read it: a row for each number, with few people told together as on the page."""

from collections.abc import Iterator, Mapping

from matching.indicators import equity
from matching.indicators.definitions import Value
from matching.indicators.equity import Councils, Line, Spread, Table
from matching.indicators.rules import FEW
from matching.kernel import spreadsheet

HEADERS: Mapping[str, str] = {
    "table": "表",
    "groups": "区分",
    "figure": "数",
    "value": "値",
    "unit": "単位",
    "note": "注",
}
WHOLE = "合計"
NOT_TOLD, TOGETHER = f"{FEW}人に満たないため出しません", "まとめて数えています"
AND = ";"  # between groups that are told together

Row = dict[str, str]


def as_table(asked: Mapping[str, Table | None], spread: Spread, councils: Councils, suffix: str) -> bytes:
    """.csv or .xlsx; what is of few people has no value and says why."""
    rows = [*_asked(asked), *_spread(spread), *_councils(councils)]
    return spreadsheet.written(rows, HEADERS, suffix)


def _asked(asked: Mapping[str, Table | None]) -> Iterator[Row]:
    for name, found in asked.items():
        table = f"{equity.ASKED.name}（{name}）"
        if found is None:
            yield _row(table, WHOLE, "打診", None, "件")
            continue
        for groups, line in _lines(found):
            yield _row(table, groups, "打診", line.all, "件")
            if line.all and len(found.columns) > 1:
                for place, column in enumerate(found.columns):
                    yield _row(table, groups, "・".join(column), _count(line, place), "件")
                yield _row(table, groups, "承諾の割合", line.share, "％")


def _spread(spread: Spread) -> Iterator[Row]:
    table, found = equity.SPREAD.name, spread.people
    if found is None:
        yield _row(table, WHOLE, "人数", None, "人")
    for groups, line in _lines(found) if found else ():
        yield _row(table, groups, "人数", line.all, "人")
        if found and line.all:
            yield _row(table, groups, "割合", equity.per_cent(line.all, found.whole.all), "％")
    yield _row(table, WHOLE, "活動の多い1割の人が受け持った割合", spread.busiest, "％")


def _councils(councils: Councils) -> Iterator[Row]:
    table, found = equity.COUNCILS.name, councils.table
    if found is None:
        yield _row(table, WHOLE, "求めた人数", sum(councils.seats.values()), "人")
        yield _row(table, WHOLE, "打診", None, "件")
        return
    for groups, line in _lines(found):
        yield _row(table, groups, "求めた人数", councils.wanted(line), "人")
        yield _row(table, groups, "打診", line.all, "件")
        if line.all and len(found.columns) > 1:
            yield _row(table, groups, equity.APPOINTED, _count(line, 0), "件")


def _lines(found: Table) -> Iterator[tuple[str, Line]]:
    """Those told, the whole of them, and the groups in which there is nobody."""
    yield from ((AND.join(line.groups), line) for line in found.lines)
    if found.lines:
        yield WHOLE, found.whole
    yield from ((name, Line([name], 0, None)) for name in found.nobody)


def _count(line: Line, column: int) -> int | None:
    return line.counts[column] if line.counts else None


def _row(table: str, groups: str, figure: str, value: Value, unit: str) -> Row:
    note = NOT_TOLD if value is None else TOGETHER if AND in groups else ""
    told = "" if value is None else str(value)
    return {"table": table, "groups": groups, "figure": figure, "value": told, "unit": unit, "note": note}
