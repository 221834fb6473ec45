"""Child safety: the law in plain words, and the operator's check of a person."""

from flask import Blueprint, flash, render_template
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor, public
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.matches import pages_lists
from matching.matches.forms import SafetyCheckForm
from matching.matches.models import Match
from matching.matches.services import safety
from matching.matches.views import UNPROCESSABLE, Answer, _to_match

blueprint = Blueprint("safety", __name__)


@blueprint.get("/child-safety")
@public
def law() -> str:
    return render_template("matches/child_safety.html")


@blueprint.get("/matches/<match>/child-safety")
@action("match.record_check", match=Match)
def check(match: Match) -> str:
    return _page(match, SafetyCheckForm(formdata=None))


@blueprint.post("/matches/<match>/child-safety")
@action("match.record_check", match=Match)
def record(match: Match) -> Answer:
    form = SafetyCheckForm()
    if form.validate_on_submit():
        try:
            with transaction():
                safety.record_check(
                    actor(), match, form.checked_on.data, form.officer.data, form.valid_to.data
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash("安全確認を記録しました。", "success")
            return _to_match(match)
    return _page(match, form), UNPROCESSABLE


@blueprint.post("/matches/<match>/child-safety/<check>/take-back")
@action("match.take_back_check", match=Match)
def take_back(match: Match, check: str) -> Response:
    with transaction():
        safety.take_back_check(actor(), match, check)
    flash("安全確認の記録を取り消しました。")
    return _to_match(match)


def _page(match: Match, form: SafetyCheckForm) -> str:
    row = pages_lists.rows(actor(), [match])[0]
    return render_template("matches/check.html", match=match, row=row, form=form)
