"""Open requests as plain values: what a search over all of them reads, without a row object for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, select

from matching.kernel.db import db
from matching.organisations.models import Organisation
from matching.requests.models import ONLINE, RequestProgramme, RequestStatus, Session, SupportRequest


class Texts(Protocol):
    """What of a request is matched."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def must_have(self) -> str: ...
    @property
    def nice_to_have(self) -> str: ...


class Times(Protocol):
    """From when to when a date of a request is."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Asker(Protocol):
    """The organisation that asks; its kind is a key of the municipality's."""

    @property
    def kind(self) -> str: ...


class Conditions(Protocol):
    """What of a request the gates ask for: a SupportRequest, or an Open."""

    @property
    def programmes(self) -> Sequence[str]: ...
    @property
    def sessions(self) -> Sequence[Times]: ...
    @property
    def ward(self) -> str: ...
    @property
    def online(self) -> bool: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def organisation(self) -> Asker: ...
    @property
    def credentials_required(self) -> Sequence[str]: ...
    @property
    def term_start(self) -> date | None: ...
    @property
    def term_end(self) -> date | None: ...


class Span(NamedTuple):
    """A date of an open request."""

    starts_at: datetime
    ends_at: datetime


class Organised(NamedTuple):
    """Who asks."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """An open request; no contact, no contact person, no room."""

    id: int
    code: str
    title: str
    description: str
    audience: str
    must_have: str
    nice_to_have: str
    ward: str
    school_district: str
    online: bool
    organisation_id: int
    organisation: Organised
    credentials_required: Sequence[str]
    term_start: date | None
    term_end: date | None
    deadline: date | None
    fee: str
    minors: bool
    teacher_present: bool | None
    continuing: bool | None
    one_to_one: bool | None
    programmes: Sequence[str]  # in order
    sessions: Sequence[Span]  # in order


OWN = (
    *("id", "code", "title", "description", "audience", "must_have", "nice_to_have", "ward"),
    *("school_district", "organisation_id", "credentials_required", "term_start", "term_end", "deadline"),
    *("fee", "minors", "teacher_present", "continuing", "one_to_one"),
)


def open_requests(condition: ColumnElement[bool]) -> list[Open]:
    """The open requests under this condition, in three statements however many they are."""
    is_open = SupportRequest.status == RequestStatus.OPEN
    rows = db.session.execute(
        select(SupportRequest.format, Organisation.name, Organisation.kind)
        .add_columns(*(getattr(SupportRequest, name) for name in OWN))
        .join(Organisation, Organisation.id == SupportRequest.organisation_id)
        .where(is_open, condition)
    ).all()
    if not rows:
        return []
    programmes = _by_request(
        select(RequestProgramme.request_id, RequestProgramme.programme)
        .join(SupportRequest, SupportRequest.id == RequestProgramme.request_id)
        .where(is_open)
        .order_by(RequestProgramme.position)
    )
    sessions = _by_request(
        select(Session.request_id, Session.starts_at, Session.ends_at)
        .join(SupportRequest, SupportRequest.id == Session.request_id)
        .where(is_open)
        .order_by(Session.starts_at)
    )
    return [
        Open(
            **dict(zip(OWN, own, strict=True)),
            online=held == ONLINE,
            organisation=Organised(name, kind),
            programmes=[programme for (programme,) in programmes[own[0]]],
            sessions=[Span(*span) for span in sessions[own[0]]],
        )
        for held, name, kind, *own in rows
    ]


def _by_request(statement: Select[*tuple[Any, ...]]) -> Mapping[int, list[Sequence[Any]]]:
    """Rows that begin with a request's id → the rest of each, by request."""
    found: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for id_, *rest in db.session.execute(statement):
        found[id_].append(rest)
    return found
