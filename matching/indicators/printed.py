"""The year's report on paper: an accessible PDF (PDF/UA-1) with the Japanese font in it."""

import json
from datetime import UTC
from importlib.metadata import files
from pathlib import Path
from typing import Any

import typst
from flask import current_app

from matching.indicators import survey
from matching.indicators.definitions import Definition
from matching.indicators.entered import entered
from matching.indicators.reports import Line, MeasureReport, PlanYear, YearReport, plan_years
from matching.indicators.survey import Asked
from matching.kernel.clock import date_text, fiscal_year_name, now, today
from matching.municipality.city import municipality

FONT = "matplotlib-fontja"  # the package the font comes with
STATES = {
    (True, False): "確定（年度を締めたときの値）",
    (False, True): "途中経過（年度の途中の値）",
    (False, False): "途中経過（年度は終わり、まだ締めていない値）",
}


def as_pdf(report: YearReport) -> bytes:
    """The report as a PDF; the same report gives the same bytes on the same day."""
    template = Path(current_app.root_path).parent / "templates" / "indicators" / "report.typ"
    made: bytes = typst.compile(
        str(template),
        font_paths=[_fonts()],
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        sys_inputs={"report": json.dumps(_values(report), ensure_ascii=False)},
    )
    return made


def _fonts() -> str:
    """The folder of the font's file."""
    file = next(path for path in files(FONT) or () if path.suffix == ".ttf")
    return str(Path(file.locate()).parent)


def _values(report: YearReport) -> dict[str, Any]:
    """What the template prints, as plain text and numbers."""
    city = municipality()
    years = plan_years(report.fiscal_year)
    name = fiscal_year_name(report.fiscal_year)
    return {
        "title": f"{city.plan_name} 基本施策2 {name} 年次報告",
        "city": city.name,
        "about": "「学びの成果を地域に還元する仕組み」の四つの取組を、指標台帳から数えたものです。",
        "state": STATES[report.closed, report.running],
        "made": date_text(today()),
        "head_hash": report.head_hash,
        "year_name": name,
        "graded": sum(report.summary.values()),
        "summary": _shares(report.summary),
        "reviewed_name": f"{fiscal_year_name(city.reviewed_year)}（市の見直し）",
        "reviewed": [f"{share}%" for share in city.reviewed.values()],
        "years": [fiscal_year_name(y.fiscal_year).removesuffix("年度") for y in years[1]],
        "definitions": [_definition(d) for d in report.definitions.values()],
        "measures": [_measure(m, years[m.measure.number], report) for m in report.measures],
        "halfway": entered().halfway_in(report.fiscal_year),
        "survey": [_question(asked) for asked in survey.until(report.fiscal_year)],
    }


def _measure(m: MeasureReport, years: list[PlanYear], report: YearReport) -> dict[str, Any]:
    lines: list[tuple[str, Line]] = [("取組の合計", m), *((p.programme.name, p) for p in m.programmes)]
    return {
        "mark": m.measure.mark,
        "name": m.measure.name,
        "target": m.target,
        "actual": m.figures["completed_matches"],
        "percent": m.percent,
        "grade": m.grade,
        "cause": m.cause,
        "needs_cause": m.needs_cause,
        "base": years[0].actual,
        "years": [{"target": y.target, "actual": y.actual, "grade": y.grade} for y in years],
        "lines": [
            {"name": name, "values": [d.shown(line.figures[d.key]) for d in report.definitions.values()]}
            for name, line in lines
        ],
    }


def _shares(summary: dict[str, int]) -> list[str]:
    whole = sum(summary.values())
    return [f"{100 * n / whole:.1f}%" if whole else "–" for n in summary.values()]


def _definition(d: Definition) -> dict[str, str]:
    return {"name": d.name, "unit": d.unit, "sentence": d.sentence, "leaves_out": d.leaves_out}


def _question(asked: Asked) -> dict[str, str]:
    q = asked.question
    return {
        "label": q.label,
        "name": q.name,
        "base": f"{q.base[1]}%（{fiscal_year_name(q.base[0])}）" if q.base else "–",
        "check_value": f"{q.check_value}%" if q.check_value is not None else q.direction or "–",
        "actual": "、".join(f"{f.value}%（{fiscal_year_name(f.fiscal_year)}）" for f in asked.findings)
        or "–",
    }
