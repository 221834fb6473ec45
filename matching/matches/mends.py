"""The nearest change that would let a person pass a failing gate: searched in plain rules, said in words."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from matching.kernel.clock import TOKYO, WEEKDAYS, at, date_text, day_of, day_text, span_text
from matching.matches.gates import (
    SERIES,
    Gate,
    Month,
    Person,
    Span,
    Wanted,
    by_month,
    each,
    free_sessions,
    monthly_limit,
    months_over,
    seats_taken,
)
from matching.registry.models import RegistrationStatus

DAYS = 14  # how far from its day a session is looked for a new one
MONTHS = 12  # how far ahead a month with room is looked for
MORNING, EVENING = time(8), time(21)  # nothing is moved to before or after these
RENEWED = {
    RegistrationStatus.APPROVED: "登録を更新すれば",
    RegistrationStatus.EXPIRED: "登録を更新すれば",
    RegistrationStatus.SUBMITTED: "申請を承認すれば",
    RegistrationStatus.SUSPENDED: "休止を解けば",
}


def mended(person: Person, wanted: Wanted) -> list[Gate]:
    """Every gate, each failing one with its nearest mend where there is one."""
    found = each(person, wanted)
    return [
        gate
        if gate.passed or gate.name not in MENDS
        else replace(gate, mend=MENDS[gate.name](person, wanted))
        for gate in found
    ]


def nearest_dates(person: Person, wanted: Wanted) -> tuple[Span, ...] | None:
    """The request's sessions, each hindered one moved as little as it can be: on its day, else to another.

    Of a series the first that can be is moved, which is enough. None where two weeks hold no free time.
    """
    moved = list(wanted.sessions)
    series = len(moved) > SERIES
    for n, session in enumerate(wanted.sessions):
        if free_sessions(person, [session]):
            continue
        place = _nearest_free(person, session, [*moved[:n], *moved[n + 1 :]], wanted.earliest)
        if place is not None:
            moved[n] = place
            if series:
                break
    needed = 1 if series else len(moved)
    return tuple(moved) if len(free_sessions(person, moved)) >= needed else None


def nearest_months(person: Person, wanted: Wanted) -> dict[Month, tuple[Month, int]] | None:
    """For each month over the person's limit: the next one with room, and how many sessions go there.

    None where one finds no room within a year.
    """
    limit = least[0] if (least := monthly_limit(person, wanted)) else 0
    counts = Counter(person.month_counts) + by_month(wanted.sessions)
    moves = {}
    for month, (_, excess) in months_over(person, wanted).items():
        room = (m for m in _months_after(month) if counts[m] + excess <= limit)
        found = next(room, None)
        if found is None:
            return None
        counts[found] += excess
        moves[month] = (found, excess)
    return moves


# --- the search ----------------------------------------------------------------------------------------


def _nearest_free(person: Person, session: Span, others: list[Span], earliest: date) -> Span | None:
    """On the same day; else on another at the same time; else on another at another."""
    crowded = replace(person, busy=(*person.busy, *others))
    days = [day_of(session[0]) + timedelta(days=n) for n in range(-DAYS, DAYS + 1)]
    days = [day for day in days if day >= earliest]
    for offered in (
        _starts(crowded, session, [day for day in days if day == day_of(session[0])]),
        [at(day, _hour(session[0])) for day in days],
        _starts(crowded, session, days),
    ):
        spans = [(starts, starts + (session[1] - session[0])) for starts in offered]
        if free := free_sessions(crowded, [span for span in spans if _bearable(span, session)]):
            return min(free, key=lambda span: _distance(span, session))
    return None


def _distance(span: Span, session: Span) -> tuple[int, bool, timedelta]:
    """The nearest day (of two the later), then the nearest time of day."""
    days = (day_of(span[0]) - day_of(session[0])).days
    return abs(days), days < 0, abs(span[0] - session[0] - timedelta(days=days))


def _starts(person: Person, session: Span, days: Iterable[date]) -> Iterator[datetime]:
    """Where the nearest free time of a day must begin: at the edge of free hours, beside what is arranged."""
    length = session[1] - session[0]
    for day in days:
        yield at(day, min(MORNING, _hour(session[0])))
        yield at(day, max(EVENING, _hour(session[1]))) - length
        for weekday, first, last in person.hours:
            if weekday == day.weekday():
                yield at(day, first)
                yield at(day, last) - length
        for busy_from, busy_to in person.busy:
            yield from (m for m in (busy_to, busy_from - length) if day_of(m) == day)


def _bearable(span: Span, session: Span) -> bool:
    """Within one day, and neither earlier nor later than people are asked to come."""
    starts, ends = span
    earliest, latest = min(MORNING, _hour(session[0])), max(EVENING, _hour(session[1]))
    return day_of(starts) == day_of(ends) and earliest <= _hour(starts) and _hour(ends) <= latest


def _hour(moment: datetime) -> time:
    return moment.astimezone(TOKYO).time()


def _months_after(month: Month) -> Iterator[Month]:
    for n in range(month[1], month[1] + MONTHS):
        yield month[0] + n // 12, n % 12 + 1


# --- the words -----------------------------------------------------------------------------------------


def _registration(person: Person, wanted: Wanted) -> str:
    for programme in wanted.programmes:
        status = person.pending.get(programme)
        if status in RENEWED:
            return f"{_named(wanted, programme)}の{RENEWED[status]}打診できます"
    for programme in wanted.openable:
        if programme in person.programmes:
            return f"依頼を{_named(wanted, programme)}にも開けば打診できます"
    for programme in wanted.programmes:
        return f"{_named(wanted, programme)}に登録してもらえば打診できます"
    return ""


def _availability(person: Person, wanted: Wanted) -> str:
    moved = nearest_dates(person, wanted)
    if moved is None:
        return _more_hours(person, wanted)
    changes = [(old, new) for old, new in zip(wanted.sessions, moved, strict=True) if old != new]
    several = len(wanted.sessions) > 1
    told = (
        f"{day_text(day_of(old[0]))}の回は{_change(old, new)}" if several else _change(old, new)
        for old, new in changes
    )
    return "、".join(told) + "なら来られます"


def _change(old: Span, new: Span) -> str:
    hours = f"{_hour(new[0]):%H:%M}–{_hour(new[1]):%H:%M}"
    if day_of(old[0]) == day_of(new[0]):
        later = new[0] > old[0]
        return f"{_length(abs(new[0] - old[0]))}{'あと' if later else '早く'}（{hours}）"
    if _hour(old[0]) == _hour(new[0]):
        return f"{day_text(day_of(new[0]))}の同じ時間"
    return span_text(*new)


def _length(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return (f"{hours}時間" if hours else "") + (f"{minutes}分" if minutes else "")


def _more_hours(person: Person, wanted: Wanted) -> str:
    """Where no other date is found, and nothing but the hours stands against these."""
    unbound = replace(person, hours=())
    if free_sessions(unbound, wanted.sessions) != list(wanted.sessions):
        return ""
    missing = [s for s in wanted.sessions if not free_sessions(person, [s])]
    told = dict.fromkeys(
        f"{WEEKDAYS[day_of(starts).weekday()]}曜日の{_hour(starts):%H:%M}–{_hour(ends):%H:%M}"
        for starts, ends in missing
    )
    return f"{'、'.join(told)}も空けてもらえれば来られます"


def _area(_person: Person, wanted: Wanted) -> str:
    if wanted.term:  # a council meets where it meets
        return f"{wanted.ward}まで広げてもらえれば活動できます"
    return f"{wanted.ward}まで広げてもらうか、オンラインにできれば活動できます"


def _credential(person: Person, wanted: Wanted) -> str:
    steps = []
    for kind in wanted.credentials:
        name = _named(wanted, kind)
        held = [credential for credential in person.held if credential.kind == kind]
        lasting = [credential for credential in held if credential.lasts_to(wanted.first_day)]
        if not held:
            steps.append(f"依頼から{name}の条件を外せれば")
        elif not lasting:
            steps.append(f"更新した{_named(wanted, held[0].certificate)}の資格証を市が確かめれば")
        elif not any(credential.verified for credential in lasting):
            steps.append(f"{_named(wanted, lasting[0].certificate)}の資格証を市が確かめれば")
    return "、".join(steps) + "打診できます"


def _monthly_limit(person: Person, wanted: Wanted) -> str:
    over = months_over(person, wanted)
    moves = nearest_months(person, wanted)
    if moves is None:
        needed = max(person.month_counts.get(month, 0) + asked for month, (asked, _) in over.items())
        return f"上限を月{needed}回まで上げてもらえば打診できます"
    steps = [
        f"{month[1]}月なら" if excess == over[old][0] else f"{old[1]}月の{excess}回を{month[1]}月に移せば"
        for old, (month, excess) in moves.items()
    ]
    return "、".join(steps) + "上限のうちです"


def _concurrent_seats(person: Person, wanted: Wanted) -> str:
    ending = seats_taken(person, wanted) - (wanted.seat_limit or 0) + 1
    return f"ほかの委員の任期が{ending}つ終われば打診できます"


def _paused(person: Person, _wanted: Wanted) -> str:
    if person.paused_until is None:
        return "ご本人が再開すれば打診できます"
    return f"{date_text(person.paused_until + timedelta(days=1))}から打診できます"


def _named(wanted: Wanted, key: str) -> str:
    return wanted.names.get(key, key)


MENDS: Mapping[str, Callable[[Person, Wanted], str]] = {
    "registration": _registration,
    "availability": _availability,
    "area": _area,
    "credential": _credential,
    "monthly_limit": _monthly_limit,
    "concurrent_seats": _concurrent_seats,
    "paused": _paused,
}
