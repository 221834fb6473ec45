"""活動の場: the stages that look for people, for everybody; choosing among those who applied."""

from flask import flash, render_template
from flask_login import current_user
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor, public
from matching.kernel.db import transaction
from matching.matches import queries_stage
from matching.matches.models import Match
from matching.matches.services import stage
from matching.matches.views import _to_request, blueprint


@blueprint.get("/stages")
@public
def stages() -> str:
    """募集中の発表の場."""
    reader = actor() if current_user.is_authenticated else None
    return render_template("matches/stages.html", stages=queries_stage.looking(reader))


@blueprint.post("/matches/<match>/choose")
@action("match.choose", match=Match)
def choose(match: Match) -> Response:
    with transaction():
        stage.choose(actor(), match)
    flash("選びました。担当者が承認すると決まり、メールでお知らせします。", "success")
    return _to_request(match.request)


@blueprint.post("/matches/<match>/unchoose")
@action("match.choose", match=Match)
def unchoose(match: Match) -> Response:
    with transaction():
        stage.unchoose(actor(), match)
    flash("選ぶのをやめました。ほかの方を選べます。")
    return _to_request(match.request)
