"""What every verb does: lock the rows, move along the life cycle, keep place and time in step."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from matching.accounts.models import Account
from matching.kernel import audit, events
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import NotAllowed, RuleViolation
from matching.kernel.lifecycle import move
from matching.matches import queries
from matching.matches.models import STANDING, Match, MatchChange, MatchStatus, Objection
from matching.matches.rules import DECISIONS, LIFE_CYCLE
from matching.registry.models import Registrant
from matching.requests.models import RequestStatus, SupportRequest


def lock(request: SupportRequest, registrant: Registrant | None = None) -> None:
    """Lock the request, then the person: always in this order, so that no two verbs wait for each other."""
    db.session.refresh(request, with_for_update=True)
    if registrant is not None:
        db.session.refresh(registrant, with_for_update=True)


def lock_match(match: Match) -> None:
    """Lock the match's request, then the match."""
    lock(match.request)
    db.session.refresh(match, with_for_update=True)


def advance(actor: audit.Actor | None, match: Match, verb: str, facts: Any = None, **details: Any) -> None:
    """Move the match by `verb`, audit it and tell of a decision; RuleViolation where its state forbids it."""
    before = match.status
    step = move(LIFE_CYCLE, before, verb, facts, refusal=refusal(match))
    match.status = step.to
    standing = step.to in STANDING
    for row in match.session_rows:
        row.standing = standing
    if not standing:
        match.place = None
        _close_questions(match)
    audit.record(actor, f"match.{verb}", match, before=before.value, after=step.to.value, **details)
    db.session.flush()
    if verb in DECISIONS:
        events.match_decided.send(match, verb=verb, actor=actor, **details)


def _close_questions(match: Match) -> None:
    """A change nobody answered and an objection nobody decided end with the match they were about."""
    for table, field in ((MatchChange, "answered_at"), (Objection, "decided_at")):
        db.session.execute(update(table).filter_by(match_id=match.id, **{field: None}).values({field: now()}))


def refusal(match: Match) -> str:
    """What the person in front of the screen reads where the state does not allow the act."""
    return f"この依頼との組み合わせは「{match.status.label}」になっているため、この操作はできません。"


def match_of(request: SupportRequest, registrant: Registrant) -> Match | None:
    """The one match there is of the two, read under the lock."""
    statement = select(Match).filter_by(request_id=request.id, registrant_id=registrant.id)
    return db.session.scalars(statement.execution_options(populate_existing=True)).first()


def of_request(request: SupportRequest, *states: MatchStatus) -> list[Match]:
    """The request's matches in these states (none given: all), by code, read under the lock."""
    statement = select(Match).where(Match.request_id == request.id).order_by(Match.code)
    statement = statement.options(selectinload(Match.session_rows))
    if states:
        statement = statement.where(Match.status.in_(states))
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def require_open(request: SupportRequest) -> None:
    """RuleViolation unless the request is looking for people."""
    if request.status is not RequestStatus.OPEN:
        raise RuleViolation(f"この依頼は「{request.status.label}」なので、打診できません。")


def require_outside(actor: Account, request: SupportRequest) -> None:
    """NotAllowed for a member of the requesting organisation: another coordinator decides."""
    if request.organisation_id in db.session.scalars(queries.organisations_of(actor)).all():
        raise NotAllowed("ご自分の団体の依頼では決められません。ほかの担当者に頼んでください。")
