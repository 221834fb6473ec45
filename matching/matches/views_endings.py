"""辞退・休止・取消し: what ends a registration asks why, and says first what becomes of its matches."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, url_for

from matching.kernel import forms
from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.matches import endings, queries_endings
from matching.matches.views import UNPROCESSABLE, Answer, blueprint
from matching.municipality.city import municipality
from matching.registry import rules
from matching.registry.models import Registration
from matching.registry.services import life


class EndForm(forms.Form):
    reason = forms.radio("理由", {})


@blueprint.route("/registry/registrations/<registration>/withdraw", methods=["GET", "POST"])
@action("registration.withdraw", registration=Registration)
def withdraw_registration(registration: Registration) -> Answer:
    """The person's own end."""
    done = "登録を辞退しました。ありがとうございました。"
    return _end(registration, "withdraw", life.withdraw, done, url_for("registry.index"))


@blueprint.route("/registry/registrations/<registration>/suspend", methods=["GET", "POST"])
@action("registration.decide", registration=Registration)
def suspend_registration(registration: Registration) -> Answer:
    return _end(
        registration, "suspend", life.suspend, "休止にしました。本人に知らせます。", _page(registration)
    )


@blueprint.route("/registry/registrations/<registration>/revoke", methods=["GET", "POST"])
@action("registration.decide", registration=Registration)
def revoke_registration(registration: Registration) -> Answer:
    done = "登録を取り消しました。本人に知らせます。"
    return _end(registration, "revoke", life.revoke, done, _page(registration))


def _page(registration: Registration) -> str:
    return url_for("registry.show", registration=registration.code)


def _end(
    registration: Registration, verb: str, act: Callable[[Any, Registration, str], None], done: str, back: str
) -> Answer:
    form = EndForm()
    form.reason.choices = dict(rules.END_REASONS[verb])
    if form.validate_on_submit():
        with transaction():
            act(actor(), registration, form.reason.data)
        flash(done)
        return redirect(back, HTTPStatus.SEE_OTHER)
    found = queries_endings.concerned(registration, own=verb == "withdraw")
    body = render_template(
        "matches/ending.html",
        form=form,
        verb=verb,
        registration=registration,
        programme=municipality().programmes[registration.programme],
        effects=endings.effects(found),
        possible=(registration.status, verb) in rules.LIFE_CYCLE,
        back=back,
    )
    return body, UNPROCESSABLE if form.errors else HTTPStatus.OK
