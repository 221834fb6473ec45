"""How a figure is rounded and written, which small groups are hidden, and where the bars of a chart stand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.indicators.charts import FLOOR, TOP, WIDTH, trend
from matching.indicators.definitions import DEFINITIONS
from matching.indicators.reports import PlanYear
from matching.indicators.rules import FEW, hidden

PEOPLE = st.dictionaries(st.sampled_from("東西南北中"), st.integers(0, 30))


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("completed_matches", 1234, "1,234件"),
        ("activity_minutes", 90, "1.5時間"),
        ("activity_minutes", 63, "1.1時間"),
        ("online_share", Decimal("33.35"), "33.4％"),
        ("online_share", None, "–"),
        ("days_to_fill", Decimal("2.5"), "2.5日"),
    ],
)
def test_a_figure_is_written_with_its_unit(key, value, shown):
    assert DEFINITIONS[key].shown(value) == shown


@pytest.mark.parametrize(
    ("people", "gone"),
    [
        ({"東区": 9, "西区": 8}, set()),
        ({"東区": 9, "西区": 0}, set()),
        ({"東区": 9, "西区": 2}, {"東区", "西区"}),  # the other one would tell it by subtraction
        ({"東区": 9, "西区": 2, "南区": 7}, {"西区", "南区"}),
        ({"東区": 9, "西区": 2, "南区": 1}, {"東区", "西区", "南区"}),  # three people in the two together
        ({"東区": 9, "西区": 4, "南区": 3}, {"西区", "南区"}),
        ({"東区": 3}, {"東区"}),
    ],
)
def test_small_groups_are_hidden(people, gone):
    assert hidden(people) == gone


@given(PEOPLE)
def test_no_small_group_is_told_directly_or_by_subtraction(people):
    gone = hidden(people)
    shown = [n for key, n in people.items() if key not in gone and n]
    assert all(n >= FEW for n in shown)
    if gone and shown:
        assert len(gone) > 1
        assert sum(people[key] for key in gone) >= FEW
    assert all(people[key] for key in gone)


YEARS = st.tuples(st.none() | st.integers(-3, 500), st.none() | st.integers(1, 500))


@given(st.lists(YEARS, min_size=8, max_size=8))
def test_bars_stay_inside_the_drawing(values):
    years = [PlanYear(2024 + n, target, actual, None, None) for n, (actual, target) in enumerate(values)]
    for bar, (actual, target) in zip(trend(years, 2027), values, strict=True):
        assert bar.x >= 0 and bar.x + bar.width <= WIDTH
        assert 0 <= bar.height <= FLOOR - TOP
        assert (bar.value, bar.target is None) == (actual, target is None)
        assert bar.target is None or TOP - 0.1 <= bar.target <= FLOOR
