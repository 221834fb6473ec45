"""The requester objects to a person with a reason, until the first session; a coordinator decides."""

from matching.accounts.models import Account
from matching.kernel import audit, outbox
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.matches import messages, rules
from matching.matches.models import Match, Objection
from matching.matches.queries_changes import last_decision, objection_to
from matching.matches.services.offers import cancel
from matching.matches.services.steps import lock_match, refusal, require_outside
from matching.requests import queries as requests


def object_to(actor: Account, match: Match, reason: str) -> None:
    """`reason` is a key of OBJECTION_REASONS. Objecting again before the decision changes nothing."""
    if reason not in rules.OBJECTION_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    if match.status not in rules.OBJECTED_TO:
        raise RuleViolation(refusal(match))
    if not rules.may_object(match.status, match.spans, match.request.term_start, now()):
        raise RuleViolation("最初の日時が過ぎたため、申し出られません。担当者に電話でご相談ください。")
    if objection_to(match) is not None:
        return
    db.session.add(Objection(match_id=match.id, reason=reason, at=now(), by_id=actor.id))
    audit.record(actor, "match.object", match, reason=reason)
    page = absolute(f"/matches/{match.code}")
    for coordinator in requests.looked_after_by(match.request):
        outbox.enqueue(coordinator.email, *messages.objected(match, rules.OBJECTION_REASONS[reason], page))


def decide(actor: Account, match: Match, *, upheld: bool) -> None:
    """Upheld: the match is cancelled and its place falls free. The requester is told either way.

    The same decision again changes nothing; RuleViolation where it was another, or nobody has objected.
    """
    lock_match(match)
    require_outside(actor, match.request)
    objection = objection_to(match)
    if objection is None:
        if last_decision(match) is not upheld:
            raise RuleViolation("この方についての申し出は出ていないか、もう決まっています。")
        return
    objection.decided_at, objection.decided_by_id, objection.upheld = now(), actor.id, upheld
    audit.record(actor, "match.decide_objection", match, upheld=upheld)
    if upheld and match.status in rules.OBJECTED_TO:
        cancel(actor, match, "requester")
    outbox.enqueue(
        objection.by.email, *messages.objection_decided(match, upheld, absolute(f"/matches/{match.code}"))
    )
