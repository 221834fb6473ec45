"""The public figures, and the way from each to what it counts."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request

from matching.indicators import queries
from matching.kernel.access import public
from matching.municipality.city import municipality

blueprint = Blueprint("indicators", __name__, url_prefix="/indicators")


@blueprint.get("")
@public
def index() -> str:
    years = queries.years()
    asked = request.args.get("fiscal_year")
    if asked is not None and asked not in {str(year) for year in years}:
        abort(HTTPStatus.NOT_FOUND)
    year = int(asked) if asked else years[0]
    return render_template(
        "indicators/index.html",
        year=year,
        years=years,
        running=queries.running(year),
        measures=queries.measures(year),
        definition=queries.DEFINITION,
    )


@blueprint.get("/<int:fiscal_year>/measures/<int:measure>")
@public
def entries(fiscal_year: int, measure: int) -> str:
    if fiscal_year not in queries.years() or measure not in municipality().measures:
        abort(HTTPStatus.NOT_FOUND)
    return render_template(
        "indicators/entries.html",
        year=fiscal_year,
        measure=municipality().measures[measure],
        entries=queries.public_entries(fiscal_year, measure),
        reversed=queries.reversed_counts(fiscal_year, measure),
        definition=queries.DEFINITION,
    )
