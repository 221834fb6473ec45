"""What the city remembers of people, as the ranking's facts: one statement however many they are."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, distinct, func, or_, select, union_all

from matching.engine.ranking import Facts
from matching.kernel.clock import day_of, now, today
from matching.kernel.db import db
from matching.matches import gates, queries_gates
from matching.matches.models import (
    AttemptResult,
    ContactAttempt,
    EffectAnswer,
    Match,
    MatchSession,
    MatchStatus,
)
from matching.matches.rules import DECLINE_REASONS
from matching.municipality.city import municipality
from matching.registry.models import Registrant
from matching.requests.models import SupportRequest

TOLD = frozenset({"busy", "far", "unsuitable"})  # why somebody declined, but for what is their own affair
EFFECTIVE = 4  # of five steps, as the mean of a requester's answers about the plan's effects


def facts(ids: Collection[int], request: SupportRequest) -> dict[int, Facts]:
    """What is known of these registrants for this request, by id; a series takes one statement more."""
    since = now() - timedelta(days=municipality().signals.remembered_days)
    day = today()
    found = {row.id: _facts(row, request, day) for row in db.session.execute(_history(ids, request, since))}
    if len(request.sessions) <= gates.SERIES:
        return found
    sessions, people = queries_gates.wanted(request).sessions, queries_gates.people(ids, request)
    return {
        id_: replace(of, dates=len(sessions), dates_free=len(gates.free_sessions(people[id_], sessions)))
        for id_, of in found.items()
    }


def _facts(row: Row[*tuple[Any, ...]], request: SupportRequest, day: date) -> Facts:
    days = _days_since(row.heard, day) if row.heard else None
    asked = [moment for moment in (row.offered, row.done) if moment is not None]
    here = not request.online  # where somebody lives matters only to those who travel
    return Facts(
        same_district=here and row.school_district != "" and row.school_district == request.school_district,
        same_ward=here and row.ward == request.ward,
        done_here=row.done_here,
        thanked=row.thanked,
        asked=_days_since(max(asked), day) if asked else None,
        declined=days if row.result == AttemptResult.DECLINED else None,
        decline_reason=DECLINE_REASONS[row.reason] if row.reason in TOLD else "",
        no_answer=days if row.result == AttemptResult.NO_ANSWER else None,
        no_shows=row.no_shows,
    )


def _history(ids: Collection[int], request: SupportRequest, since: datetime) -> Select[*tuple[Any, ...]]:
    """One row per registrant. What came from the paper years was never offered: its day counts as asked."""
    completed = Match.status == MatchStatus.COMPLETED
    missed = and_(Match.status == MatchStatus.NO_SHOW, MatchSession.starts_at >= since)
    effective = select(EffectAnswer.request_id).group_by(EffectAnswer.request_id)
    effective = effective.having(func.avg(EffectAnswer.step) >= EFFECTIVE)
    here = SupportRequest.organisation_id == request.organisation_id
    last = _last_answers(ids, since).subquery()
    heard = (last.c.at, last.c.result, last.c.reason)
    return (
        select(
            Registrant.id,
            Registrant.ward,
            Registrant.school_district,
            func.max(Match.offered_at).label("offered"),
            func.max(case((completed, MatchSession.starts_at))).label("done"),
            _matches_where(completed, here).label("done_here"),
            _matches_where(completed, Match.request_id.in_(effective)).label("thanked"),
            _matches_where(missed).label("no_shows"),
            last.c.at.label("heard"),
            last.c.result,
            last.c.reason,
        )
        .outerjoin(Match, Match.registrant_id == Registrant.id)
        .outerjoin(SupportRequest, SupportRequest.id == Match.request_id)
        .outerjoin(MatchSession, MatchSession.match_id == Match.id)
        .outerjoin(last, and_(last.c.registrant_id == Registrant.id, last.c.place == 1))
        .where(Registrant.id.in_(ids))
        .group_by(Registrant.id, Registrant.ward, Registrant.school_district, *heard)
    )


def _matches_where(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """How many different matches; each has a row for each of its sessions."""
    return func.count(distinct(case((and_(*conditions), Match.id))))


def _last_answers(ids: Collection[int], since: datetime) -> Select[*tuple[Any, ...]]:
    """What people answered to an offer, or to a call about one, not too long ago; the last is in place 1."""
    # A wish of the person's own that came to nothing has no day to answer by: nobody waited for an answer.
    lapsed = and_(Match.status == MatchStatus.LAPSED, Match.answer_by.is_not(None))
    offers = select(
        Match.registrant_id,
        case((lapsed, Match.offered_at), else_=Match.answered_at).label("at"),
        case(
            (lapsed, AttemptResult.NO_ANSWER.value),
            (Match.status == MatchStatus.DECLINED, AttemptResult.DECLINED.value),
            else_=AttemptResult.ACCEPTED.value,
        ).label("result"),
        Match.decline_reason.label("reason"),
    ).where(
        Match.registrant_id.in_(ids), Match.offered_at >= since, or_(lapsed, Match.answered_at.is_not(None))
    )
    calls = (
        select(Match.registrant_id, ContactAttempt.at, ContactAttempt.result, ContactAttempt.reason)
        .join(Match, Match.id == ContactAttempt.match_id)
        .where(Match.registrant_id.in_(ids), ContactAttempt.at >= since)
    )
    said = union_all(offers, calls).subquery()
    latest_first = func.row_number().over(partition_by=said.c.registrant_id, order_by=said.c.at.desc())
    return select(said, latest_first.label("place"))


def _days_since(moment: datetime, day: date) -> int:
    return max((day - day_of(moment)).days, 0)
