"""The landing page: the way in for everybody, and what waits for whoever is signed in."""

from flask import Blueprint, current_app, render_template
from flask_login import current_user

from matching.desk import navigation, queries
from matching.kernel.access import actor, public
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


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, str]:
    return {"status": "ok"}
