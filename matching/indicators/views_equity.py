"""公平さ: who is asked, how work is spread, the councils' seats – sums only."""

from http import HTTPStatus

from flask import abort, render_template
from werkzeug.wrappers import Response

from matching.indicators import equity, equity_files, figures
from matching.indicators.shapes import TABLES
from matching.indicators.views import as_file, blueprint
from matching.kernel.access import action


@blueprint.get("/<int:fiscal_year>/equity")
@action("equity.see")
def equity_page(fiscal_year: int) -> str:
    return render_template(
        "indicators/equity.html",
        year=figures.begun(fiscal_year),
        years=figures.years(),
        asked=equity.asked(fiscal_year),
        spread=equity.spread(fiscal_year),
        councils=equity.councils(fiscal_year),
        definitions=equity,
        shapes=TABLES,
    )


@blueprint.get("/<int:fiscal_year>/equity.<shape>")
@action("equity.see")
def equity_file(fiscal_year: int, shape: str) -> Response:
    """The page's numbers as a table."""
    if shape not in TABLES:
        abort(HTTPStatus.NOT_FOUND)
    year = figures.begun(fiscal_year)
    told = equity.asked(year), equity.spread(year), equity.councils(year)
    return as_file(equity_files.as_table(*told, f".{shape}"), f"equity-{year}", shape)
