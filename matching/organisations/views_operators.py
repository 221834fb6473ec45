"""The coordinator's pages of 学校設置者."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.forms import version_of
from matching.organisations import operators, queries
from matching.organisations.forms import OperatorForm
from matching.organisations.models import Operator, Organisation

blueprint = Blueprint("operators", __name__)
Answer = Response | str | tuple[str, int]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/operators")
@action("operator.see")
def index() -> str:
    return _index(OperatorForm(formdata=None))


@blueprint.post("/operators")
@action("operator.edit")
def enter() -> Answer:
    form = OperatorForm()
    if form.validate_on_submit():
        try:
            with transaction():
                operators.enter_operator(actor(), form.name.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("学校設置者を登録しました。団体のページで、どの団体が属するかを選んでください。", "success")
            return redirect(url_for("operators.index"), HTTPStatus.SEE_OTHER)
    return _index(form), UNPROCESSABLE


def _index(form: OperatorForm) -> str:
    return render_template("organisations/operators.html", operators=queries.operators(), form=form)


@blueprint.get("/operators/<operator>")
@action("operator.edit", operator=Operator)
def show(operator: Operator) -> str:
    return _page(operator, OperatorForm(formdata=None, obj=operator))


@blueprint.post("/operators/<operator>")
@action("operator.edit", operator=Operator)
def rename(operator: Operator) -> Answer:
    form = OperatorForm()
    if form.validate_on_submit():
        try:
            with transaction():
                operators.rename_operator(actor(), operator, form.name.data, version_of(form))
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            form.version.data = str(operator.version)
            return _page(operator, form, stale=True), HTTPStatus.CONFLICT
        else:
            flash("名前を直しました。", "success")
            return redirect(url_for("operators.index"), HTTPStatus.SEE_OTHER)
    return _page(operator, form), UNPROCESSABLE


def _page(operator: Operator, form: OperatorForm, *, stale: bool = False) -> str:
    return render_template(
        "organisations/operator.html",
        operator=operator,
        organisations=queries.belonging(actor(), operator),
        form=form,
        stale=stale,
    )


@blueprint.post("/organisations/<organisation>/operator")
@action("organisation.set_operator", organisation=Organisation)
def choose(organisation: Organisation) -> Response:
    """None chosen: the organisation belongs to none."""
    code = request.form.get("operator", "")
    chosen = next((operator for operator in queries.operators() if operator.code == code), None)
    if code and chosen is None:
        raise Invalid("operator", "学校設置者を一覧から選んでください。")
    with transaction():
        operators.set_operator(actor(), organisation, chosen)
    flash("学校設置者を決めました。" if chosen else "学校設置者を「なし」にしました。")
    page = url_for("organisations.show", organisation=organisation.code)
    return redirect(page, HTTPStatus.SEE_OTHER)
