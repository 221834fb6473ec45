"""The hard conditions between a person and a request, each with its sentence. Values in, decisions out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from matching.kernel.clock import TOKYO, WEEKDAYS, date_text, day_of, day_text, span_text
from matching.kernel.rulings import cited
from matching.registry.models import RegistrationStatus

SERIES = 3  # more dates than this are a series: free at one or more is enough (design: gates)

Span = tuple[datetime, datetime]
Month = tuple[int, int]  # year, month
Term = tuple[date, date]  # of a council seat: first and last day


@dataclass(frozen=True, slots=True)
class Held:
    """A credential a person holds: verified by the city or not, unexpired until (None: for ever)."""

    kind: str
    verified: bool
    expires_on: date | None = None
    by: str = ""  # the higher kind that implies this one, if it is held by that

    @property
    def certificate(self) -> str:
        """The kind of the certificate itself."""
        return self.by or self.kind

    def lasts_to(self, day: date) -> bool:
        return self.expires_on is None or self.expires_on >= day


@dataclass(frozen=True, slots=True)
class Person:
    """What the gates know of a registrant."""

    programmes: frozenset[str]  # with a registration in force
    # programmes with a registration not in force → its state (approved: its term is over)
    pending: Mapping[str, RegistrationStatus] = field(default_factory=dict)
    areas: tuple[str, ...] = ()  # wards served; none: all
    hours: tuple[tuple[int, time, time], ...] = ()  # weekday, from, to; none: any time
    away: tuple[tuple[date, date], ...] = ()
    busy: tuple[Span, ...] = ()  # sessions of standing matches of other requests
    held: tuple[Held, ...] = ()
    monthly_limit: int | None = None
    month_counts: Mapping[Month, int] = field(default_factory=dict)  # → activities
    seats: tuple[Term, ...] = ()  # terms of the council seats the person holds or is asked for
    organisations: frozenset[int] = frozenset()  # those the person speaks for
    paused: bool = False  # rests today, by their own word …
    paused_until: date | None = None  # … to this day; None: until they resume


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the gates know of a request."""

    programmes: tuple[str, ...]  # in order
    sessions: tuple[Span, ...]
    ward: str
    online: bool
    organisation: int
    first_day: date
    credentials: tuple[str, ...] = ()
    term: Term | None = None  # of a council seat
    seat_limit: int | None = None
    seat_article: str = ""  # where the city has laid the limit down
    openable: tuple[str, ...] = ()  # programmes to which it could be opened as well
    earliest: date = date.min  # no date before this one is proposed
    monthly_limits: Mapping[str, int] = field(default_factory=dict)  # programme → the city's, where set
    articles: Mapping[str, str] = field(default_factory=dict)  # programme → the article of its monthly limit
    names: Mapping[str, str] = field(default_factory=dict)  # keys of programmes and credentials → words


@dataclass(frozen=True, slots=True)
class Gate:
    """One hard condition, and the sentence a coordinator can read aloud.

    `mend`: the nearest change that would let a person who fails pass (see mends.py); empty: none sought or
    found.
    """

    name: str
    passed: bool
    reason: str
    mend: str = ""


def programme_used(person: Person, wanted: Wanted) -> str | None:
    """The first of the request's programmes the person holds in force: it decides the measure."""
    return next((p for p in wanted.programmes if p in person.programmes), None)


def each(person: Person, wanted: Wanted) -> list[Gate]:
    """Every gate, in the order in which a coordinator asks."""
    found = [_registration(person, wanted), _free(person, wanted), _place(person, wanted)]
    if wanted.credentials:
        found.append(_credential(person, wanted))
    limit = monthly_limit(person, wanted)
    if limit is not None and wanted.sessions:
        found.append(_month(person, wanted, *limit))
    if wanted.term and wanted.seat_limit is not None:
        found.append(_seats(person, wanted, wanted.seat_limit))
    if person.paused:
        found.append(_paused(person))
    if wanted.organisation in person.organisations:
        found.append(Gate("organisation", False, "依頼した団体の担当者です"))
    return found


def free_sessions(person: Person, sessions: Iterable[Span]) -> list[Span]:
    """The sessions at which the person is free: weekly hours − absences − what is arranged."""
    return [session for session in sessions if not _hindrances(person, session)]


def covered(person: Person, sessions: Sequence[Span], now: datetime) -> list[Span]:
    """The sessions covered where none are chosen: all; of a series, those to come with the person free."""
    if len(sessions) <= SERIES:
        return list(sessions)
    return [session for session in free_sessions(person, sessions) if session[0] > now]


def by_month(sessions: Iterable[Span]) -> Counter[Month]:
    """Month → how many of the sessions begin in it."""
    return Counter((day_of(starts).year, day_of(starts).month) for starts, _ in sessions)


def _registration(person: Person, wanted: Wanted) -> Gate:
    programme = programme_used(person, wanted)
    if programme is None:
        return Gate("registration", False, "この依頼が対象とする登録区分で、有効な登録がありません")
    return Gate("registration", True, f"{wanted.names.get(programme, programme)}の登録が有効です")


def _free(person: Person, wanted: Wanted) -> Gate:
    sessions = wanted.sessions
    if not sessions:
        return Gate("availability", True, "任期のある依頼です（日時の定めはありません）")
    free = len(free_sessions(person, sessions))
    hindrances = [told for session in sessions for told in _hindrances(person, session)]
    if len(sessions) > SERIES:
        shared = f"{len(sessions)}回のうち{free}回に来られます"
        return Gate("availability", free > 0, shared if free else _joined([shared, *hindrances]))
    if hindrances:
        return Gate("availability", False, _joined(hindrances))
    told = "活動できる時間のうちです" if person.hours else "いつでも活動できます"
    return Gate("availability", True, f"{span_text(*sessions[0])}は{told}")


def _joined(sentences: Iterable[str]) -> str:
    """Each sentence once, in order."""
    return "。".join(dict.fromkeys(sentences))


def _hindrances(person: Person, session: Span) -> list[str]:
    starts, ends = session
    day = day_of(starts)
    found = [f"{day_text(day)}は不在の予定です" for first, last in person.away if first <= day <= last]
    found += [
        f"{span_text(*other)}に別の活動があります"
        for other in person.busy
        if other[0] < ends and starts < other[1]
    ]
    if person.hours and not _within(person.hours, starts, ends):
        found.append(_outside(person.hours, session, day))
    return found


def _outside(hours: Sequence[tuple[int, time, time]], session: Span, day: date) -> str:
    same_day = [f"{first:%H:%M}–{last:%H:%M}" for weekday, first, last in hours if weekday == day.weekday()]
    if not same_day:
        return f"{WEEKDAYS[day.weekday()]}曜日には活動できません"
    return f"{span_text(*session)}は活動できる時間（{'、'.join(same_day)}）の外です"


def _within(hours: Sequence[tuple[int, time, time]], starts: datetime, ends: datetime) -> bool:
    """Adjacent hours of one day count as one stretch."""
    local, until = starts.astimezone(TOKYO), ends.astimezone(TOKYO)
    if local.date() != until.date():
        return False
    reached = local.time()
    for weekday, first, last in sorted(hours):
        if weekday == local.weekday() and first <= reached < last:
            reached = last
    return reached >= until.time()


def _place(person: Person, wanted: Wanted) -> Gate:
    if wanted.online:
        return Gate("area", True, "オンラインなので場所を問いません")
    if not person.areas:
        return Gate("area", True, "市内のどこでも活動できます")
    if wanted.ward in person.areas:
        return Gate("area", True, f"{wanted.ward}で活動できます")
    return Gate("area", False, f"活動できる区は{'・'.join(person.areas)}です（{wanted.ward}は含まれません）")


def _credential(person: Person, wanted: Wanted) -> Gate:
    lacks = [lack for kind in wanted.credentials if (lack := _lack(person, wanted, kind))]
    if lacks:
        return Gate("credential", False, _joined(lacks))
    named = "・".join(wanted.names.get(kind, kind) for kind in wanted.credentials)
    return Gate("credential", True, f"{named}を市が確認済みです")


def _lack(person: Person, wanted: Wanted, kind: str) -> str:
    name = wanted.names.get(kind, kind)
    held = [credential for credential in person.held if credential.kind == kind]
    if not held:
        return f"{name}の資格がありません"
    verified = [credential for credential in held if credential.verified]
    if not verified:
        return f"{_certificates(held, wanted)}は申告だけで、市がまだ確かめていません"
    if not any(credential.lasts_to(wanted.first_day) for credential in verified):
        return f"{_certificates(verified, wanted)}の期限が活動の日より前に切れます"
    return ""


def _certificates(held: Iterable[Held], wanted: Wanted) -> str:
    return "・".join(dict.fromkeys(wanted.names.get(h.certificate, h.certificate) for h in held))


def lacks_any(person: Person, wanted: Wanted, kinds: Collection[str]) -> bool:
    """Whether the request needs one of these credentials and the person no longer has it."""
    return any(kind in kinds and _lack(person, wanted, kind) for kind in wanted.credentials)


def months_over(person: Person, wanted: Wanted) -> dict[Month, tuple[int, int]]:
    """The months in which the person's limit would be passed: (sessions in it, how many of them too many)."""
    asked, limit = by_month(wanted.sessions), monthly_limit(person, wanted)
    if limit is None:
        return {}
    over = {month: person.month_counts.get(month, 0) + n - limit[0] for month, n in asked.items()}
    return {month: (asked[month], min(n, asked[month])) for month, n in over.items() if n > 0}


def monthly_limit(person: Person, wanted: Wanted) -> tuple[int, str] | None:
    """The narrower of the person's own limit and that of the programme used, and who set it."""
    city = wanted.monthly_limits.get(programme_used(person, wanted) or "")
    limits = ((person.monthly_limit, "本人"), (city, "市"))
    return min(((limit, who) for limit, who in limits if limit is not None), default=None)


def _month(person: Person, wanted: Wanted, limit: int, who: str) -> Gate:
    if over := months_over(person, wanted):
        article = wanted.articles.get(programme_used(person, wanted) or "", "") if who == "市" else ""
        told = (
            f"{month}月の活動が、{who}の決めた上限（{limit}回）を超えます{cited(article)}"
            for _, month in over
        )
        return Gate("monthly_limit", False, _joined(told))
    return Gate("monthly_limit", True, f"月{limit}回までの上限のうちです")


def seats_taken(person: Person, wanted: Wanted) -> int:
    """The most seats the person holds at once on any day of the asked term (兼職; design: gates)."""
    if wanted.term is None:
        return 0
    first, last = wanted.term
    starts = [max(first, begins) for begins, ends in person.seats if begins <= last and first <= ends]
    return max((sum(b <= day <= e for b, e in person.seats) for day in starts), default=0)


def _seats(person: Person, wanted: Wanted, limit: int) -> Gate:
    most = f"{limit}まで、{wanted.seat_article}" if wanted.seat_article else f"{limit}まで"
    if (taken := seats_taken(person, wanted)) >= limit:
        told = f"この任期のあいだに、ほかの委員を{taken}つ務めています（兼職は{most}）"
        return Gate("concurrent_seats", False, told)
    return Gate("concurrent_seats", True, f"委員の兼職の上限（{most}）のうちです")


def _paused(person: Person) -> Gate:
    until = f"{date_text(person.paused_until)}まで" if person.paused_until else "再開するまで"
    return Gate("paused", False, f"ご本人が{until}活動を休んでいます")
