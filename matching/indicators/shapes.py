"""The files a year's report is given as."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matching.indicators import printed, published
from matching.indicators.reports import YearReport


@dataclass(frozen=True, slots=True)
class Shape:
    """How a report becomes a file of one kind."""

    name: str
    mimetype: str
    make: Callable[[YearReport], bytes]


SHAPES: Mapping[str, Shape] = {
    "json": Shape(
        "JSON",
        "application/json",
        lambda report: (json.dumps(published.as_json(report), ensure_ascii=False) + "\n").encode(),
    ),
    # With a byte order mark: Excel then reads UTF-8.
    "csv": Shape("CSV（表計算）", "text/csv", lambda report: published.as_csv(report).encode("utf-8-sig")),
    "xlsx": Shape(
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        published.as_workbook,
    ),
    "pdf": Shape("PDF（印刷用）", "application/pdf", printed.as_pdf),
}
TABLES = {key: SHAPES[key] for key in ("csv", "xlsx")}
