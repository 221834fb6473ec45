"""What a coordinator does with a whole person: doubles found, two made one, erased, the retention list."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import current_app, flash, redirect, render_template, url_for

from matching.kernel.access import action, actor
from matching.kernel.clock import date_text, today
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.readings import read_year
from matching.municipality.city import municipality
from matching.registry import duplicates, forms, retention
from matching.registry.models import Registrant
from matching.registry.services import erasing, life, merging
from matching.registry.views import Answer, blueprint
from matching.registry.views_own import confirmed

LABELS = {
    "name": "氏名",
    "kana": "ふりがな",
    "public_name": "公開名",
    "birth_year": "生まれた年",
    "members": "人数",
    "place": "区・校区",
    "phone": "電話番号",
    "email": "メールアドレス",
    "postal_code": "郵便番号",
    "guardian_name": "保護者",
    "representative": "代表者",
    "hours": "活動できる区・時間",
}
UNSHOWN = ("phone", "email", "postal_code")  # contacts are shown in answer to 連絡先を見る only


@dataclass(frozen=True, slots=True)
class Compared:
    """One choice of a merge: what the two records say."""

    choice: str
    label: str
    first: str
    second: str
    same: bool


@blueprint.post("/enter/same")
@action("registration.enter")
def same() -> str:
    """A piece of the paper form's page, while it is typed: who may be registered already."""
    form = forms.TypedForm()
    if not form.validate():
        field, (sentence, *_) = next(iter(form.errors.items()))
        raise Invalid(field, sentence)
    year = read_year(form.birth_year.data) if form.birth_year.data else None
    found = duplicates.likely(
        actor(), form.name.data or "", form.kana.data or "", year, form.phone.data or ""
    )
    return render_template("registry/_same_typed.html", same=found)


@blueprint.route("/registrants/<kept>/merge/<gone>", methods=["GET", "POST"])
@action("registrant.merge", kept=Registrant, gone=Registrant)
def merge(kept: Registrant, gone: Registrant) -> Answer:
    """Both records side by side; what happens is said before it is done."""
    rows = [_compared(kept, gone, choice) for choice in merging.CHOICES]
    form = forms.MergeForm()
    form.take.choices = {r.choice: f"{r.label}：{r.second or '（空）'}" for r in rows if not r.same}
    if form.validate_on_submit():
        try:
            with transaction():
                merging.merge(actor(), kept, gone, frozenset(form.take.data or ()))
        except RuleViolation as error:
            form.take.errors = [error.sentence]
            status = HTTPStatus.CONFLICT
        else:
            flash("1件の登録にまとめました。", "success")
            return redirect(url_for("registry.queue"), HTTPStatus.SEE_OTHER)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("registry/merge.html", form=form, rows=rows, kept=kept, gone=gone), status


@blueprint.route("/registrants/<registrant>/erase", methods=["GET", "POST"])
@action("registrant.erase", registrant=Registrant)
def erase(registrant: Registrant) -> Answer:
    form = forms.EraseForm()
    if form.is_submitted() and confirmed(form):
        settings = current_app.extensions["settings"]
        with transaction():
            life.require_kept(registrant)
            done = erasing.erase(actor(), registrant)
        erasing.clean_up(settings.instance_path, settings.mail_url, done)
        flash("個人の情報を消去しました。活動の件数は残ります。", "success")
        return redirect(url_for("registry.ended"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("registry/erase.html", form=form, registrant=registrant), status


@blueprint.get("/ended")
@action("registrant.retention")
def ended() -> str:
    """登録が終わった方: who may be erased by the city's own term, empty until it is set."""
    city = municipality()
    rows = []
    if city.retention is not None:
        now = today()
        day = now.replace(year=now.year - city.retention.value, day=min(now.day, 28))
        rows = retention.ended_before(actor(), list(city.programmes), day)
    return render_template("registry/ended.html", rows=rows, retention=city.retention)


def _compared(kept: Registrant, gone: Registrant, choice: str) -> Compared:
    first, second = _said(kept, choice), _said(gone, choice)
    same = first == second
    if choice in UNSHOWN:
        first, second = ("登録あり" if said else "" for said in (first, second))
    return Compared(choice, LABELS[choice], first, second, same)


def _said(registrant: Registrant, choice: str) -> str:
    values = [getattr(registrant, name) for name in merging.CHOICES[choice]]
    if choice != "hours":
        return " ".join(str(value) for value in values if value)
    areas, limit = values
    rests, until = registrant.paused_from, registrant.paused_until
    hours = [
        f"{'月火水木金土日'[row.weekday]}{row.starts:%H:%M}–{row.ends:%H:%M}"
        for row in registrant.weekly_hours
    ]
    most = [f"月{limit}回まで"] if limit else []
    rest = [f"休み（{date_text(until)}まで）" if until else "休み"] if rests else []
    return "、".join([*(areas or ["市内のどこでも"]), *(hours or ["いつでも"]), *most, *rest])
