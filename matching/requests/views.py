"""Posting and editing a request; opening, returning, cancelling it. Its own page belongs to its matches."""

from collections.abc import Collection, Sequence
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.clock import TOKYO, at
from matching.kernel.db import transaction
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.forms import version_of
from matching.kernel.labels import named
from matching.kernel.paging import page_of, wanted_page
from matching.municipality.city import RequestTemplate, municipality
from matching.organisations import queries as organisations
from matching.organisations.models import Organisation
from matching.registry.models import Fee
from matching.requests import asking, forms, queries, series_dates, services
from matching.requests.models import RequestStatus, SupportRequest
from matching.requests.wording import term_text, wording_of

blueprint = Blueprint("requests", __name__, url_prefix="/requests")
blueprint.add_app_template_filter(wording_of, "wording")
blueprint.add_app_template_filter(term_text, "term")
Answer = Response | str | tuple[str, int]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
COPIED = (
    *("title", "description", "must_have", "nice_to_have", "audience", "ward", "school_district", "place"),
    *("format", "headcount"),
    *("participants", "deadline", "contact_name", "contact_phone", "contact_email"),
    *("council", "term_start", "term_end"),
    *("insurance", "travel_cost", "material_cost", "parking", "equipment", "special_needs"),
    "emergency_contact",
)
ANSWERS = ("minors", "teacher_present", "continuing", "one_to_one")


@blueprint.get("")
@action("request.list")
def index() -> str:
    wanted = request.args.get("status")
    status = RequestStatus(wanted) if wanted in set(RequestStatus) else None
    counts = queries.counts(actor())
    page = page_of(sum(counts.values()) if status is None else counts.get(status, 0), wanted_page())
    return render_template(
        "requests/index.html",
        requests=queries.listed(actor(), status, counts, page),
        page=page,
        counts=counts,
        chosen=status,
        statuses=list(RequestStatus),
    )


@blueprint.get("/choose")
@action("request.post")
def choose() -> str:
    """何のお願いですか: the templates that fit the actor's organisations."""
    kinds = {organisation.kind for organisation in organisations.own(actor())}
    fitting = [t for t in municipality().request_templates.values() if not t.kinds or kinds & set(t.kinds)]
    return render_template("requests/choose.html", templates=fitting)


@blueprint.route("/new", methods=["GET", "POST"])
@action("request.post")
def post() -> Answer:
    return _post(forms.RequestForm())


@blueprint.route("/stages/new", methods=["GET", "POST"])
@action("request.post")
def offer_stage() -> Answer:
    """発表の場を出す: the same request, turned round."""
    return _post(forms.StageForm())


def _post(form: forms.RequestForm) -> Answer:
    own = organisations.own(actor())
    _with_choices(form, own)
    if not form.is_submitted():
        _prefill(form, own)
        _begin(form)
        return _edit_page(form, None), HTTPStatus.OK
    if _changed_dates(form) or not _valid(form):
        return _edit_page(form, None), UNPROCESSABLE if form.errors else HTTPStatus.OK
    organisation = next(o for o in own if o.code == form.organisation.data)
    template = _template()
    values = _values(form, template.programmes if template else ())
    try:
        with transaction():
            services.check_typed(values)
            made = services.enter_request(actor(), organisation, values)
            if "draft" not in request.form:
                services.submit_request(actor(), made)
            code = made.code
    except Invalid as error:
        form.refuse(error)
        return _edit_page(form, None), UNPROCESSABLE
    return _saved(code)


@blueprint.get("/<support_request>/copy")
@action("request.edit", support_request=SupportRequest)
def copy(support_request: SupportRequest) -> str:
    """Last year's request as a new one, to be checked and sent; nothing is written yet."""
    form = _with_choices(_form_of(support_request), [support_request.organisation])
    _fill(form, support_request)
    series_dates.a_year_on(form, support_request)
    return _edit_page(form, None, copied=True)


@blueprint.route("/<support_request>/insurance", methods=["GET", "POST"])
@action("request.edit", support_request=SupportRequest)
def insurance(support_request: SupportRequest) -> Answer:
    form = forms.InsuranceForm()
    if not form.is_submitted():
        form.insurance.data = support_request.insurance
    elif form.validate():
        try:
            with transaction():
                services.insure(actor(), support_request, form.insurance.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("保険を記録しました。", "success")
            return _to(support_request.code)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("requests/insurance.html", form=form, support_request=support_request), status


@blueprint.route("/<support_request>/edit", methods=["GET", "POST"])
@action("request.edit", support_request=SupportRequest)
def edit(support_request: SupportRequest) -> Answer:
    own = [support_request.organisation]
    form = _with_choices(_form_of(support_request), own)
    if not form.is_submitted():
        _fill(form, support_request)
        return _edit_page(form, support_request), HTTPStatus.OK
    if _changed_dates(form) or not _valid(form):
        status = UNPROCESSABLE if form.errors else HTTPStatus.OK
        return _edit_page(form, support_request), status
    values = _values(form, support_request.programmes)
    try:
        with transaction():
            services.check_typed(values)
            services.edit_request(actor(), support_request, values, version_of(form))
            if "draft" not in request.form:
                services.submit_request(actor(), support_request)
    except Invalid as error:
        form.refuse(error)
        return _edit_page(form, support_request), UNPROCESSABLE
    except Conflict:
        form.version.data = str(support_request.version)
        return _edit_page(form, support_request, stale=True), HTTPStatus.CONFLICT
    return _saved(support_request.code)


def _saved(code: str) -> Response:
    if "draft" in request.form:
        flash("下書きを保存しました。あとから続きを書けます。")
    else:
        flash("依頼を送りました。担当者が内容を確かめて、募集を始めます。", "success")
    return _to(code)


def _to(code: str) -> Response:
    return redirect(url_for("matches.request_page", support_request=code), HTTPStatus.SEE_OTHER)


@blueprint.post("/<support_request>/submit")
@action("request.edit", support_request=SupportRequest)
def submit(support_request: SupportRequest) -> Response:
    with transaction():
        services.submit_request(actor(), support_request)
    return _saved(support_request.code)


@blueprint.post("/<support_request>/open")
@action("request.open", support_request=SupportRequest)
def open_(support_request: SupportRequest) -> Response:
    with transaction():
        services.open_request(actor(), support_request)
    flash("募集を始めました。「候補を見る」から、合う方に打診できます。", "success")
    return _to(support_request.code)


@blueprint.route("/<support_request>/return", methods=["GET", "POST"])
@action("request.open", support_request=SupportRequest)
def return_(support_request: SupportRequest) -> Answer:
    form = forms.ReturnForm()
    if form.validate_on_submit():
        with transaction():
            services.return_request(actor(), support_request, form.comment.data)
        flash("依頼者に差し戻しました。メールで知らせます。")
        return _to(support_request.code)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("requests/return.html", form=form, support_request=support_request), status


@blueprint.route("/<support_request>/cancel", methods=["GET", "POST"])
@action("request.cancel", support_request=SupportRequest)
def cancel(support_request: SupportRequest) -> Answer:
    form = forms.CancelForm()
    if form.validate_on_submit():
        with transaction():
            services.cancel_request(actor(), support_request, form.reason.data)
        flash("依頼を取り消しました。声をかけていた方と担当者に、理由をメールで知らせます。")
        return _to(support_request.code)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("requests/cancel.html", form=form, support_request=support_request), status


def _edit_page(
    form: forms.RequestForm, row: SupportRequest | None, *, stale: bool = False, copied: bool = False
) -> str:
    current = services.values_of(row) if stale and row is not None else None
    programmes = municipality().programmes
    stage = isinstance(form, forms.StageForm)
    seats = not stage and any(programmes[key].seats for key in form.programmes.choices)
    below = asking.below(_template(), seats=seats) if row is None and not stage else []
    return render_template(
        "requests/edit_stage.html" if stage else "requests/edit.html",
        form=form,
        support_request=row,
        current=current,
        copied=copied,
        begun=_template(),
        seats=seats,
        below=below,
        wrong_below=any(form[name].errors for name in below),
    )


def _form_of(row: SupportRequest) -> forms.RequestForm:
    return forms.StageForm() if municipality().turned_round(row.programmes) else forms.RequestForm()


def _changed_dates(form: forms.RequestForm) -> bool:
    """A button that adds or removes dates: everything typed stays, nothing is checked yet."""
    form.sessions.entries = [entry for entry in form.sessions if not entry.form.gone.data]
    if "add_series" in request.form:
        _add_series(form)
        return True
    if "add_session" in request.form and len(form.sessions) < forms.MOST_SESSIONS:
        form.sessions.append_entry()
        return True
    if "drop_session" in request.form and len(form.sessions) > 1:
        form.sessions.pop_entry()
        return True
    return False


def _add_series(form: forms.RequestForm) -> None:
    """The dates of the series, as dates of the form: the preview is what will be sent."""
    try:
        form.left_out = series_dates.add_to(form)
    except Invalid as error:
        form.refuse(error)
    if not len(form.sessions):
        form.sessions.append_entry()


def _valid(form: forms.RequestForm) -> bool:
    if isinstance(form, forms.StageForm):
        return bool(form.validate())
    seat = asking.seat(form, _template())
    if seat:
        while len(form.sessions):
            form.sessions.pop_entry()
        form.sessions.min_entries = 0
    valid: bool = form.validate()
    if seat and not form.term_start.data and not form.term_start.errors:
        form.refuse(Invalid("term_start", "任期の始まりを入力してください。"))
        return False
    if form.fee.data and not (form.fee.data.isdecimal() or named(Fee, form.fee.data)):
        form.refuse(Invalid("fee", "無償、実費、応相談、または金額を数字だけで入力してください。"))
        return False
    return valid


def _values(form: forms.RequestForm, before: Sequence[str]) -> services.RequestValues:
    """`before`: the programmes of the template or of the request, in their order."""
    written = {name: form[name].data for name in COPIED if name in form}
    written["sessions"] = tuple(
        (at(entry["day"], entry["starts"]), at(entry["day"], entry["ends"])) for entry in form.sessions.data
    )
    if isinstance(form, forms.StageForm):
        return services.RequestValues(**written, programmes=tuple(municipality().stages[:1]))
    fee = named(Fee, form.fee.data or "")
    return services.RequestValues(
        **written,
        minors=form.minors.data == "yes",
        teacher_present=forms.yes_no(form.teacher_present.data),
        continuing=forms.yes_no(form.continuing.data),
        one_to_one=forms.yes_no(form.one_to_one.data),
        fee=fee.value if fee else form.fee.data or "",
        credentials_required=tuple(form.credentials_required.data or ()),
        programmes=_in_order(form.programmes.data or (), before),
    )


def _in_order(chosen: Collection[str], before: Sequence[str]) -> tuple[str, ...]:
    """Boxes come ticked in the page's order: those that stood there before keep the order they had."""
    kept = [key for key in before if key in chosen]
    return (*kept, *(key for key in chosen if key not in kept))


def _prefill(form: forms.RequestForm, own: list[Organisation]) -> None:
    form.contact_name.data, form.contact_email.data = actor().name, actor().email
    form.headcount.data, form.format.data = 1, "in_person"
    if len(own) == 1:
        form.organisation.data, form.ward.data = own[0].code, own[0].ward
        if len(own[0].districts) == 1:
            form.school_district.data = own[0].districts[0]


def _template() -> RequestTemplate | None:
    """The one the address names: it stays there while the form is sent again."""
    return municipality().request_templates.get(request.args.get("template", ""))


def _begin(form: forms.RequestForm) -> None:
    """The words of the chosen template, and the district the way led from."""
    template, district = _template(), request.args.get("school_district", "")
    if template is not None and not isinstance(form, forms.StageForm):
        form.title.data, form.description.data = template.title, template.description
        form.audience.data, form.programmes.data = template.audience, list(template.programmes)
        form.minors.data = "no" if template.seat else None
    if ward := municipality().districts.get(district):
        form.school_district.data, form.ward.data = district, ward


def _fill(form: forms.RequestForm, row: SupportRequest) -> None:
    if len(row.sessions) > forms.MOST_SESSIONS:
        raise RuleViolation(f"日時が{forms.MOST_SESSIONS}回をこえる依頼は、この画面では書けません。")
    for name in COPIED:
        if name in form:
            form[name].data = getattr(row, name)
    form.organisation.data, form.version.data = row.organisation.code, str(row.version)
    if not isinstance(form, forms.StageForm):
        for name in ANSWERS:
            form[name].data = {True: "yes", False: "no"}.get(getattr(row, name))
        fee = named(Fee, row.fee)
        form.fee.data = fee.label if fee else row.fee
        form.credentials_required.data, form.programmes.data = row.credentials_required, row.programmes
    while len(form.sessions):
        form.sessions.pop_entry()
    for session in row.sessions:
        starts, ends = session.starts_at.astimezone(TOKYO), session.ends_at.astimezone(TOKYO)
        form.sessions.append_entry({"day": starts.date(), "starts": starts.time(), "ends": ends.time()})


def _with_choices(form: forms.RequestForm, own: list[Organisation]) -> forms.RequestForm:
    city = municipality()
    form.organisation.choices |= {o.code: o.name for o in own}
    form.ward.choices |= {ward: ward for ward in city.wards}
    form.school_district.choices |= city.district_choices
    if isinstance(form, forms.StageForm):
        return form
    form.credentials_required.choices = dict(city.credential_kinds)
    kinds = {o.kind for o in own}
    form.programmes.choices = {
        p.key: p.name
        for p in city.programmes.values()
        if not p.turned_round and (not p.requesters or kinds & set(p.requesters))
    }
    return form


from matching.requests import views_refuse  # noqa: E402, F401 – its page belongs to this blueprint
