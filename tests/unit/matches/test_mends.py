"""Mends as a table of sentences; and what is proposed really lets the person pass."""

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from matching.kernel import clock
from matching.matches.gates import SERIES, Held, Person, Wanted, each, free_sessions
from matching.matches.mends import DAYS, EVENING, MORNING, mended, nearest_dates, nearest_months
from matching.registry.models import RegistrationStatus

MONDAY = date(2026, 10, 12)


def span(day=MONDAY, starts=(10, 0), ends=(11, 30)):
    return clock.at(day, time(*starts)), clock.at(day, time(*ends))


def weekly(count):
    return tuple(span(MONDAY + timedelta(weeks=n)) for n in range(count))


PERSON = Person(programmes=frozenset({"lecturer"}))
WANTED = Wanted(
    programmes=("lecturer",),
    sessions=(span(),),
    ward="東区",
    online=False,
    organisation=1,
    first_day=MONDAY,
    names={"lecturer": "講師登録", "aiport": "あいぽーと", "bosaishi": "防災士", "licence": "教員免許"},
)
AWAY_ALL_MONTH = ((date(2026, 9, 1), date(2026, 11, 30)),)
CERTIFIED = {"credentials": ("bosaishi",)}


TERM = (date(2027, 4, 1), date(2028, 3, 31))


@pytest.mark.parametrize(
    ("person", "wanted", "mend"),
    [
        # the same day at another time
        ({"hours": ((0, time(10, 30), time(16)),)}, {}, "30分あと（10:30–12:00）なら来られます"),
        ({"hours": ((0, time(8), time(11)),)}, {}, "30分早く（09:30–11:00）なら来られます"),
        ({"hours": ((0, time(13), time(16)),)}, {}, "3時間あと（13:00–14:30）なら来られます"),
        ({"busy": (span(ends=(10, 20)),)}, {}, "20分あと（10:20–11:50）なら来られます"),
        # the nearest other day, at the same time if there is one
        ({"hours": ((1, time(9), time(12)),)}, {}, "10月13日(火)の同じ時間なら来られます"),
        ({"away": ((MONDAY, MONDAY + timedelta(days=2)),)}, {}, "10月11日(日)の同じ時間なら来られます"),
        (
            {"away": ((MONDAY, MONDAY + timedelta(days=2)),)},
            {"earliest": MONDAY},
            "10月15日(木)の同じ時間なら来られます",
        ),
        ({"hours": ((5, time(13), time(15)),)}, {}, "10月10日(土) 13:00–14:30なら来られます"),
        # several dates: each hindered one; a series: one is enough
        (
            {"busy": weekly(1)},
            {"sessions": weekly(2)},
            "10月12日(月)の回は1時間30分あと（11:30–13:00）なら来られます",
        ),
        (
            {"hours": ((1, time(9), time(12)),)},
            {"sessions": weekly(5)},
            "10月12日(月)の回は10月13日(火)の同じ時間なら来られます",
        ),
        # no other date: the person's side, where only the hours stand against it
        ({"hours": ((0, time(10), time(11)),)}, {}, "月曜日の10:00–11:30も空けてもらえれば来られます"),
        ({"away": AWAY_ALL_MONTH}, {}, ""),
        # the other gates
        ({"areas": ("西区",)}, {}, "東区まで広げてもらうか、オンラインにできれば活動できます"),
        ({"areas": ("西区",)}, {"sessions": (), "term": TERM}, "東区まで広げてもらえれば活動できます"),
        ({}, CERTIFIED, "依頼から防災士の条件を外せれば打診できます"),
        ({"held": (Held("bosaishi", False),)}, CERTIFIED, "防災士の資格証を市が確かめれば打診できます"),
        (
            {"held": (Held("bosaishi", True, date(2026, 10, 11)),)},
            CERTIFIED,
            "更新した防災士の資格証を市が確かめれば打診できます",
        ),
        (
            {"held": (Held("bosaishi", False),)},
            {"credentials": ("bosaishi", "licence")},
            "防災士の資格証を市が確かめれば、依頼から教員免許の条件を外せれば打診できます",
        ),
        ({"monthly_limit": 1, "month_counts": {(2026, 10): 1}}, {}, "11月なら上限のうちです"),
        (
            {"monthly_limit": 1, "month_counts": {(2026, 10): 1, (2026, 11): 1, (2026, 12): 1}},
            {},
            "1月なら上限のうちです",
        ),
        ({"monthly_limit": 2}, {"sessions": weekly(3)}, "10月の1回を11月に移せば上限のうちです"),
        (
            {"monthly_limit": 1, "month_counts": {(2026, 10): 3}},
            {"sessions": weekly(3)},
            "上限を月6回まで上げてもらえば打診できます",
        ),
        (
            {"seats": (TERM, TERM)},
            {"term": TERM, "seat_limit": 2, "sessions": ()},
            "ほかの委員の任期が1つ終われば打診できます",
        ),
        ({"organisations": frozenset({1})}, {}, ""),
    ],
)
def test_the_nearest_mend(person, wanted, mend):
    found = mended(replace(PERSON, **person), replace(WANTED, **wanted))
    assert [gate.mend for gate in found if not gate.passed] == [mend]
    assert all(not gate.mend for gate in found if gate.passed)


@pytest.mark.parametrize(
    ("person", "mend"),
    [
        ({"pending": {"lecturer": RegistrationStatus.SUBMITTED}}, "講師登録の申請を承認すれば打診できます"),
        ({"pending": {"lecturer": RegistrationStatus.EXPIRED}}, "講師登録の登録を更新すれば打診できます"),
        ({"pending": {"lecturer": RegistrationStatus.APPROVED}}, "講師登録の登録を更新すれば打診できます"),
        ({"pending": {"lecturer": RegistrationStatus.SUSPENDED}}, "講師登録の休止を解けば打診できます"),
        ({"programmes": frozenset({"aiport"})}, "依頼をあいぽーとにも開けば打診できます"),
        ({"programmes": frozenset({"women_talent"})}, "講師登録に登録してもらえば打診できます"),
        ({"pending": {"lecturer": RegistrationStatus.REVOKED}}, "講師登録に登録してもらえば打診できます"),
    ],
)
def test_the_mend_of_a_missing_registration(person, mend):
    person = replace(PERSON, **{"programmes": frozenset(), **person})
    found = mended(person, replace(WANTED, openable=("aiport", "lecturer")))
    assert [gate.mend for gate in found if not gate.passed] == [mend]


def test_a_request_open_to_no_programme_has_no_mend_to_name():
    found = mended(PERSON, replace(WANTED, programmes=()))
    assert [gate.mend for gate in found if not gate.passed] == [""]


def test_every_failing_gate_and_every_hindrance_is_named():
    person = replace(
        PERSON,
        areas=("西区",),
        hours=((1, time(9), time(12)),),
        away=((MONDAY, MONDAY),),
        busy=(span(starts=(11, 0), ends=(12, 0)),),
    )
    failing = {
        gate.name: gate.reason for gate in each(person, replace(WANTED, **CERTIFIED)) if not gate.passed
    }
    assert set(failing) == {"availability", "area", "credential"}
    assert failing["availability"] == (
        "10月12日(月)は不在の予定です。10月12日(月) 11:00–12:00に別の活動があります。月曜日には活動できません"
    )


days_around = some.integers(-20, 20).map(lambda n: MONDAY + timedelta(days=n))
minutes = some.integers(6 * 4, 22 * 4).map(lambda quarters: time(quarters // 4, quarters % 4 * 15))
stretches = some.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1])
spans = some.builds(
    lambda day, stretch: (clock.at(day, stretch[0]), clock.at(day, stretch[1])), days_around, stretches
)
persons = some.builds(
    lambda hours, away, busy: replace(PERSON, hours=hours, away=away, busy=busy),
    some.lists(some.builds(lambda w, s: (w, *s), some.integers(0, 6), stretches), max_size=4).map(tuple),
    some.lists(some.tuples(days_around, days_around).map(lambda two: tuple(sorted(two))), max_size=2).map(
        tuple
    ),
    some.lists(spans, max_size=4).map(tuple),
)


def apart(sessions):
    ordered = sorted(sessions)
    return all(earlier[1] <= later[0] for earlier, later in pairwise(ordered))


sessions_of_a_request = (
    some.lists(spans, min_size=1, max_size=5, unique=True).filter(apart).map(sorted).map(tuple)
)


def passes(person, wanted, name):
    return all(gate.passed for gate in each(person, wanted) if gate.name == name)


@given(persons, sessions_of_a_request, days_around)
def test_the_dates_proposed_let_the_person_pass(person, sessions, earliest):
    wanted = replace(WANTED, sessions=sessions, earliest=earliest)
    moved = nearest_dates(person, wanted)
    if moved is None:
        return
    assert passes(person, replace(wanted, sessions=moved), "availability")
    assert apart(moved)
    changes = [(old, new) for old, new in zip(sessions, moved, strict=True) if old != new]
    assert len(changes) <= 1 or len(sessions) <= SERIES
    for old, new in changes:
        assert new[1] - new[0] == old[1] - old[0]
        assert clock.day_of(new[0]) >= earliest
        assert abs((clock.day_of(new[0]) - clock.day_of(old[0])).days) <= DAYS
        assert hour(new[0]) >= min(MORNING, hour(old[0]))
        assert hour(new[1]) <= max(EVENING, hour(old[1]))


def hour(moment):
    return moment.astimezone(clock.TOKYO).time()


@given(persons, spans)
def test_no_nearer_time_of_the_same_day_is_overlooked(person, session):
    wanted = replace(WANTED, sessions=(session,))
    person = replace(person, away=(), busy=(*person.busy, session))
    day, length = clock.day_of(session[0]), session[1] - session[0]
    quarters = [clock.at(day, time(n // 4, n % 4 * 15)) for n in range(24 * 4)]
    possible = [
        starts
        for starts in quarters
        if clock.day_of(starts + length) == day
        and hour(starts) >= min(MORNING, hour(session[0]))
        and hour(starts + length) <= max(EVENING, hour(session[1]))
        and free_sessions(person, [(starts, starts + length)])
    ]
    moved = nearest_dates(person, wanted)
    if possible:
        assert abs(moved[0][0] - session[0]) == min(abs(starts - session[0]) for starts in possible)
    else:
        assert moved is None or clock.day_of(moved[0][0]) != day


@given(
    some.integers(1, 4),
    some.dictionaries(some.tuples(some.just(2026), some.integers(9, 12)), some.integers(0, 5)),
    some.lists(
        some.integers(0, 60).map(lambda n: MONDAY + timedelta(days=n)), min_size=1, max_size=6, unique=True
    ),
)
def test_the_months_proposed_keep_the_limit(limit, counts, days):
    person = replace(PERSON, monthly_limit=limit, month_counts=counts)
    wanted = replace(WANTED, sessions=tuple(span(day) for day in sorted(days)))
    moves = nearest_months(person, wanted)
    if moves is None:
        needed = max(counts.values(), default=0) + len(days)
        assert passes(replace(person, monthly_limit=needed), wanted, "monthly_limit")
        return
    sessions = list(wanted.sessions)
    for (year, month), ((to_year, to_month), count) in moves.items():
        leaving = [
            s for s in sessions if (clock.day_of(s[0]).year, clock.day_of(s[0]).month) == (year, month)
        ]
        for number, session in enumerate(leaving[:count], 1):
            sessions[sessions.index(session)] = span(date(to_year, to_month, number), (6, 0), (7, 0))
    assert passes(person, replace(wanted, sessions=tuple(sessions)), "monthly_limit")


@pytest.mark.parametrize(
    ("failing", "person", "wanted"),
    [
        ({"person": {"areas": ("西区",)}}, {"areas": ("西区", "東区")}, {}),
        ({"person": {"areas": ("西区",)}}, {}, {"online": True}),
        ({"wanted": CERTIFIED}, {}, {"credentials": ()}),
        (
            {"wanted": CERTIFIED, "person": {"held": (Held("bosaishi", False),)}},
            {"held": (Held("bosaishi", True),)},
            {},
        ),
        ({"person": {"hours": ((0, time(10), time(11)),)}}, {"hours": ((0, time(10), time(11, 30)),)}, {}),
    ],
)
def test_the_other_mends_let_the_person_pass(failing, person, wanted):
    before = replace(PERSON, **failing.get("person", {})), replace(WANTED, **failing.get("wanted", {}))
    assert not all(gate.passed for gate in each(*before))
    assert all(gate.passed for gate in each(replace(before[0], **person), replace(before[1], **wanted)))
