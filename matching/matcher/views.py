"""The candidates of a request, and the approval from there; and the openings of one registrant."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import day_text, today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, NotFound
from matching.matcher import queries, reverse
from matching.matches.forms import ApprovalForm
from matching.matches.models import Channel, MatchStatus
from matching.matches.queries import wanted
from matching.matches.rules import usual_answer_by
from matching.matches.services.offers import Terms, approve_match
from matching.matches.services.wishes import wish as wish_for
from matching.registry.queries import is_registered, registrant_by_code, registrant_of
from matching.requests.models import SupportRequest

blueprint = Blueprint("matcher", __name__)


@blueprint.get("/requests/<support_request>/candidates")
@action("request.candidates", support_request=SupportRequest)
def candidates(support_request: SupportRequest) -> str:
    return _page(support_request, _form(support_request))


@blueprint.post("/requests/<support_request>/matches")
@action("request.approve_match", support_request=SupportRequest)
def approve(support_request: SupportRequest) -> Response | tuple[str, int]:
    form = _form(support_request)
    if not form.validate_on_submit():
        return _page(support_request, form), HTTPStatus.UNPROCESSABLE_ENTITY
    registrant = registrant_by_code(form.registrant.data)
    if registrant is None:
        raise NotFound("その登録者は見つかりません。")
    found = next(iter(queries.candidates(support_request, only=registrant.id)), None)
    terms = Terms(
        answer_by=form.answer_by.data,
        sessions=frozenset(form.sessions.data or ()),
        agreed_by=Channel(form.agreed_by.data) if form.agreed_by.data else None,
        score=found.score if found else None,
        rank=found.rank if found else None,
        reasons=found.reasons if found else [],
    )
    try:
        with transaction():
            match = approve_match(actor(), support_request, registrant, terms)
            deadline, agreed = match.answer_by or today(), match.status is MatchStatus.ACCEPTED
    except Invalid as error:
        form.refuse(error)
        return _page(support_request, form), HTTPStatus.UNPROCESSABLE_ENTITY
    if agreed:
        flash("この方にお願いすることが決まりました。依頼者と本人にメールで知らせます。", "success")
    else:
        flash(f"打診しました。{day_text(deadline)}までに返事がなければ、次の方に打診できます。", "success")
    page = url_for("matches.request_page", support_request=support_request.code)
    return redirect(page, HTTPStatus.SEE_OTHER)


@blueprint.get("/openings")
@action("opening.list")
def openings() -> str:
    """わたしに合う依頼."""
    registrant = registrant_of(actor())
    found = reverse.openings(actor(), registrant) if registrant else []
    return render_template(
        "matcher/openings.html",
        wished=[opening for opening in found if opening.wish],
        passing=[opening for opening in found if opening.passes and not opening.wish],
        failing=[opening for opening in found if not opening.passes and not opening.wish],
        most=reverse.SHOWN if len(found) == reverse.SHOWN else None,
        registered=is_registered(actor()),
    )


@blueprint.post("/openings/<support_request>/wish")
@action("opening.wish", support_request=SupportRequest)
def wish(support_request: SupportRequest) -> Response:
    """「やってみたい」."""
    registrant = registrant_of(actor())
    assert registrant is not None  # the action is granted by a registration
    found = next(iter(reverse.openings(actor(), registrant, only=support_request)), None)
    score, reasons = (found.score, found.reasons) if found else (None, [])
    with transaction():
        wish_for(actor(), support_request, registrant, score=score, reasons=reasons)
    flash("希望を担当者に伝えました。担当者が確かめて、結果をメールでお知らせします。", "success")
    return redirect(url_for("matcher.openings"), HTTPStatus.SEE_OTHER)


def _form(request: SupportRequest) -> ApprovalForm:
    form = ApprovalForm()
    form.sessions.choices = {session.code: session.code for session in request.sessions}
    if not form.is_submitted():
        form.answer_by.data = usual_answer_by(today(), wanted(request).first_day)
    return form


def _page(request: SupportRequest, form: ApprovalForm) -> str:
    found = queries.candidates(request)
    return render_template(
        "matcher/candidates.html",
        support_request=request,
        passing=[candidate for candidate in found if candidate.passes],
        failing=[candidate for candidate in found if not candidate.passes],
        form=form,
    )
