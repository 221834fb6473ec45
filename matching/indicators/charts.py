"""Charts as coordinates: the template draws them as SVG, each beside its table."""

from collections.abc import Sequence
from dataclasses import dataclass

from matching.indicators import figures
from matching.indicators.reports import PlanYear
from matching.kernel.clock import fiscal_year_name

WIDTH, FLOOR, TOP = 320, 100, 14  # of the drawing; bars stand on FLOOR, none rises above TOP


@dataclass(frozen=True, slots=True)
class Bar:
    """One year: the bar of what was done (value None: the year lies ahead), and where the target lies."""

    x: float
    width: float
    name: str  # 令和6, 7, 8 …
    value: int | None
    height: float
    target: float | None  # y of its mark
    middle: bool  # after this year half of the plan has passed
    running: bool


def trend(years: Sequence[PlanYear], halfway: int) -> list[Bar]:
    """The bars of one measure over the plan's years; `halfway`: the year that half of them end with."""
    most = max([1, *(y.actual or 0 for y in years), *(y.target or 0 for y in years)])
    step = WIDTH / len(years)
    scale = (FLOOR - TOP) / most
    return [
        Bar(
            x=round(number * step + step * 0.2, 1),
            width=round(step * 0.6, 1),
            name=fiscal_year_name(y.fiscal_year).removeprefix("令和" if number else "").removesuffix("年度"),
            value=y.actual,
            height=round(max(y.actual or 0, 0) * scale, 1),
            target=None if y.target is None else round(FLOOR - y.target * scale, 1),
            middle=y.fiscal_year == halfway,
            running=y.actual is not None and figures.running(y.fiscal_year),
        )
        for number, y in enumerate(years)
    ]
