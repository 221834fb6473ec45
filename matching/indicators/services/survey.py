"""Entering what the city's survey found. Every change stays on record, in the audit events."""

from decimal import Decimal

from matching.accounts.models import Account
from matching.indicators import figures
from matching.indicators.models import SurveyValue
from matching.indicators.services.targets import UNSEEN
from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid
from matching.municipality.city import municipality

MOST = 100  # per cent


def set_survey_value(
    actor: Account | None,
    question: str,
    fiscal_year: int,
    value: Decimal | None,
    was: Decimal | int | None = UNSEEN,
) -> str:
    """Returns created, updated, removed or unchanged. `value` in per cent; None: none is known.

    Invalid names what cannot be so; Conflict where another than `was` stands by now. A closed year takes
    it too: a survey is published after its year, and nothing that closing stores is read from it.
    """
    _check(question, fiscal_year, value)
    found = db.session.get(SurveyValue, (question, fiscal_year), with_for_update=True)
    before = found.value if found else None
    if was not in (UNSEEN, before):
        raise Conflict("ほかの人が先に値を変えました。")
    if before == value:
        return "unchanged"
    if found is None:
        found = SurveyValue(question=question, fiscal_year=fiscal_year)
        db.session.add(found)
    if value is None:
        db.session.delete(found)
    else:
        found.value = value
    db.session.flush()
    audit.record(actor, "survey.set", found, before=_plain(before), after=_plain(value))
    if before is None:
        return "created"
    return "updated" if value is not None else "removed"


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _check(question: str, fiscal_year: int, value: Decimal | None) -> None:
    city = municipality()
    if question not in city.survey:
        labels = "、".join(q.label for q in city.survey.values())
        raise Invalid("question", f"市の調査にない指標です。{labels}のどれかにしてください。")
    if fiscal_year not in figures.years():
        raise Invalid(
            "fiscal_year",
            f"計画の年度（{city.first_fiscal_year}〜{city.last_fiscal_year}）のうち、始まった年度にしてください。",
        )
    if value is not None and not 0 <= value <= MOST:
        raise Invalid("value", f"0から{MOST}までの％で書いてください。")
