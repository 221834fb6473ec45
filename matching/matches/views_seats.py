"""任期の途中で退任: a council seat given up after its appointment."""

from flask import flash

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.matches import forms
from matching.matches.models import Match
from matching.matches.services import seats
from matching.matches.views import UNPROCESSABLE, Answer, _match_page, _to_match, blueprint


@blueprint.post("/matches/<match>/resign")
@action("match.resign", match=Match)
def resign(match: Match) -> Answer:
    form = forms.ResignForm()
    if form.validate_on_submit():
        try:
            with transaction():
                seats.resign(actor(), match, form.on.data, form.reason.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("任期の途中での退任を記録しました。本人と担当する課にメールで知らせます。")
            return _to_match(match)
    return _match_page(match, resign_form=form), UNPROCESSABLE
