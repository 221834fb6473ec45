"""補欠: approved beforehand by a coordinator, in order; the next is offered a place that falls free."""

from typing import Any

from sqlalchemy import delete

from matching.accounts.models import Account
from matching.kernel import audit, events, outbox
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import AppError, RuleViolation
from matching.kernel.links import absolute
from matching.kernel.permissions import allowed
from matching.matches import messages, queries_gates, rules
from matching.matches.models import STANDING, Alternate
from matching.matches.queries_changes import alternates_of
from matching.matches.services import fitness, stage
from matching.matches.services.offers import Terms, approve_match
from matching.matches.services.steps import lock, match_of, of_request, require_outside
from matching.registry.models import Registrant
from matching.requests import queries as requests
from matching.requests.models import RequestStatus, SupportRequest


def keep(
    actor: Account,
    request: SupportRequest,
    registrant: Registrant,
    *,
    score: float | None,
    reasons: list[dict[str, Any]],
) -> None:
    """Keep the person as the next alternate. RuleViolation where a gate fails, or they are asked already.

    Keeping them again changes nothing.
    """
    lock(request, registrant)
    require_outside(actor, request)
    stage.require_asking(request)
    if any(row.registrant_id == registrant.id for row in alternates_of(request)):
        return
    if request.status not in (RequestStatus.OPEN, RequestStatus.FILLED):
        raise RuleViolation(f"この依頼は「{request.status.label}」なので、補欠を決められません。")
    match = match_of(request, registrant)
    if match is not None and match.status in STANDING:
        raise RuleViolation("この方には、すでに打診しています。")
    person = queries_gates.people([registrant.id], request)[registrant.id]
    wanted = queries_gates.wanted(request)
    fitness.require(person, wanted, fitness.covered(request, (), person, wanted), "補欠にできません。")
    db.session.add(
        Alternate(
            request=request,
            registrant=registrant,
            score=score,
            reasons=reasons,
            kept_at=now(),
            kept_by_id=actor.id,
        )
    )
    audit.record(actor, "request.keep_alternate", request, registrant=registrant.code)


def drop(actor: Account, request: SupportRequest, code: str) -> None:
    """The person is an alternate no longer; dropping them again changes nothing."""
    lock(request)
    for row in alternates_of(request):
        if row.code == code:
            db.session.delete(row)
            audit.record(actor, "request.drop_alternate", request, registrant=row.registrant.code)


@events.place_fell_free.connect
def _move_up(request: SupportRequest) -> None:
    """Offer the free place to the next alternate who still can; everybody concerned is told."""
    kept, offered = alternates_of(request), False
    for row in kept:
        taken = len(of_request(request, *STANDING))
        if request.status is not RequestStatus.OPEN or taken >= request.headcount:
            return
        registrant, terms = row.registrant, _terms(row)
        approver = db.session.get_one(Account, row.kept_by_id)
        db.session.delete(row)
        try:
            acts = approver.disabled_at is None and allowed(approver, "request.approve_match", request)
            if not acts:
                raise RuleViolation("この補欠を決めた担当者は、もういません。")
            with db.session.begin_nested():
                match = approve_match(approver, request, registrant, terms)
        except AppError:  # no longer free, registered or allowed: the one after
            audit.record(None, "request.skip_alternate", request, registrant=registrant.code)
            continue
        offered = True
        mail = messages.moved_up(match, absolute(f"/requests/{request.code}"))
        for address in (request.contact_email, *(c.email for c in requests.looked_after_by(request))):
            outbox.enqueue(address, *mail)
    if kept and not offered:
        for coordinator in requests.looked_after_by(request):
            page = absolute(f"/requests/{request.code}")
            outbox.enqueue(coordinator.email, *messages.nobody_moved_up(request, page))


@events.request_ended.connect
@events.request_closed.connect
def _request_over(request: SupportRequest, **_told: Any) -> None:
    """Nobody is needed any more: who stood by is forgotten."""
    db.session.execute(delete(Alternate).where(Alternate.request_id == request.id))


def _terms(row: Alternate) -> Terms:
    first = queries_gates.wanted(row.request).first_day
    return Terms(rules.usual_answer_by(today(), first), score=row.score, reasons=row.reasons)
