"""The life cycle of a match, and what a report means. Values in, decisions out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from matching.kernel.clock import day_of
from matching.kernel.lifecycle import Move, Table
from matching.matches.gates import SERIES, Span
from matching.matches.models import MatchStatus as S

ANSWER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval knows: whether the person has said yes already, or asked for it themselves."""

    agreed: bool


def _agreed(facts: Approval) -> bool:
    return facts.agreed


def _not_yet(facts: Approval) -> bool:
    return not facts.agreed


APPROVE, ANSWER, RECORD = "request.approve_match", "match.answer", "match.record_attempt"
WISH, WITHDRAW, DECIDE = "opening.wish", "match.withdraw", "match.decide"
CANCEL, REPORT, CONFIRM, REVERSE = "match.cancel", "request.report", "request.confirm", "match.reverse"
LIFE_CYCLE: Table[S] = {
    (S.PROPOSED, "approve"): (Move(S.OFFERED, APPROVE, _not_yet), Move(S.ACCEPTED, APPROVE, _agreed)),
    (S.PROPOSED, "reject"): (Move(S.REJECTED, DECIDE),),
    (S.PROPOSED, "withdraw"): (Move(S.WITHDRAWN, WITHDRAW),),
    (S.PROPOSED, "lapse"): (Move(S.LAPSED, APPROVE),),
    (S.PROPOSED, "end"): (Move(S.WITHDRAWN, APPROVE),),
    (S.OFFERED, "accept"): (Move(S.ACCEPTED, ANSWER),),
    (S.OFFERED, "decline"): (Move(S.DECLINED, ANSWER),),
    (S.OFFERED, "lapse"): (Move(S.LAPSED, APPROVE),),
    (S.OFFERED, "cancel"): (Move(S.CANCELLED, CANCEL),),
    (S.OFFERED, "end"): (Move(S.WITHDRAWN, APPROVE),),
    (S.ACCEPTED, "cancel"): (Move(S.CANCELLED, CANCEL),),
    (S.ACCEPTED, "end"): (Move(S.CANCELLED, CANCEL),),
    (S.ACCEPTED, "report"): (Move(S.REPORTED, REPORT),),
    (S.ACCEPTED, "miss"): (Move(S.NO_SHOW, CONFIRM),),
    (S.REPORTED, "send_back"): (Move(S.ACCEPTED, CONFIRM),),
    (S.REPORTED, "complete"): (Move(S.COMPLETED, CONFIRM),),
    (S.COMPLETED, "void"): (Move(S.VOIDED, REVERSE),),
    (S.VOIDED, "report_again"): (Move(S.ACCEPTED, REVERSE),),
    **{
        (state, "propose"): (Move(S.PROPOSED, APPROVE),)
        for state in (S.DECLINED, S.LAPSED, S.WITHDRAWN, S.REJECTED, S.CANCELLED)
    },
    # The person asks for it themselves: also after their own no, but not against a coordinator's.
    **{
        (state, "wish"): (Move(S.PROPOSED, WISH),)
        for state in (S.PROPOSED, S.DECLINED, S.LAPSED, S.WITHDRAWN)
    },
}
# The verbs that judge a person for a request: each is told upward and kept (matcher.decisions).
DECISIONS = frozenset({"approve", "accept", "decline", "reject", "complete"})

OBJECTED_TO = frozenset({S.OFFERED, S.ACCEPTED})

DECLINE_REASONS = {
    "busy": "都合がつかない",
    "health": "体調がすぐれない",
    "far": "場所が遠い",
    "unsuitable": "内容が合わない",
    "other": "そのほか",
}
REJECT_REASONS = {  # told to the person as they stand here
    "another": "ほかの方にお願いすることになりました",
    "unsuitable": "依頼の内容と、ご登録の内容が合いませんでした",
    "dates": "日時の折り合いがつきませんでした",
    "requester": "依頼した団体の事情が変わりました",
    "other": "そのほかの事情がありました",
}
CANCEL_REASONS = {
    "person": "本人の都合",
    "requester": "依頼者の都合",
    "weather": "天候・災害",
    "other": "そのほか",
}
OBJECTION_REASONS = {
    "fit": "依頼の内容と合わない",
    "before": "以前の活動で困ったことがあった",
    "dates": "日程や場所が合わない",
    "other": "そのほか（担当者と電話で話したい）",
}
RESIGN_REASONS = {
    "person": "本人の都合",
    "moved": "転居・異動",
    "office": "審議会など、市の都合",
    "other": "そのほか",
}
REVERSAL_REASONS = {
    "wrong_figures": "時間や人数の誤り",
    "wrong_person": "来た人の誤り",
    "not_held": "実際には行われなかった",
    "twice": "重複して計上した",
}


# --- deadlines and reports -----------------------------------------------------------------------------


def fully_reported(sessions: int, comments: Iterable[str]) -> bool:
    """Whether each session (of a council seat, which has none: the appointment) has a report that stands.

    `comments`: of each report in which the person was expected; one sent back has its reason there.
    """
    return sum(not comment for comment in comments) >= max(sessions, 1)


def joinable(sessions: Sequence[Span], now: datetime) -> bool:
    """Whether somebody can still join: no date has begun; of a series one is still to come."""
    if len(sessions) > SERIES:
        return any(starts > now for starts, _ in sessions)
    return all(starts > now for starts, _ in sessions)


def to_come(sessions: Collection[Span], moment: datetime) -> bool:
    """Whether a date is still to come; a council seat, which has none, always is."""
    return not sessions or any(starts > moment for starts, _ in sessions)


def over(sessions: Collection[Span], term_end: date | None, moment: datetime) -> bool:
    """Whether the last date has passed; of a council seat: its term."""
    if sessions:
        return all(ends <= moment for _, ends in sessions)
    return term_end is not None and term_end < day_of(moment)


def may_object(status: S, sessions: Collection[Span], term_start: date | None, moment: datetime) -> bool:
    """Until the first session begins; of a council seat, until the term does."""
    if status not in OBJECTED_TO:
        return False
    if sessions:
        return min(starts for starts, _ in sessions) > moment
    return term_start is not None and term_start > day_of(moment)


def may_resign(status: S, term_start: date | None) -> bool:
    """Whether a council seat can be given up mid-term: one that was appointed and is counted."""
    return status is S.COMPLETED and term_start is not None


def usual_answer_by(today: date, first_day: date) -> date:
    """A week from today, but before the first day, and never in the past."""
    return max(today, min(today + timedelta(days=ANSWER_DAYS), first_day - timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Reported:
    """One session's report as it concerns one person."""

    day: date
    held: bool
    came: bool
    minutes: int
    participants: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a person's reports come to: the values of a count."""

    activity_date: date
    minutes: int
    participants: int


def outcome(reports: Iterable[Reported]) -> Outcome | None:
    """None where the person came to no session held.

    Minutes add up; participants are the largest number of one session; the day is that of the last
    session held (design: indicators).
    """
    counted = [report for report in reports if report.held and report.came]
    if not counted:
        return None
    return Outcome(
        activity_date=max(report.day for report in counted),
        minutes=sum(report.minutes for report in counted),
        participants=max(report.participants for report in counted),
    )
