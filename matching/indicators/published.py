"""A year's report in the shapes other programs read (formats.md)."""

from decimal import Decimal
from typing import Any

from matching.indicators.definitions import Value
from matching.indicators.reports import Line, YearReport


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
        "head_hash": report.head_hash,
    }


def _line(line: Line) -> dict[str, Any]:
    figures = {key: _plain(value) for key, value in line.figures.items()}
    return {"target": line.target, "percent": line.percent, "grade": line.grade, **figures}


def _plain(value: Value) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value
