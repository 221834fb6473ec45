"""自主防災の活動 by school district: which have had one this fiscal year, which expect one, which do not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel.clock import fiscal_year, today
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.ledger.queries import standing
from matching.matches.models import Match, MatchStatus
from matching.municipality.city import municipality
from matching.requests.models import FIRST, RequestProgramme, RequestStatus, SupportRequest


@dataclass(frozen=True, slots=True)
class District:
    """A school district: how many activities it has had and expects. The same activity counts once."""

    name: str
    held: int
    coming: int


def districts(actor: Account) -> Mapping[str, list[District]]:
    """Ward of the actor → its school districts, those without any activity first."""
    city = municipality()
    looked_at = city.by_district
    held = Counter(
        db.session.scalars(
            select(LedgerEntry.district)
            .where(
                LedgerEntry.programme.in_(looked_at),
                LedgerEntry.activity_fiscal_year == fiscal_year(today()),
                standing(),
            )
            .group_by(LedgerEntry.district, LedgerEntry.request)
        )
    )
    arranged = select(Match.request_id).where(
        Match.programme.in_(looked_at), Match.status.in_((MatchStatus.ACCEPTED, MatchStatus.REPORTED))
    )
    asked = select(RequestProgramme.request_id).where(
        RequestProgramme.programme.in_(looked_at), RequestProgramme.position == FIRST
    )
    under_way = SupportRequest.status.in_((RequestStatus.OPEN, RequestStatus.FILLED))
    coming = Counter(
        db.session.scalars(
            select(SupportRequest.school_district).where(
                under_way, SupportRequest.id.in_(asked) | SupportRequest.id.in_(arranged)
            )
        )
    )
    return {
        ward: sorted(
            (District(name, held[name], coming[name]) for name in city.wards[ward]),
            key=lambda district: (district.held + district.coming > 0, district.held > 0),
        )
        for ward in city.wards
        if ward in actor.wards
    }
