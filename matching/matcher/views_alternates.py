"""Keeping a candidate as an alternate, with the score as it was shown."""

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from matching.kernel.access import action, actor
from matching.kernel.db import transaction
from matching.kernel.errors import NotFound
from matching.matcher import queries
from matching.matcher.views import blueprint
from matching.matches.services import alternates
from matching.registry.queries import registrant_by_code
from matching.requests.models import SupportRequest


@blueprint.post("/requests/<support_request>/alternates")
@action("request.approve_match", support_request=SupportRequest)
def keep_alternate(support_request: SupportRequest) -> Response:
    registrant = registrant_by_code(request.form.get("registrant", ""))
    if registrant is None:
        raise NotFound("その登録者は見つかりません。")
    found = queries.candidate(actor(), support_request, registrant)
    with transaction():
        alternates.keep(actor(), support_request, registrant, score=found.score, reasons=found.reasons)
    flash("補欠にしました。空きができると、この方に自動で打診します。", "success")
    return redirect(url_for("matches.request_page", support_request=support_request.code), 303)
