"""The one function behind every figure: page, csv, xlsx, pdf and API read a year here."""

from collections.abc import Mapping
from dataclasses import dataclass

from matching.indicators import arranged, counted
from matching.indicators.definitions import DEFINITIONS, Value
from matching.indicators.kept import Revision, kept
from matching.kernel.clock import fiscal_year, today
from matching.kernel.errors import NotFound
from matching.municipality.city import municipality

Values = Mapping[str, Value]  # key of DEFINITIONS → value


@dataclass(frozen=True, slots=True)
class YearFigures:
    """Every figure of a fiscal year, of each measure (by number) and each programme (by key)."""

    fiscal_year: int
    measures: Mapping[int, Values]
    programmes: Mapping[str, Values]


def of_year(year: int, at: Revision | None = None) -> YearFigures:
    """The figures as they are now, rounded as they are shown; at a revision as they are kept for it."""
    if at is not None:
        ready, completed = kept(("arranged", year), at.acts, lambda: _arranged(year, at))
    else:
        ready, completed = _arranged(year, None)
    by, city = counted.of_year(year, at), municipality()

    def values(of: Mapping[str, Value], programmes: list[str]) -> Values:
        raw = {**counted.NOTHING, **of}
        some = [ready[key] for key in programmes if key in ready]
        raw |= arranged.figures(some, int(raw["people_active"] or 0))
        raw["course_completions"] = arranged.completed_for(programmes, completed)
        return {key: d.rounded(raw[key]) for key, d in DEFINITIONS.items()}

    return YearFigures(
        year,
        {
            number: values(
                by["measure"].get(str(number), {}),
                [p.key for p in city.programmes.values() if p.measure == number],
            )
            for number in city.measures
        },
        {key: values(by["programme"].get(key, {}), [key]) for key in city.programmes},
    )


def _arranged(year: int, at: Revision | None) -> tuple[Mapping[str, arranged.Arranged], Mapping[str, int]]:
    return arranged.by_programme(year, at), arranged.completions(year)


def years() -> list[int]:
    """The plan's fiscal years that have begun, newest first."""
    city = municipality()
    last = min(fiscal_year(today()), city.last_fiscal_year)
    return list(range(last, city.first_fiscal_year - 1, -1))


def begun(year: int) -> int:
    """The year, where it is one of those; NotFound for any other."""
    if year not in years():
        raise NotFound("計画にないか、まだ始まっていない年度です。")
    return year


def running(year: int) -> bool:
    """Whether the fiscal year still runs (途中経過)."""
    return year >= fiscal_year(today())
