"""Requests as plain values: what a search over all the open ones reads, without a row object for each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Integer, Select, String, cast, null, select, union_all

from matching.kernel.db import UTCDateTime, db, written_out
from matching.organisations.models import Organisation
from matching.requests.models import ONLINE, RequestProgramme, Session, SupportRequest


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


def by_ids(ids: Collection[int]) -> dict[int, Open]:
    """These open requests, in two statements however many they are."""
    asked = select(SupportRequest.id).where(SupportRequest.id.in_(written_out(ids))).cte("asked")
    wanted = select(asked.c.id)  # named once in a statement
    parts, table = _parts(wanted), SupportRequest.__table__.c
    rows = db.session.execute(
        select(table.format, Organisation.name, Organisation.kind, *(table[name] for name in OWN))
        .join(Organisation, Organisation.id == SupportRequest.organisation_id)
        .where(table.id.in_(wanted))
    )
    return {
        own[0]: Open(
            **dict(zip(OWN, own, strict=True)),
            online=held == ONLINE,
            organisation=Organised(name, kind),
            programmes=[programme for _, programme in sorted(parts[own[0]][0])],
            sessions=sorted(parts[own[0]][1]),
        )
        for held, name, kind, *own in rows
    }


def _parts(wanted: Select[int]) -> Mapping[int, tuple[list[tuple[int, str]], list[Span]]]:
    """By request: its programmes with their positions, and its dates."""
    programme, session = RequestProgramme.__table__.c, Session.__table__.c
    found: dict[int, tuple[list[tuple[int, str]], list[Span]]] = defaultdict(lambda: ([], []))
    for id_, position, key, starts, ends in db.session.execute(
        union_all(
            select(
                programme.request_id,
                programme.position,
                programme.programme,
                cast(null(), UTCDateTime()),
                cast(null(), UTCDateTime()),
            ).where(programme.request_id.in_(wanted)),
            select(
                *(session.request_id, cast(null(), Integer), cast(null(), String)),
                *(session.starts_at, session.ends_at),
            ).where(session.request_id.in_(wanted)),
        )
    ):
        if key is None:
            found[id_][1].append(Span(starts, ends))
        else:
            found[id_][0].append((position, key))
    return found
