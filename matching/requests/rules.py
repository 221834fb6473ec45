"""The life cycle of a request, what must be known before it can be opened, and what cannot be so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from matching.kernel.clock import date_text, day_of
from matching.kernel.lifecycle import Move, Table
from matching.kernel.rulings import Ruling
from matching.municipality.rulebook import NAMES, Limit
from matching.requests.models import VOLUNTEER_INSURANCE
from matching.requests.models import RequestStatus as S

EDIT, OPEN, CANCEL, MATCH = "request.edit", "request.open", "request.cancel", "request.approve_match"
CLOSE = "request.close"
YEAR_OF_WEEKS = timedelta(weeks=52)


@dataclass(frozen=True, slots=True)
class Ending:
    """What closing knows: whether somebody came."""

    met: bool


def _met(facts: Ending) -> bool:
    return facts.met


def _unmet(facts: Ending) -> bool:
    return not facts.met


LIFE_CYCLE: Table[S] = {
    (S.DRAFT, "submit"): (Move(S.SUBMITTED, EDIT),),
    (S.RETURNED, "submit"): (Move(S.SUBMITTED, EDIT),),
    (S.SUBMITTED, "open"): (Move(S.OPEN, OPEN),),
    (S.SUBMITTED, "return"): (Move(S.RETURNED, OPEN),),
    (S.SUBMITTED, "refuse"): (Move(S.CANCELLED, OPEN),),
    (S.OPEN, "fill"): (Move(S.FILLED, MATCH),),
    (S.FILLED, "reopen"): (Move(S.OPEN, MATCH),),
    (S.FILLED, "close"): (Move(S.CLOSED, CLOSE, _met), Move(S.UNMET, CLOSE, _unmet)),
    (S.OPEN, "close"): (Move(S.CLOSED, CLOSE, _met), Move(S.UNMET, CLOSE, _unmet)),
    **{
        (state, "cancel"): (Move(S.CANCELLED, CANCEL),)
        for state in (S.DRAFT, S.SUBMITTED, S.RETURNED, S.OPEN, S.FILLED)
    },
}
# States in which a request counts towards its organisation's yearly limit.
COUNTED = frozenset({S.SUBMITTED, S.OPEN, S.FILLED, S.CLOSED, S.UNMET})
EDITABLE = frozenset({S.DRAFT, S.RETURNED})
CANCEL_REASONS = {
    "solved": "ほかの方法で解決した",
    "dates": "日程が合わなくなった",
    "event": "行事そのものがなくなった",
    "other": "そのほか",
}

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a request decides whether it can be opened."""

    sessions: Sequence[Span] = ()
    term: tuple[date, date] | None = None
    minors: bool = False
    teacher_present: bool | None = None
    continuing: bool | None = None
    one_to_one: bool | None = None
    programmes: Sequence[str] = ()
    now: datetime | None = None  # the present moment; None: past dates are not asked about


def missing_for_opening(wish: Wish) -> list[str]:
    """What still has to be answered before the request can be opened, as sentences; none: nothing."""
    missing = []
    if not wish.sessions and wish.term is None:
        missing.append("日時（または任期）が入力されていません")
    if wish.now is not None and wish.sessions and wish.sessions[0][0] <= wish.now:
        missing.append("過ぎた日時が含まれています")
    if not wish.programmes:
        missing.append("対象とする登録区分が選ばれていません")
    missing += unanswered_about_minors(wish)
    return missing


def unanswered_about_minors(wish: Wish) -> list[str]:
    """一対一 is asked only where no teacher is present (design §4, こども性暴力防止法)."""
    if not wish.minors:
        return []
    missing = []
    if wish.teacher_present is None:
        missing.append("教員が立ち会うかどうかが答えられていません")
    if wish.continuing is None:
        missing.append("継続的な接触かどうかが答えられていません")
    if wish.teacher_present is False and wish.one_to_one is None:
        missing.append("一対一になるかどうかが答えられていません")
    return missing


def overlapping(sessions: Sequence[Span]) -> bool:
    """Whether two of the sessions share time; adjacent ones do not."""
    ordered = sorted(sessions)
    return any(earlier[1] > later[0] for earlier, later in pairwise(ordered))


def paid(fee: str) -> bool:
    """Whether the fee is an amount; 実費 only gives back what was spent."""
    return fee.isdecimal() and int(fee) > 0


def insurance_fault(insurance: str, fee: str) -> str | None:
    """Why this insurance does not do for this fee: ボランティア活動保険 leaves paid work out."""
    if insurance == VOLUNTEER_INSURANCE and paid(fee):
        return "謝礼のある活動は、ボランティア活動保険の対象になりません。ほかの保険を選んでください。"
    return None


def insurance_missing(insurance: str, fee: str) -> str | None:
    """What still stands before the first session."""
    if not insurance:
        return "保険がまだ決まっていません。最初の日時までに、どの保険に入るかを入力してください。"
    return insurance_fault(insurance, fee)


def a_year_on(spans: Sequence[Span], today: date) -> list[Span]:
    """The same hours on the same weekdays a year later (52 weeks), or so many years that all are to come."""
    if not spans:
        return []
    shift = YEAR_OF_WEEKS
    while day_of(min(spans)[0] + shift) <= today:
        shift += YEAR_OF_WEEKS
    return [(starts + shift, ends + shift) for starts, ends in spans]


# --- the programmes' rules: each a decision, the refusal names the rule and the article ------------------


def too_often(others: int, most: Limit | None) -> Ruling | None:
    """1団体の回数: `others` are the organisation's further requests of the same fiscal year."""
    if most is None or others < most.value:
        return None
    mend = f"この年度の依頼は、もう{others}件あります（{most.value}件まで）。"
    mend += "次の年度の日時にするか、ほかの登録区分を選んでください。"
    return Ruling(NAMES["yearly_limit"], most.article, "programmes", mend)


def too_late(first_day: date | None, today: date, lead: Limit | None) -> Ruling | None:
    """申込みの期日: so many days lie between the day of sending and the first day."""
    if lead is None or first_day is None or (first_day - today).days >= lead.value:
        return None
    earliest = today + timedelta(days=lead.value)
    mend = f"活動する日の{lead.value}日前までにお申し込みください。"
    mend += f"日時を{date_text(earliest)}以降にするか、ほかの登録区分を選んでください。"
    return Ruling(NAMES["lead_days"], lead.article, "sessions", mend)


def too_few(participants: int | None, least: Limit | None) -> Ruling | None:
    """参加する人数: so many take part at least; nobody knows without a number."""
    if least is None or (participants is not None and participants >= least.value):
        return None
    if participants is None:
        mend = f"参加予定人数を入力してください（{least.value}人以上）。"
    else:
        mend = f"参加予定人数が{least.value}人に足りません。人を集めるか、ほかの登録区分を選んでください。"
    return Ruling(NAMES["minimum_group"], least.article, "participants", mend)


def wrong_requester(kind: str, requesters: Sequence[str], article: str) -> Ruling | None:
    """依頼できる団体 (女性人材リスト: only city offices)."""
    if not requesters or kind in requesters:
        return None
    mend = "この団体区分からは依頼できません。ほかの登録区分を選んでください。"
    return Ruling(NAMES["requesters"], article, "programmes", mend)
