"""Where things happened: wards, and the school districts of the programmes looked at by district."""

from dataclasses import dataclass

from sqlalchemy import func, select

from matching.indicators import counted
from matching.indicators.kept import Revision
from matching.indicators.rules import hidden
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import standing_in_its_year
from matching.municipality.city import municipality

SHADES = 4


@dataclass(frozen=True, slots=True)
class Area:
    """A ward. `matches` None: few people were active there, the number is not shown. `shade`: 0 to SHADES."""

    name: str
    matches: int | None
    shade: int


@dataclass(frozen=True, slots=True)
class DistrictRow:
    """The school districts of a ward, each with whether something was held there in the year."""

    ward: str
    districts: list[tuple[str, bool]]

    @property
    def held(self) -> int:
        return sum(held for _, held in self.districts)


def wards(year: int, at: Revision) -> list[Area]:
    """Completed matches of each ward of the city, in the city's order."""
    city = municipality()
    found = counted.of_year(year, at)["ward"]
    matches = {ward: int(found.get(ward, counted.NOTHING)["completed_matches"] or 0) for ward in city.wards}
    few = hidden({ward: int(values["people_active"] or 0) for ward, values in found.items()})
    most = max((n for ward, n in matches.items() if ward not in few), default=0)
    return [
        Area(ward, None, 1) if ward in few else Area(ward, n, -(-SHADES * max(n, 0) // most) if most else 0)
        for ward, n in matches.items()
    ]


def districts(year: int) -> list[DistrictRow]:
    """Which school districts have had an activity of the programmes that are looked at by district."""
    city = municipality()
    held = set(
        db.session.scalars(
            select(func.distinct(LedgerEntry.district)).where(
                LedgerEntry.fiscal_year == year,
                LedgerEntry.programme.in_(city.by_district),
                standing_in_its_year(),
            )
        )
    )
    return [DistrictRow(ward, [(name, name in held) for name in names]) for ward, names in city.wards.items()]
