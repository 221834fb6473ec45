"""同意 and 連絡先を見た人: a person's consents with their texts, taken back at any time; who saw the contact.

The URLs are the registry's; the pages stand here because they say what happens to matches.
"""

from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import NotFound
from matching.kernel.forms import Form
from matching.matches import endings, queries_endings
from matching.matches.disclosures import disclosures_of as rows_of
from matching.matches.models import Match
from matching.matches.services import consents as match_consents
from matching.matches.views import Answer, blueprint
from matching.municipality.city import municipality
from matching.registry.models import ConsentPurpose, Registration
from matching.registry.queries import registrant_of, with_consents
from matching.registry.services import consents


def _purpose(registration: Registration, key: str) -> ConsentPurpose:
    known = {purpose.value: purpose for purpose, _ in consents.asked(registration)}
    known |= {consent.purpose.value: consent.purpose for consent in registration.consents}
    if key not in known:
        raise NotFound("ページが見つかりません。")
    return known[key]


def _back(registration: Registration) -> Response:
    """The person to their consents, a coordinator to the registration."""
    if registration.registrant.account_id == actor().id:
        return redirect(url_for("matches.consents_of_mine"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("registry.show", registration=registration.code), HTTPStatus.SEE_OTHER)


@blueprint.get("/registry/consents")
@action("registration.apply")
def consents_of_mine() -> str:
    registrant = registrant_of(actor())
    if registrant is not None:
        with_consents(registrant)
    registrations = registrant.registrations if registrant else []
    return render_template(
        "registry/consents_mine.html",
        registrations=[(r, _open_to(r)) for r in registrations],
        matches=queries_endings.with_own_consent(registrations),
    )


def _open_to(registration: Registration) -> list[tuple[ConsentPurpose, bool]]:
    """(purpose, required) of what could be consented to as well."""
    return [(p, required) for p, required in consents.asked(registration) if not registration.consented(p)]


@blueprint.post("/registry/registrations/<registration>/consents/<purpose>")
@action("registration.consent", registration=Registration)
def give_consent(registration: Registration, purpose: str) -> Response:
    chosen = _purpose(registration, purpose)
    with transaction():
        consents.agree(actor(), registration, chosen)
    flash(f"「{chosen.label}」に同意しました。", "success")
    return _back(registration)


@blueprint.route(
    "/registry/registrations/<registration>/consents/<purpose>/withdraw", methods=["GET", "POST"]
)
@action("registration.consent", registration=Registration)
def withdraw_consent(registration: Registration, purpose: str) -> Answer:
    """Says what it does before it is done."""
    chosen, form = _purpose(registration, purpose), Form()
    if form.validate_on_submit():
        with transaction():
            consents.withdraw(actor(), registration, chosen)
        flash(f"「{chosen.label}」をやめました。今から有効です。", "success")
        return _back(registration)
    ends = consents.ends_registration(registration, chosen)
    shares = chosen is ConsentPurpose.CONTACT_SHARING
    own = registration.registrant.account_id == actor().id
    return render_template(
        "registry/consent_withdraw.html",
        form=form,
        programme=municipality().programmes[registration.programme],
        purpose=chosen,
        ends=ends,
        effects=endings.effects(queries_endings.concerned(registration, own=own)) if ends else None,
        reachable=queries_endings.reachable(registration) if shares else [],
    )


@blueprint.post("/matches/<match>/contact-consent/withdraw")
@action("match.answer", match=Match)
def withdraw_contact_consent(match: Match) -> Response:
    with transaction():
        match_consents.withdraw_contact_consent(actor(), match)
    flash("この活動での連絡先の提供をやめました。今から、依頼した団体には表示されません。", "success")
    return redirect(url_for("matches.consents_of_mine"), HTTPStatus.SEE_OTHER)


@blueprint.get("/registry/disclosures")
@action("registration.apply")
def disclosures() -> str:
    """連絡先を見た人."""
    registrant = registrant_of(actor())
    rows = rows_of(registrant) if registrant else []
    return render_template("registry/disclosures.html", rows=rows, registration=None)


@blueprint.get("/registry/registrations/<registration>/disclosures")
@action("registration.see_contact", registration=Registration)
def disclosures_of(registration: Registration) -> str:
    """The same for a coordinator, as far as their scope goes."""
    rows = rows_of(registration.registrant, actor())
    return render_template("registry/disclosures.html", rows=rows, registration=registration)
