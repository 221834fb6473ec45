"""What each request adds to a year's figures, read on: all once, then those that acts since have named.

Every verb that changes a request or one of its matches leaves an act that names it (kernel/audit.py), so a
request no act has named adds what it added before.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import SelectBase, select, union

from matching.indicators.kept import LATE, Revision
from matching.kernel.audit import AuditEvent
from matching.matches.models import Match
from matching.requests.models import SupportRequest

Share = TypeVar("Share")
# Of all requests (None), or among those whose ids are selected: id → share; None: it adds nothing.
Read = Callable[[SelectBase | None], Iterable[tuple[int, Share | None]]]


@dataclass(slots=True)
class _Known(Generic[Share]):
    """The shares as of an act, the last but `LATE` of which may not have been committed yet."""

    state: Any
    event: int
    events: int
    of: dict[int, Share]


_known: dict[Any, _Known[Any]] = {}
_one_reader = Lock()  # of a process's threads


def shares(name: Any, at: Revision | None, read: Read[Share]) -> Collection[Share]:
    """The share of every request that adds something, as of a revision; None: read anew."""
    if at is None:
        return _all(read).values()
    state, event = (at.database, at.day), at.event or 0
    with _one_reader:
        known = _known.get(name)
        if known is None or known.state != state:
            known = _known[name] = _Known(state, event, at.events, _all(read))
        elif event > known.event or at.events != known.events:
            for request, share in read(_named_since(known.event - LATE)):
                known.of.pop(request, None)
                if share is not None:
                    known.of[request] = share
            known.event, known.events = event, at.events
        return list(known.of.values())


def _all(read: Read[Share]) -> dict[int, Share]:
    return {request: share for request, share in read(None) if share is not None}


def _named_since(event: int) -> SelectBase:
    """Ids of the requests that an act after this one names, themselves or by one of their matches."""

    def named(table: type[SupportRequest] | type[Match]) -> Any:
        acts = select(AuditEvent.subject_code).where(
            AuditEvent.id > event, AuditEvent.subject_type == table.__tablename__
        )
        return table.code.in_(acts)

    return union(
        select(SupportRequest.id).where(named(SupportRequest)),
        select(Match.request_id).where(named(Match)),
    )
