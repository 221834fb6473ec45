"""The verbs of 学校設置者: enter one, rename it, say which organisation belongs to it."""

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid
from matching.organisations import queries
from matching.organisations.models import Operator, Organisation


def enter_operator(actor: Account | None, name: str) -> Operator:
    """A new operator. Invalid where the name is known already."""
    _require_new(name)
    operator = Operator(name=name, created_at=now())
    db.session.add(operator)
    db.session.flush()
    audit.record(actor, "operator.enter", operator)
    return operator


def rename_operator(actor: Account, operator: Operator, name: str, version: int) -> None:
    """Conflict where somebody else has renamed it since `version` was read."""
    db.session.refresh(operator, with_for_update=True)
    if operator.name == name:
        return
    if operator.version != version:
        raise Conflict(
            f"ほかの担当者が、先に「{operator.name}」に直しました。あなたの入力は「{name}」でした。"
            "画面を開きなおして、もう一度確かめてください。"
        )
    _require_new(name)
    operator.name = name
    operator.version += 1
    audit.record(actor, "operator.rename", operator)


def set_operator(actor: Account | None, organisation: Organisation, operator: Operator | None) -> None:
    """The organisation belongs to this operator from now on; None: to none."""
    db.session.refresh(organisation, with_for_update=True)
    if organisation.operator_id == (operator.id if operator else None):
        return
    organisation.operator = operator
    audit.record(
        actor, "organisation.set_operator", organisation, operator=operator.code if operator else None
    )


def _require_new(name: str) -> None:
    if queries.operator_named(name):
        raise Invalid("name", "この名前の学校設置者は、すでにあります。")
