"""How people write days, years, hours: as tables."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from matching.kernel import clock, readings


@pytest.mark.parametrize(
    ("text", "year"),
    [("1950", 1950), ("昭和25年", 1950), ("S25", 1950), ("s25", 1950), ("Ｒ８", 2026), ("令和元年", 2019)]
    + [("R8年度", 2026), ("平成2", 1990), ("大正15年", 1926), ("２０２５", 2025)],
)
def test_years(text, year):
    assert readings.read_year(text) == year


@pytest.mark.parametrize(
    "text", ["2027-03-31", "R9.3.31", "令和9年3月31日", "2027/3/31", "２０２７年３月３１日"]
)
def test_days(text):
    assert readings.read_day(text) == date(2027, 3, 31)


@pytest.mark.parametrize("text", ["9999-12-31", "2200-01-01", "1867-12-31", "0001-01-01"])
def test_no_day_out_of_time(text):
    for written, reader in ((text, readings.read_day), (f"{text} 0:00-1:00", readings.read_span)):
        with pytest.raises(ValueError, match="1868年から2199年まで"):
            reader(written)


@pytest.mark.parametrize(
    "text", ["2026-10-12 14:00-16:00", "R8.10.12 14:00〜16:00", "2026/10/12  14:00 - 16:00"]
)
def test_spans(text):
    day = date(2026, 10, 12)
    assert readings.read_span(text) == (clock.at(day, time(14)), clock.at(day, time(16)))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("土 09:00-12:00", [5]),
        ("月火木 9:00-12:00", [0, 1, 3]),
        ("平日 9:00-12:00", [0, 1, 2, 3, 4]),
        ("土日 9:00-12:00", [5, 6]),
    ],
)
def test_hours(text, days):
    assert readings.read_hours(text) == [(day, time(9), time(12)) for day in days]


@pytest.mark.parametrize("dash", "〜～~")
def test_terms(dash):
    assert readings.read_term(f"2027-06-01{dash}2029-05-31") == (date(2027, 6, 1), date(2029, 5, 31))


@pytest.mark.parametrize(
    ("text", "value"), [("○", True), ("◯", True), ("yes", True), ("×", False), ("No", False), ("", None)]
)
def test_yes_and_no(text, value):
    assert readings.read_yes_no(text) is value


READERS = [
    readings.read_year,
    readings.read_day,
    readings.read_span,
    readings.read_hours,
    readings.read_term,
    readings.read_yes_no,
    readings.read_number,
]


@given(some.text(max_size=40), some.sampled_from(READERS))
def test_anything_else_is_a_sentence_never_another_error(text, reader):
    try:
        reader(text)
    except ValueError as error:
        assert str(error)


@given(some.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_day_written_is_read(day):
    assert readings.read_day(day.isoformat()) == day


@given(some.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_fiscal_years_hold_their_days(day):
    year = clock.fiscal_year(day)
    assert date(year, 4, 1) <= day <= clock.fiscal_year_end(year)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ナカムラ カズコ", "なかむら　かずこ"),
        ("ﾅｶﾑﾗ", "なかむら"),
        ("ヴィヴァーチェ", "ゔぃゔぁーちぇ"),
        ("ＡＢＣ会", "abc会"),
        (" 中村 和子 ", "中村和子"),
    ],
)
def test_two_spellings_of_one_name(one, other):
    assert readings.name_key(one) == readings.name_key(other)
