"""When a request waits, and what the parts of the gap add up to."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.topics import Topic
from matching.indicators.gap import ONLINE, Habits, Reason, Waiting, gap, reason
from matching.indicators.rules import SEASONS, half_gone, season

DAY = date(2026, 10, 1)
SOON = date(2027, 3, 31)
WARDS = ["中央区", "東区", "西区"]
days = st.dates(date(2026, 4, 1), date(2027, 3, 31))
people = st.integers(1, 9)
requests = st.lists(
    st.builds(
        Waiting,
        code=st.just(""),
        title=st.just("題"),
        reason=st.sampled_from(list(Reason)),
        place=st.sampled_from([*WARDS, ONLINE]),
        days=st.sets(days, min_size=1, max_size=3).map(lambda some: tuple(sorted(some))),
        seat=st.booleans(),
        missing=st.integers(1, 4),
        able=st.dictionaries(people, st.dates(DAY, date(2029, 3, 31))),
    ),
    max_size=8,
)
habits = st.fixed_dictionaries(
    {
        person: st.builds(
            Habits,
            st.frozensets(st.sampled_from(WARDS), max_size=2),
            st.frozensets(st.sampled_from("月火水"), max_size=2),
        )
        for person in range(1, 10)
    }
)


def coded(some):
    return [
        Waiting(f"R{n}", r.title, r.reason, r.place, r.days, r.seat, r.missing, r.able)
        for n, r in enumerate(some)
    ]


@given(requests, habits, st.data())
def test_each_waiting_request_is_told_once_and_the_parts_add_up(some, who, data):
    waiting = coded(some)
    by_topic: dict[int, list[str]] = {}
    for request in waiting:
        by_topic.setdefault(data.draw(st.integers(0, 3)), []).append(request.code)
    topics = [Topic(tuple(codes), ("語",)) for codes in by_topic.values()]
    found = gap(waiting, topics, who, WARDS, SOON)
    told = [request.code for subject in found.subjects for request in subject.requests]
    assert sorted(told) == sorted(request.code for request in waiting)
    assert found.whole.requests == len(waiting) == sum(part.requests for part in found.by_place)
    missing = sum(request.missing for request in waiting)
    assert found.whole.missing == missing == sum(part.missing for part in found.by_place)
    assert missing == sum(subject.part.missing for subject in found.subjects)
    for part in [found.whole, *found.by_place, *found.by_weekday, *found.by_season]:
        assert part.requests > 0 or part is found.whole
        assert 0 <= part.ending <= part.able <= found.whole.able and 0 <= part.wanted <= part.missing
    assert all(s.part.wanted and len(s.requests) > 1 for s in found.courses)
    assert all(not s.part.wanted and len(s.requests) > 1 for s in found.met)
    assert all(len(s.requests) == 1 for s in found.alone)
    wanted = [subject.part.wanted for subject in found.courses]
    assert wanted == sorted(wanted, reverse=True)


@given(requests, habits)
def test_who_does_not_come_to_a_ward_or_on_a_day_does_not_count_there(some, who):
    waiting = coded(some)
    found = gap(waiting, [Topic((r.code,), ()) for r in waiting], who, WARDS, SOON)
    for part in found.by_place:
        able = {p for r in waiting if r.place == part.name for p in r.able}
        assert part.able == sum(
            part.name == ONLINE or not who[p].areas or part.name in who[p].areas for p in able
        )
    for part in found.by_weekday:
        able = {p for r in waiting if part.name in r.weekdays for p in r.able}
        assert part.able == sum(not who[p].weekdays or part.name in who[p].weekdays for p in able)


def test_a_seat_has_no_weekday():
    seat = Waiting("R", "委員", Reason.UNMET, "東区", (date(2026, 6, 1),), True, 1, {})
    assert seat.weekdays == [] and seat.seasons == ["夏（6〜8月）"]


@pytest.mark.parametrize(
    ("status", "first", "able", "expected"),
    [
        ("unmet", -10, True, Reason.UNMET),
        ("closed", -10, True, Reason.SHORT),
        ("open", -1, True, Reason.SHORT),
        ("open", 0, True, None),
        ("open", 0, False, Reason.NOBODY),
        ("open", 20, False, Reason.NOBODY),  # opened 20 days ago: exactly half
        ("open", 21, False, None),
        ("open", 20, True, None),
    ],
)
def test_when_a_request_waits(status, first, able, expected):
    opened = DAY - timedelta(days=20)
    assert reason(status, opened, [DAY + timedelta(days=first)], able, DAY) is expected


@given(days, days, days)
def test_half_of_the_time_once_gone_stays_gone(opened, first, day):
    opened, first = sorted((opened, first))
    if half_gone(opened, first, day):
        assert half_gone(opened, first, day + timedelta(days=1))
    assert half_gone(opened, first, first) and half_gone(opened, first, opened) == (opened == first)


@given(days)
def test_every_day_has_its_season(day):
    assert day.month in SEASONS[season(day)]
    assert sorted(month for months in SEASONS.values() for month in months) == list(range(1, 13))
