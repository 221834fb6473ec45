"""The public figures, and the way from each to what it counts."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from matching.indicators import areas, charts, circulation, effects, figures, queries, reports, survey
from matching.indicators.entered import entered
from matching.indicators.kept import kept, revision
from matching.indicators.shapes import SHAPES
from matching.kernel.access import actor, public
from matching.kernel.paging import wanted_page
from matching.kernel.permissions import may
from matching.ledger.models import LedgerEntry
from matching.municipality.city import municipality

blueprint = Blueprint("indicators", __name__, url_prefix="/indicators")


@blueprint.get("")
@public
def index() -> str:
    years = figures.years()
    asked = request.args.get("fiscal_year")
    if asked is not None and asked not in {str(year) for year in years}:
        abort(HTTPStatus.NOT_FOUND)
    year = int(asked) if asked else years[0]
    at = revision(year)
    asked_citizens = survey.until(year, at)
    cohorts = kept("cohorts", (at.head, at.acts), lambda: circulation.cohorts(at))
    plan = reports.plan_years(year, at)
    return render_template(
        "indicators/index.html",
        years=years,
        report=reports.of_year(year, at),
        shapes=SHAPES,
        plan=plan,
        bars={number: charts.trend(row, municipality().halfway_year) for number, row in plan.items()},
        pillars=kept(("effects", year), (at.entries, at.acts), lambda: effects.by_pillar(year, at)),
        city=municipality(),
        survey=asked_citizens,
        halfway=entered(at).halfway_in(year),
        beside=survey.beside_circulation(asked_citizens, cohorts, year),
    )


@blueprint.get("/<int:fiscal_year>/areas")
@public
def areas_page(fiscal_year: int) -> str:
    at = revision(figures.begun(fiscal_year))
    return render_template(
        "indicators/areas.html",
        year=fiscal_year,
        years=figures.years(),
        wards=areas.wards(fiscal_year, at),
        districts=kept(("districts", fiscal_year), at.entries, lambda: areas.districts(fiscal_year)),
        whole=len(municipality().districts),
    )


@blueprint.get("/circulation")
@public
def circulation_page() -> str:
    """From learning to acting; course by course only for those who may see the courses."""
    at = revision(figures.years()[0])
    staff = current_user.is_authenticated and may(actor(), "course.list")
    return render_template(
        "indicators/circulation.html",
        cohorts=kept("cohorts", (at.head, at.acts), lambda: circulation.cohorts(at)),
        courses=circulation.courses(at) if staff else [],
        rate=circulation.RATE,
        asked=[asked for asked in survey.until(figures.years()[0]) if asked.question.circulation],
    )


@blueprint.get("/<int:fiscal_year>/measures/<int:measure>")
@public
def entries(fiscal_year: int, measure: int) -> str:
    figures.begun(fiscal_year)
    if measure not in municipality().measures:
        abort(HTTPStatus.NOT_FOUND)
    reader = actor() if current_user.is_authenticated else None
    found, page = queries.entries(fiscal_year, LedgerEntry.measure == measure, reader, wanted_page())
    return render_template(
        "indicators/entries.html",
        year=fiscal_year,
        measure=municipality().measures[measure],
        entries=found,
        page=page,
    )


@blueprint.get("/<int:fiscal_year>/figures/<figure>")
@public
def figure(fiscal_year: int, figure: str) -> str:
    """One figure of every measure and programme, with the sentence that says what it counts."""
    report = reports.of_year(figures.begun(fiscal_year))
    if figure not in report.definitions:  # a closed year knows those it was closed with
        abort(HTTPStatus.NOT_FOUND)
    return render_template("indicators/figure.html", report=report, definition=report.definitions[figure])


@blueprint.get("/<int:fiscal_year>/report.<shape>")
@public
def report(fiscal_year: int, shape: str) -> Response:
    """The year's report as a file."""
    if shape not in SHAPES:
        abort(HTTPStatus.NOT_FOUND)
    return as_file(SHAPES[shape].make(reports.of_year(figures.begun(fiscal_year))), str(fiscal_year), shape)


def as_file(made: bytes, name: str, shape: str) -> Response:
    """A download; `shape`: a key of SHAPES."""
    named = {"Content-Disposition": f'attachment; filename="manabinowa-{name}.{shape}"'}
    return Response(made, mimetype=SHAPES[shape].mimetype, headers=named)
