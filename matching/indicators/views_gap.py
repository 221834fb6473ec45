"""需給ギャップ: the courses to hold next, and the requests that wait for them."""

from http import HTTPStatus

from flask import abort, render_template
from werkzeug.wrappers import Response

from matching.indicators import figures, gap_files, queries_gap
from matching.indicators.gap import WAITING, Gap
from matching.indicators.kept import kept, revision
from matching.indicators.shapes import TABLES
from matching.indicators.views import as_file, blueprint
from matching.kernel.access import action, actor

SHOWN = 20  # subjects of each list on the page, and requests of a subject; the file has them all


@blueprint.get("/<int:fiscal_year>/gap")
@action("gap.see")
def gap_page(fiscal_year: int) -> str:
    found = _gap(fiscal_year)
    lists = (found.courses, found.met, found.alone)
    codes = {r.code for some in lists for subject in some[:SHOWN] for r in subject.requests[:SHOWN]}
    return render_template(
        "indicators/gap.html",
        year=fiscal_year,
        years=figures.years(),
        gap=found,
        named=queries_gap.openable(actor(), codes),
        shown=SHOWN,
        waiting=WAITING,
        shapes=TABLES,
    )


@blueprint.get("/<int:fiscal_year>/gap.<shape>")
@action("gap.see")
def gap_file(fiscal_year: int, shape: str) -> Response:
    """Every waiting request, by subject, as a table."""
    if shape not in TABLES:
        abort(HTTPStatus.NOT_FOUND)
    found = _gap(fiscal_year)
    codes = {request.code for subject in found.subjects for request in subject.requests}
    made = gap_files.as_table(found, queries_gap.openable(actor(), codes), f".{shape}")
    return as_file(made, f"gap-{fiscal_year}", shape)


def _gap(year: int) -> Gap:
    return kept(("gap", figures.begun(year)), revision(year).acts, lambda: queries_gap.of_year(year))
