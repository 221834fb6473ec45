"""Reads about child safety: which matches wait for an operator's check of their person."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matching.kernel.clock import day_of
from matching.kernel.db import db
from matching.matches import safety
from matching.matches.models import ChildSafetyCheck, Match, MatchStatus
from matching.municipality.city import municipality
from matching.requests.models import Session, SupportRequest

# Before the activity is done; afterwards nothing waits any more.
AHEAD = frozenset({MatchStatus.PROPOSED, MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.REPORTED})


@dataclass(frozen=True, slots=True)
class Safety:
    """That a check is needed, and the first day that still has none (None: all is checked)."""

    waits_for: date | None

    @property
    def words(self) -> str:
        return "確認待ち" if self.waits_for else "安全確認済"

    @property
    def chip(self) -> str:
        return "waiting" if self.waits_for else "done"


def meeting(request: SupportRequest) -> safety.Meeting:
    return safety.Meeting(request.minors, request.teacher_present, request.continuing, request.one_to_one)


def states(matches: Collection[Match]) -> dict[int, Safety]:
    """Match id → its state, where it needs a check; one statement for all."""
    in_force = municipality().child_safety.in_force
    needing = {}
    for match in matches:
        days = _days(match)
        # no check at all: what is left uncovered is what needs one
        if match.status in AHEAD and safety.uncovered(meeting(match.request), days, (), in_force):
            needing[match] = days
    known = _validities(match.registrant_id for match in needing) if needing else {}
    return {
        match.id: Safety(
            min(
                safety.uncovered(
                    meeting(match.request),
                    days,
                    known.get((match.registrant_id, match.request.organisation.operator_id), ()),
                    in_force,
                ),
                default=None,
            )
        )
        for match, days in needing.items()
    }


def unchecked(matches: Collection[Match], session: Session) -> list[Match]:
    """Those whose person needs a check on the session's day and has none; one statement for all."""
    known = _validities(match.registrant_id for match in matches)
    return [
        match
        for match in matches
        if safety.uncovered(
            meeting(match.request),
            [day_of(session.starts_at)],
            known.get((match.registrant_id, match.request.organisation.operator_id), ()),
            municipality().child_safety.in_force,
        )
    ]


def checks_for(match: Match) -> list[ChildSafetyCheck]:
    """What the operator of the match's organisation has checked of its person, newest first."""
    return list(
        db.session.scalars(
            select(ChildSafetyCheck)
            .filter_by(registrant_id=match.registrant_id, operator_id=match.request.organisation.operator_id)
            .options(joinedload(ChildSafetyCheck.operator))
            .order_by(ChildSafetyCheck.checked_on.desc())
        )
    )


def _days(match: Match) -> list[date]:
    return [day_of(starts) for starts, _ in match.spans]


def _validities(registrants: Iterable[int]) -> dict[tuple[int, int | None], list[safety.Validity]]:
    """(registrant, operator) → its checks."""
    found: dict[tuple[int, int | None], list[safety.Validity]] = defaultdict(list)
    for check in db.session.scalars(
        select(ChildSafetyCheck).where(ChildSafetyCheck.registrant_id.in_(set(registrants)))
    ):
        key = check.registrant_id, check.operator_id
        found[key].append(safety.Validity(check.checked_on, check.valid_to))
    return found
