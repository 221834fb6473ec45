"""The candidates of a request and where one person stands; the plan; approvals; openings; other words."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import request as flask_request
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import day_text, now, today
from matching.kernel.db import transaction
from matching.kernel.errors import AppError, Invalid, NotFound, RuleViolation
from matching.kernel.permissions import load
from matching.matcher import gateway, plan_pages, proposals, queries, reverse
from matching.matcher.forms import PlanForm, Ticked, WhoForm
from matching.matcher.preview import preview
from matching.matches.forms import ApprovalForm
from matching.matches.models import Channel, MatchStatus, Origin
from matching.matches.queries_gates import wanted
from matching.matches.rules import usual_answer_by
from matching.matches.services.offers import Terms, approve_match
from matching.matches.services.stage import require_asking
from matching.matches.services.wishes import wish as wish_for
from matching.registry.queries import registrant_by_code, registrant_of
from matching.requests.models import SupportRequest
from matching.words import rules as words_rules
from matching.words.forms import GroupForm, RemovalForm
from matching.words.models import ThesaurusGroup
from matching.words.views import edit_page

blueprint = Blueprint("matcher", __name__)


@blueprint.get("/requests/<support_request>/candidates")
@action("request.candidates", support_request=SupportRequest)
def candidates(support_request: SupportRequest) -> str:
    require_asking(support_request)
    return _page(support_request, _usual(support_request))


@blueprint.post("/requests/<support_request>/candidates")
@action("request.candidates", support_request=SupportRequest)
def why(support_request: SupportRequest) -> str | tuple[str, int]:
    """Where one person stands. A post, so that no address holds the typed name; it writes nothing."""
    require_asking(support_request)
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
        rank=found.rank,
        reasons=found.reasons,
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


@blueprint.get("/plan")
@action("plan.see")
def plan() -> str:
    return _plan_page(PlanForm())


@blueprint.post("/plan")
@action("plan.approve")
def approve_plan() -> tuple[str, int]:
    """Each ticked proposal is approved by itself; the answer says what became of each.

    Sent again it changes nothing: an offer that stands is told once more.
    """
    form = PlanForm()
    if not form.validate_on_submit():
        return _plan_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    results = [_approve(ticked) for ticked in form.ticked]
    offered = [result for result in results if not result.refusal]
    refused = [result for result in results if result.refusal]
    page = render_template("matcher/plan_results.html", offered=offered, refused=refused)
    return page, HTTPStatus.OK if offered else HTTPStatus.CONFLICT


def _plan_page(form: PlanForm) -> str:
    return render_template("matcher/plan.html", page=plan_pages.plan_page(actor()), form=form)


def _approve(ticked: Ticked) -> plan_pages.Result:
    """One approval in its own transaction, so that a refusal loses no other."""
    title = person = ""
    try:
        request = load(actor(), "request.approve_match", SupportRequest, ticked.support_request)
        title, registrant = request.title, registrant_by_code(ticked.registrant)
        if registrant is None:
            raise RuleViolation("この方の登録は、もうありません。")
        found = queries.candidate(actor(), request, registrant)
        person = found.name if found.programme else ""  # others are not named to whoever asks
        answer_by = usual_answer_by(today(), wanted(request).first_day)
        terms = Terms(
            answer_by=answer_by,
            sessions=ticked.sessions,
            score=found.score,
            rank=found.rank,
            reasons=found.reasons,
            origin=Origin.PLAN,
        )
        with transaction():
            match = approve_match(actor(), request, registrant, terms)
            waits = match.answer_by if match.status is MatchStatus.OFFERED else None
            return plan_pages.Result(request.code, title, person, answer_by=waits)
    except AppError as refusal:
        return plan_pages.Result(ticked.support_request, title, person, refusal=refusal.sentence)


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
        registered=registrant is not None and any(r.in_force(now()) for r in registrant.registrations),
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


def _usual(request: SupportRequest) -> ApprovalForm:
    """The approval as it stands before anybody has typed."""
    return ApprovalForm(formdata=None, answer_by=usual_answer_by(today(), wanted(request).first_day))


def _page(request: SupportRequest, form: ApprovalForm, who_form: WhoForm | None = None) -> str:
    found = queries.candidates(request, nearest="nearest" in flask_request.args)
    return render_template(
        "matcher/candidates.html",
        support_request=request,
        proposals=[] if found else proposals.proposals(request),
        by_words_alone=gateway.meaning() is None,
        passing=[candidate for candidate in found if candidate.passes],
        failing=[candidate for candidate in found if not candidate.passes],
        form=form,
        who_form=who_form or WhoForm(formdata=None),
    )


# --- the thesaurus: looking before saving ---------------------------------------------------------------


@blueprint.post("/words/preview")
@action("thesaurus.edit")
def preview_new() -> str | tuple[str, int]:
    return _preview_page(None)


@blueprint.post("/words/<group>/preview")
@action("thesaurus.edit", group=ThesaurusGroup)
def preview_change(group: ThesaurusGroup) -> str | tuple[str, int]:
    return _preview_page(group)


@blueprint.get("/words/<group>/remove")
@action("thesaurus.edit", group=ThesaurusGroup)
def removal(group: ThesaurusGroup) -> str:
    seen = preview(actor(), group, words_rules.NOTHING)
    return render_template("matcher/removal.html", group=group, form=RemovalForm(), preview=seen)


def _preview_page(group: ThesaurusGroup | None) -> str | tuple[str, int]:
    form = GroupForm()
    if not form.validate():
        return edit_page(form, group), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        words_rules.check(form.content)
    except Invalid as error:
        form.refuse(error)
        return edit_page(form, group), HTTPStatus.UNPROCESSABLE_ENTITY
    seen = preview(actor(), group, form.content)
    return render_template("matcher/preview.html", form=form, group=group, preview=seen)
