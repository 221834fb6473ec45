"""Readiness, and mail that could not be delivered."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matching.kernel import outbox
from matching.kernel.access import action, actor, public
from matching.kernel.db import transaction
from matching.kernel.outbox import OutboxMessage
from matching.ops import jobs
from matching.ops.rules import kind_of, masked

blueprint = Blueprint("ops", __name__)
SHOWN = 100


@blueprint.get("/readyz")
@public
def readyz() -> tuple[dict[str, object], int]:
    """Whether database, migrations and worker are as they should be; 503 names what is not."""
    found = jobs.problems()
    if found:
        return {"status": "not ready", "problems": found}, HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok"}, HTTPStatus.OK


@blueprint.get("/mail")
@action("mail.see")
def mail() -> str:
    """届かなかったメール: neither the address nor a word of the mail is shown."""
    rows = [
        {
            "code": message.code,
            "address": masked(message.recipient),
            "kind": kind_of(message.subject),
            "created_at": message.created_at,
            "error": message.last_error,
        }
        for message in outbox.dead(SHOWN)
    ]
    return render_template("ops/mail.html", rows=rows, total=outbox.dead_count())


@blueprint.post("/mail/<message>/resend")
@action("mail.resend", message=OutboxMessage)
def resend(message: OutboxMessage) -> Response:
    with transaction():
        outbox.send_again(actor(), message)
    flash("もう一度送ります。", "success")
    return redirect(url_for("ops.mail"), HTTPStatus.SEE_OTHER)
