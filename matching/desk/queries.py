"""What waits for somebody, across the packages."""

import json
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, url_for
from sqlalchemy import ColumnExpressionArgument, func, select

from matching.accounts.models import Account
from matching.kernel.db import Base, db
from matching.kernel.permissions import ADMIN, COORDINATOR, REQUESTER, granted
from matching.matches.models import Match, MatchStatus
from matching.registry import queries as registry
from matching.registry.models import Registrant, Registration, RegistrationStatus
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
    found = []
    if COORDINATOR in actor.roles:
        found += [
            Task(w.title, w.number, "件", url_for(w.endpoint, **w.values), w.button) for w in waiting(actor)
        ]
    if REQUESTER in actor.roles:
        found += [
            _requests(actor, "差し戻された依頼", RequestStatus.RETURNED, "直す"),
            _requests(actor, "来てくれる人が決まった依頼", RequestStatus.FILLED, "見る"),
            _requests(actor, "募集中の依頼", RequestStatus.OPEN, "見る"),
        ]
    if not actor.roles & {COORDINATOR, REQUESTER, ADMIN} or registry.registrant_of(actor):
        own = Match.registrant_id.in_(select(Registrant.id).where(Registrant.account_id == actor.id))
        found += [
            Task(
                "返事を待っている打診",
                _count(Match, own, Match.status == MatchStatus.OFFERED),
                "件",
                url_for("matches.index"),
                "返事をする",
            ),
            Task(
                "やってみたいと伝えた依頼",
                _count(Match, own, Match.wished),
                "件",
                url_for("matches.index"),
                "見る",
            ),
            Task(
                "決まっている活動",
                _count(Match, own, Match.status == MatchStatus.ACCEPTED),
                "件",
                url_for("matches.index"),
                "見る",
            ),
        ]
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a coordinator, and the endpoint of its page."""

    title: str
    number: int
    endpoint: str
    button: str
    values: dict[str, Any] = field(default_factory=dict)


def waiting(actor: Account) -> list[Waiting]:
    """A coordinator's work, what is most urgent first: the home page and the daily mail show the same."""
    to_check, open_ = RequestStatus.SUBMITTED, RequestStatus.OPEN
    seen = granted(actor, "request.see", SupportRequest)
    return [
        Waiting(
            "内容を確かめる依頼",
            _count(SupportRequest, seen, SupportRequest.status == to_check),
            "requests.index",
            "確かめる",
            {"status": to_check.value},
        ),
        Waiting(
            "審査を待つ登録",
            _count(
                Registration,
                granted(actor, "registration.see", Registration),
                Registration.status == RegistrationStatus.SUBMITTED,
            ),
            "registry.queue",
            "審査する",
        ),
        Waiting(
            "人を探している依頼",
            _count(SupportRequest, seen, SupportRequest.status == open_),
            "requests.index",
            "候補を探す",
            {"status": open_.value},
        ),
        Waiting(
            "やってみたいという希望",
            _count(Match, granted(actor, "match.decide", Match), Match.wished),
            "matches.index",
            "確かめる",
        ),
        Waiting(
            "確認を待つ活動報告",
            _count(Match, granted(actor, "match.see", Match), Match.status == MatchStatus.REPORTED),
            "matches.index",
            "確認する",
        ),
    ]


def _requests(actor: Account, title: str, status: RequestStatus, button: str) -> Task:
    number = _count(
        SupportRequest, granted(actor, "request.see", SupportRequest), SupportRequest.status == status
    )
    return Task(title, number, "件", url_for("requests.index", status=status.value), button)


def _count(model: type[Base], *conditions: ColumnExpressionArgument[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


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
