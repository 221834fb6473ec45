"""What the city's survey found, year by year, and the half-way review."""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.indicators import figures, forms, queries_closing, survey
from matching.indicators.entered import entered
from matching.indicators.services.halfway import write_halfway
from matching.indicators.services.survey import set_survey_value
from matching.indicators.views import blueprint
from matching.kernel.access import action, actor
from matching.kernel.clock import fiscal_year_name
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.forms import version_of
from matching.municipality.city import municipality

Answer = Response | str | tuple[str, int]


@blueprint.get("/survey/<int:fiscal_year>")
@action("survey.see")
def survey_values(fiscal_year: int) -> Answer:
    form = forms.survey_form(municipality())
    form.show(entered().survey.get(fiscal_year, {}))
    return _page(fiscal_year, form)


@blueprint.post("/survey/<int:fiscal_year>")
@action("survey.edit")
def set_survey_values(fiscal_year: int) -> Answer:
    """Every question of the page at once, all or none; an empty one has no value."""
    city = municipality()
    form = forms.survey_form(city)
    if not form.validate():
        return _page(fiscal_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    question = ""
    try:
        with transaction():
            for question in city.survey:
                set_survey_value(actor(), question, fiscal_year, form.wanted(question), form.was(question))
    except Invalid as error:
        form.refuse(Invalid(f"value_{question}", error.sentence))
        return _page(fiscal_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict:
        form.saw(entered().survey.get(fiscal_year, {}))
        return _page(fiscal_year, form, stale=True), HTTPStatus.CONFLICT
    flash(f"{fiscal_year_name(fiscal_year)}の調査の値を保存しました。", "success")
    return redirect(url_for("indicators.survey_values", fiscal_year=fiscal_year), HTTPStatus.SEE_OTHER)


def _page(fiscal_year: int, form: forms.SurveyForm, *, stale: bool = False) -> str:
    return render_template(
        "indicators/survey.html",
        year=figures.begun(fiscal_year),
        years=figures.years(),
        form=form,
        questions=municipality().survey,
        standing=entered().survey.get(fiscal_year, {}),
        history=survey.history(fiscal_year),
        stale=stale,
    )


@blueprint.get("/halfway")
@action("halfway.see")
def halfway() -> Answer:
    form = forms.HalfwayForm()
    form.show(queries_closing.halfway())
    return _halfway_page(form)


@blueprint.post("/halfway")
@action("halfway.write")
def set_halfway() -> Answer:
    form = forms.HalfwayForm()
    if not form.validate():
        return _halfway_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction():
            write_halfway(actor(), form.text.data or "", version_of(form))
    except Conflict:
        form.saw(queries_closing.halfway())
        return _halfway_page(form, stale=True), HTTPStatus.CONFLICT
    flash("中間見直しの文を保存しました。", "success")
    return redirect(url_for("indicators.halfway"), HTTPStatus.SEE_OTHER)


def _halfway_page(form: forms.HalfwayForm, *, stale: bool = False) -> str:
    year = municipality().halfway_year
    return render_template(
        "indicators/halfway.html",
        year=year,
        shown=year in figures.years(),
        form=form,
        review=queries_closing.halfway(),
        history=queries_closing.halfway_history(),
        stale=stale,
    )
