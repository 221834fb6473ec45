"""Setting what the city wants to reach."""

from sqlalchemy import select

from matching.accounts.models import Account
from matching.indicators.models import Target
from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.municipality.city import municipality

MOST = 1_000_000


def set_target(
    actor: Account | None, measure: int, programme: str, fiscal_year: int, completed_matches: int
) -> str:
    """Returns created, updated or unchanged; Invalid names what cannot be so. No programme: the measure's."""
    city = municipality()
    if measure not in city.measures:
        raise Invalid("measure", f"施策は1から{len(city.measures)}までの番号です。")
    if programme and city.programmes[programme].measure != measure:
        raise Invalid(
            "programme", f"「{city.programmes[programme].name}」は、この施策の登録区分ではありません。"
        )
    if not city.first_fiscal_year <= fiscal_year <= city.last_fiscal_year:
        raise Invalid(
            "fiscal_year", f"計画の年度（{city.first_fiscal_year}〜{city.last_fiscal_year}）にしてください。"
        )
    if not 1 <= completed_matches <= MOST:
        raise Invalid("completed_matches", "目標件数は1以上にしてください。")
    target = db.session.scalars(
        select(Target).filter_by(measure=measure, programme=programme, fiscal_year=fiscal_year)
    ).first()
    if target is None:
        target = Target(measure=measure, programme=programme, fiscal_year=fiscal_year, completed_matches=0)
        outcome = "created"
    elif target.completed_matches == completed_matches:
        return "unchanged"
    else:
        outcome = "updated"
    before, target.completed_matches = target.completed_matches, completed_matches
    db.session.add(target)
    db.session.flush()
    audit.record(actor, "target.set", target, before=before, after=completed_matches)
    return outcome
