"""Signing up, in and out; the administrator's page of staff."""

from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from matching.accounts import forms, queries, rules, services
from matching.accounts.models import Account, LinkPurpose
from matching.kernel.access import action, actor, public
from matching.kernel.clock import now
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.extensions import login_manager
from matching.kernel.permissions import Role
from matching.municipality.city import municipality

blueprint = Blueprint("accounts", __name__)
Answer = Response | str | tuple[str, int]
ScopeFormKind = TypeVar("ScopeFormKind", bound=forms.ScopeForm)
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
SIGN_IN = "_user_id"  # where flask-login keeps what identifies the user: here a sign-in's secret


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _signed_in(token: str) -> Account | None:
    found = queries.sign_in_of(token)
    if found is None:
        return None
    if now() - found.last_seen_at > rules.SEEN_EVERY:
        with transaction():
            found.last_seen_at = now()
    return found.account


def _begin(account: Account) -> None:
    """A new secret with every sign-in: a cookie from before is worth nothing."""
    with transaction():
        if SIGN_IN in session:
            services.end_sign_in(session[SIGN_IN])
        token = services.open_sign_in(account)
    session.clear()
    session[SIGN_IN], session["_fresh"] = token, True


def _home() -> Response:
    return redirect(url_for("desk.landing"), HTTPStatus.SEE_OTHER)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Answer:
    if current_user.is_authenticated and request.method == "GET":
        return _home()
    form = forms.SignInForm()
    if form.validate_on_submit():
        account = _checked(form)
        if account is not None:
            _begin(account)
            return redirect(_own_path(request.args.get("next", "")), HTTPStatus.SEE_OTHER)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/sign_in.html", form=form), status


def _checked(form: forms.SignInForm) -> Account | None:
    """The account whose password this is; hashing happens outside any transaction."""
    email, password = form.email.data, form.password.data
    if queries.too_many_failures(email):
        form.refuse(Invalid("password", "何度も続けて間違えたため、15分ほどお待ちください。"))
        return None
    account = queries.account_by_email(email)
    if services.check_password(account, password) and account is not None:
        better = services.better_hash(account, password)
        if better:
            with transaction():
                account.password_hash = better
        return account
    with transaction():
        services.note_failure(email)
    form.refuse(Invalid("password", "メールアドレスかパスワードが違います。"))
    return None


def _own_path(path: str) -> str:
    """`path` where it is a page of ours, else the home page: no way out to another site."""
    home = url_for("desk.landing")
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or path[1:2] in ("/", "\\"):
        return home
    try:
        endpoint, _ = current_app.url_map.bind("").match(parts.path, method="GET")
    except HTTPException:
        return home
    return home if endpoint == "static" else parts.path


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    if SIGN_IN in session:
        with transaction():
            services.end_sign_in(session[SIGN_IN])
    session.clear()
    flash("サインアウトしました。")
    return _home()


@blueprint.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> Answer:
    form = forms.EmailForm()
    if form.validate_on_submit():
        with transaction():
            services.request_sign_up(form.email.data)
        return render_template("accounts/mail_sent.html", title="登録のご案内をメールで送りました")
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/sign_up.html", form=form), status


@blueprint.route("/sign-up/<token>", methods=["GET", "POST"])
@public
def follow(token: str) -> Answer:
    """The mailed link: opening it changes nothing, its button makes or confirms the account."""
    link = queries.usable_link(token, LinkPurpose.SIGN_UP, LinkPurpose.INVITATION)
    if link is None:
        return _link_ended(url_for("accounts.sign_up"))
    account = queries.account_by_email(link.email)
    known = account is not None and bool(account.password_hash)
    form = forms.EmailForm(formdata=None) if known else forms.SignUpForm()
    if not known and account is not None and not form.is_submitted():
        form.name.data = account.name
    if request.method == "POST" and (known or form.validate()):
        hashed = "" if known else services.hash_password(form.password.data)
        name = "" if known else form.name.data
        try:
            with transaction():
                account = services.follow_sign_up(token, name, hashed)
        except RuleViolation:
            return _link_ended(url_for("accounts.sign_up"))
        if known:
            flash("確認しました。サインインしてお使いください。", "success")
            return redirect(url_for("accounts.sign_in"), HTTPStatus.SEE_OTHER)
        _begin(account)
        flash("登録が済みました。ようこそ、まなびの環へ。", "success")
        return _home()
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/follow.html", form=form, known=known, email=link.email), status


@blueprint.route("/reset", methods=["GET", "POST"])
@public
def reset() -> Answer:
    form = forms.EmailForm()
    if form.validate_on_submit():
        with transaction():
            services.request_reset(form.email.data)
        return render_template("accounts/mail_sent.html", title="再設定のご案内をメールで送りました")
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/reset.html", form=form), status


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@public
def follow_reset(token: str) -> Answer:
    if queries.usable_link(token, LinkPurpose.RESET) is None:
        return _link_ended(url_for("accounts.reset"))
    form = forms.ResetForm()
    if form.validate_on_submit():
        hashed = services.hash_password(form.password.data)
        try:
            with transaction():
                account = services.follow_reset(token, hashed)
        except RuleViolation:
            return _link_ended(url_for("accounts.reset"))
        _begin(account)
        flash("パスワードを変えました。", "success")
        return _home()
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/follow_reset.html", form=form), status


def _link_ended(again: str) -> tuple[str, int]:
    return render_template("accounts/link_ended.html", again=again), HTTPStatus.GONE


# --- the administrator's pages -------------------------------------------------------------------------


@blueprint.route("/accounts", methods=["GET", "POST"])
@action("account.manage")
def staff() -> Answer:
    form = _with_choices(forms.StaffForm())
    if form.is_submitted() and form.role.data == Role.ADMIN:
        form.wards.validators = form.measures.validators = ()  # an administrator has no scope
    if form.validate_on_submit():
        try:
            with transaction():
                services.create_account(
                    actor(),
                    form.email.data,
                    form.name.data,
                    roles=[Role(form.role.data)],
                    wards=form.wards.data or (),
                    measures=[int(measure) for measure in form.measures.data or ()],
                )
                services.send_link(LinkPurpose.INVITATION, form.email.data)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(
                "職員を加えました。メールのリンクからパスワードを決めると、使えるようになります。", "success"
            )
            return redirect(url_for("accounts.staff"), HTTPStatus.SEE_OTHER)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/staff.html", form=form, staff=queries.staff()), status


@blueprint.route("/accounts/<account>", methods=["GET", "POST"])
@action("account.manage", account=Account)
def scope(account: Account) -> Answer:
    form = _with_choices(forms.ScopeForm())
    if not form.is_submitted():
        form.wards.data = sorted(account.wards)
        form.measures.data = [str(measure) for measure in sorted(account.measures)]
    if form.validate_on_submit():
        with transaction():
            measures = [int(measure) for measure in form.measures.data]
            services.change_scope(actor(), account, form.wards.data, measures)
        flash("受け持ちを変えました。", "success")
        return redirect(url_for("accounts.staff"), HTTPStatus.SEE_OTHER)
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render_template("accounts/scope.html", form=form, account=account), status


@blueprint.post("/accounts/<account>/disable")
@action("account.manage", account=Account)
def disable(account: Account) -> Response:
    with transaction():
        services.disable(actor(), account)
    flash("使えないようにしました。")
    return redirect(url_for("accounts.staff"), HTTPStatus.SEE_OTHER)


@blueprint.post("/accounts/<account>/enable")
@action("account.manage", account=Account)
def enable(account: Account) -> Response:
    with transaction():
        services.enable(actor(), account)
    flash("ふたたび使えるようにしました。")
    return redirect(url_for("accounts.staff"), HTTPStatus.SEE_OTHER)


def _with_choices(form: ScopeFormKind) -> ScopeFormKind:
    city = municipality()
    form.wards.choices = {ward: ward for ward in city.wards}
    form.measures.choices = {str(m.number): f"{m.mark} {m.name}" for m in city.measures.values()}
    return form
