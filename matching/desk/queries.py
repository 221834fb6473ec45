"""What waits for somebody, across the packages."""

import json
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import current_app, url_for
from sqlalchemy import ColumnExpressionArgument, ScalarSelect, func, select

from matching.accounts.models import Account
from matching.kernel.db import Base, db
from matching.kernel.permissions import ADMIN, COORDINATOR, REQUESTER, granted
from matching.matches import queries as matches
from matching.matches.models import Match, MatchStatus
from matching.registry import queries as registry
from matching.registry.models import Registration, RegistrationStatus
from matching.requests.models import RequestStatus, SupportRequest


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: how many of them wait, and where. `hint` stands where none does."""

    title: str
    number: int
    unit: str
    url: str
    button: str


def tasks(actor: Account) -> list[Task]:
    """The actor's work by role, what is most urgent first."""
    wanted = _waiting(actor) if COORDINATOR in actor.roles else []
    if REQUESTER in actor.roles:
        wanted += [
            _requests(actor, "差し戻された依頼", RequestStatus.RETURNED, "直す"),
            _requests(actor, "来てくれる人が決まった依頼", RequestStatus.FILLED, "見る"),
            _requests(actor, "募集中の依頼", RequestStatus.OPEN, "見る"),
        ]
    if not actor.roles & {COORDINATOR, REQUESTER, ADMIN} or registry.registrant_of(actor):
        own = Match.registrant_id == registry.registrant_id_of(actor)
        wanted += [
            Waiting(
                "返事を待っている打診",
                _number(Match, own, Match.status == MatchStatus.OFFERED),
                "matches.index",
                "返事をする",
            ),
            Waiting("やってみたいと伝えた依頼", _number(Match, own, Match.wished), "matches.index", "見る"),
            Waiting(
                "決まっている活動",
                _number(Match, own, Match.status == MatchStatus.ACCEPTED),
                "matches.index",
                "見る",
            ),
        ]
    return [
        Task(w.title, w.number, "件", url_for(w.endpoint, **w.values), w.button) for w in _counted(wanted)
    ]


N = TypeVar("N", int, ScalarSelect[int])


@dataclass(frozen=True, slots=True)
class Waiting(Generic[N]):
    """What waits for somebody, and the endpoint of its page. Before it is counted `number` is a subquery."""

    title: str
    number: N
    endpoint: str
    button: str
    values: dict[str, Any] = field(default_factory=dict)


def waiting(actor: Account) -> list[Waiting[int]]:
    """A coordinator's work, what is most urgent first: the home page and the daily mail show the same."""
    return _counted(_waiting(actor))


def _counted(wanted: list[Waiting[ScalarSelect[int]]]) -> list[Waiting[int]]:
    """All of them in one statement."""
    if not wanted:
        return []
    numbers = db.session.execute(select(*(w.number.label(f"n{i}") for i, w in enumerate(wanted)))).one()
    return [
        Waiting(w.title, number, w.endpoint, w.button, w.values)
        for w, number in zip(wanted, numbers, strict=True)
    ]


def _waiting(actor: Account) -> list[Waiting[ScalarSelect[int]]]:
    to_check, open_ = RequestStatus.SUBMITTED, RequestStatus.OPEN
    seen, decided = granted(actor, "request.see", SupportRequest), matches.decided_by(actor)
    return [
        Waiting(
            "内容を確かめる依頼",
            _number(SupportRequest, seen, SupportRequest.status == to_check),
            "requests.index",
            "確かめる",
            {"status": to_check.value},
        ),
        Waiting(
            "審査を待つ登録",
            _number(
                Registration,
                granted(actor, "registration.see", Registration),
                Registration.status == RegistrationStatus.SUBMITTED,
            ),
            "registry.queue",
            "審査する",
        ),
        Waiting(
            "人を探している依頼",
            _number(SupportRequest, seen, SupportRequest.status == open_),
            "requests.index",
            "候補を探す",
            {"status": open_.value},
        ),
        Waiting(
            "やってみたいという希望",
            _number(Match, decided, Match.wished),
            "matches.index",
            "確かめる",
        ),
        Waiting(
            "確認を待つ活動報告",
            _number(Match, decided, Match.status == MatchStatus.REPORTED),
            "matches.index",
            "確認する",
        ),
    ]


def _requests(actor: Account, title: str, status: RequestStatus, button: str) -> Waiting[ScalarSelect[int]]:
    number = _number(
        SupportRequest, granted(actor, "request.see", SupportRequest), SupportRequest.status == status
    )
    return Waiting(title, number, "requests.index", button, {"status": status.value})


def _number(model: type[Base], *conditions: ColumnExpressionArgument[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(*conditions).correlate(None).scalar_subquery()


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An account of the sample city, as the first page names it."""

    about: str
    email: str
    password: str


def sample_accounts() -> list[SampleAccount]:
    """The sample city's accounts while its data is loaded; `flask demo` leaves them beside the database."""
    path = current_app.extensions["settings"].instance_path / "sample_accounts.json"
    return [SampleAccount(**row) for row in json.loads(path.read_text())["accounts"]] if path.exists() else []
