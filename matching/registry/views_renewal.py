"""All registrations in a coordinator's scope, and the yearly renewal round; the mailed link of one."""

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from matching.kernel.access import action, actor, public
from matching.kernel.clock import date_text, fiscal_year, fiscal_year_end, fiscal_year_name, now, today
from matching.kernel.codes import token_hash
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, NotFound, RuleViolation
from matching.kernel.forms import Form
from matching.kernel.paging import page_of, wanted_page
from matching.municipality.city import Programme, municipality
from matching.registry import forms, queries_renewal, rules
from matching.registry.models import RegistrationStatus
from matching.registry.models_renewal import NoticeChannel, RenewalAnswer, RenewalNotice
from matching.registry.services import renewal
from matching.registry.views import UNPROCESSABLE, Answer, blueprint

links = Blueprint("renewal", __name__)  # the mailed link's address is short: outside /registry


@blueprint.get("/registrations")
@action("registration.list")
def registrations() -> str:
    """登録の一覧. An unknown filter is none."""
    status = next((s for s in RegistrationStatus if s.value == request.args.get("status")), None)
    programme = next((k for k in municipality().programmes if k == request.args.get("programme")), None)
    return render_template(
        "registry/registrations.html",
        found=queries_renewal.listed(actor(), status=status, programme=programme, page=wanted_page()),
        states=[state for state in RegistrationStatus if state is not RegistrationStatus.DRAFT],
        chosen_status=status,
        chosen_programme=programme,
    )


@blueprint.get("/renewals")
@action("renewal.open")
def renewals() -> str:
    """登録の更新: the programmes whose registrations end with this fiscal year."""
    year = fiscal_year(today())
    return render_template(
        "registry/renewals.html",
        year=year,
        ends=fiscal_year_end(year),
        counts=queries_renewal.ending_counts(actor(), year),
        programmes=[p for p in municipality().programmes.values() if p.measure in actor().measures],
    )


@blueprint.route("/renewals/<programme>", methods=["GET", "POST"])
@action("renewal.open")
def renewal_round(programme: str) -> Answer:
    """Who is asked and how; opening the round sends the mails."""
    chosen, year = _programme(programme), fiscal_year(today())
    form = forms.RenewalForm()
    days = rules.renewal_choices(year, chosen.term.value if chosen.term else None)
    form.renews_until.choices = {
        day.isoformat(): f"{fiscal_year_name(fiscal_year(day))}の終わり（{date_text(day)}）" for day in days
    }
    round_ = queries_renewal.round_of(chosen.key, year)
    if not form.is_submitted():
        form.renews_until.data = days[0].isoformat()
    elif round_ is not None:
        form.renews_until.data = round_.renews_until.isoformat()
    if form.validate_on_submit():
        until = next(day for day in days if day.isoformat() == form.renews_until.data)
        try:
            with transaction():
                number = renewal.open_round(actor(), chosen.key, until)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(f"{number}件の登録に、更新のお知らせを出します。", "success")
            return redirect(url_for("registry.renewal_round", programme=chosen.key), HTTPStatus.SEE_OTHER)
    notices = queries_renewal.notices(actor(), chosen.key, year)
    asked = {notice.registration_id for notice in notices}
    new = [r for r in queries_renewal.ending(actor(), chosen.key, year) if r.id not in asked]
    page = page_of(len(new) + len(notices), wanted_page())  # both lists, the unasked first
    end = page.offset + page.size
    body = render_template(
        "registry/renewal_round.html",
        programme=chosen,
        form=form,
        round=round_,
        year=year,
        ends=fiscal_year_end(year),
        page=page,
        unasked=len(new),
        asked=len(notices),
        letters=any(notice.channel is NoticeChannel.LETTER and notice.waits for notice in notices),
        new=[(r, r.registrant.address is not None) for r in new[page.offset : end]],
        notices=notices[max(page.offset - len(new), 0) : max(end - len(new), 0)],
        answers=RenewalAnswer,
    )
    return body, UNPROCESSABLE if form.errors else HTTPStatus.OK


@blueprint.get("/renewals/<programme>/letters")
@action("renewal.open")
def renewal_letters(programme: str) -> str:
    """手紙: one page for each of those without an address, who have not answered."""
    chosen, year = _programme(programme), fiscal_year(today())
    letters = [
        notice
        for notice in queries_renewal.notices(actor(), chosen.key, year)
        if notice.channel is NoticeChannel.LETTER and notice.waits
    ]
    return render_template(
        "registry/renewal_letters.html", programme=chosen, letters=letters, ends=fiscal_year_end(year)
    )


@blueprint.post("/renewal-notices/<notice>/answer")
@action("renewal_notice.answer", notice=RenewalNotice)
def renewal_answer(notice: RenewalNotice) -> Answer:
    """A letter's or a telephone's answer, recorded by a coordinator."""
    given = _given()
    with transaction():
        renewal.answer(actor(), notice, given)
    flash(f"「{given.label}」のお返事を記録しました。", "success")
    programme = notice.registration.programme
    return redirect(url_for("registry.renewal_round", programme=programme), HTTPStatus.SEE_OTHER)


@links.route("/renew/<token>", methods=["GET", "POST"])
@public
def renew(token: str) -> Answer:
    """Opening the link answers nothing: mail scanners open links."""
    notice = queries_renewal.notice_by_token_hash(token_hash(token))
    if notice is None:
        raise NotFound(
            "このリンクは使えません。いちばん新しいメールのリンクだけが使えます。"
            "お分かりにならないときは、市の担当者にお尋ねください。"
        )
    form, status = Form(), HTTPStatus.OK
    if form.validate_on_submit():
        try:
            with transaction():
                renewal.answer(None, notice, _given())
        except RuleViolation:  # the page itself says how things stand
            status = HTTPStatus.CONFLICT
        else:
            return redirect(url_for("renewal.renew", token=token), HTTPStatus.SEE_OTHER)
    return (
        render_template(
            "registry/renew.html",
            notice=notice,
            form=form,
            token=token,
            programme=municipality().programmes[notice.registration.programme],
            ends=fiscal_year_end(notice.round.fiscal_year),
            answerable=notice.answer is None
            and notice.registration.in_force(now())
            and rules.prolongs(notice.registration.valid_until, notice.round.renews_until),
        ),
        status,
    )


def _given() -> RenewalAnswer:
    value = request.form.get("answer")
    given = next((answer for answer in RenewalAnswer if answer.value == value), None)
    if given is None:
        raise Invalid("answer", "「更新する」か「更新しない」のボタンを押してください。")
    return given


def _programme(key: str) -> Programme:
    found = municipality().programmes.get(key)
    return found if found is not None and found.measure in actor().measures else abort(HTTPStatus.NOT_FOUND)
