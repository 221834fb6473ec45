"""The targets, what lies ahead; the review of a year: written, proposed, closed by another."""

from collections.abc import Callable
from http import HTTPStatus

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.accounts.models import Account
from matching.indicators import ahead, figures, forms, queries, queries_closing, reports
from matching.indicators.entered import entered
from matching.indicators.models import YearReview
from matching.indicators.services import closing
from matching.indicators.services.targets import set_target
from matching.indicators.views import blueprint
from matching.kernel.access import action, actor
from matching.kernel.clock import fiscal_year_name
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.forms import version_of
from matching.municipality.city import municipality

Answer = Response | str | tuple[str, int]


@blueprint.get("/targets/<int:fiscal_year>")
@action("target.see")
def targets(fiscal_year: int) -> Answer:
    form = forms.targets_form(municipality())
    form.show(entered().targets.get(fiscal_year, {}))
    return _targets_page(fiscal_year, form)


@blueprint.post("/targets/<int:fiscal_year>")
@action("target.edit")
def set_targets(fiscal_year: int) -> Answer:
    """Every line of the page at once, all or none; an empty one is no target."""
    city = municipality()
    form = forms.targets_form(city)
    if not form.validate():
        return _targets_page(fiscal_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    scope = ""
    try:
        with transaction():
            for scope, (measure, programme) in forms.scopes(city).items():
                set_target(actor(), measure, programme, fiscal_year, form.wanted(scope), form.was(scope))
    except Invalid as error:
        form.refuse(Invalid(f"target_{scope}", error.sentence))
        return _targets_page(fiscal_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict:
        form.saw(entered().targets.get(fiscal_year, {}))
        return _targets_page(fiscal_year, form, stale=True), HTTPStatus.CONFLICT
    flash(f"{fiscal_year_name(fiscal_year)}の目標を保存しました。", "success")
    return redirect(url_for("indicators.targets", fiscal_year=fiscal_year), HTTPStatus.SEE_OTHER)


def _targets_page(fiscal_year: int, form: forms.TargetsForm, *, stale: bool = False) -> str:
    city = municipality()
    plan = range(city.first_fiscal_year, city.last_fiscal_year + 1)
    if fiscal_year not in plan:
        abort(HTTPStatus.NOT_FOUND)
    return render_template(
        "indicators/targets.html",
        year=fiscal_year,
        years=plan,
        form=form,
        scopes=forms.scopes(city),
        city=city,
        standing=entered().targets.get(fiscal_year, {}),
        history=queries.target_history(fiscal_year),
        stale=stale,
    )


@blueprint.get("/<int:fiscal_year>/ahead")
@action("target.see")
def ahead_page(fiscal_year: int) -> str:
    """What lies between the running year and its targets."""
    if not figures.running(figures.begun(fiscal_year)):
        abort(HTTPStatus.NOT_FOUND)
    measures = reports.of_year(fiscal_year).measures
    return render_template(
        "indicators/ahead.html", year=fiscal_year, ahead=ahead.of_year(actor(), fiscal_year, measures)
    )


@blueprint.get("/<int:fiscal_year>/review")
@action("year.see")
def review(fiscal_year: int) -> Answer:
    return _review_page(fiscal_year, None)


@blueprint.post("/<int:fiscal_year>/review")
@action("year.write")
def write_review(fiscal_year: int) -> Answer:
    form = forms.causes_form(municipality())
    if not form.validate():
        return _review_page(fiscal_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            closing.write_causes(actor(), fiscal_year, form.texts(municipality()), version_of(form))
    except Conflict:
        found = queries_closing.review(fiscal_year)
        form.version.data = str(found.version if found else 1)
        return _review_page(fiscal_year, form, stale=True), HTTPStatus.CONFLICT
    flash("保存しました。", "success")
    return _back(fiscal_year)


@blueprint.post("/<int:fiscal_year>/propose")
@action("year.write")
def propose_year(fiscal_year: int) -> Answer:
    _act(closing.propose, fiscal_year)
    flash("年度を締める提案をしました。ほかの管理者が締めると、数が確定します。", "success")
    return _back(fiscal_year)


@blueprint.post("/<int:fiscal_year>/close")
@action("year.close")
def close_year(fiscal_year: int) -> Answer:
    _act(closing.close, fiscal_year)
    flash(f"{fiscal_year_name(fiscal_year)}を締めました。この年度の数は、もう変わりません。", "success")
    return _back(fiscal_year)


def _act(verb: Callable[[Account, int], YearReview], fiscal_year: int) -> None:
    with transaction():
        verb(actor(), fiscal_year)


def _review_page(fiscal_year: int, form: forms.CausesForm | None, *, stale: bool = False) -> str:
    """The page with what was typed, or with what stands."""
    report, found = reports.of_year(figures.begun(fiscal_year)), queries_closing.review(fiscal_year)
    if form is None:
        form = forms.causes_form(municipality())
        form.show({m.measure.number: m.cause for m in report.measures}, found.version if found else 1)
    return render_template(
        "indicators/review.html",
        report=report,
        review=found,
        waiting=queries_closing.open_matters(actor(), fiscal_year),
        form=form,
        stale=stale,
    )


def _back(fiscal_year: int) -> Response:
    return redirect(url_for("indicators.review", fiscal_year=fiscal_year), HTTPStatus.SEE_OTHER)
