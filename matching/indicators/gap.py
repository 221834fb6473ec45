"""需給ギャップ: what requests wait for, by topic, ward, weekday and season, against what the registry offers.

The topics for which too few are left are the courses to hold next (design §7, back to 基本施策1). Plain
values in and out; the database is read in queries_gap.py.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from matching.engine.topics import Topic
from matching.indicators.definitions import Definition
from matching.indicators.rules import SEASONS, half_gone, season
from matching.kernel.clock import WEEKDAYS
from matching.kernel.labels import Labelled

SOON = 90  # days: a registration or certificate that ends within them is about to end
ONLINE = "オンライン"
WAITING = Definition(
    "gap",
    "待っている依頼",
    "求めた人数だけ引き受ける人が決まらなかった依頼です。不成立になったもの、人数がそろわないまま日が来たもの、"
    "募集をはじめた日から最初の日までの半分が過ぎても、できる人が一人もいないものを数えます。属する年度は最後の日"
    "（委嘱は任期のはじまり）の年度で、募集中のものは、いまの年度に入れます。「できる人」は、きょう有効な登録の"
    "うち、その依頼の候補のページに出る人で、依頼に必要な資格のある人です。そのうち、登録か資格の期限が、いまの"
    f"年度の終わりまでか、きょうから{SOON}日のうちに来る人を「もうすぐ期限」とします。「足りない人数」から、もう"
    "すぐ期限の人を除いた「できる人」を引いて残るものが、講座で育てたい人数です。",
    "依頼した側が取り消した依頼、活動の場の募集、取り込んだ過去の活動。日や場所が合うかは、区と曜日の表だけで見ます。",
    "件",
)


class Reason(Labelled):
    UNMET = "unmet", "不成立"
    SHORT = "short", "人数がそろわなかった"
    NOBODY = "nobody", "できる人がいない"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits or waited. `able`: who fits it → the last day they can be counted on."""

    code: str
    title: str
    reason: Reason
    place: str  # the ward, or online
    days: tuple[date, ...]  # of a council seat the term's first
    seat: bool
    missing: int  # people
    able: Mapping[int, date]

    @property
    def weekdays(self) -> list[str]:
        """Of a council seat none."""
        found = set() if self.seat else {day.weekday() for day in self.days}
        return [WEEKDAYS[n] for n in sorted(found)]

    @property
    def seasons(self) -> list[str]:
        found = {season(day) for day in self.days}
        return [name for name in SEASONS if name in found]


@dataclass(frozen=True, slots=True)
class Habits:
    """Where and on which weekdays a registrant is to be had; empty: anywhere, on any day."""

    areas: frozenset[str]
    weekdays: frozenset[str]

    def serve(self, place: str) -> bool:
        return place == ONLINE or not self.areas or place in self.areas

    def free(self, weekday: str) -> bool:
        return not self.weekdays or weekday in self.weekdays


@dataclass(frozen=True, slots=True)
class Part:
    """Some waiting requests together: people they miss, people who can, and those of them who soon cannot."""

    name: str
    requests: int
    missing: int
    able: int
    ending: int

    @property
    def wanted(self) -> int:
        """How many would have to learn it, if all who can and stay came."""
        return max(0, self.missing - (self.able - self.ending))


@dataclass(frozen=True, slots=True)
class Subject:
    """題材: what some requests ask for. A name is made of their own words; one alone has its title."""

    part: Part
    requests: tuple[Waiting, ...]
    places: tuple[str, ...]
    weekdays: tuple[str, ...]
    seasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A year's. Each waiting request is in one subject: of `courses`, `met` (enough who can), or `alone`."""

    whole: Part
    courses: list[Subject]
    met: list[Subject]
    alone: list[Subject]
    by_place: list[Part]
    by_weekday: list[Part]
    by_season: list[Part]

    @property
    def subjects(self) -> list[Subject]:
        return [*self.courses, *self.met, *self.alone]


def reason(status: str, opened: date, days: Sequence[date], able: bool, day: date) -> Reason | None:
    """Why a request with places left is one that waits on `day`; None: it does not.

    `status`: unmet, closed or open; `able`: somebody in the registry can do it.
    """
    if status == "unmet":
        return Reason.UNMET
    if status == "closed" or days[0] < day:
        return Reason.SHORT
    return Reason.NOBODY if not able and half_gone(opened, days[0], day) else None


def gap(
    waiting: Iterable[Waiting],
    topics: Iterable[Topic],
    habits: Mapping[int, Habits],
    wards: Sequence[str],
    soon: date,
) -> Gap:
    """`topics` hold each code once, `habits` everybody who can; who ends by `soon` is about to end."""
    by_code = {request.code: request for request in waiting}
    requests, places = list(by_code.values()), [*wards, ONLINE]
    subjects = [_subject(topic, [by_code[code] for code in topic.ids], places, soon) for topic in topics]
    subjects.sort(key=lambda s: (-s.part.wanted, -s.part.missing, -s.part.requests, s.requests[0].code))
    shared = [subject for subject in subjects if len(subject.requests) > 1]
    return Gap(
        whole=_part("", requests, soon),
        courses=[subject for subject in shared if subject.part.wanted],
        met=[subject for subject in shared if not subject.part.wanted],
        alone=[subject for subject in subjects if len(subject.requests) == 1],
        by_place=[
            _part(place, some, soon, {person for person, h in habits.items() if h.serve(place)})
            for place in places
            if (some := [request for request in requests if request.place == place])
        ],
        by_weekday=[
            _part(weekday, some, soon, {person for person, h in habits.items() if h.free(weekday)})
            for weekday in WEEKDAYS
            if (some := [request for request in requests if weekday in request.weekdays])
        ],
        by_season=[
            _part(name, some, soon)
            for name in SEASONS
            if (some := [request for request in requests if name in request.seasons])
        ],
    )


def _subject(topic: Topic, requests: Sequence[Waiting], places: Sequence[str], soon: date) -> Subject:
    name = requests[0].title if len(requests) == 1 else "・".join(topic.words)
    return Subject(
        part=_part(name, requests, soon),
        requests=tuple(sorted(requests, key=lambda request: (request.days, request.code))),
        places=tuple(place for place in places if any(r.place == place for r in requests)),
        weekdays=tuple(weekday for weekday in WEEKDAYS if any(weekday in r.weekdays for r in requests)),
        seasons=tuple(name for name in SEASONS if any(name in r.seasons for r in requests)),
    )


def _part(name: str, requests: Sequence[Waiting], soon: date, among: Collection[int] | None = None) -> Part:
    """`among`: the people who are looked at; None: all who can."""
    able = set[tuple[int, date]]().union(*(request.able.items() for request in requests))
    until = dict(sorted(able))  # of somebody's days the last stays
    ends = [day for person, day in until.items() if among is None or person in among]
    return Part(
        name=name,
        requests=len(requests),
        missing=sum(request.missing for request in requests),
        able=len(ends),
        ending=sum(day <= soon for day in ends),
    )
