"""Everything that is held about one person, as it can be handed over (開示)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table, func

from matching.accounts.models import Account
from matching.kernel import personal
from matching.kernel.audit import Disclosure
from matching.kernel.clock import TOKYO, now
from matching.registry.models import Registrant


def own_data(registrant: Registrant) -> dict[str, Any]:
    """By the same walk as erasure: every table with rows of the person; names of the ledger stay inside."""
    tables: dict[str, Any] = {}
    roots: list[tuple[type, int]] = [(Registrant, registrant.id)]
    roots += [(Account, registrant.account_id)] if registrant.account_id else []
    for model, key in roots:
        for table, which in personal.owned(_table(model), key).items():
            if table.name not in tables and (rows := personal.rows_of(table, which)):
                tables[table.name] = rows
    addresses = {registrant.email, registrant.account.email if registrant.account else ""} - {""}
    lowered = [address.lower() for address in addresses]
    for column in personal.by_address(_table(Registrant), _table(Account)):
        if rows := personal.rows_of(column.table, func.lower(column).in_(lowered)):
            known = tables.setdefault(column.table.name, [])
            known += [row for row in rows if row not in known]
    seen = (Disclosure.subject_type == "registrant", Disclosure.subject_code == registrant.code)
    tables["disclosure"] = personal.rows_of(_table(Disclosure), seen[0] & seen[1])
    return {"made_at": plain(now()), **tables}


def plain(value: Any) -> str:
    """What JSON has no form of: moments by Tokyo's clocks, days and hours as ISO text."""
    return value.astimezone(TOKYO).isoformat() if isinstance(value, datetime) else str(value)


def _table(model: type) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
