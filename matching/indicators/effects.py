"""The plan's eight effects as requesters saw them, under its three pillars."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, select

from matching.indicators.rules import FEW
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import standing_in_its_year
from matching.matches.models import EffectAnswer
from matching.municipality.city import municipality
from matching.requests.models import SupportRequest


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect: answers, and their mean step (1 to 5); None: fewer than FEW answers."""

    name: str
    answers: int
    mean: Decimal | None


def by_pillar(year: int) -> Mapping[str, list[Effect]]:
    """Pillar of the plan → its effects, from the requests counted in the year."""
    counted = select(SupportRequest.id).where(
        SupportRequest.code.in_(
            select(LedgerEntry.request).where(LedgerEntry.fiscal_year == year, standing_in_its_year())
        )
    )
    found = {
        effect: (number, Decimal(int(total)) / number)
        for effect, number, total in db.session.execute(
            select(EffectAnswer.effect, func.count(), func.sum(EffectAnswer.step))
            .where(EffectAnswer.request_id.in_(counted))
            .group_by(EffectAnswer.effect)
        )
    }
    return {
        pillar: [_effect(name, *found.get(name, (0, None))) for name in names]
        for pillar, names in municipality().pillars.items()
    }


def _effect(name: str, answers: int, mean: Decimal | None) -> Effect:
    if mean is None or answers < FEW:
        return Effect(name, answers, None)
    return Effect(name, answers, mean.quantize(Decimal("0.1"), ROUND_HALF_UP))
