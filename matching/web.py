"""What joins the parts for HTTP: the guard, errors as pages, headers, and what every template may use."""

import json
import logging
import traceback
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from markupsafe import Markup, escape
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, NotFound, SecurityError

from matching.config import Settings
from matching.kernel import clock, errors
from matching.kernel.access import actor, authorise, public
from matching.kernel.codes import new_code
from matching.kernel.permissions import TABLE, allowed, may
from matching.kernel.text import CONTROLS, REFUSED
from matching.municipality.city import municipality

log = logging.getLogger(__name__)
STATUS_OF = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.RuleViolation: HTTPStatus.CONFLICT,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
}
TITLES = {
    HTTPStatus.BAD_REQUEST: ("送信できませんでした", "ページを開きなおして、もう一度お試しください。"),
    HTTPStatus.FORBIDDEN: ("この操作はできません", "この操作をする権限がありません。"),
    HTTPStatus.NOT_FOUND: (
        "ページが見つかりません",
        "アドレスが変わったか、ご覧いただけないページです。",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "この操作はできません",
        "前のページにもどって、ボタンから操作してください。",
    ),
    HTTPStatus.CONFLICT: ("今はこの操作ができません", "画面を開きなおして、今の状態をお確かめください。"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "送る内容が大きすぎます",
        "文章を短くして、もう一度お試しください。",
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("入力を確かめてください", "使えない文字や値が入っています。"),
    HTTPStatus.TOO_MANY_REQUESTS: ("しばらくお待ちください", "少し時間をおいて、もう一度お試しください。"),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "処理できませんでした",
        "こちらの不具合です。時間をおいて、もう一度お試しください。",
    ),
}
YEAR = 31_536_000  # seconds
FINGERPRINT = 12  # digits of a static file's hash
API = "/api/"  # programs read there: an error is a problem document (RFC 9457)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def join(app: Flask, settings: Settings) -> None:
    """Bind all of it to the application; call it before the blueprints are registered."""
    public(app.view_functions["static"])
    app.url_defaults(_name_version)
    app.before_request(_guard)
    app.after_request(_headers(settings))
    app.register_error_handler(Exception, _error)
    app.context_processor(_context)
    app.jinja_env.filters.update(
        day=clock.dated,
        date=clock.date_text,
        moment=clock.dated_moment,
        span=clock.dated_span,
        fiscal_year=clock.fiscal_year_name,
        lines=_lines,
        jst=lambda moment: moment.astimezone(clock.TOKYO),
    )


def check_access(app: Flask) -> None:
    """RuntimeError where a route neither names its action nor is public."""
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "access", None)
        if access is None:
            raise RuntimeError(f"{rule.endpoint}: names no action and is not public")
        if access.action is not None and access.action not in TABLE:
            raise RuntimeError(f"{rule.endpoint}: unknown action {access.action}")
        if set(access.subjects) - rule.arguments:
            raise RuntimeError(f"{rule.endpoint}: a subject is not in its URL")


def _guard() -> Any:
    g.request_id = new_code()
    arguments = (request.view_args or {}).values()
    if any(CONTROLS.search(str(value)) for value in (*arguments, *request.args.values())):
        raise NotFound
    if any(CONTROLS.search(value) for values in request.form.listvalues() for value in values):
        raise errors.Invalid("", f"{REFUSED}。その文字を消してください。")
    if request.endpoint is None:
        return None
    access = cast(Any, current_app.view_functions[request.endpoint]).access
    if access.action is None:
        return None
    if not current_user.is_authenticated:
        back = request.path if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in", next=back), HTTPStatus.SEE_OTHER)
    authorise(access)
    return None


def _error(error: Exception) -> tuple[str, int] | Response:
    status, sentence = _answer(error)
    title, usual = TITLES.get(status, TITLES[HTTPStatus.BAD_REQUEST])
    if isinstance(error, DBAPIError):  # its text may repeat a whole row: only where it happened is logged
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("request %s failed: %s\n%s", g.get("request_id", "-"), type(error).__name__, where)
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.exception("request %s failed", g.get("request_id", "-"), exc_info=error)
    told = {
        "status": int(status),
        "title": title,
        "sentence": sentence or usual,
        "request_id": g.get("request_id", "-"),
    }
    if request.path.startswith(API):
        problem = {"type": "about:blank", "title": title, "status": int(status), "detail": told["sentence"]}
        return current_app.response_class(
            json.dumps(problem, ensure_ascii=False), int(status), mimetype="application/problem+json"
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, SecurityError):
        return current_app.jinja_env.get_template("errors/bare.html").render(told), int(status)
    return render_template("errors/error.html", **told), int(status)


def _answer(error: Exception) -> tuple[HTTPStatus, str | None]:
    if isinstance(error, errors.AppError):
        return STATUS_OF[type(error)], error.sentence
    if isinstance(error, ObjectDeletedError):
        return HTTPStatus.NOT_FOUND, None
    if isinstance(error, CSRFError):
        return (
            HTTPStatus.BAD_REQUEST,
            "画面を長く開いていたようです。ページを開きなおして、もう一度送ってください。",
        )
    if isinstance(error, HTTPException) and error.code:
        return HTTPStatus(error.code), None
    return HTTPStatus.INTERNAL_SERVER_ERROR, None


def _headers(settings: Settings) -> Any:
    def add(response: Response) -> Response:
        response.headers.update(HEADERS)
        if settings.https:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        elif response.status_code < HTTPStatus.BAD_REQUEST and _names_version():
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        return response

    return add


def _name_version(endpoint: str, values: dict[str, Any]) -> None:
    """A static file's address changes with it, so that browsers need not ask whether it has changed."""
    if endpoint == "static":
        values["v"] = _version(values["filename"])


def _names_version() -> bool:
    """Whether the address of a static file is that of the file as it is now."""
    return request.args.get("v") == _version(cast(dict[str, str], request.view_args)["filename"])


def _version(filename: str) -> str:
    path = Path(cast(str, current_app.static_folder), filename)
    return _fingerprint(path, path.stat().st_mtime_ns)


@cache
def _fingerprint(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:FINGERPRINT]


def _context() -> dict[str, Any]:
    return {
        "may": lambda name: current_user.is_authenticated and may(actor(), name),
        "allowed": lambda name, row: current_user.is_authenticated and allowed(actor(), name, row),
        "municipality": municipality(),
        "today": clock.today(),
    }


def _lines(text: str) -> Markup:
    """Text as it was typed, each line break kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def trusted_hosts(settings: Settings) -> list[str]:
    """The names this installation answers to."""
    host = urlsplit(settings.base_url).hostname or ""
    return [host, "127.0.0.1", "localhost"] if settings.on_loopback else [host]
