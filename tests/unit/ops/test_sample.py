"""The sample city as rows: large enough, possible, the same for the same day."""

from collections import Counter
from datetime import date

import pytest

from matching.kernel import readings
from matching.municipality import city as municipality
from matching.ops.sample import city
from matching.words.rules import check

PLACE = municipality.load(municipality.KUMAMOTO)
DAYS = [date(2026, 4, 1), date(2027, 3, 31), date(2028, 2, 29), date(2026, 11, 24)]


@pytest.mark.parametrize("today", DAYS)
def test_a_city_large_enough_to_try(today):
    made = city(today, PLACE)
    held = Counter(name for row in made.registry for name in row["programmes"].split(";"))
    assert len(made.registry) >= 150
    assert set(held) == {p.name for p in PLACE.programmes.values()}
    assert len(made.requests) >= 60
    years = {readings.read_span(row["sessions"])[0].astimezone().year for row in made.activities}
    assert {today.year - 1, today.year - 2} <= years | {today.year - 2}
    assert {row["measure"] for row in made.targets} == {"1", "2", "3", "4"}
    assert len(made.thesaurus) == 3
    for group in made.thesaurus:
        check(group)


@pytest.mark.parametrize("today", DAYS)
def test_everything_in_it_is_possible(today):
    made = city(today, PLACE)
    for row in (*made.registry, *made.requests[:60]):
        assert PLACE.districts[row["school_district"]] == row["ward"]
    busy = Counter((row["registrant_external_id"], row["sessions"][:10]) for row in made.activities)
    assert max(busy.values()) == 1
    for row in made.activities:
        assert readings.read_span(row["sessions"])[1].date() < today
    for row in made.requests[:60]:
        for span in readings.listed(row["sessions"]):
            assert readings.read_span(span)[0].date() > today


def test_the_same_day_makes_the_same_city():
    assert city(DAYS[0], PLACE) == city(DAYS[0], PLACE)
    assert len(city(DAYS[0], PLACE, 400).registry) == 400


def test_a_larger_city_asks_in_proportion_and_has_had_more_than_it_awaits():
    made = city(DAYS[0], PLACE, 2_000)
    past = {(row["organisation"], row["title"], row["sessions"]) for row in made.activities}
    assert len(made.requests) + len(past) == pytest.approx(3_000, rel=0.1)
    assert len(past) > 5 * len(made.requests)
    busy = Counter((row["registrant_external_id"], row["sessions"][:10]) for row in made.activities)
    assert max(busy.values()) == 1
