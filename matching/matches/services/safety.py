"""The operator's check of a person: record it, take a wrong record back."""

from datetime import date

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import date_text, now, today
from matching.kernel.db import db
from matching.kernel.errors import Invalid, NotFound, RuleViolation
from matching.matches import queries, queries_safety, safety
from matching.matches.models import ChildSafetyCheck, Match
from matching.matches.services.steps import lock
from matching.municipality.city import municipality


def record_check(actor: Account, match: Match, checked_on: date, officer: str, valid_to: date) -> None:
    """The operator of the match's organisation has checked its person; the same day again corrects it.

    RuleViolation before the person has accepted, where no check is needed, or where no operator is known.
    """
    _lock(match)
    operator = match.request.organisation.operator
    if operator is None:
        raise RuleViolation(
            "この団体の学校設置者が登録されていません。市の担当者に、団体のページで登録するよう頼んでください。"
        )
    if match.status not in queries.REACHABLE or not queries_safety.states([match]):
        raise RuleViolation("安全確認は、確認の要る活動を引き受けた方についてだけ記録できます。")
    if checked_on > today():
        raise Invalid("checked_on", "確認した日を、今日か、それより前の日にしてください。")
    if valid_to < checked_on:
        raise Invalid("valid_to", "有効期限を、確認した日より後の日にしてください。")
    latest = safety.latest_valid_to(checked_on, municipality().child_safety.most_years)
    if valid_to > latest:
        raise Invalid("valid_to", f"有効期限を、{date_text(latest)}までの日にしてください。")
    values = {"registrant_id": match.registrant_id, "operator_id": operator.id, "checked_on": checked_on}
    known = db.session.scalars(select(ChildSafetyCheck).filter_by(**values)).first()
    check = known or ChildSafetyCheck(**values)
    check.officer, check.valid_to = officer, valid_to
    check.recorded_at, check.recorded_by_id = now(), actor.id
    db.session.add(check)
    db.session.flush()
    audit.record(actor, "match.record_check", match, check=check.code, operator=operator.code)


def take_back_check(actor: Account, match: Match, code: str) -> None:
    """A record made by mistake goes; NotFound where it is not of this match's person and operator."""
    _lock(match)
    check = next((check for check in queries_safety.checks_for(match) if check.code == code), None)
    if check is None:
        raise NotFound("この記録は、もうありません。")
    db.session.delete(check)
    audit.record(actor, "match.take_back_check", match, check=code, operator=check.operator.code)


def _lock(match: Match) -> None:
    lock(match.request, match.registrant)
    db.session.refresh(match, with_for_update=True)
