"""The plan's eight effects as requesters saw them, under its three pillars."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from sqlalchemy import SelectBase, and_, exists, select

from matching.indicators.kept import Revision
from matching.indicators.rules import FEW
from matching.indicators.shares import shares
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import standing_in_its_year
from matching.matches.models import EffectAnswer, Match
from matching.municipality.city import municipality
from matching.requests.models import SupportRequest


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect: answers, and their mean step (1 to 5); None: fewer than FEW answers."""

    name: str
    answers: int
    mean: Decimal | None


def by_pillar(year: int, at: Revision | None = None) -> Mapping[str, list[Effect]]:
    """Pillar of the plan → its effects, from the requests counted in the year."""
    steps: defaultdict[str, list[int]] = defaultdict(list)
    for answers in shares(("answers", year), at, lambda among: _answers(year, among)):
        for effect, step in answers:
            steps[effect].append(step)
    return {
        pillar: [_effect(name, steps[name]) for name in names]
        for pillar, names in municipality().pillars.items()
    }


def _answers(year: int, among: SelectBase | None) -> Iterable[tuple[int, Sequence[tuple[str, int]] | None]]:
    """Effect and step, for each request counted in the year that answered."""
    # found by the match: along an index of the year a database goes through all entries for each request
    of_year = LedgerEntry.fiscal_year + 0 == year
    counted = exists().where(
        Match.request_id == SupportRequest.id,
        LedgerEntry.match == Match.code,
        of_year,
        standing_in_its_year(),
    )
    rows = db.session.execute(
        select(SupportRequest.id, EffectAnswer.effect, EffectAnswer.step)
        .outerjoin(EffectAnswer, and_(EffectAnswer.request_id == SupportRequest.id, counted))
        .where(SupportRequest.id.in_(select(EffectAnswer.request_id) if among is None else among))
        .order_by(SupportRequest.id)
    )
    for request, some in groupby(rows, key=lambda row: row[0]):
        yield request, [(effect, step) for _, effect, step in some if effect is not None] or None


def _effect(name: str, steps: Sequence[int]) -> Effect:
    if len(steps) < FEW:
        return Effect(name, len(steps), None)
    mean = Decimal(sum(steps)) / len(steps)
    return Effect(name, len(steps), mean.quantize(Decimal("0.1"), ROUND_HALF_UP))
