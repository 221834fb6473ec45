"""The page of a request with its matches, and everything that happens to a match."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel import audit
from matching.kernel.access import action, actor, public
from matching.kernel.codes import token_hash
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid, NotFound, RuleViolation
from matching.kernel.paging import wanted_page
from matching.matches import contacts, forms, pages_lists, pages_match, pages_request, queries
from matching.matches.models import AttemptResult, Channel, Match
from matching.matches.services import expiry as _expiry  # noqa: F401 – hears of a credential that ended
from matching.matches.services import merging as _merging  # noqa: F401 – what a merge does to matches
from matching.matches.services import offers, reports, wishes
from matching.requests.models import Session, SupportRequest
from matching.requests.wording import wording_of

blueprint = Blueprint("matches", __name__)
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
Answer = Response | str | tuple[str, int]


def _to_request(request: SupportRequest) -> Response:
    return redirect(url_for("matches.request_page", support_request=request.code), HTTPStatus.SEE_OTHER)


def _to_match(match: Match) -> Response:
    return redirect(url_for("matches.match_page", match=match.code), HTTPStatus.SEE_OTHER)


# --- a request and its matches -------------------------------------------------------------------------


@blueprint.get("/requests/<support_request>")
@action("request.see", support_request=SupportRequest)
def request_page(support_request: SupportRequest) -> str:
    return _request_page(support_request, forms.SendBackForm())


def _request_page(request: SupportRequest, form: forms.SendBackForm) -> str:
    page = pages_request.request_page(actor(), request)
    return render_template("matches/request.html", support_request=request, page=page, form=form)


@blueprint.route("/requests/<support_request>/report/<session>", methods=["GET", "POST"])
@action("request.report", support_request=SupportRequest)
def report(support_request: SupportRequest, session: str) -> Answer:
    """`session` is a session's code, or 委嘱 (appointment) for a council seat."""
    chosen = _session(support_request, session)
    page = pages_request.report_page(support_request, chosen)
    form = forms.report_form(page.effects, seat=chosen is None)()
    form.came.choices = page.helpers
    if not form.is_submitted() and chosen is not None:
        form.minutes.data = page.usual_minutes
    if form.validate_on_submit():
        values = reports.ReportValues(
            held=form.held.data == "yes",
            minutes=(form.minutes.data or 0) if form.minutes else 0,
            participants=(form.participants.data or 0) if form.participants else 0,
            came=frozenset(form.came.data or ()),
            effects=form.effects,
        )
        try:
            with transaction():
                reports.report(actor(), support_request, chosen, values)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(f"{wording_of(support_request).reported}。担当者が確かめると、実績に計上されます。")
            return _to_request(support_request)
    body = render_template("matches/report.html", support_request=support_request, page=page, form=form)
    return body, UNPROCESSABLE if form.errors else HTTPStatus.OK


def _session(request: SupportRequest, code: str) -> Session | None:
    if code == "appointment" and request.term_start is not None:
        return None
    return next((session for session in request.sessions if session.code == code), None) or abort(404)


@blueprint.post("/requests/<support_request>/confirm")
@action("request.confirm", support_request=SupportRequest)
def confirm(support_request: SupportRequest) -> Response:
    with transaction():
        counted = reports.confirm(actor(), support_request)
    if counted:
        flash(f"{wording_of(support_request).noun}を確認し、指標台帳に計上しました。", "success")
    else:
        flash("確認しました。新しく計上するものはありません。")
    return _to_request(support_request)


@blueprint.post("/requests/<support_request>/send-back")
@action("request.confirm", support_request=SupportRequest)
def send_back(support_request: SupportRequest) -> Answer:
    form = forms.SendBackForm()
    if not form.validate_on_submit():
        return _request_page(support_request, form), UNPROCESSABLE
    with transaction():
        reports.send_back(actor(), support_request, form.comment.data)
    flash(f"{wording_of(support_request).report}を差し戻しました。依頼者にメールで知らせます。")
    return _to_request(support_request)


@blueprint.post("/requests/<support_request>/close")
@action("request.close", support_request=SupportRequest)
def close(support_request: SupportRequest) -> Response:
    with transaction():
        reports.close(actor(), support_request)
    flash("依頼を終えました。")
    return _to_request(support_request)


# --- one match -----------------------------------------------------------------------------------------


@blueprint.get("/matches")
@action("account.use")
def index() -> str:
    groups, page = pages_lists.page(actor(), wanted_page())
    return render_template("matches/index.html", groups=groups, page=page)


@blueprint.get("/matches/<match>")
@action("match.see", match=Match)
def match_page(match: Match) -> str:
    return _match_page(match)


def _match_page(match: Match, **shown: Any) -> str:
    """`shown`: forms with errors, or contacts after they were asked for."""
    usual = {
        "decline_form": forms.DeclineForm(formdata=None),
        "attempt_form": forms.AttemptForm(formdata=None),
        "cancel_form": forms.CancelForm(formdata=None),
        "reject_form": forms.RejectForm(formdata=None),
        "resign_form": forms.ResignForm(formdata=None),
        "reversal_form": forms.ReversalForm(formdata=None),
        "objection_form": forms.ObjectionForm(formdata=None),
        "contacts": None,
    }
    page = pages_match.match_page(actor(), match)
    return render_template("matches/match.html", match=match, page=page, **{**usual, **shown})


@blueprint.post("/matches/<match>/accept")
@action("match.answer", match=Match)
def accept(match: Match) -> Answer:
    form = forms.AcceptForm()
    try:
        with transaction():
            consent, version = form.contact_consent.data, form.version.data or 0
            offers.accept(actor(), match, contact_consent=consent, version=version)
    except Conflict as stale:
        flash(stale.sentence)
        return _match_page(match), HTTPStatus.CONFLICT
    words = wording_of(match.request)
    flash(f"{words.thanks}「連絡先を見る」から、{words.asker}に連絡できます。", "success")
    return _to_match(match)


@blueprint.post("/matches/<match>/decline")
@action("match.answer", match=Match)
def decline(match: Match) -> Answer:
    form = forms.DeclineForm()
    if not form.validate_on_submit():
        return _match_page(match, decline_form=form), UNPROCESSABLE
    with transaction():
        offers.decline(actor(), match, form.reason.data)
    flash(f"{wording_of(match.request).no}とお返事しました。またの機会にお願いします。")
    return _to_match(match)


@blueprint.post("/matches/<match>/attempts")
@action("match.record_attempt", match=Match)
def record_attempt(match: Match) -> Answer:
    form = forms.AttemptForm()
    if not form.validate_on_submit():
        return _match_page(match, attempt_form=form), UNPROCESSABLE
    with transaction():
        offers.record_attempt(
            actor(),
            match,
            Channel(form.channel.data),
            AttemptResult(form.result.data),
            form.reason.data or "",
        )
    flash("連絡を記録しました。")
    return _to_match(match)


@blueprint.post("/matches/<match>/cancel")
@action("match.cancel", match=Match)
def cancel(match: Match) -> Answer:
    form = forms.CancelForm()
    if not form.validate_on_submit():
        return _match_page(match, cancel_form=form), UNPROCESSABLE
    with transaction():
        offers.cancel(actor(), match, form.reason.data)
    flash("取りやめにしました。関係する方にメールで知らせます。")
    return _to_match(match)


@blueprint.post("/matches/<match>/withdraw")
@action("match.withdraw", match=Match)
def withdraw(match: Match) -> Response:
    with transaction():
        wishes.withdraw(actor(), match)
    flash(f"{wording_of(match.request).wish}を取り下げました。またの機会にお願いします。")
    return _to_match(match)


@blueprint.post("/matches/<match>/approve")
@action("match.decide", match=Match)
def approve(match: Match) -> Response:
    """The person asked for it: the approval leads straight to acceptance."""
    with transaction():
        wishes.grant(actor(), match)
    flash(f"{wording_of(match.request).accepted}。団体と本人にメールで知らせます。", "success")
    return _to_match(match)


@blueprint.post("/matches/<match>/reject")
@action("match.decide", match=Match)
def reject(match: Match) -> Answer:
    form = forms.RejectForm()
    if not form.validate_on_submit():
        return _match_page(match, reject_form=form), UNPROCESSABLE
    with transaction():
        wishes.reject(actor(), match, form.reason.data)
    flash("今回は見送ることにしました。本人に、理由をメールで知らせます。")
    return _to_match(match)


@blueprint.post("/matches/<match>/contact-consent")
@action("match.answer", match=Match)
def contact_consent(match: Match) -> Response:
    with transaction():
        offers.give_contact_consent(actor(), match)
    flash(f"この{wording_of(match.request).noun}に限り、連絡先を相手の団体に伝えます。")
    return _to_match(match)


@blueprint.post("/matches/<match>/contact")
@action("match.see_contact", match=Match)
def contact(match: Match) -> str:
    """連絡先を見る: the disclosure is written first, then shown in the answer."""
    with transaction():
        found = contacts.contacts(actor(), match)
        for shown in found:
            audit.disclose(actor(), shown.subject, f"match.see_contact {match.code}", shown.basis)
    return _match_page(match, contacts=found)


@blueprint.post("/matches/<match>/reverse")
@action("match.reverse", match=Match)
def reverse(match: Match) -> Answer:
    form = forms.ReversalForm()
    if not form.validate_on_submit():
        return _match_page(match, reversal_form=form), UNPROCESSABLE
    with transaction():
        reports.reverse(actor(), match, form.reason.data)
    flash("計上を取り消しました。正しく計上しなおすときは「報告からやりなおす」を押してください。")
    return _to_match(match)


@blueprint.post("/matches/<match>/report-again")
@action("match.reverse", match=Match)
def report_again(match: Match) -> Response:
    with transaction():
        reports.report_again(actor(), match)
    flash(f"{wording_of(match.request).report}のやりなおしを、依頼者にメールで頼みました。")
    return _to_match(match)


# --- the mailed link -----------------------------------------------------------------------------------


def _by_link(token: str) -> Match:
    match = queries.by_token_hash(token_hash(token))
    if match is None:
        raise NotFound(
            "このリンクは使えません。あらためてお願いしたときは、いちばん新しいメールのリンクだけが使えます。"
            "お分かりにならないときは、市の担当者にお尋ねください。"
        )
    return match


@blueprint.get("/answer/<token>")
@public
def answer(token: str) -> str:
    """Opening the link answers nothing: mail scanners open links."""
    return _answer_page(_by_link(token), token, forms.DeclineForm(formdata=None))


def _answer_page(match: Match, token: str, form: forms.DeclineForm) -> str:
    page = pages_match.answer_page(match)
    return render_template("matches/answer.html", match=match, page=page, token=token, form=form)


@blueprint.post("/answer/<token>/accept")
@public
def answer_accept(token: str) -> Answer:
    match, form = _by_link(token), forms.AcceptForm()
    consent = form.contact_consent.data
    return _answered(match, token, lambda: offers.accept(None, match, contact_consent=consent, token=token))


@blueprint.post("/answer/<token>/decline")
@public
def answer_decline(token: str) -> Answer:
    match, form = _by_link(token), forms.DeclineForm()
    if not form.validate_on_submit():
        return _answer_page(match, token, form), UNPROCESSABLE
    return _answered(match, token, lambda: offers.decline(None, match, form.reason.data))


def _answered(match: Match, token: str, answer_: Any) -> Answer:
    """The page itself says what happened, also where the link no longer answers."""
    try:
        with transaction():
            answer_()
    except RuleViolation:
        return _answer_page(match, token, forms.DeclineForm(formdata=None)), HTTPStatus.CONFLICT
    return redirect(url_for("matches.answer", token=token), HTTPStatus.SEE_OTHER)


from matching.matches import (  # noqa: E402, F401 – their pages belong to this blueprint
    views_consents,
    views_endings,
    views_seats,
    views_stage,
)
