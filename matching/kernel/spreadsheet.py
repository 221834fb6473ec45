"""Spreadsheets in: .csv (UTF-8 with or without BOM, CP932) and .xlsx → rows of text by identifier; and out.

Headers may be Japanese or identifiers, in any order. An import collects every problem before it writes.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import openpyxl

from matching.kernel.readings import listed
from matching.kernel.text import CONTROLS, LINE_CONTROLS, REFUSED, clean

COMPUTED = ("=", "+", "-", "@", "\t", "'")  # how a cell begins that a spreadsheet would not take as text
MOST_ROWS, MOST_COLUMNS, MOST_BYTES = 100_000, 100, 50 * 1024 * 1024
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be read or done: sheet row (1 is the header's), column's header, value, reason."""

    row: int
    column: str
    value: str
    reason: str


class Unreadable(Exception):
    """The file as a whole is no table; the text is a Japanese sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows: sheet row number → cells by identifier."""

    encoding: str
    rows: list[tuple[int, dict[str, str]]]
    unknown: list[str]


@dataclass(slots=True)
class Result:
    """What an import did, or would do."""

    rows: int
    encoding: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """One row while it is read: a cell that cannot be read becomes a problem, and reading goes on."""

    number: int
    cells: Mapping[str, str]
    headers: Mapping[str, str]  # identifier → header
    problems: list[Problem]

    def text(self, name: str, *, required: bool = False, most: int = 2000) -> str:
        value = clean(self.cells.get(name))
        if required and not value:
            self.wrong(name, "入力してください")
        if CONTROLS.search(value):
            self.wrong(name, REFUSED)
        if len(value) > most:
            self.wrong(name, f"{most}文字以内にしてください")
        return value

    def line(self, name: str, *, required: bool = False, most: int = 100) -> str:
        """Text of one line: a name, a title, an address."""
        value = self.text(name, required=required, most=most)
        if LINE_CONTROLS.search(value) and not CONTROLS.search(value):
            self.wrong(name, "改行やタブを入れずに、一行で書いてください")
        return value

    def read(
        self, name: str, reader: Callable[[str], Value], default: Value, *, required: bool = False
    ) -> Value:
        """The cell as `reader` understands it; `default` where it is empty or wrong."""
        value = self.text(name, required=required)
        if not value:
            return default
        try:
            return reader(value)
        except ValueError as error:
            self.wrong(name, str(error))
            return default

    def many(self, name: str, reader: Callable[[str], Value], *, required: bool = False) -> list[Value]:
        """The parts of a list cell as `reader` understands each; none where one is wrong."""
        empty: list[Value] = []
        return self.read(name, lambda text: [reader(part) for part in listed(text)], empty, required=required)

    def wrong(self, name: str, reason: str) -> None:
        value = self.cells.get(name, "")
        self.problems.append(Problem(self.number, self.headers.get(name, name), value, reason))


def read(path: Path, headers: Mapping[str, str]) -> Table:
    """The rows of a file. `headers`: identifier → Japanese header. Unreadable where it is no table."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"{path.name} は大きすぎます（50MBまで）。")
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path.name} を開けません（{error.strerror}）。") from error
    encoding, lines = _xlsx(data) if path.suffix.lower() == ".xlsx" else _csv(data)
    if not lines:
        raise Unreadable(f"{path.name} に行がありません。")
    if len(lines) > MOST_ROWS:
        raise Unreadable(f"{path.name} の行が多すぎます（{MOST_ROWS}行まで）。")
    names = {header: name for name, header in headers.items()} | {name: name for name in headers}
    columns = [names.get(header.strip()) for header in lines[0]]
    unknown = [h for h, name in zip(lines[0], columns, strict=True) if name is None and h.strip()]
    known = [name for name in columns if name]
    if not known:
        raise Unreadable(f"{path.name} の1行目に、知っている見出しがありません。")
    if len(set(known)) != len(known):
        raise Unreadable(f"{path.name} に、同じ見出しが2つあります。")
    rows = [
        (number, {name: cell for name, cell in zip(columns, line, strict=False) if name})
        for number, line in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in line)
    ]
    return Table(encoding, rows, unknown)


def written(rows: Iterable[Mapping[str, str]], headers: Mapping[str, str], suffix: str) -> bytes:
    """A file with Japanese headers that `read` takes back unchanged: .xlsx, else .csv in UTF-8 with BOM."""
    lines = [list(headers.values()), *([row.get(name, "") for name in headers] for row in rows)]
    out = io.BytesIO()
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row, line in enumerate(lines, 1):
            for column, text in enumerate(line, 1):
                cell = book.active.cell(row, column)
                cell.value, cell.data_type, cell.quotePrefix = text, "s", text.startswith(COMPUTED)
        book.save(out)
        return out.getvalue()
    table = io.StringIO(newline="")
    csv.writer(table).writerows([f"'{c}" if c.startswith(COMPUTED) else c for c in line] for line in lines)
    return table.getvalue().encode("utf-8-sig")


def each(table: Table, headers: Mapping[str, str], problems: list[Problem]) -> Iterator[Row]:
    """The rows, each of which collects its problems in `problems`."""
    for number, cells in table.rows:
        yield Row(number, cells, headers, problems)


def _csv(data: bytes) -> tuple[str, list[list[str]]]:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            lines = [[_typed(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
        except csv.Error as error:
            raise Unreadable(f"CSVとして読めません（{error}）。") from error
        if any(len(line) > MOST_COLUMNS for line in lines):
            raise Unreadable(f"列が多すぎます（{MOST_COLUMNS}列まで）。")
        name = "utf-8" if encoding == "utf-8-sig" else encoding
        return name, lines
    raise Unreadable("文字コードが分かりません。UTF-8 か CP932（Excelの標準）で保存してください。")


def _typed(cell: str) -> str:
    """Without the mark by which a spreadsheet takes the rest as text."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(COMPUTED) else cell


def _xlsx(data: bytes) -> tuple[str, list[list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise Unreadable("ファイルの中身が大きすぎます（50MBまで）。")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
        return "xlsx", [[_cell(value) for value in row] for row in rows]
    except Unreadable:
        raise
    except Exception as error:  # of a damaged workbook openpyxl, zipfile and expat raise anything
        raise Unreadable("Excelのファイル（.xlsx）として読めません。") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
