"""A year's report in the shapes other programs read: JSON (formats.md), CSV and Excel."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from matching.indicators import survey
from matching.indicators.definitions import Value
from matching.indicators.entered import entered
from matching.indicators.reports import Line, YearReport, plan_years
from matching.indicators.survey import Asked
from matching.kernel.clock import fiscal_year_name
from matching.municipality.city import municipality

STANDARD = ("全国地方公共団体コード", "ID", "都道府県名", "市区町村名")
CSV_HEADERS = ("年度", "取組", "登録区分", "数", "値", "単位", "目標件数", "達成率", "達成度", "確定")
KINDS = {"base": "基準値", "check": "検証値", "actual": "実績"}
WIDEST = 60
Cells = tuple[str, tuple[Any, ...]]  # the row's ID and what it says


def as_json(report: YearReport) -> dict[str, Any]:
    """The object of `flask indicators report --format json`."""
    return {
        "fiscal_year": report.fiscal_year,
        "closed": report.closed,
        "running": report.running,
        "measures": [
            {
                "measure": m.measure.number,
                **_line(m),
                "programmes": [{"programme": p.programme.key, **_line(p)} for p in m.programmes],
            }
            for m in report.measures
        ],
        "summary": report.summary,
        "survey": [_asked(asked) for asked in survey.until(report.fiscal_year)],
        "halfway_review": entered().halfway_in(report.fiscal_year),
        "head_hash": report.head_hash,
    }


def as_csv(report: YearReport) -> str:
    """One row for each figure of each measure and programme; target and grade beside 活動件数. Then the
    survey's values, each with its own fiscal year.
    """

    def rows() -> Iterator[Cells]:
        for measure, programme, line in _lines(report):
            for d in report.definitions.values():
                graded = (
                    (line.target, line.percent, line.grade) if d.key == "completed_matches" else ("",) * 3
                )
                unit = "分" if d.per != 1 else d.unit
                closed = "○" if report.closed else ""
                row = (report.fiscal_year, measure, programme, d.name, line.figures[d.key], unit)
                yield f"{report.fiscal_year}-{line.scope}-{d.key}", (*row, *graded, closed)
        for asked in survey.until(report.fiscal_year):
            q = asked.question
            for year, kind, value in _survey_rows(asked):
                unit = "" if isinstance(value, str) else "％"
                told = (year, "検証指標", "", f"{q.label} {q.name}（{KINDS[kind]}）", value, unit)
                yield f"{report.fiscal_year}-{q.key}-{kind}-{year}", (*told, *("",) * 4)

    return open_data(CSV_HEADERS, rows())


def open_data(headers: Sequence[str], rows: Iterable[Cells], ward: int | None = None) -> str:
    """A CSV in the style of 自治体標準オープンデータセット: code, ID and names first, headers in Japanese.

    Dates are ISO, what is not given is empty. `ward`: the place among the cells of the ward whose code a
    row bears; none: the city's.
    """
    city, out = municipality(), io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*STANDARD, *headers))
    for key, cells in rows:
        code = city.code if ward is None else city.ward_codes.get(str(cells[ward]), city.code)
        told = (code, key, city.prefecture, city.name, *cells)
        writer.writerow(["" if cell is None else cell for cell in told])
    return out.getvalue()


class Sheet(NamedTuple):
    """A table of the workbook."""

    name: str
    title: str
    headers: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def as_workbook(report: YearReport) -> bytes:
    """A sheet for each table, with real numbers, ready to print."""
    book = Workbook()
    book.remove(book.active)
    for sheet in _sheets(report):
        _fill(book.create_sheet(sheet.name), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheets(report: YearReport) -> Iterator[Sheet]:
    city, name, definitions = municipality(), fiscal_year_name(report.fiscal_year), report.definitions
    yield Sheet(
        "達成度",
        f"{name} 取組の達成度",
        ("取組", "名称", "目標", "実績", "達成率(%)", "達成度", "原因と解決すべき課題"),
        [
            (m.measure.mark, m.measure.name, m.target, done, m.percent, m.grade, m.cause)
            for m in report.measures
            for done in [m.figures["completed_matches"]]
        ],
    )
    units = (f"{d.name}（{'分' if d.per != 1 else d.unit}）" for d in definitions.values())
    yield Sheet(
        "数",
        f"{name} 取組と登録区分ごとの数",
        ("取組", "登録区分", *units),
        [
            (measure, programme or "合計", *(line.figures[key] for key in definitions))
            for measure, programme, line in _lines(report)
        ],
    )
    yield Sheet(
        "年度の推移",
        "計画の年度ごとの目標と実績",
        ("取組", "年度", "目標", "実績", "達成率(%)", "達成度"),
        [
            (city.measures[n].mark, fiscal_year_name(y.fiscal_year), y.target, y.actual, y.percent, y.grade)
            for n, row in plan_years(report.fiscal_year).items()
            for y in row
        ],
    )
    yield Sheet(
        "検証指標",
        "市民の調査（％）",
        ("指標", "名称", "年度", "種類", "値(%)"),
        [
            (asked.question.label, asked.question.name, fiscal_year_name(year), KINDS[kind], value)
            for asked in survey.until(report.fiscal_year)
            for year, kind, value in _survey_rows(asked)
        ],
    )
    if halfway := entered().halfway_in(report.fiscal_year):
        yield Sheet("中間見直し", city.plan_name, ("計画の中間見直し",), [(halfway,)])
    yield Sheet(
        "数え方",
        "数の名前と数え方",
        ("数", "単位", "数え方", "数えないもの"),
        [(d.name, d.unit, d.sentence, d.leaves_out) for d in definitions.values()],
    )
    yield Sheet(
        "台帳の印",
        "この報告が読んだ台帳",
        ("年度", "確定", "台帳の最後の印"),
        [(name, "○" if report.closed else "", report.head_hash)],
    )


def _fill(sheet: Worksheet, told: Sheet) -> None:
    """A title, a header row that repeats on every printed page, the rows, and the print area."""
    _, title, headers, rows = told
    sheet.append([title])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append(list(headers))
    for row in rows:
        sheet.append([float(cell) if isinstance(cell, Decimal) else cell for cell in row])
    for cell in sheet[2]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="F6F4EE")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for number, header in enumerate(headers, 1):
        longest = max([len(header), *(len(str(row[number - 1] or "")) for row in rows)])
        sheet.column_dimensions[get_column_letter(number)].width = min(2 * longest + 2, WIDEST)
    for line in sheet.iter_rows(min_row=3):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"  # what begins with = is text, never a formula
    last = get_column_letter(len(headers))
    sheet.print_area = f"A1:{last}{len(rows) + 2}"
    sheet.print_title_rows = "2:2"
    sheet.freeze_panes = "A3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _lines(report: YearReport) -> Iterator[tuple[str, str, Line]]:
    """Measure, programme (empty: the measure as a whole) and the line, in the plan's order."""
    for m in report.measures:
        name = f"{m.measure.mark}{m.measure.name}"
        yield name, "", m
        for p in m.programmes:
            yield name, p.programme.name, p


def _line(line: Line) -> dict[str, Any]:
    figures = {key: _plain(value) for key, value in line.figures.items()}
    return {"target": line.target, "percent": line.percent, "grade": line.grade, **figures}


def _asked(asked: Asked) -> dict[str, Any]:
    q = asked.question
    base = {"fiscal_year": q.base[0], "value": q.base[1]} if q.base else None
    values = [{"fiscal_year": f.fiscal_year, "value": float(f.value)} for f in asked.findings]
    return {
        "question": q.key,
        "label": q.label,
        "name": q.name,
        "base": base,
        "check_value": q.check_value,
        "values": values,
    }


def _survey_rows(asked: Asked) -> Iterator[tuple[int, str, float | Decimal | str]]:
    """Fiscal year, which of KINDS, and the value; of what the plan only wants to grow that word."""
    q = asked.question
    if q.base:
        yield q.base[0], "base", q.base[1]
    if q.check_year:
        yield q.check_year, "check", q.direction if q.check_value is None else q.check_value
    for f in asked.findings:
        yield f.fiscal_year, "actual", f.value


def _plain(value: Value) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value
