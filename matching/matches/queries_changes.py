"""Reads about what may still change after an offer: dates asked anew, objections, who stands by."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matching.kernel.db import db
from matching.matches.gates import Span
from matching.matches.models import Alternate, Match, MatchChange, MatchSession, MatchStatus, Objection
from matching.requests.models import SupportRequest


def waiting(match: Match) -> MatchChange | None:
    """The change the person has not answered yet."""
    if match.status is not MatchStatus.ACCEPTED:
        return None
    return db.session.scalars(select(MatchChange).filter_by(match_id=match.id, answered_at=None)).first()


def waiting_of(request: SupportRequest) -> set[str]:
    """The matches of the request whose people have not answered a change, by code."""
    unanswered = (
        select(Match.code)
        .join(MatchChange, MatchChange.match_id == Match.id)
        .where(
            Match.request_id == request.id,
            Match.status == MatchStatus.ACCEPTED,
            MatchChange.answered_at.is_(None),
        )
    )
    return set(db.session.scalars(unanswered))


def change_by_token_hash(token_hash: str) -> MatchChange | None:
    return db.session.scalars(select(MatchChange).filter_by(token_hash=token_hash)).first()


def arranged(registrants: Collection[int], between: Span) -> Mapping[int, list[tuple[int, Span]]]:
    """Registrant → (match, time) of what they do then, of all these people in one statement."""
    first, last = between
    rows = db.session.execute(
        select(
            MatchSession.registrant_id, MatchSession.match_id, MatchSession.starts_at, MatchSession.ends_at
        ).where(
            MatchSession.registrant_id.in_(registrants),
            MatchSession.standing,
            MatchSession.starts_at < last,
            MatchSession.ends_at > first,
        )
    )
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for registrant, match, starts, ends in rows:
        found[registrant].append((match, (starts, ends)))
    return found


def objection_to(match: Match) -> Objection | None:
    """The objection nobody has decided yet."""
    undecided = select(Objection).filter_by(match_id=match.id, decided_at=None)
    return db.session.scalars(undecided).first()


def alternates_of(request: SupportRequest) -> list[Alternate]:
    """Who stands by for the request, the next one first; read anew, under a lock too."""
    return list(
        db.session.scalars(
            select(Alternate)
            .where(Alternate.request_id == request.id)
            .options(joinedload(Alternate.registrant))
            .order_by(Alternate.id)
            .execution_options(populate_existing=True)
        )
    )


def last_decision(match: Match) -> bool | None:
    """Whether the latest objection was upheld; None: there was none, or it ended with the match."""
    latest = select(Objection.upheld).filter_by(match_id=match.id).order_by(Objection.id.desc())
    return db.session.scalars(latest).first()
