"""The steps of a registration, and the same on one page for paper. What was written stays in the database."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import flash, render_template

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.kernel.forms import version_of
from matching.kernel.readings import listed, read_phone, read_postal_code, read_year
from matching.municipality.city import municipality
from matching.municipality.rulebook import DETAILS
from matching.registry import duplicates, forms, queries, rules
from matching.registry.models import (
    ConsentPurpose,
    Registrant,
    RegistrantKind,
    Registration,
    RegistrationStatus,
    WeeklyHours,
)
from matching.registry.rules import Hours
from matching.registry.services import editing, entries, life, ruling
from matching.registry.services.consents import asked as asked_of
from matching.registry.steps import Step, take
from matching.registry.steps import go as _go
from matching.registry.views import UNPROCESSABLE, Answer, blueprint

WRITING = (RegistrationStatus.DRAFT, RegistrationStatus.RETURNED)
DRAFT_PERSON = (
    "name", "kana", "members", "ward", "school_district", "phone", "email", "postal_code",
    "guardian_name", "representative", "public_name",
)  # fmt: skip


READ = {"members", "phone", "postal_code"}  # kept as numbers, however they were typed


def _status(form: Any) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _writing(registrant: Registrant) -> list[Registration]:
    return [r for r in registrant.registrations if r.status in WRITING]


@blueprint.route("/register/person", methods=["GET", "POST"])
@action("registration.apply")
def person() -> Answer:
    return take(PERSON, queries.registrant_of(actor()))


@blueprint.route("/register/offering", methods=["GET", "POST"])
@action("registration.apply")
def offering() -> Answer:
    registrant = queries.registrant_of(actor())
    return take(OFFERING, registrant) if registrant else _go("person")


@blueprint.route("/register/availability", methods=["GET", "POST"])
@action("registration.apply")
def availability() -> Answer:
    registrant = queries.registrant_of(actor())
    return take(AVAILABILITY, registrant) if registrant and _writing(registrant) else _go("offering")


@blueprint.route("/register/consents", methods=["GET", "POST"])
@action("registration.apply")
def consents() -> Answer:
    registrant = queries.registrant_of(actor())
    return take(CONSENTS, registrant) if registrant and _writing(registrant) else _go("offering")


@blueprint.route("/register/check", methods=["GET", "POST"])
@action("registration.apply")
def check() -> Answer:
    registrant = queries.registrant_of(actor())
    if registrant is None or not _writing(registrant):
        return _go("index")
    form = forms.ConsentForm()
    if form.is_submitted():
        try:
            with transaction():
                life.submit_registrations(actor(), registrant, _writing(registrant))
        except Invalid as error:
            form.refuse(error)
        else:
            flash("申請を送りました。担当者が確かめて、結果をメールでお知らせします。", "success")
            return _go("index")
    return render_template(
        "registry/check.html", form=form, registrant=registrant, writing=_writing(registrant)
    ), _status(form)


@blueprint.route("/enter", methods=["GET", "POST"])
@action("registration.enter")
def enter() -> Answer:
    """A paper form, on one page, for somebody without e-mail."""
    form = _area_choices(_offering_choices(_person_choices(forms.PaperCheckedForm()), None))
    if form.validate_on_submit():
        if not form.other_person.data and (same := duplicates.like(_person(form), actor())):
            return render_template("registry/enter.html", form=form, same=same), UNPROCESSABLE
        try:
            ruling.check_group(RegistrantKind(form.kind.data), form.representative.data or "")
            ruling.check_details(form.programmes.data, form.disaster.data or "")
            with transaction():
                registrant = entries.enter_registrant(actor(), _person(form))
                made = entries.write_offering(registrant, form.programmes.data, _offering(form))
                entries.write_availability(registrant, _availability(form))
                for registration in made:
                    entries.write_consents(
                        actor(), registration, [ConsentPurpose(p) for p in form.consents.data or ()]
                    )
                life.submit_registrations(actor(), registrant, made, on_paper=True)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("紙の申請を登録しました。内容を確かめて、承認してください。", "success")
            return _go("queue")
    return render_template("registry/enter.html", form=form), _status(form)


def _asked(registrant: Registrant) -> list[tuple[Registration, ConsentPurpose, str, str, bool]]:
    """(registration, purpose, key, label, required) of every consent to ask for."""
    city = municipality()
    asked = []
    for registration in _writing(registrant):
        programme = city.programmes[registration.programme]
        for purpose, required in asked_of(registration):
            key = f"{programme.key}:{purpose.value}"
            label = f"{programme.name}：{city.consent_text(purpose).label}"
            asked.append((registration, purpose, key, label, required))
    return asked


# --- forms ↔ values ------------------------------------------------------------------------------------


def _person(form: forms.PersonForm) -> entries.PersonValues:
    return entries.PersonValues(
        **{name: getattr(form, name).data or "" for name in DRAFT_PERSON if name not in READ},
        phone=read_phone(form.phone.data) if form.phone.data else "",
        postal_code=read_postal_code(form.postal_code.data) if form.postal_code.data else "",
        kind=RegistrantKind(form.kind.data),
        members=form.members.data,
        birth_year=read_year(form.birth_year.data) if form.birth_year.data else None,
    )


def _fill_person(form: forms.PersonStepForm, registrant: Registrant | None) -> None:
    form.version.data = str(registrant.entry_version) if registrant else forms.NONE_YET
    if registrant is None:
        form.kind.data, form.name.data, form.email.data = "person", actor().name, actor().email
        return
    for name in DRAFT_PERSON:
        getattr(form, name).data = getattr(registrant, name)
    form.kind.data = registrant.kind.value
    form.birth_year.data = str(registrant.birth_year or "")


def _offering(form: forms.OfferingForm) -> entries.OfferingValues:
    details = {name: form[name].data for name in form.asked if form[name].data}
    if "record_year" in details:
        details["record_year"] = read_year(details["record_year"])
    return entries.OfferingValues(
        title=form.title.data,
        description=form.description.data,
        audiences=tuple(listed(form.audiences.data or "")),
        formats=tuple(form.formats.data or ()),
        fee=form.fee.data or "",
        **details,
        credentials=tuple(
            entries.CredentialValues(
                kind=entry["kind"],
                certificate_number=forms.read_certificate_number(entry["certificate_number"] or ""),
                issued_on=entry["issued_on"],
                expires_on=entry["expires_on"],
            )
            for entry in form.credentials.data
            if entry["kind"]
        ),
        learned=tuple(
            (entry["course"], read_year(entry["fiscal_year"]))
            for entry in form.learned.data
            if entry["course"] and entry["fiscal_year"]
        ),
    )


def _fill_offering(form: forms.OfferingStepForm, registrant: Registrant) -> None:
    form.version.data = str(registrant.entry_version)
    writing = _writing(registrant)
    form.programmes.data = [registration.programme for registration in writing]
    written = next((o for registration in writing for o in registration.offerings), None)
    if written is not None:
        form.title.data, form.description.data, form.fee.data = (
            written.title,
            written.description,
            written.fee,
        )
        form.audiences.data, form.formats.data = "；".join(written.audiences), written.formats
        for name in DETAILS:
            getattr(form, name).data = getattr(written, name)
        form.record_year.data = str(written.record_year or "")
    stated = [c for c in registrant.credentials if c.course_id is None]
    learned = [row for row in registrant.learning_records if row.course_id is None]
    for entry, credential in zip(_rows(form.credentials, len(stated)), stated, strict=False):
        entry.form.kind.data = credential.kind
        entry.form.certificate_number.data = credential.certificate_number
        entry.form.issued_on.data, entry.form.expires_on.data = credential.issued_on, credential.expires_on
    for entry, record in zip(_rows(form.learned, len(learned)), learned, strict=False):
        entry.form.course.data, entry.form.fiscal_year.data = record.course, str(record.fiscal_year)


def _rows(entries_: Any, known: int) -> Any:
    """A row for each that is known, and an empty one after them."""
    while len(entries_) <= known and len(entries_) < forms.MOST_ROWS:
        entries_.append_entry()
    return entries_


def _fill_availability(form: forms.AvailabilityStepForm, registrant: Registrant) -> None:
    form.version.data = str(registrant.availability_version)
    form.areas.data, form.monthly_limit.data = registrant.areas, registrant.monthly_limit
    for row in _first_of_each_day(registrant):
        day = form.hours[row.weekday].form
        day.starts.data, day.ends.data = row.starts, row.ends


def _fill_consents(form: forms.ConsentStepForm, registrant: Registrant) -> None:
    form.version.data = str(registrant.entry_version)
    form.consents.data = [key for r, p, key, _, _ in _asked(registrant) if r.consented(p)]


def _first_of_each_day(registrant: Registrant) -> list[WeeklyHours]:
    first: dict[int, WeeklyHours] = {}
    for row in registrant.weekly_hours:
        first.setdefault(row.weekday, row)
    return list(first.values())


def _further_hours(registrant: Registrant) -> list[Hours]:
    """Spans of a day after its first: this step has one for each day, and loses none."""
    first = _first_of_each_day(registrant)
    return [(row.weekday, row.starts, row.ends) for row in registrant.weekly_hours if row not in first]


def _availability(form: forms.AvailabilityForm, further: Iterable[Hours] = ()) -> entries.AvailabilityValues:
    """`further`: spans the form does not show; those of a day that is left empty go with it."""
    typed = [
        (weekday, entry["starts"], entry["ends"])
        for weekday, entry in enumerate(form.hours.data)
        if entry["starts"] and entry["ends"]
    ]
    return entries.AvailabilityValues(
        areas=tuple(form.areas.data or ()),
        hours=tuple(rules.merged_hours([*typed, *(h for h in further if h[0] in {t[0] for t in typed})])),
        monthly_limit=form.monthly_limit.data,
    )


def _person_choices(form: Any) -> Any:
    city = municipality()
    form.ward.choices |= {ward: ward for ward in city.wards}
    form.school_district.choices |= city.district_choices
    return form


def _offering_choices(form: Any, registrant: Registrant | None) -> Any:
    """Programmes already held or in progress are not offered again."""
    city = municipality()
    taken = (
        {r.programme for r in registrant.registrations if r.status not in WRITING} if registrant else set()
    )
    form.programmes.choices = {
        p.key: f"{p.name}：{p.about}" for p in city.programmes.values() if p.key not in taken
    }
    form.disaster.choices |= city.disasters
    return form


def _area_choices(form: Any) -> Any:
    form.areas.choices = {ward: ward for ward in municipality().wards}
    return form


def _consent_choices(form: Any, registrant: Registrant) -> Any:
    form.consents.choices = {key: label for _, _, key, label, _ in _asked(registrant)}
    return form


# --- the steps -----------------------------------------------------------------------------------------


def _write_person(form: forms.PersonStepForm, registrant: Registrant | None) -> None:
    ruling.check_guardian(form.name.data, form.guardian_name.data or "")
    ruling.check_group(RegistrantKind(form.kind.data), form.representative.data or "")
    with transaction():
        editing.edit_person(actor(), registrant, form.typed_on, _person(form))


def _write_offering(form: forms.OfferingStepForm, registrant: Registrant) -> None:
    ruling.check_person(registrant, form.programmes.data)
    ruling.check_details(form.programmes.data, form.disaster.data or "")
    with transaction():
        editing.edit_offering(registrant, version_of(form), form.programmes.data, _offering(form))


def _write_availability(form: forms.AvailabilityStepForm, registrant: Registrant) -> None:
    with transaction():
        values = _availability(form, _further_hours(registrant))
        editing.edit_availability(registrant, version_of(form), values)


def _write_consents(form: forms.ConsentStepForm, registrant: Registrant) -> None:
    ticked = set(form.consents.data or ())
    with transaction():
        asked = _asked(registrant)
        missing = [label for _, _, key, label, required in asked if required and key not in ticked]
        if missing:
            raise Invalid("consents", f"「{missing[0]}」に同意いただくと、先に進めます。")
        given = {
            registration: [p for r, p, key, _, _ in asked if r is registration and key in ticked]
            for registration in _writing(registrant)
        }
        editing.edit_consents(actor(), registrant, version_of(form), given)


PERSON = Step(
    name="person",
    after="offering",
    form=forms.PersonStepForm,
    choices=lambda form, _: _person_choices(form),
    fill=_fill_person,
    read=_person,
    write=_write_person,
)
OFFERING = Step(
    name="offering",
    before="person",
    after="availability",
    form=forms.OfferingStepForm,
    choices=_offering_choices,
    fill=_fill_offering,
    read=lambda form: (set(form.programmes.data), _offering(form)),
    write=_write_offering,
)
AVAILABILITY = Step(
    name="availability",
    before="offering",
    after="consents",
    form=forms.AvailabilityStepForm,
    choices=lambda form, _: _area_choices(form),
    fill=_fill_availability,
    read=_availability,
    write=_write_availability,
    shown=lambda registrant: {"further": _further_hours(registrant)},
)
CONSENTS = Step(
    name="consents",
    before="offering",
    after="check",
    form=forms.ConsentStepForm,
    choices=_consent_choices,
    fill=_fill_consents,
    read=lambda form: set(form.consents.data or ()),
    write=_write_consents,
    shown=lambda registrant: {"asked": _asked(registrant)},
)
