"""The sample city in the database: its rows through the importers' door, and accounts to try it with."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from matching.accounts import queries as account_queries
from matching.accounts import services as accounts
from matching.accounts.models import Account
from matching.engine.thesaurus import Group
from matching.indicators import imports as targets
from matching.kernel.clock import today
from matching.kernel.codes import new_code
from matching.kernel.db import db, transaction
from matching.kernel.importing import bring_in
from matching.kernel.permissions import Role
from matching.kernel.spreadsheet import Result, Table
from matching.matches import imports as activities
from matching.municipality.city import municipality
from matching.ops import lately, sample
from matching.organisations import operators
from matching.organisations import queries as organisation_queries
from matching.organisations import services as organisations
from matching.organisations.models import Organisation
from matching.registry import imports as registry
from matching.registry.models import Registrant, RegistrationStatus
from matching.requests import imports as requests
from matching.requests.models import RequestStatus, SupportRequest
from matching.words import queries as thesaurus
from matching.words.services import enter_group

NAMED = "sample_accounts.json"
ADMIN, COORDINATOR = "admin@sample.example.jp", "tanto@sample.example.jp"
REQUESTER = "school@sample.example.jp"
CITY_SCHOOLS = ("elementary_school", "junior_high_school")


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """Who can be tried out. `organisation`: the kind of one to speak for; `registrant`: linked to one."""

    email: str
    name: str
    about: str
    role: Role
    wards: tuple[str, ...] = ()
    measures: tuple[int, ...] = ()
    organisation: str = ""
    registrant: bool = False


SAMPLES = (
    SampleAccount(ADMIN, "見本 管理者", "管理者", Role.ADMIN),
    SampleAccount(COORDINATOR, "見本 担当者", "担当者（すべての区と取組）", Role.COORDINATOR),
    SampleAccount(
        "higashi@sample.example.jp",
        "見本 東区担当",
        "担当者（東区の取組③④）",
        Role.COORDINATOR,
        ("東区",),
        (3, 4),
    ),
    SampleAccount(
        REQUESTER,
        "見本 教頭",
        "依頼者（小学校）",
        Role.REQUESTER,
        organisation="elementary_school",
    ),
    SampleAccount(
        "kominkan@sample.example.jp",
        "見本 館長",
        "依頼者（公民館）",
        Role.REQUESTER,
        organisation="community_centre",
    ),
    SampleAccount(
        "resident@sample.example.jp", "見本 市民", "市民（登録済み）", Role.RESIDENT, registrant=True
    ),
    SampleAccount("new@sample.example.jp", "見本 はじめて", "市民（これから登録）", Role.RESIDENT),
)


def load(size: int, instance: Path) -> list[tuple[str, Result]]:
    """Bring in the sample city; what is there already stays. Returns what each file did.

    One smaller than usual has only what the files bring.
    """
    city = sample.city(_day(instance), municipality(), size)
    results = [
        ("登録", _bring_in(registry.load, registry.HEADERS, city.registry)),
        ("依頼", _bring_in(requests.load, requests.HEADERS, city.requests)),
        ("活動", _bring_in(activities.load, activities.HEADERS, city.activities)),
        ("目標", _bring_in(targets.load, targets.HEADERS, city.targets)),
    ]
    _enter_words(city.thesaurus)
    _enter_operator()
    if _make_accounts(instance) and size >= sample.USUAL_SIZE:
        _let_happen(size)
    return results


def loaded() -> bool:
    """Whether anybody is in the database already: the sample city goes into an empty one only."""
    return any(db.session.scalar(select(func.count()).select_from(m)) for m in (Account, Registrant))


def _bring_in(load_: object, headers: object, rows: Iterable[dict[str, str]]) -> Result:
    numbered = list(enumerate(rows, 2))
    return bring_in(load_, Table("utf-8", numbered, []))  # type: ignore[arg-type]


def _enter_words(groups: Iterable[Group]) -> None:
    """Into a thesaurus nobody has touched yet: a group that was removed stays so."""
    with transaction():
        if thesaurus.version() == 0:
            for group in groups:
                enter_group(None, group)


def _enter_operator() -> None:
    """The city runs its elementary and junior high schools; operators that are there already stay so."""
    with transaction():
        if not organisation_queries.operators():
            city = operators.enter_operator(None, municipality().name)
            schools = select(Organisation).where(Organisation.kind.in_(CITY_SCHOOLS))
            for school in db.session.scalars(schools):
                operators.set_operator(None, school, city)


def _day(instance: Path) -> date:
    """The day on which the city was first loaded: loading it later again changes nothing."""
    path = instance / NAMED
    return date.fromisoformat(json.loads(path.read_text())["day"]) if path.exists() else today()


def _let_happen(size: int) -> None:
    who = (account_queries.account_by_email(email) for email in (ADMIN, COORDINATOR, REQUESTER))
    admin, coordinator, requester = who
    assert admin is not None and coordinator is not None and requester is not None
    lately.happen(admin, coordinator, requester, organisation_queries.own(requester)[0], size)


def _make_accounts(instance: Path) -> bool:
    """Whether this was the first time."""
    path = instance / NAMED
    if path.exists():
        return False
    password = f"{new_code()}-{new_code()}"
    hashed = accounts.hash_password(password)
    with transaction():
        for who in SAMPLES:
            if account_queries.account_by_email(who.email) is None:
                _make_account(who, hashed)
    rows = [{"about": who.about, "email": who.email, "password": password} for who in SAMPLES]
    path.touch(mode=0o600)
    path.write_text(json.dumps({"day": today().isoformat(), "accounts": rows}, ensure_ascii=False))
    return True


def _make_account(who: SampleAccount, password_hash: str) -> None:
    city = municipality()
    coordinator = who.role is Role.COORDINATOR
    account = accounts.create_account(
        None,
        who.email,
        who.name,
        roles=[] if who.role is Role.RESIDENT else [who.role],
        wards=(who.wards or city.wards) if coordinator else (),
        measures=(who.measures or city.measures) if coordinator else (),
        password_hash=password_hash,
    )
    if who.organisation:
        asking = (
            select(Organisation)
            .join(SupportRequest)
            .where(Organisation.kind == who.organisation, SupportRequest.status == RequestStatus.OPEN)
            .order_by(Organisation.id)
        )
        organisations.add_member(None, db.session.scalars(asking).first(), account)  # type: ignore[arg-type]
    if who.registrant:
        free = select(Registrant).where(
            Registrant.account_id.is_(None),
            Registrant.registrations.any(status=RegistrationStatus.APPROVED, programme="school_support"),
        )
        registrant = db.session.scalars(free.order_by(Registrant.id)).first()
        if registrant is not None:
            registrant.account = account
            account.name = registrant.name
