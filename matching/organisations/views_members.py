"""The pages with which an organisation's own people keep it."""

from http import HTTPStatus

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.accounts.models import Account
from matching.accounts.queries import account_by_code
from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid, NotFound
from matching.kernel.forms import answered, version_of
from matching.municipality.city import municipality
from matching.organisations import forms, members, queries
from matching.organisations.models import Organisation
from matching.organisations.views import UNPROCESSABLE, Answer, blueprint


def _to(organisation: Organisation) -> Response:
    return redirect(url_for("organisations.show", organisation=organisation.code), HTTPStatus.SEE_OTHER)


@blueprint.route("/<organisation>/edit", methods=["GET", "POST"])
@action("organisation.edit", organisation=Organisation)
def edit(organisation: Organisation) -> Answer:
    form = forms.EditForm()
    form.districts.choices = {d: f"{d}（{ward}）" for d, ward in municipality().districts.items()}
    stale = False
    if not form.is_submitted():
        form.name.data, form.districts.data = organisation.name, organisation.districts
        form.version.data = str(organisation.version)
    elif form.validate():
        name, districts = form.name.data, form.districts.data or ()
        try:
            with transaction():
                members.edit(actor(), organisation, name, districts, version_of(form))
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            form.version.data, stale = str(organisation.version), True
        else:
            flash("団体のページを書きかえました。", "success")
            return _to(organisation)
    status = HTTPStatus.CONFLICT if stale else UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template(
        "organisations/edit.html", form=form, organisation=organisation, stale=stale
    ), status


@blueprint.get("/join")
@action("organisation.join")
def join() -> str:
    """Find one's organisation by name, to ask for membership."""
    part = request.args.get("q", "").strip()[:100]
    kinds = municipality().organisation_kinds
    return render_template("organisations/join.html", found=queries.named(part), part=part, kinds=kinds)


@blueprint.post("/join")
@action("organisation.join")
def ask_to_join() -> Response:
    organisation = queries.by_code(request.form.get("organisation", ""))
    if organisation is None:
        raise NotFound("その団体は見つかりません。")
    with transaction():
        members.ask_to_join(actor(), organisation)
    flash("団体の担当者に伝えました。承認されると、メールでお知らせします。", "success")
    return redirect(url_for("organisations.join"), HTTPStatus.SEE_OTHER)


@blueprint.post("/<organisation>/asking/<account>")
@action("organisation.approve_member", organisation=Organisation)
def decide_member(organisation: Organisation, account: str) -> Response:
    asked: Account | None = account_by_code(account)
    if asked is None:
        abort(HTTPStatus.NOT_FOUND)
    approved = answered()
    with transaction():
        members.decide(actor(), organisation, asked, approved=approved)
    flash("担当者として承認しました。" if approved else "承認しませんでした。申し出た方に知らせます。")
    return _to(organisation)


@blueprint.route("/<organisation>/hand-over", methods=["GET", "POST"])
@action("organisation.hand_over", organisation=Organisation)
def hand_over(organisation: Organisation) -> Answer:
    form = forms.HandOverForm()
    if form.validate_on_submit():
        try:
            with transaction():
                done = members.hand_over(actor(), organisation, form.email.data)
        except Invalid as error:
            form.refuse(error)
        else:
            if done:
                flash("引き継ぎました。これからは、引き継いだ方に連絡が届きます。", "success")
                return redirect(url_for("organisations.index"), HTTPStatus.SEE_OTHER)
            flash(
                "引き継ぐ方に招待のメールを送りました。その方が登録を済ませると、引き継ぎが終わります。",
                "success",
            )
            return _to(organisation)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("organisations/hand_over.html", form=form, organisation=organisation), status
