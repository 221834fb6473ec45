"""The candidates of a request, the approval from there, and where one person stands."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import day_text, today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, NotFound
from matching.matcher import queries
from matching.matcher.forms import WhoForm
from matching.matches.forms import ApprovalForm
from matching.matches.models import Channel
from matching.matches.queries import wanted
from matching.matches.rules import usual_answer_by
from matching.matches.services.offers import Terms, approve_match
from matching.registry.queries import registrant_by_code
from matching.requests.models import SupportRequest

blueprint = Blueprint("matcher", __name__)


@blueprint.get("/requests/<support_request>/candidates")
@action("request.candidates", support_request=SupportRequest)
def candidates(support_request: SupportRequest) -> str:
    return _page(support_request, _usual(support_request))


@blueprint.post("/requests/<support_request>/candidates")
@action("request.candidates", support_request=SupportRequest)
def why(support_request: SupportRequest) -> str | tuple[str, int]:
    """Where one person stands. A post, so that no address holds the typed name; it writes nothing."""
    form = WhoForm()
    if not form.validate_on_submit():
        return _page(support_request, _usual(support_request), form), HTTPStatus.UNPROCESSABLE_ENTITY
    meant = queries.meant(actor(), support_request, form.who.data)
    return render_template(
        "matcher/why.html",
        support_request=support_request,
        who_form=form,
        form=_usual(support_request),
        meant=meant[: queries.MEANT],
        more=len(meant) > queries.MEANT,
        candidate=queries.candidate(actor(), support_request, meant[0]) if len(meant) == 1 else None,
    )


@blueprint.post("/requests/<support_request>/matches")
@action("request.approve_match", support_request=SupportRequest)
def approve(support_request: SupportRequest) -> Response | tuple[str, int]:
    form = ApprovalForm()
    form.sessions.choices = {session.code: session.code for session in support_request.sessions}
    if not form.validate_on_submit():
        return _page(support_request, form), HTTPStatus.UNPROCESSABLE_ENTITY
    registrant = registrant_by_code(form.registrant.data)
    if registrant is None:
        raise NotFound("その登録者は見つかりません。")
    found = queries.candidate(actor(), support_request, registrant)
    terms = Terms(
        answer_by=form.answer_by.data,
        sessions=frozenset(form.sessions.data or ()),
        agreed_by=Channel(form.agreed_by.data) if form.agreed_by.data else None,
        score=found.score,
        reasons=found.reasons,
    )
    try:
        with transaction():
            match = approve_match(actor(), support_request, registrant, terms)
            deadline = match.answer_by or today()
    except Invalid as error:
        form.refuse(error)
        return _page(support_request, form), HTTPStatus.UNPROCESSABLE_ENTITY
    if terms.agreed_by:
        flash("承諾を記録しました。依頼者と本人にメールで知らせます。", "success")
    else:
        flash(f"打診しました。{day_text(deadline)}までに返事がなければ、次の方に打診できます。", "success")
    page = url_for("matches.request_page", support_request=support_request.code)
    return redirect(page, HTTPStatus.SEE_OTHER)


def _usual(request: SupportRequest) -> ApprovalForm:
    """The approval as it stands before anybody has typed."""
    return ApprovalForm(formdata=None, answer_by=usual_answer_by(today(), wanted(request).first_day))


def _page(request: SupportRequest, form: ApprovalForm, who_form: WhoForm | None = None) -> str:
    found = queries.candidates(request)
    return render_template(
        "matcher/candidates.html",
        support_request=request,
        passing=[candidate for candidate in found if candidate.passes],
        failing=[candidate for candidate in found if not candidate.passes],
        form=form,
        who_form=who_form or WhoForm(formdata=None),
    )
