"""The coordinator's pages of organisations."""

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.kernel.paging import wanted_page
from matching.kernel.permissions import allowed
from matching.municipality.city import municipality
from matching.organisations import forms, queries, services
from matching.organisations.models import Organisation

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")
Answer = Response | str | tuple[str, int]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("")
@action("organisation.list")
def index() -> str:
    kinds = municipality().organisation_kinds
    found, page = queries.listed(actor(), wanted_page())
    return render_template("organisations/index.html", organisations=found, page=page, kinds=kinds)


@blueprint.route("/new", methods=["GET", "POST"])
@action("organisation.enter")
def enter() -> Answer:
    form = _with_choices(forms.OrganisationForm())
    if form.validate_on_submit():
        try:
            with transaction():
                organisation = services.enter_organisation(
                    actor(), form.name.data, form.kind.data, form.ward.data, form.districts.data or ()
                )
                services.invite(actor(), organisation, form.email.data)
                code = organisation.code
        except Invalid as error:
            form.refuse(error)
        else:
            flash("団体を登録し、担当者に招待のメールを送りました。", "success")
            return redirect(url_for("organisations.show", organisation=code), HTTPStatus.SEE_OTHER)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("organisations/enter.html", form=form), status


@blueprint.get("/<organisation>")
@action("organisation.see", organisation=Organisation)
def show(organisation: Organisation) -> str:
    return _page(organisation, forms.InvitationForm())


def _page(organisation: Organisation, form: forms.InvitationForm) -> str:
    kind = municipality().organisation_kinds[organisation.kind]
    operators = queries.operators() if allowed(actor(), "organisation.set_operator", organisation) else ()
    asking = queries.asking(organisation)
    handing = queries.hand_over_of(organisation, actor())
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        kind=kind,
        form=form,
        asking=asking,
        handing=handing,
        operators=operators,
    )


@blueprint.post("/<organisation>/invitations")
@action("organisation.invite", organisation=Organisation)
def invite(organisation: Organisation) -> Answer:
    form = forms.InvitationForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.invite(actor(), organisation, form.email.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("招待のメールを送りました。", "success")
            page = url_for("organisations.show", organisation=organisation.code)
            return redirect(page, HTTPStatus.SEE_OTHER)
    return _page(organisation, form), UNPROCESSABLE


@blueprint.post("/<organisation>/memberships/<account>/end")
@action("organisation.invite", organisation=Organisation)
def end_membership(organisation: Organisation, account: str) -> Response:
    membership = next((m for m in organisation.memberships if m.account.code == account), None)
    if membership is None:
        abort(HTTPStatus.NOT_FOUND)
    with transaction():
        services.end_membership(actor(), organisation, membership)
    flash("担当者から外しました。")
    return redirect(url_for("organisations.show", organisation=organisation.code), HTTPStatus.SEE_OTHER)


def _with_choices(form: forms.OrganisationForm) -> forms.OrganisationForm:
    city = municipality()
    form.kind.choices |= {kind.key: kind.name for kind in city.organisation_kinds.values()}
    form.ward.choices |= {ward: ward for ward in city.wards}
    form.districts.choices = {d: f"{d}（{ward}）" for d, ward in city.districts.items()}
    return form
