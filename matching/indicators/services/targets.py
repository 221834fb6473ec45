"""Setting what the city wants to reach. Every change stays on record."""

from sqlalchemy import select

from matching.accounts.models import Account
from matching.indicators.models import Target, TargetChange
from matching.kernel import audit
from matching.kernel.clock import fiscal_year_name, now
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid
from matching.ledger.queries import closed_years
from matching.municipality.city import municipality

MOST = 1_000_000
UNSEEN = -1  # of `was`: whatever stands


def set_target(
    actor: Account | None,
    measure: int,
    programme: str,
    fiscal_year: int,
    completed_matches: int | None,
    was: int | None = UNSEEN,
) -> str:
    """Returns created, updated, removed or unchanged. No programme: the measure's; None: no target.

    Invalid names what cannot be so; Conflict where another than `was` stands by now.
    """
    _check(measure, programme, fiscal_year, completed_matches)
    target = db.session.scalars(
        select(Target)
        .filter_by(measure=measure, programme=programme, fiscal_year=fiscal_year)
        .with_for_update()
    ).first()
    before = target.completed_matches if target else None
    if was not in (UNSEEN, before):
        raise Conflict("ほかの人が先に目標を変えました。")
    if before == completed_matches:
        return "unchanged"
    if fiscal_year in closed_years():
        name = fiscal_year_name(fiscal_year)
        raise Invalid("fiscal_year", f"{name}は締めてあるので、目標は変えられません。")
    if target is None:
        target = Target(measure=measure, programme=programme, fiscal_year=fiscal_year)
        db.session.add(target)
    if completed_matches is None:
        db.session.delete(target)
    else:
        target.completed_matches = completed_matches
    db.session.add(
        TargetChange(
            measure=measure,
            programme=programme,
            fiscal_year=fiscal_year,
            before=before,
            after=completed_matches,
            at=now(),
            by_id=actor.id if actor else None,
        )
    )
    db.session.flush()
    audit.record(actor, "target.set", target, before=before, after=completed_matches)
    if before is None:
        return "created"
    return "updated" if completed_matches is not None else "removed"


def _check(measure: int, programme: str, fiscal_year: int, completed_matches: int | None) -> None:
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
    if completed_matches is not None and not 1 <= completed_matches <= MOST:
        raise Invalid(
            "completed_matches",
            f"目標件数は1以上{MOST:,}以下にしてください。目標がないときは、空欄にします。",
        )
