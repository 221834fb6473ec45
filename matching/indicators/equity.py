"""公平さ: who is asked and who says yes, how work is spread over people, the seats of each council.

Sums only, never a person: where few people are concerned, groups are told together or not by column
(`told`). Read anew at each look; closing a year stores nothing of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from matching.indicators.arranged import begins, in_force
from matching.indicators.definitions import Definition, Value
from matching.indicators.rules import FEW, merged
from matching.kernel.clock import APRIL, fiscal_year_end
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import standing_in_its_year
from matching.matches.models import Match, MatchStatus, Origin
from matching.municipality.city import municipality
from matching.registry.models import Registrant, RegistrantAlias, RegistrantKind, Registration
from matching.requests.models import RequestProgramme, RequestStatus, SupportRequest

ASKED = Definition(
    "asked",
    "打診と答え",
    "この年度に打診した件数を、打診した人の年代（年度のうちになる年齢）、今の区、打診した登録区分ごとに数えます。"
    "同じ人に2回打診すれば2件です。承諾は、あとで中止になったものも入れます。"
    "返事なしには、返事を待っているもの、期限切れ、返事の前の取りやめが入ります。",
    "本人からの応募や希望、取り込んだ過去の活動。",
    "件",
)
SPREAD = Definition(
    "spread",
    "活動の広がり",
    "年度の終わり（途中の年度はきょう）に有効な登録がある人と、この年度に活動した人を、計上した活動の件数で分けて数えます。"
    "活動の多い1割の人が受け持った割合は、活動した人の1割が5人以上のときに出します。団体は1と数えます。",
    "取り消した計上。",
    "人",
)
COUNCILS = Definition(
    "councils",
    "審議会などの委員",
    "任期がこの年度に始まる委員の依頼の人数と、女性人材リストなどから打診した件数、委嘱を確認した件数を、審議会ごとに数えます。",
    "取り消した依頼、募集していない依頼。",
    "件",
)
SHARE = Definition("share", "割合", "", "", "％", 1)

YES, NO, NONE = "承諾", "辞退", "返事なし"
APPOINTED, NOT_APPOINTED = "委嘱", "委嘱していない"
Column = tuple[str, ...]  # answers told in one
# From the finest on: the first is taken in which no column of the whole is of few people.
ANSWERS: Sequence[Sequence[Column]] = (((YES,), (NO,), (NONE,)), ((YES,), (NO, NONE)), ((YES, NO, NONE),))
SEATS: Sequence[Sequence[Column]] = (((APPOINTED,), (NOT_APPOINTED,)), ((APPOINTED, NOT_APPOINTED),))
PEOPLE = "人"
YOUNG, OLD = 20, 90  # the first and the last age of the bands of ten years between
UNKNOWN, GROUP = "生まれ年の記入なし", "団体"
AGES = (f"{YOUNG}歳未満", *(f"{ten}代" for ten in range(YOUNG, OLD, 10)), f"{OLD}歳以上", UNKNOWN, GROUP)
TIMES = (("0件", 0), ("1件", 1), ("2〜3件", 3), ("4〜9件", 9), ("10件以上", None))  # and the most of each
TENTH = 10
WANTED = (RequestStatus.OPEN, RequestStatus.FILLED, RequestStatus.CLOSED, RequestStatus.UNMET)

Cells = defaultdict[str, Counter[int]]  # answer → person → how often
Groups = dict[str, Cells]


@dataclass(frozen=True, slots=True)
class Line:
    """One group, or several told together, by name: `all`, and by column; counts of None: of few people."""

    groups: list[str]
    all: int
    counts: list[int] | None

    @property
    def share(self) -> Value:
        """The first column in per cent of all; None: not told."""
        return per_cent(self.counts[0], self.all) if self.counts else None


@dataclass(frozen=True, slots=True)
class Table:
    """Groups by columns, as far as they may be told; the whole; the groups in which there is nobody."""

    columns: Sequence[Column]
    lines: list[Line]
    whole: Line
    nobody: list[str]


@dataclass(frozen=True, slots=True)
class Spread:
    """People by how often they acted; the busiest tenth's share in per cent. None: too few people."""

    people: Table | None
    busiest: Value


@dataclass(frozen=True, slots=True)
class Councils:
    """Seats wanted by each council, and what came of them; a table of None: too few people."""

    seats: Mapping[str, int]
    table: Table | None

    def wanted(self, line: Line) -> int:
        return sum(self.seats[council] for council in line.groups)


def asked(year: int) -> dict[str, Table | None]:
    """年代, 区 and 登録区分 → how those asked in the year answered; None: too few people."""
    city = municipality()
    ages, wards = _groups(AGES), _groups(city.wards)
    programmes = _groups(p.name for p in city.programmes.values())
    of_person = (Registrant.id, Registrant.kind, Registrant.birth_year, Registrant.ward)
    of_match = (Match.programme, Match.status, Match.decline_reason, Match.answered_at.is_not(None))
    for person, kind, born, ward, programme, status, reason, answered, times in db.session.execute(
        select(*of_person, *of_match, func.count())
        .join(Match, Match.registrant_id == Registrant.id)
        .where(
            Match.offered_at >= begins(year),
            Match.offered_at < begins(year + 1),
            Match.origin != Origin.REGISTRANT,
        )
        .group_by(*of_person, *of_match)
    ):
        age = GROUP if kind is RegistrantKind.GROUP else age_band(born, year)
        for groups, key in ((ages, age), (wards, ward), (programmes, city.programmes[programme].name)):
            groups[key][_said(status, reason, answered)][person] += times
    return {"年代": told(ages, ANSWERS), "区": told(wards, ANSWERS), "登録区分": told(programmes, ANSWERS)}


def _said(status: MatchStatus, decline_reason: str, answered: bool) -> str:
    if status is MatchStatus.DECLINED or decline_reason:
        return NO
    return YES if answered else NONE


def age_band(born: int | None, year: int) -> str:
    """The band of the age somebody reaches in the fiscal year, by the year of birth."""
    if born is None:
        return UNKNOWN
    age = year - born
    if age < YOUNG:
        return AGES[0]
    return f"{OLD}歳以上" if age >= OLD else f"{age // 10 * 10}代"


def spread(year: int) -> Spread:
    """How the year's activities are spread over those registered and those who acted."""
    present = func.coalesce(RegistrantAlias.registrant_id, Registrant.id)
    acts = dict(
        db.session.execute(
            select(present, func.count())
            .select_from(LedgerEntry)
            .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == LedgerEntry.registrant)
            .outerjoin(Registrant, Registrant.pseudonym == LedgerEntry.registrant)
            .where(LedgerEntry.fiscal_year == year, standing_in_its_year())
            .group_by(present)
        ).all()
    )
    ready = db.session.scalars(select(Registration.registrant_id).where(in_force(year)).distinct())
    people = dict.fromkeys(ready, 0) | acts
    groups = _groups(name for name, _ in TIMES)
    for person, times in people.items():
        groups[next(name for name, most in TIMES if most is None or times <= most)][PEOPLE][person] = 1
    return Spread(told(groups, [[(PEOPLE,)]]), busiest(list(acts.values())))


def busiest(acts: Sequence[int]) -> Value:
    """What the busiest tenth of those who acted did, in per cent of all; None: it is of few people."""
    tenth = -(-len(acts) // TENTH)
    return per_cent(sum(sorted(acts)[-tenth:]), sum(acts)) if tenth >= FEW else None


def councils(year: int) -> Councils:
    """The seats whose term begins in the year, by council, the most seats first."""
    seats = [p.key for p in municipality().programmes.values() if p.seats]
    open_to = select(RequestProgramme.request_id).where(RequestProgramme.programme.in_(seats))
    wanted: Counter[str] = Counter()
    found: Groups = {}
    known: set[int] = set()
    for request, council, headcount, person, status, offered in db.session.execute(
        select(
            SupportRequest.id,
            SupportRequest.council,
            SupportRequest.headcount,
            Match.registrant_id,
            Match.status,
            Match.offered_at.is_not(None),
        )
        .outerjoin(Match, Match.request_id == SupportRequest.id)
        .where(
            SupportRequest.id.in_(open_to),
            SupportRequest.status.in_(WANTED),
            SupportRequest.term_start.between(date(year, APRIL, 1), fiscal_year_end(year)),
        )
    ):
        groups = found.setdefault(council, defaultdict(Counter))
        if request not in known:
            wanted[council] += headcount
            known.add(request)
        if status is MatchStatus.COMPLETED:
            groups[APPOINTED][person] += 1
        elif offered:
            groups[NOT_APPOINTED][person] += 1
    ordered = {council: found[council] for council, _ in sorted(wanted.items(), key=lambda s: (-s[1], s[0]))}
    return Councils(wanted, told(ordered, SEATS))


def told(groups: Groups, columns: Sequence[Sequence[Column]]) -> Table | None:
    """The groups by the finest columns in which they may be told; None: all together are few people.

    Two times groups of few stand for each other: where all of a line are few, it is told with other lines;
    where a column of it is, its columns are not told, and neither are those of another line.
    """
    nobody = [name for name, cells in groups.items() if not any(cells.values())]
    some = {name: cells for name, cells in groups.items() if name not in nobody}
    lists = merged({name: _people(cells, [tuple(cells)]) for name, cells in some.items()})
    if lists is None:
        return None
    lines = dict(enumerate(lists))
    together = {at: _together(some, names) for at, names in lines.items()}
    for wanted in columns:
        parts = merged({at: _people(cells, wanted) for at, cells in together.items()})
        if parts is not None:
            alone = {part[0] for part in parts if len(part) == 1}
            found = [_line(names, together[at], wanted, at in alone) for at, names in lines.items()]
            whole = _line(list(some), _together(some, some), wanted, True)
            return Table(wanted, found, whole, nobody)
    return None


def _together(groups: Groups, names: Iterable[str]) -> Cells:
    found: Cells = defaultdict(Counter)
    for name in names:
        for answer, people in groups[name].items():
            found[answer].update(people)
    return found


def _people(cells: Cells, columns: Iterable[Column]) -> list[set[int]]:
    return [{person for answer in column for person in cells[answer]} for column in columns]


def _line(names: list[str], cells: Cells, columns: Sequence[Column], counts: bool) -> Line:
    by_column = [sum(cells[answer].total() for answer in column) for column in columns]
    return Line(names, sum(by_column), by_column if counts else None)


def _groups(names: Iterable[str]) -> Groups:
    return {name: defaultdict(Counter) for name in names}


def per_cent(part: int, whole: int) -> Value:
    return SHARE.rounded(Decimal(100) * part / whole)
