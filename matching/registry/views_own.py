"""わたしの情報: a person sees, corrects, downloads and erases what is held about them."""

import json
from http import HTTPStatus

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.registry import forms, queries
from matching.registry.own_data import own_data, plain
from matching.registry.services import erasing
from matching.registry.views import Answer, blueprint


@blueprint.get("/me")
@action("registration.apply")
def me() -> Answer:
    registrant = queries.registrant_of(actor())
    if registrant is None:
        return _to_index()
    queries.with_consents(registrant)
    return render_template("registry/me.html", registrant=registrant, offerings=registrant.offerings)


@blueprint.get("/me/data.json")
@action("registration.apply")
def download() -> Response:
    registrant = queries.registrant_of(actor())
    if registrant is None:
        return _to_index()
    text = json.dumps(own_data(registrant), default=plain, ensure_ascii=False, indent=1)
    named = {"Content-Disposition": 'attachment; filename="manabinowa.json"'}
    return FlaskResponse(text, mimetype="application/json", headers=named)


@blueprint.route("/me/leave", methods=["GET", "POST"])
@action("registration.apply")
def leave() -> Answer:
    """Says what it does before it is done."""
    registrant = queries.registrant_of(actor())
    if registrant is None:
        return _to_index()
    form = forms.EraseForm()
    stays = erasing.stays(actor())
    if form.is_submitted() and confirmed(form):
        settings = current_app.extensions["settings"]
        with transaction():
            done = erasing.erase(actor(), registrant)
        erasing.clean_up(settings.instance_path, settings.mail_url, done)
        if not stays:
            session.clear()
        flash("あなたの情報を消去しました。これまでありがとうございました。")
        return redirect(url_for("desk.landing"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("registry/leave.html", form=form, registrant=registrant, stays=stays), status


def confirmed(form: forms.EraseForm) -> bool:
    """Whether the box was ticked; where it was not, the form says so."""
    if form.validate() and not form.sure.data:
        form.refuse(Invalid("sure", "確かめたら、しるしを付けてください。"))
    return not form.errors


def _to_index() -> Response:
    return redirect(url_for("registry.index"), HTTPStatus.SEE_OTHER)
