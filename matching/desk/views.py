"""The landing page: the way in for everybody, and what waits for whoever is signed in."""

from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from matching.desk import digest, navigation, queries
from matching.kernel.access import action, actor, public
from matching.kernel.db import transaction
from matching.registry.queries import is_registered

blueprint = Blueprint("desk", __name__)


@blueprint.app_context_processor
def _navigation() -> dict[str, object]:
    return {"navigation": navigation.navigation}


@blueprint.get("/")
@public
def landing() -> str:
    if current_user.is_authenticated:
        registered = is_registered(actor())
        return render_template("desk/home.html", tasks=queries.tasks(actor()), registered=registered)
    on_loopback = current_app.extensions["settings"].on_loopback
    samples = queries.sample_accounts() if on_loopback else []
    return render_template("desk/landing.html", sample_accounts=samples)


@blueprint.post("/digest")
@action("inbox.see")
def choose_digest() -> Response:
    """毎朝のお知らせを受け取る／止める."""
    wanted = request.form.get("digest") == "yes"
    with transaction():
        digest.choose(actor(), wanted=wanted)
    flash("毎朝のお知らせを送ります。" if wanted else "毎朝のお知らせを止めました。")
    return redirect(url_for("desk.landing"), HTTPStatus.SEE_OTHER)


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, str]:
    return {"status": "ok"}
