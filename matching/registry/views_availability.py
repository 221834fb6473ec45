"""日時と場所・休み: what a resident says at any time about when and where they can come."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.accounts.models import Account
from matching.kernel.access import action, actor
from matching.kernel.clock import date_text, today
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid
from matching.kernel.forms import Form, version_of
from matching.municipality.city import municipality
from matching.registry import forms, queries, rules
from matching.registry.models import Registrant
from matching.registry.services import availability
from matching.registry.views import UNPROCESSABLE, Answer, blueprint


def _mine() -> Registrant | None:
    return queries.registrant_of(actor())


def _back(endpoint: str = "my_availability") -> Response:
    return redirect(url_for(f"registry.{endpoint}"), HTTPStatus.SEE_OTHER)


@blueprint.route("/availability", methods=["GET", "POST"])
@action("registration.apply")
def my_availability() -> Answer:
    registrant = _mine()
    if registrant is None:
        return _back("person")
    if request.method == "GET":
        return _page(registrant)
    form = _place_form(None)
    if not form.validate():
        return _page(registrant, place_form=form), UNPROCESSABLE
    chosen, limit = form.areas.data or [], form.monthly_limit.data
    told = f"活動できる区: {'、'.join(chosen) or '市内のどこでも'}、1か月の上限: {limit or 'なし'}"
    return _done(
        registrant,
        form,
        told,
        lambda who, version: availability.set_place_and_number(
            who, registrant, version, areas=chosen, monthly_limit=limit
        ),
    )


@blueprint.post("/availability/hours")
@action("registration.apply")
def change_hours() -> Answer:
    """A preset in one tap, a span of one's own, or one to take away."""
    registrant = _mine()
    if registrant is None:
        return _back("person")
    form = forms.HoursForm()
    if "anytime" in request.form or form.remove.data:
        key = None if "anytime" in request.form else form.remove.data
        return _done(
            registrant,
            form,
            "いつでも活動できる" if key is None else "時間を1つ消す",
            lambda who, version: availability.remove_hours(who, registrant, version, key),
        )
    if form.preset.data in rules.PRESETS:
        told, hours = rules.PRESETS[form.preset.data]
    elif form.validate():
        weekday = int(form.weekday.data)
        hours = ((weekday, form.starts.data, form.ends.data),)
        told = f"{forms.DAYS[str(weekday)]} {form.starts.data:%H:%M}–{form.ends.data:%H:%M}"
    else:
        return _page(registrant, hours_form=form), UNPROCESSABLE
    return _done(
        registrant,
        form,
        f"時間を足す: {told}",
        lambda who, version: availability.add_hours(who, registrant, version, hours),
    )


@blueprint.post("/availability/absences")
@action("registration.apply")
def change_absences() -> Answer:
    """Days away: two dates, or one to take away."""
    registrant = _mine()
    if registrant is None:
        return _back("person")
    form = forms.AbsenceForm()
    if key := form.remove.data:
        return _done(
            registrant,
            form,
            "不在の予定を1つ消す",
            lambda who, version: availability.remove_absence(who, registrant, version, key),
        )
    if not form.validate():
        return _page(registrant, absence_form=form), UNPROCESSABLE
    first, last = form.first_day.data, form.last_day.data or form.first_day.data
    return _done(
        registrant,
        form,
        f"不在: {date_text(first)}から{date_text(last)}まで",
        lambda who, version: availability.add_absence(who, registrant, version, first, last),
    )


@blueprint.route("/availability/pause", methods=["GET", "POST"])
@action("registration.apply")
def pause() -> Answer:
    """Says what it does before it is done."""
    registrant = _mine()
    if registrant is None:
        return _back("person")
    form = forms.PauseForm()
    if form.validate_on_submit():
        until = form.until.data
        try:
            with transaction():
                availability.pause(actor(), registrant, version_of(form), until)
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            return _stale(registrant, error, f"休む: {date_text(until) if until else '再開するまで'}")
        else:
            flash("活動を休むことにしました。休んでいるあいだ、新しい依頼は届きません。", "success")
            return _back()
    if not form.is_submitted():
        form.version.data = str(registrant.availability_version)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("registry/pause.html", form=form), status


@blueprint.post("/availability/resume")
@action("registration.apply")
def resume_mine() -> Response:
    registrant = _mine()
    if registrant is None:
        return _back("person")
    with transaction():
        availability.resume(actor(), registrant)
    flash("再開しました。合う依頼が届くようになります。", "success")
    return _back()


def _done(registrant: Registrant, form: Form, told: str, verb: Callable[[Account, int], None]) -> Answer:
    """Do it; where the page was stale, show what was sent beside what stands now."""
    try:
        with transaction():
            verb(actor(), version_of(form))
    except Invalid as error:
        form.refuse(error)
        return _page(registrant, **{FORMS[type(form)]: form}), UNPROCESSABLE
    except Conflict as error:
        return _stale(registrant, error, told)
    flash("変更しました。", "success")
    return _back()


FORMS: dict[type[Form], str] = {
    forms.PlaceForm: "place_form",
    forms.HoursForm: "hours_form",
    forms.AbsenceForm: "absence_form",
}


def _stale(registrant: Registrant, error: Conflict, told: str) -> Answer:
    return _page(registrant, refused=error.sentence, sent=told), HTTPStatus.CONFLICT


def _page(registrant: Registrant, **shown: object) -> str:
    """`shown`: a form with errors, or what a stale page wanted."""
    usual: dict[str, object] = {
        "place_form": _place_form(registrant),
        "hours_form": forms.HoursForm(formdata=None),
        "absence_form": forms.AbsenceForm(formdata=None),
    }
    return render_template(
        "registry/my_availability.html",
        registrant=registrant,
        version=registrant.availability_version,
        presets={key: label for key, (label, _) in rules.PRESETS.items()},
        days=list(forms.DAYS.values()),
        paused=rules.pauses(registrant.paused_from, registrant.paused_until, today()),
        absences=[row for row in registrant.blackouts if row.last_day >= today()],
        **{**usual, **shown},
    )


def _place_form(registrant: Registrant | None) -> forms.PlaceForm:
    """As it stands for this person; None: as it was sent."""
    form = forms.PlaceForm(formdata=None) if registrant else forms.PlaceForm()
    form.areas.choices = {ward: ward for ward in municipality().wards}
    if registrant is not None:
        form.areas.data, form.monthly_limit.data = registrant.areas, registrant.monthly_limit
    return form
