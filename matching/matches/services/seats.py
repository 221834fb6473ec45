"""任期の途中で退任: a seat is free for its person from a day on; what was counted stays."""

from datetime import date

from matching.accounts.models import Account
from matching.kernel import audit, outbox
from matching.kernel.errors import Invalid, RuleViolation
from matching.matches import messages, rules
from matching.matches.models import Match
from matching.matches.queries_seats import RESIGN, Resignation, resignation
from matching.matches.services.steps import lock_match, refusal, require_outside
from matching.requests.wording import term_text


def resign(actor: Account, match: Match, on: date, reason: str) -> None:
    """`reason` is a key of RESIGN_REASONS. Recorded again, the last day counts; the same changes nothing.

    RuleViolation where no appointment stands; Invalid for a day outside of the term; NotAllowed for a
    member of the requesting organisation.
    """
    if reason not in rules.RESIGN_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    request = match.request
    require_outside(actor, request)
    if not rules.may_resign(match.status, request.term_start):
        raise RuleViolation(refusal(match))
    assert request.term_start is not None and request.term_end is not None  # a seat has both
    if not request.term_start <= on <= request.term_end:
        raise Invalid("on", f"任期のうちの日を入力してください（{term_text(request)}）。")
    if resignation(match) == Resignation(on, reason):
        return
    audit.record(actor, RESIGN, match, on=on.isoformat(), reason=reason)
    for address in (match.registrant.address, request.contact_email):
        outbox.enqueue(address, *messages.resigned(match, on, rules.RESIGN_REASONS[reason]))
