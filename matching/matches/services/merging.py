"""The matches of somebody registered twice: what a merge of the two does to them, and when it is refused."""

from sqlalchemy import delete, select
from sqlalchemy.orm import aliased

from matching.kernel import events, personal
from matching.kernel.db import db
from matching.kernel.errors import RuleViolation
from matching.matches.models import STANDING, ChildSafetyCheck, Match, MatchSession, MatchStatus
from matching.matches.services.steps import lock, match_of
from matching.registry.models import Registrant
from matching.requests.models import SupportRequest


@events.registrants_merging.connect
def merge_matches(kept: Registrant, *, gone: Registrant) -> None:
    """Of two matches with one request the standing one stays, with what was noted on the other.

    RuleViolation where both stand, or where the two have agreed to come to two places at one time.
    """
    asked = select(Match.request_id).where(Match.registrant_id.in_((kept.id, gone.id)))
    requests = select(SupportRequest).where(SupportRequest.id.in_(asked)).order_by(SupportRequest.id)
    for request in db.session.scalars(requests).all():
        lock(request)
        ours, theirs = match_of(request, kept), match_of(request, gone)
        if ours is not None and theirs is not None:
            _merge(request, ours, theirs)
    _require_apart(kept, gone)
    _drop_shorter_checks(kept, gone)
    db.session.expire_all()


def _merge(request: SupportRequest, ours: Match, theirs: Match) -> None:
    if ours.status in STANDING and theirs.status in STANDING:
        raise RuleViolation(
            f"依頼「{request.title}」に、両方の登録で打診や活動があります（{ours.status.label}と"
            f"{theirs.status.label}）。どちらかを取りやめてから、まとめてください。"
        )
    goes, stays = sorted((ours, theirs), key=_weight)
    db.session.execute(delete(MatchSession).where(MatchSession.match_id == goes.id))
    for table, column in personal.referring(Match.__table__):  # type: ignore[arg-type]
        personal.move(table, column, goes.id, stays.id)
    db.session.execute(delete(Match).where(Match.id == goes.id))


def _weight(match: Match) -> tuple[bool, bool, object]:
    return match.status in STANDING, match.status is MatchStatus.PROPOSED, match.created_at


def _drop_shorter_checks(kept: Registrant, gone: Registrant) -> None:
    """Of two records of one operator's check of one day, the one that holds longer stays."""
    theirs = aliased(ChildSafetyCheck)
    shorter = (
        select(ChildSafetyCheck.id)
        .join(
            theirs,
            (theirs.operator_id == ChildSafetyCheck.operator_id)
            & (theirs.checked_on == ChildSafetyCheck.checked_on)
            & (theirs.valid_to > ChildSafetyCheck.valid_to),
        )
        .where(ChildSafetyCheck.registrant_id == kept.id, theirs.registrant_id == gone.id)
    )
    gone_by = db.session.scalars(shorter).all()
    db.session.execute(delete(ChildSafetyCheck).where(ChildSafetyCheck.id.in_(gone_by)))


def _require_apart(kept: Registrant, gone: Registrant) -> None:
    other = aliased(MatchSession)
    met = db.session.scalars(
        select(MatchSession)
        .join(
            other,
            (other.registrant_id == gone.id)
            & other.standing
            & (other.starts_at < MatchSession.ends_at)
            & (other.ends_at > MatchSession.starts_at),
        )
        .where(MatchSession.registrant_id == kept.id, MatchSession.standing)
        .limit(1)
    ).first()
    if met is not None:
        title = met.session.request.title
        raise RuleViolation(
            f"依頼「{title}」の日時に、もう一方の登録でも打診や活動があります。"
            "どちらかを取りやめてから、まとめてください。"
        )
