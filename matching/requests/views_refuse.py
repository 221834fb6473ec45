"""Refusing a request for what it is for (お断りする目的)."""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.requests import forms, ruling, services
from matching.requests.models import SupportRequest
from matching.requests.views import UNPROCESSABLE, Answer, blueprint


@blueprint.route("/<support_request>/refuse", methods=["GET", "POST"])
@action("request.open", support_request=SupportRequest)
def refuse(support_request: SupportRequest) -> Answer:
    form = forms.RefuseForm()
    form.reason.choices = {
        code: ruling.refusal(support_request, code) for code in ruling.purposes(support_request)
    }
    if form.validate_on_submit():
        with transaction():
            services.refuse_request(actor(), support_request, form.reason.data)
        flash("この依頼をお断りしました。依頼者にメールで知らせます。")
        return redirect(
            url_for("matches.request_page", support_request=support_request.code), HTTPStatus.SEE_OTHER
        )
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("requests/refuse.html", form=form, support_request=support_request), status


@blueprint.app_template_filter("refusal")
def _refusal(support_request: SupportRequest) -> str:
    return ruling.refusal(support_request, support_request.refusal_reason)
