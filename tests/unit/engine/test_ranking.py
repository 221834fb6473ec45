"""Signals: small beside the text, each shown with the points that count."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from matching.engine.ranking import CLEAR, Facts, Weights, order, signals
from matching.municipality import city

WEIGHTS = city.load(city.KUMAMOTO).signals
ASKED = Facts(asked=0)  # a person of whom nothing speaks for or against


def points(facts, weights=WEIGHTS):
    return {signal.name: signal.points for signal in signals(facts, weights)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {}),
        ({"same_district": True, "same_ward": True}, {"district": 0.03}),
        ({"same_ward": True}, {"ward": 0.01}),
        ({"done_here": 3}, {"known": 0.01}),
        ({"thanked": 2}, {"thanks": 0.01}),
        ({"asked": None}, {"waiting": 0.02}),
        ({"asked": 89}, {}),
        ({"asked": 90}, {"waiting": 0.01}),
        ({"asked": 180}, {"waiting": 0.02}),
        ({"asked": 4000}, {"waiting": 0.02}),
        ({"declined": 30, "decline_reason": "場所が遠い"}, {"declined": -0.01}),
        ({"declined": 181}, {}),
        ({"no_answer": 180}, {"no_answer": -0.01}),
        ({"no_answer": 181}, {}),
        ({"no_shows": 1}, {"no_show": -0.02}),
        ({"dates": 4, "dates_free": 4}, {"series": 0.03}),
        ({"dates": 4, "dates_free": 3}, {"series": 0.02}),
        ({"dates": 4, "dates_free": 1}, {}),
        ({"dates": 9, "dates_free": 0}, {}),
    ],
)
def test_each_signal(facts, expected):
    assert points(replace(ASKED, **facts)) == expected


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (Facts(), "まだ声をかけたことがない"),
        (Facts(asked=100), "3か月声をかけていない"),
        (Facts(asked=200), "半年以上声をかけていない"),
        (Facts(asked=400), "1年以上声をかけていない"),
        (replace(ASKED, same_district=True), "同じ校区"),
        (replace(ASKED, done_here=3), "この団体で3回活動"),
        (replace(ASKED, declined=0, decline_reason="場所が遠い"), "きょう辞退（場所が遠い）"),
        (replace(ASKED, declined=5), "5日前に辞退"),
        (replace(ASKED, no_answer=21), "3週間前に打診、返事なし"),
        (replace(ASKED, no_answer=70), "2か月前に打診、返事なし"),
        (replace(ASKED, no_shows=2), "欠席2回"),
        (replace(ASKED, dates=4, dates_free=3), "4回のうち3回に来られる"),
        (replace(ASKED, dates=6, dates_free=6), "6回すべてに来られる"),
    ],
)
def test_how_it_is_read_aloud(facts, sentence):
    assert [signal.sentence for signal in signals(facts, WEIGHTS)] == [sentence]


days = some.none() | some.integers(0, 800)
people = some.builds(
    Facts,
    same_district=some.booleans(),
    same_ward=some.booleans(),
    done_here=some.integers(0, 3),
    thanked=some.integers(0, 3),
    asked=days,
    declined=days,
    no_answer=days,
    no_shows=some.integers(0, 3),
    dates=some.just(8),
    dates_free=some.integers(0, 8),
)
scores = some.floats(0, 1)
ids = some.integers(1, 9)
crowds = some.dictionaries(ids, some.tuples(scores, people), min_size=1)


def ranked(crowd):
    texts = {id_: score for id_, (score, _) in crowd.items()}
    return order(texts, {id_: facts for id_, (_, facts) in crowd.items()}, WEIGHTS)


BEST = Facts(same_district=True, done_here=1, thanked=1, dates=4, dates_free=4)
WORST = replace(ASKED, declined=0, no_answer=0, no_shows=1)


@given(people, people, some.floats(0, 0.8), some.floats(CLEAR + 1e-6, 0.2))
@example(WORST, BEST, 0.2, CLEAR + 1e-6)
def test_signals_never_turn_round_a_clear_difference_of_text(better, worse, score, ahead):
    found = order({1: score, 2: score + ahead}, {1: worse, 2: better}, WEIGHTS)
    assert [person.id for person in found] == [2, 1]


@given(crowds)
def test_the_total_is_the_score_and_the_points_shown_and_decides(crowd):
    found = ranked(crowd)
    assert {person.id for person in found} == set(crowd)
    for person in found:
        assert person.total == pytest.approx(person.score + sum(s.points for s in person.signals))
        assert all(s.points == round(s.points, 2) != 0 for s in person.signals)
    keys = [(-round(person.total, 9), person.id) for person in found]
    assert keys == sorted(keys)


@given(crowds, some.randoms())
def test_the_order_does_not_depend_on_the_order_given(crowd, chance):
    shuffled = list(crowd.items())
    chance.shuffle(shuffled)
    assert ranked(dict(shuffled)) == ranked(crowd)


@given(some.integers(0, 800), some.integers(0, 800))
def test_who_has_waited_longer_never_stands_lower(one, other):
    shorter, longer = sorted((one, other))
    waited = [points(Facts(asked=asked)).get("waiting", 0) for asked in (shorter, longer, None)]
    assert waited == sorted(waited)


@given(some.integers(4, 60), some.data())
def test_who_comes_to_more_dates_of_a_series_never_stands_lower_and_who_comes_to_all_stands_first(
    dates, data
):
    fewer, more = sorted(data.draw(some.integers(0, dates)) for _ in range(2))
    few, many = (points(replace(ASKED, dates=dates, dates_free=n)).get("series", 0) for n in (fewer, more))
    assert few <= many
    assert (few < many) or more < dates or fewer == more


@pytest.mark.parametrize(
    "wrong",
    [
        {"same_district": 0.04},
        {"no_show": 0.01},
        {"known": -0.01},
        {"waiting_days": 0},
        {"declined": -0.5},
        {"series": -0.01},
    ],
)
def test_weights_that_outweigh_the_text_or_turn_a_meaning_round_are_refused(wrong):
    with pytest.raises(ValueError, match="signals"):
        replace(WEIGHTS, **wrong)


def test_a_rounding_never_passes_the_bound():
    third = Weights(0.026, 0, 0.006, 0.006, 0.026, 180, -0.006, -0.006, -0.026, 180, 0.026)
    assert sum(points(BEST, third).values()) <= 0.026 + 0.006 + 0.006 + 0.026 + 0.026
