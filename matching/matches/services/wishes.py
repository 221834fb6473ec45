"""「やってみたい」: a person asks for an open request, takes that back, or is told that it is not taken up.

A wish is a proposed match of the registrant's own origin; approving it leads straight to acceptance
(offers.approve_match).
"""

from typing import Any

from matching.accounts.models import Account
from matching.kernel import outbox
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.matches import messages, queries_gates, rules
from matching.matches.models import STANDING, Match, MatchStatus, Origin
from matching.matches.services import fitness
from matching.matches.services.offers import Terms, approve_match
from matching.matches.services.steps import advance, lock, lock_match, match_of, refusal, require_outside
from matching.municipality.city import municipality
from matching.registry.models import Registrant
from matching.requests import queries as requests
from matching.requests.models import RequestStatus, SupportRequest


def wish(
    actor: Account,
    request: SupportRequest,
    registrant: Registrant,
    *,
    score: float | None,
    reasons: list[dict[str, Any]],
) -> Match:
    """The person would like to do this; `score` and `reasons` as they were shown to them.

    RuleViolation where the request is not looking for people, a gate fails, or the person is being asked
    already. The same wish again changes nothing, also once it has been granted.
    """
    lock(request, registrant)
    match = match_of(request, registrant)
    if match is not None and match.origin is Origin.REGISTRANT and (match.wished or match.status in STANDING):
        return match
    if request.status is not RequestStatus.OPEN:
        raise RuleViolation(f"この依頼は「{request.status.label}」になったため、今は申し出られません。")
    if match is not None and match.status is MatchStatus.OFFERED:
        raise RuleViolation("この依頼は、すでに打診が届いています。「打診と活動」からお返事ください。")
    person = queries_gates.people([registrant.id], request)[registrant.id]
    wanted = queries_gates.wanted(request)
    sessions = fitness.covered(request, (), person, wanted)
    fitness.require(person, wanted, sessions, "申し出られません。")
    if match is None:
        match = Match(request=request, registrant=registrant, created_at=now(), status=MatchStatus.PROPOSED)
    fitness.use(match, person, wanted)
    fitness.cover(match, sessions, standing=False)
    match.origin, match.score, match.reasons = Origin.REGISTRANT, score, reasons
    match.decline_reason, match.answer_by, match.answered_at, match.approved_by_id = "", None, None, None
    match.chosen_at = None
    db.session.add(match)
    db.session.flush()
    advance(actor, match, "wish", programme=match.programme)
    page = absolute(f"/matches/{match.code}")
    for coordinator in requests.looked_after_by(request):
        outbox.enqueue(coordinator.email, *messages.wished(match, page))
    if municipality().turned_round(request.programmes):
        mail = messages.applied(request, absolute(f"/requests/{request.code}"))
        outbox.enqueue(request.contact_email, *mail)
    return match


def grant(actor: Account, match: Match) -> None:
    """A coordinator takes the wish up, as it stands. RuleViolation and Conflict as for every approval."""
    first = queries_gates.wanted(match.request).first_day
    terms = Terms(rules.usual_answer_by(today(), first), score=match.score, reasons=match.reasons)
    lock_match(match)
    if not match.wished and match.status not in STANDING:
        raise RuleViolation(refusal(match))
    approve_match(actor, match.request, match.registrant, terms)


def withdraw(actor: Account, match: Match) -> None:
    """The person takes the wish back. Doing so again changes nothing."""
    lock_match(match)
    if match.status is MatchStatus.WITHDRAWN:
        return
    advance(actor, match, "withdraw")


def reject(actor: Account, match: Match, reason: str) -> None:
    """A coordinator does not take the wish up, and the person is told why. `reason`: of REJECT_REASONS.

    RuleViolation where nobody wished; doing so again changes nothing.
    """
    if reason not in rules.REJECT_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    require_outside(actor, match.request)
    if match.status is MatchStatus.REJECTED:
        return
    if not match.wished:
        raise RuleViolation(refusal(match))
    advance(actor, match, "reject", reason=reason)
    outbox.enqueue(match.registrant.address, *messages.not_asked(match, rules.REJECT_REASONS[reason]))
