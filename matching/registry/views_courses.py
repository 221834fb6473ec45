"""The coordinators' pages of courses: the list, a new one, its participants and completions."""

from http import HTTPStatus

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid
from matching.municipality.city import municipality
from matching.registry import course_queries, forms_proofs
from matching.registry.models_courses import Course
from matching.registry.services import courses as services
from matching.registry.views import UNPROCESSABLE, Answer, blueprint


@blueprint.get("/courses")
@action("course.list")
def courses() -> str:
    """講座."""
    return render_template("registry/courses.html", rows=course_queries.listed(actor()))


@blueprint.route("/courses/new", methods=["GET", "POST"])
@action("course.enter")
def enter_course() -> Answer:
    form = forms_proofs.CourseForm()
    form.kind.choices |= {key: kind.name for key, kind in course_queries.kinds_of(actor()).items()}
    form.ward.choices |= {ward: ward for ward in municipality().wards if ward in actor().wards}
    if form.validate_on_submit():
        names = ("name", "organiser", "kind", "ward", "first_day", "last_day", "expires_on")
        values = services.CourseValues(**{name: form[name].data for name in names})
        try:
            with transaction():
                course = services.enter_course(actor(), values)
                code = course.code
        except Invalid as error:
            form.refuse(error)
        else:
            flash("講座を登録しました。受講者を入力してください。", "success")
            return redirect(url_for("registry.course", course=code), HTTPStatus.SEE_OTHER)
    return render_template("registry/course_new.html", form=form), (
        UNPROCESSABLE if form.errors else HTTPStatus.OK
    )


@blueprint.get("/courses/<course>")
@action("course.see", course=Course)
def course(course: Course) -> str:
    return _page(course)


@blueprint.post("/courses/<course>/participants")
@action("course.edit", course=Course)
def add_participant(course: Course) -> Answer:
    form = forms_proofs.ParticipantForm()
    if form.validate_on_submit():
        try:
            with transaction():
                _add(course, form)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("受講者に加えました。", "success")
            return _show(course)
    return _page(course, participant_form=form), UNPROCESSABLE


@blueprint.post("/courses/<course>/participants/<participant>/remove")
@action("course.edit", course=Course)
def remove_participant(course: Course, participant: str) -> Response:
    found = next((p for p in course.participants if p.code == participant), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    with transaction():
        services.remove_participant(actor(), course, found)
    flash("受講者の名簿から外しました。")
    return _show(course)


@blueprint.post("/courses/<course>/completions")
@action("course.edit", course=Course)
def complete(course: Course) -> Answer:
    form = _completion_form(course, submitted=True)
    if form.validate_on_submit():
        try:
            with transaction():
                done = services.complete(actor(), course, form.participants.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(f"{done}人の修了を記録し、合う登録をメールで案内しました。", "success")
            return _show(course)
    return _page(course, completion_form=form), UNPROCESSABLE


def _add(course: Course, form: forms_proofs.ParticipantForm) -> None:
    if not form.code.data:
        services.add_person(
            actor(), course, name=form.name.data, kana=form.kana.data, email=form.email.data or ""
        )
        return
    registrant = course_queries.registrant_in_sight(actor(), form.code.data.strip().lower())
    if registrant is None:
        raise Invalid("code", "このコードの登録者が見つかりません。登録のページで確かめてください。")
    services.add_registrant(actor(), course, registrant)


def _completion_form(course: Course, *, submitted: bool = False) -> forms_proofs.CompletionForm:
    form = forms_proofs.CompletionForm() if submitted else forms_proofs.CompletionForm(formdata=None)
    form.participants.choices = {p.code: p.called for p in course.participants if p.completed_at is None}
    return form


def _page(course: Course, **shown: object) -> str:
    """`shown`: a form with errors."""
    city = municipality()
    usual: dict[str, object] = {
        "participant_form": forms_proofs.ParticipantForm(formdata=None),
        "completion_form": _completion_form(course),
    }
    return render_template(
        "registry/course.html",
        course=course,
        kind=city.course_kinds.get(course.kind),
        credential=city.credentials.get(course.credential),
        gives=services.gives_credential(course),
        over=course.last_day <= today(),
        **{**usual, **shown},
    )


def _show(course: Course) -> Response:
    return redirect(url_for("registry.course", course=course.code), HTTPStatus.SEE_OTHER)
