"""The coordinators' pages of certificates: what waits to be seen, and one of them."""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.forms import version_of
from matching.kernel.permissions import load
from matching.municipality.city import municipality
from matching.registry import credential_queries, proofs
from matching.registry.forms import read_certificate_number
from matching.registry.forms_proofs import SeenForm
from matching.registry.models_credentials import Credential, Verification
from matching.registry.services import credentials as services
from matching.registry.views import Answer, blueprint


@blueprint.get("/credentials")
@action("credential.list")
def credentials() -> str:
    return render_template("registry/credentials.html", rows=credential_queries.waiting(actor()))


@blueprint.get("/credentials/<credential>")
@action("credential.see", credential=Credential)
def credential(credential: Credential) -> str:
    form = SeenForm(formdata=None, obj=credential)
    if credential.verification is Verification.STATED:
        form.evidence.data = None
    return _page(credential, form)


@blueprint.post("/credentials/<credential>/verify")
@action("credential.verify", credential=Credential)
def verify(credential: Credential) -> Answer:
    form, code = SeenForm(), credential.code
    if form.validate_on_submit():
        seen = services.SeenValues(
            certificate_number=read_certificate_number(form.certificate_number.data or ""),
            issued_on=form.issued_on.data,
            expires_on=form.expires_on.data,
            evidence=form.evidence.data,
        )
        try:
            with transaction():
                services.verify_credential(actor(), credential, version_of(form), seen)
        except Invalid as error:
            form.refuse(error)
        except Conflict:
            credential = load(actor(), "credential.verify", Credential, code)  # 404: the person took it away
            form.version.data = str(credential.version)
            return _page(credential, form, stale=True), HTTPStatus.CONFLICT
        else:
            flash("資格を確かめたことを記録しました。", "success")
            return _show(credential)
    return _page(credential, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post("/credentials/<credential>/unverify")
@action("credential.verify", credential=Credential)
def unverify(credential: Credential) -> Response:
    with transaction():
        services.unverify_credential(actor(), credential)
    flash("確認を取り消しました。この資格の要る打診と活動は、取りやめになりました。")
    return _show(credential)


def _page(credential: Credential, form: SeenForm, *, stale: bool = False) -> str:
    registrant = credential.registrant
    city = municipality()
    return render_template(
        "registry/credential.html",
        credential=credential,
        registrant=registrant,
        kind=city.credentials.get(credential.kind),
        lower=[city.credential_kinds[key] for key in city.covered(credential.kind)[1:]],
        seen={**proofs.EVIDENCE, **proofs.SEEN_WITH},
        same=credential_queries.same_numbers(actor(), registrant).get(credential.id, []),
        registrations=credential_queries.own_registrations(actor(), registrant),
        form=form,
        stale=stale,
    )


def _show(credential: Credential) -> Response:
    return redirect(url_for("registry.credential", credential=credential.code), HTTPStatus.SEE_OTHER)
