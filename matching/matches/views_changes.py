"""Changing dates or place, the answer to that, the requester's objection, and dropping an alternate."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor, public
from matching.kernel.clock import TOKYO, at, now
from matching.kernel.codes import token_hash
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid, NotFound
from matching.kernel.forms import answered, version_of
from matching.matches import forms, pages_lists, queries_changes
from matching.matches.gates import Span
from matching.matches.models import Match, MatchChange
from matching.matches.services import alternates, changes, objections
from matching.matches.views import UNPROCESSABLE, Answer, _match_page, _to_match, _to_request, blueprint
from matching.requests.models import Session, SupportRequest


@blueprint.route("/requests/<support_request>/change", methods=["GET", "POST"])
@action("request.edit", support_request=SupportRequest)
def change(support_request: SupportRequest) -> Answer:
    coming = [session for session in support_request.sessions if session.starts_at > now()]
    form = forms.ChangeForm()
    if not form.is_submitted():
        _fill(form, support_request, coming)
        return _change_page(form, support_request)
    if len(form.sessions) != len(coming):
        raise Conflict("日時の数が変わりました。ページを開きなおしてください。")
    if form.validate():
        values = changes.NewValues(_spans(form, coming), form.place.data or "")
        try:
            with transaction():
                asked = changes.change(actor(), support_request, values, version_of(form))
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            form.version.data = str(support_request.version)
            return _change_page(form, support_request, stale=True), HTTPStatus.CONFLICT
        else:
            flash(f"日時と場所を変えました。{asked}人に、あらためて都合をたずねています。")
            return _to_request(support_request)
    return _change_page(form, support_request), UNPROCESSABLE


def _change_page(form: forms.ChangeForm, row: SupportRequest, *, stale: bool = False) -> str:
    return render_template("matches/change.html", form=form, support_request=row, stale=stale)


def _fill(form: forms.ChangeForm, row: SupportRequest, coming: list[Session]) -> None:
    form.place.data, form.version.data = row.place, str(row.version)
    for session in coming:
        starts, ends = session.starts_at.astimezone(TOKYO), session.ends_at.astimezone(TOKYO)
        form.sessions.append_entry({"day": starts.date(), "starts": starts.time(), "ends": ends.time()})


def _spans(form: forms.ChangeForm, coming: list[Session]) -> dict[str, Span]:
    return {
        session.code: (at(entry["day"], entry["starts"]), at(entry["day"], entry["ends"]))
        for session, entry in zip(coming, form.sessions.data, strict=True)
    }


@blueprint.post("/matches/<match>/change")
@action("match.answer_change", match=Match)
def answer_change(match: Match) -> Answer:
    """By the person, or by a coordinator who was told on the telephone."""
    kept = answered()
    try:
        with transaction():
            changes.answer(actor(), match, request.form.get("change", 0, type=int), kept=kept)
    except Conflict as stale:
        flash(stale.sentence)
        return _match_page(match), HTTPStatus.CONFLICT
    flash(
        "変わった後も引き受けると記録しました。" if kept else "取りやめにしました。関係する方に知らせます。"
    )
    return _to_match(match)


def _by_link(token: str) -> MatchChange:
    found = queries_changes.change_by_token_hash(token_hash(token))
    if found is None:
        raise NotFound("このリンクは使えません。お分かりにならないときは、市の担当者にお尋ねください。")
    return found


def _open(asked: MatchChange) -> bool:
    """Nobody has answered it, and the match still stands."""
    return asked.answered_at is None and queries_changes.waiting(asked.match) is not None


@blueprint.get("/changes/<token>")
@public
def changed(token: str) -> str:
    """Opening the link answers nothing: mail scanners open links."""
    found = _by_link(token)
    match, dates = found.match, pages_lists.dates(found.match)
    return render_template(
        "matches/changed.html", match=match, asked=found, open=_open(found), dates=dates, token=token
    )


@blueprint.post("/changes/<token>")
@public
def answer_changed(token: str) -> Response:
    found, kept = _by_link(token), answered()
    with transaction():
        if _open(found):
            changes.answer(None, found.match, found.id, kept=kept)
    return redirect(url_for("matches.changed", token=token), HTTPStatus.SEE_OTHER)


@blueprint.post("/matches/<match>/object")
@action("match.object", match=Match)
def object_(match: Match) -> Answer:
    form = forms.ObjectionForm()
    if not form.validate_on_submit():
        return _match_page(match, objection_form=form), UNPROCESSABLE
    with transaction():
        objections.object_to(actor(), match, form.reason.data)
    flash("申し出を担当者に伝えました。結果はメールでお知らせします。")
    return _to_match(match)


@blueprint.post("/matches/<match>/objection")
@action("match.decide", match=Match)
def decide_objection(match: Match) -> Response:
    upheld = answered()
    with transaction():
        objections.decide(actor(), match, upheld=upheld)
    flash("取りやめにしました。" if upheld else "このままお願いすることにしました。依頼者に知らせます。")
    return _to_match(match)


@blueprint.post("/requests/<support_request>/alternates/<alternate>/drop")
@action("request.candidates", support_request=SupportRequest)
def drop_alternate(support_request: SupportRequest, alternate: str) -> Response:
    with transaction():
        alternates.drop(actor(), support_request, alternate)
    flash("補欠から外しました。")
    return _to_request(support_request)
