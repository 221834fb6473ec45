"""Figures read from the book alone: its entries, read on from where the last reading ended.

An entry never changes, so what was added up once stays added up. One code does both: a reading from the
first entry, and the reading on that the pages live by.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import case, exists, false, func, select
from sqlalchemy.orm import aliased

from matching.indicators.definitions import Value
from matching.indicators.kept import Revision, kept
from matching.kernel.db import db
from matching.ledger.models import EntryKind, LedgerEntry
from matching.ledger.rules import START
from matching.registry.models import Registrant, RegistrantAlias

TOLD_APART_BY = ("measure", "programme", "ward")
# Of TOLD_APART_BY → measure's number, programme's key or ward → its figures
Figures = Mapping[str, Mapping[str, Mapping[str, Value]]]
SIGN = case((LedgerEntry.kind == EntryKind.COUNT, 1), else_=-1)
NOTHING: Mapping[str, Value] = {
    "completed_matches": 0,
    "people_active": 0,
    "organisations": 0,
    "districts": 0,
    "activity_minutes": 0,
    "participants": 0,
    "online_share": None,
}


@dataclass(slots=True)
class Sums:
    """What stands of a measure, programme or ward in a year. `matches`, `minutes`: less the corrections of
    years closed before; `reached`: request → the participants of its entries."""

    matches: int = 0
    minutes: int = 0
    standing: int = 0
    online: int = 0
    people: Counter[str] = field(default_factory=Counter)
    organisations: Counter[str] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    reached: dict[str, list[int]] = field(default_factory=dict)
    participants: int = 0

    def add(
        self, sign: int, minutes: int, online: bool, participants: int,
        person: str, organisation: str, district: str, request: str,
    ) -> None:  # fmt: skip
        """A count (sign 1), or the reversal of a count of this year, which takes it back (−1)."""
        self.correct(sign, minutes)
        self.standing += sign
        self.online += sign * online
        _change(self.people, person, sign)
        _change(self.organisations, organisation, sign)
        if district:
            _change(self.districts, district, sign)
        reached = self.reached.setdefault(request, [])
        self.participants -= max(reached, default=0)
        if sign == 1:
            reached.append(participants)
        elif participants in reached:  # in a whole book it is
            reached.remove(participants)
        self.participants += max(reached, default=0)

    def correct(self, sign: int, minutes: int) -> None:
        """More or less was done; where another year's count is taken back, by nobody and nowhere."""
        self.matches += sign
        self.minutes += sign * minutes

    @property
    def figures(self) -> dict[str, Value]:
        return {
            "completed_matches": self.matches,
            "people_active": len(self.people),
            "organisations": len(self.organisations),
            "districts": len(self.districts),
            "activity_minutes": self.minutes,
            "participants": self.participants,
            "online_share": Decimal(100) * self.online / self.standing if self.standing else None,
        }


class ReadOn(Protocol):
    """What is added up from the book's entries, as far as a place in it."""

    def on(self) -> bool:
        """Read what was booked since. False: the last one read is not in the book any more; begin anew."""

    def result(self) -> Any: ...


class Reading:
    """A year's entries, added up to `place`: number and hash of the last one read."""

    def __init__(self, year: int) -> None:
        self.year, self.place = year, START
        self.sums: dict[str, dict[str, Sums]] = {name: {} for name in TOLD_APART_BY}

    def on(self) -> bool:
        rows = iter(db.session.execute(_entries(self.year, self.place[0])))
        if self.place != START and place_of(next(rows, None)) != self.place:
            return False
        for number, own_hash, measure, programme, ward, corrects, sign, minutes, *told in rows:
            for name, sums in zip((str(measure), programme, ward), self.sums.values(), strict=True):
                if name not in sums:
                    sums[name] = Sums()
                if corrects:
                    sums[name].correct(sign, minutes)
                else:
                    sums[name].add(sign, minutes, *told)
            self.place = number, own_hash
        return True

    def result(self) -> Figures:
        return {name: {key: one.figures for key, one in sums.items()} for name, sums in self.sums.items()}


class Totals:
    """Completed matches of every year and measure, counts less reversals, added up to `place`."""

    def __init__(self) -> None:
        self.place: tuple[int, str] = START
        self.totals: Counter[tuple[int, int]] = Counter()

    def on(self) -> bool:
        e, other = LedgerEntry, aliased(LedgerEntry)
        last_read = select(other.hash).where(other.seq == self.place[0]).scalar_subquery()
        head = select(other.hash).order_by(other.seq.desc()).limit(1).scalar_subquery()
        rows = db.session.execute(
            select(e.fiscal_year, e.measure, func.sum(SIGN), func.max(e.seq), head, last_read)
            .where(e.seq > self.place[0])
            .group_by(e.fiscal_year, e.measure)
        ).all()
        if self.place != START and (not rows or rows[0][-1] != self.place[1]):
            return False
        self.totals.update({(year, measure): int(total) for year, measure, total, *_ in rows})
        if rows:
            self.place = max(row[3] for row in rows), rows[0][4]
        return True

    def result(self) -> Mapping[tuple[int, int], int]:
        return dict(self.totals)


_readings: dict[Any, tuple[Any, Any]] = {}
_one_reader = Lock()  # of a process's threads


def read_on(name: Any, of: Any, begin: Callable[[], ReadOn]) -> Any:
    """The result of the reading of that name, read on; begun anew for another state `of` what it joins."""
    with _one_reader:
        known, reading = _readings.get(name, (None, None))
        if reading is None or known != of or not reading.on():
            reading = begin()
            reading.on()
            _readings[name] = of, reading
        return reading.result()


def of_year(year: int, at: Revision | None = None) -> Figures:
    """The year's figures; at a revision from what is kept, and what was booked since."""
    if at is None:
        reading = Reading(year)
        reading.on()
        return reading.result()
    # Who is one person with whom is read with an entry: after a merger all of them are read again.
    joined = at.database, at.merged
    figures: Figures = kept(
        ("counted", year), at.entries, lambda: read_on(year, joined, lambda: Reading(year))
    )
    return figures


def totals(at: Revision) -> Mapping[tuple[int, int], int]:
    """(fiscal year, measure) → completed matches: counts less reversals booked in the year."""
    book = at.database, at.head
    found: Mapping[tuple[int, int], int] = kept(
        "totals", book, lambda: read_on("totals", at.database, Totals)
    )
    return found


def _change(several: Counter[str], name: str, sign: int) -> None:
    """One more or less; what is left of nothing is not there."""
    several[name] += sign
    if not several[name]:
        del several[name]


def place_of(entry: Any) -> tuple[int, str] | None:
    return entry and (entry.seq, entry.hash)


def _entries(year: int, since: int) -> Any:
    """The year's entries from that number on, as a Reading takes them."""
    counted = aliased(LedgerEntry)
    elsewhere = exists().where(
        counted.match == LedgerEntry.match,
        counted.round == LedgerEntry.round,
        counted.kind == EntryKind.COUNT,
        counted.fiscal_year != LedgerEntry.fiscal_year,
    )
    e = LedgerEntry
    # Registered twice and merged since is one person, under whichever pseudonym it was booked.
    person = func.coalesce(Registrant.pseudonym, e.registrant)
    corrects = case((e.kind == EntryKind.REVERSAL, elsewhere), else_=false())
    return (
        select(
            *(e.seq, e.hash, e.measure, e.programme, e.ward, corrects, SIGN),
            *(e.minutes, e.online, e.participants, person, e.organisation, e.district, e.request),
        )
        .outerjoin(RegistrantAlias, RegistrantAlias.pseudonym == e.registrant)
        .outerjoin(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(e.fiscal_year == year, e.seq >= since)
        .order_by(e.seq)
    )
