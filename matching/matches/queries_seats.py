"""Council seats given up mid-term: the count stays in the book, so the act itself is where the day stands."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ScalarSelect, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.matches.models import Match

RESIGN = "match.resign"


@dataclass(frozen=True, slots=True)
class Resignation:
    """The day from which a seat is free, and why: a key of rules.RESIGN_REASONS."""

    on: date
    reason: str


def left_on() -> ScalarSelect[str]:
    """Of the match in the statement around it: that day in ISO form; where it was corrected, the last one."""
    return (
        select(AuditEvent.details["on"].as_string())
        .where(
            AuditEvent.subject_type == Match.__tablename__,
            AuditEvent.subject_code == Match.code,
            AuditEvent.action == RESIGN,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
        .correlate(Match)
        .scalar_subquery()
    )


def resignation(match: Match) -> Resignation | None:
    """What was recorded last; None: the seat is held to the end of its term."""
    acts = select(AuditEvent.details).filter_by(
        subject_type=Match.__tablename__, subject_code=match.code, action=RESIGN
    )
    told = db.session.scalars(acts.order_by(AuditEvent.id.desc())).first()
    return Resignation(date.fromisoformat(told["on"]), told["reason"]) if told else None
