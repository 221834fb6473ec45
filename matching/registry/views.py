"""A resident's own registrations; the coordinator's queue and decisions. The steps are in wizard.py.

What ends a registration shows what becomes of its matches: those pages are matches/views_endings.py.
"""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel import audit
from matching.kernel.access import action, actor
from matching.kernel.clock import date_text, fiscal_year, fiscal_year_name, today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.kernel.paging import wanted_page
from matching.kernel.permissions import may
from matching.kernel.readings import read_day
from matching.municipality.city import municipality
from matching.registry import credential_queries, duplicates, forms, queries, rules
from matching.registry.details import details
from matching.registry.models import ConsentPurpose, Registration
from matching.registry.services import life

blueprint = Blueprint("registry", __name__, url_prefix="/registry")
blueprint.add_app_template_filter(details)
Answer = Response | str | tuple[str, int]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("")
@action("registration.apply")
def index() -> str:
    """わたしの登録."""
    registrant = queries.registrant_of(actor())
    return render_template("registry/index.html", registrant=registrant, rules=rules)


@blueprint.get("/queue")
@action("registration.list")
def queue() -> str:
    rows, page = queries.queue(actor(), wanted_page())
    return render_template("registry/queue.html", rows=rows, page=page)


@blueprint.get("/registrations/<registration>")
@action("registration.see", registration=Registration)
def show(registration: Registration) -> str:
    return _page(registration)


def _page(registration: Registration, **shown: object) -> str:
    """`shown`: a form with errors, or the contact after it was asked for."""
    queries.with_papers(registration)
    usual: dict[str, object] = {
        "approve_form": _approve_form(registration),
        "return_form": forms.ReturnForm(formdata=None),
        "refuse_form": _refuse_form(registration),
        "contact": False,
        "same": duplicates.of(registration.registrant, actor()),
    }
    return render_template(
        "registry/show.html",
        registration=registration,
        registrant=registration.registrant,
        programme=municipality().programmes[registration.programme],
        purposes=list(ConsentPurpose),
        same_numbers=credential_queries.same_numbers(actor(), registration.registrant)
        if may(actor(), "credential.see")
        else {},
        end_reason=rules.end_reason(registration.status, registration.end_reason),
        **{**usual, **shown},
    )


@blueprint.post("/registrations/<registration>/approve")
@action("registration.decide", registration=Registration)
def approve(registration: Registration) -> Answer:
    form = _approve_form(registration, submitted=True)
    if form.validate_on_submit():
        try:
            with transaction():
                valid_until = read_day(form.valid_until.data)
                life.approve_registration(actor(), registration, valid_until, form.documents.data or ())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("承認しました。この登録は、今から候補に表示されます。", "success")
            return _next()
    return _page(registration, approve_form=form), UNPROCESSABLE


@blueprint.post("/registrations/<registration>/return")
@action("registration.decide", registration=Registration)
def return_(registration: Registration) -> Answer:
    form = forms.ReturnForm()
    if not form.validate_on_submit():
        return _page(registration, return_form=form), UNPROCESSABLE
    with transaction():
        life.return_registration(actor(), registration, form.comment.data)
    flash("差し戻しました。本人にメールで知らせます。")
    return _next()


@blueprint.post("/registrations/<registration>/refuse")
@action("registration.decide", registration=Registration)
def refuse(registration: Registration) -> Answer:
    form = _refuse_form(registration, submitted=True)
    if not form.validate_on_submit():
        return _page(registration, refuse_form=form), UNPROCESSABLE
    with transaction():
        life.refuse_registration(actor(), registration, form.reason.data)
    flash("不登録としました。本人にメールで知らせます。")
    return _next()


@blueprint.post("/registrations/<registration>/resume")
@action("registration.decide", registration=Registration)
def resume(registration: Registration) -> Response:
    with transaction():
        life.resume(actor(), registration)
    flash("再開しました。")
    return _show(registration)


@blueprint.post("/registrations/<registration>/contact")
@action("registration.see_contact", registration=Registration)
def contact(registration: Registration) -> str:
    """連絡先を見る: the disclosure is written first, then shown in the answer."""
    with transaction():
        audit.disclose(
            actor(), registration.registrant, f"registration.see_contact {registration.code}", audit.OFFICE
        )
    return _page(registration, contact=True)


@blueprint.post("/registrations/<registration>/apply-again")
@action("registration.edit", registration=Registration)
def apply_again(registration: Registration) -> Response:
    with transaction():
        life.submit_registrations(actor(), registration.registrant, [registration])
    flash("もう一度申請しました。担当者が確かめます。", "success")
    return redirect(url_for("registry.index"), HTTPStatus.SEE_OTHER)


def _next() -> Response:
    return redirect(url_for("registry.queue"), HTTPStatus.SEE_OTHER)


def _show(registration: Registration) -> Response:
    return redirect(url_for("registry.show", registration=registration.code), HTTPStatus.SEE_OTHER)


def _approve_form(registration: Registration, *, submitted: bool = False) -> forms.ApproveForm:
    form = forms.ApproveForm() if submitted else forms.ApproveForm(formdata=None)
    term = municipality().programmes[registration.programme].term
    days = rules.valid_until_choices(today(), term.value if term else None)
    required = municipality().programmes[registration.programme].documents
    form.documents.choices = {
        kind: municipality().document_kinds[kind] for kind in (required.value if required else ())
    }
    form.valid_until.choices = {
        day.isoformat(): f"{fiscal_year_name(fiscal_year(day))}の終わり（{date_text(day)}）" for day in days
    }
    if not submitted:
        form.valid_until.data = days[min(1, len(days) - 1)].isoformat()
    return form


def _refuse_form(registration: Registration, *, submitted: bool = False) -> forms.RefuseForm:
    form = forms.RefuseForm() if submitted else forms.RefuseForm(formdata=None)
    reasons = municipality().refusal_reasons
    rule = municipality().programmes[registration.programme].refused_purposes
    form.reason.choices = {
        code: rules.refusal_words(code, [rule], reasons) for code in rules.refusable([rule], reasons)
    }
    return form


from matching.registry import (  # noqa: E402 – their pages belong to this blueprint
    views_availability,  # noqa: F401
    views_courses,  # noqa: F401
    views_credentials,  # noqa: F401
    views_leaders,  # noqa: F401
    views_own,  # noqa: F401
    views_people,  # noqa: F401
    views_renewal,  # noqa: F401
    wizard,  # noqa: F401
)
