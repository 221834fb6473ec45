"""Time: the present moment, the day in Tokyo, the fiscal year, and how they are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
APRIL = 4
WEEKDAYS = "月火水木金土日"
# The first day of each era and its name (元号), newest first.
ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))
_frozen: datetime | None = None


def now() -> datetime:
    """The present moment in UTC."""
    return _frozen or datetime.now(UTC)


def today() -> date:
    """The present day in Tokyo."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day of `moment` in Tokyo."""
    return moment.astimezone(TOKYO).date()


def at(day: date, hour: time) -> datetime:
    """The moment when clocks in Tokyo show `hour` on `day`."""
    return datetime.combine(day, hour, TOKYO).astimezone(UTC)


def fiscal_year(day: date) -> int:
    """The fiscal year of `day`: it begins on 1 April."""
    return day.year - (day.month < APRIL)


def fiscal_year_end(year: int) -> date:
    """The last day of a fiscal year."""
    return date(year + 1, 3, 31)


def fiscal_year_name(year: int) -> str:
    """2026 → 令和8年度."""
    return f"{era_year(date(year, 5, 1))}度"


def era_year(day: date) -> str:
    """2026-04-01 → 令和8年."""
    for first, name in ERAS:
        if day >= first:
            number = day.year - first.year + 1
            return f"{name}{'元' if number == 1 else number}年"
    return f"{day.year}年"


def day_text(day: date) -> str:
    """2026-10-12 → 10月12日(月)."""
    return f"{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})"


def date_text(day: date) -> str:
    """2028-03-31 → 2028年3月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def dated(day: date) -> str:
    """`day_text`, with the year before it where that is not the present one."""
    return day_text(day) if day.year == today().year else f"{day.year}年{day_text(day)}"


def dated_moment(moment: datetime) -> str:
    """A moment → 10月12日(月) 10:40 by Tokyo's clocks, with another year before it."""
    local = moment.astimezone(TOKYO)
    return f"{dated(local.date())} {local:%H:%M}"


def dated_span(starts: datetime, ends: datetime) -> str:
    """`span_text`, with another year before it."""
    return f"{dated_moment(starts)}–{ends.astimezone(TOKYO):%H:%M}"


def span_text(starts: datetime, ends: datetime) -> str:
    """Two moments of one day → 10月12日(月) 10:40–12:15."""
    local, until = starts.astimezone(TOKYO), ends.astimezone(TOKYO)
    return f"{day_text(local.date())} {local:%H:%M}–{until:%H:%M}"


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """The clock stands at `moment` for a while: tests and the demo set it."""
    global _frozen  # noqa: PLW0603 – the one seam for time
    before, _frozen = _frozen, moment.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
