"""活動の場, turned round: people apply, the offering side chooses, a coordinator approves whom it chose."""

from matching.accounts.models import Account
from matching.kernel import audit, outbox
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.kernel.links import absolute
from matching.matches import messages
from matching.matches.models import Match
from matching.matches.services.steps import lock_match, refusal
from matching.municipality.city import municipality
from matching.requests import queries as requests
from matching.requests.models import RequestStatus, SupportRequest


def choose(actor: Account, match: Match) -> None:
    """The offering side would like this one on its stage; the coordinators are told. Again: nothing more.

    RuleViolation where nobody applied or no applications are taken any more.
    """
    _lock_application(match)
    if match.chosen_at is not None:
        return
    match.chosen_at = now()
    audit.record(actor, "match.choose", match)
    db.session.flush()
    page = absolute(f"/matches/{match.code}")
    for coordinator in requests.looked_after_by(match.request):
        outbox.enqueue(coordinator.email, *messages.chosen(match, page))


def unchoose(actor: Account, match: Match) -> None:
    """The choice taken back, as long as nobody has approved it. Again: nothing more."""
    _lock_application(match)
    if match.chosen_at is not None:
        match.chosen_at = None
        audit.record(actor, "match.unchoose", match)
        db.session.flush()


def require_asking(request: SupportRequest) -> None:
    """RuleViolation for a stage: nobody is asked, people apply."""
    if municipality().turned_round(request.programmes):
        raise RuleViolation(
            "活動の場は、応募を待つ募集です。こちらから候補を探したり、打診したりはしません。"
        )


def require_chosen(request: SupportRequest, match: Match | None) -> None:
    """RuleViolation for a stage unless this person applied and the offering side chose them."""
    if not municipality().turned_round(request.programmes):
        return
    if match is None or not match.wished:
        require_asking(request)
    elif match.chosen_at is None:
        raise RuleViolation("場を出す団体が、まだこの方を選んでいません。選ばれてから承認してください。")


def _lock_application(match: Match) -> None:
    lock_match(match)
    if not match.wished or not municipality().turned_round(match.request.programmes):
        raise RuleViolation(refusal(match))
    if match.request.status is not RequestStatus.OPEN:
        raise RuleViolation(f"この募集は「{match.request.status.label}」なので、もう選べません。")
