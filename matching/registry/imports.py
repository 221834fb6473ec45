"""The registry's spreadsheet: rows → the services' verbs, all or nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matching.accounts.models import Account
from matching.kernel import readings, spreadsheet
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.kernel.labels import Kind, named
from matching.kernel.readings import listed
from matching.kernel.spreadsheet import Result, Row, Table
from matching.kernel.text import folded
from matching.municipality.city import Municipality, municipality
from matching.registry import rewriting
from matching.registry.models import (
    ConsentPurpose,
    Fee,
    Format,
    Level,
    Registrant,
    RegistrantAlias,
    RegistrantKind,
    Registration,
    RegistrationStatus,
)
from matching.registry.services import entries

HEADERS = {
    "external_id": "管理番号",
    "kind": "個人・団体",
    "members": "人数",
    "name": "氏名",
    "kana": "ふりがな",
    "public_name": "公開名",
    "email": "メール",
    "phone": "電話",
    "postal_code": "郵便番号",
    "ward": "区",
    "school_district": "校区",
    "birth_year": "生年",
    "programmes": "登録区分",
    "status": "状態",
    "valid_until": "登録期限",
    "title": "専門分野",
    "description": "指導内容",
    "audiences": "対象",
    "formats": "形式",
    "fee": "謝礼",
    "credentials": "資格",
    "areas": "活動できる区",
    "weekly_hours": "活動できる時間",
    "consent_public": "公開の同意",
    "consent_contact": "連絡先提供の同意",
    "consent_leader": "地域防災リーダーの同意",
    "representative": "代表者",
    "level": "程度",
    "capacity": "可能人数",
    "minutes": "所要時間",
    "equipment": "必要な設備",
    "disaster": "災害",
    "record_title": "記録の名前",
    "record_place": "記録の場所",
    "record_year": "記録の年",
    "learned_from": "受講した講座",
    "learned_year": "受講年度",
}
CONSENTS = {
    "consent_public": ConsentPurpose.PUBLIC_LISTING,
    "consent_contact": ConsentPurpose.CONTACT_SHARING,
    "consent_leader": ConsentPurpose.LOCAL_LEADER,
}
COLUMN_OF = {"hours": "weekly_hours", "guardian_name": "birth_year"}
MINOR = "18歳以下の方は保護者の同意が要ります。登録の画面から入力してください"
STATUSES = [status for status in RegistrationStatus if status is not RegistrationStatus.DRAFT]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as the services want it."""

    external_id: str
    person: entries.PersonValues
    programmes: tuple[str, ...]
    status: RegistrationStatus
    valid_until: date | None
    offering: entries.OfferingValues
    availability: entries.AvailabilityValues
    consents: dict[ConsentPurpose, bool]  # those the row answers


def load(actor: Account | None, table: Table) -> Result:
    """Bring in every row, or none: the caller undoes the transaction where there are problems."""
    result = Result(rows=len(table.rows), encoding=table.encoding)
    city = municipality()
    known = {
        registrant.external_id or registrant.code: registrant  # the code: of one that was exported
        for registrant in db.session.scalars(
            select(Registrant)
            .where(Registrant.offerings.any())
            .options(
                selectinload(Registrant.registrations).selectinload(Registration.consents),
                selectinload(Registrant.offerings),
                selectinload(Registrant.credentials),
                selectinload(Registrant.weekly_hours),
                selectinload(Registrant.learning_records),
            )
        )
    }
    merged = db.session.execute(
        select(RegistrantAlias.external_id, Registrant)
        .join(Registrant, Registrant.id == RegistrantAlias.registrant_id)
        .where(RegistrantAlias.external_id.is_not(None))
    )
    known |= {external_id: registrant for external_id, registrant in merged if external_id}
    seen: set[str] = set()
    for row in spreadsheet.each(table, HEADERS, result.problems):
        before = len(result.problems)
        entry = _read(row, city)
        if entry.external_id in seen:
            row.wrong("external_id", "同じ管理番号の行が2つあります")
        seen.add(entry.external_id)
        if len(result.problems) > before:
            continue
        try:
            _bring_in(actor, row, entry, known.get(entry.external_id), result)
        except Invalid as error:
            minor = error.field == "guardian_name"
            row.wrong(COLUMN_OF.get(error.field, error.field), MINOR if minor else error.sentence)
    return result


def _bring_in(
    actor: Account | None, row: Row, entry: Entry, registrant: Registrant | None, result: Result
) -> None:
    if registrant is None:
        registrant = entries.enter_registrant(actor, entry.person, external_id=entry.external_id)
        made = entries.write_offering(registrant, entry.programmes, entry.offering)
        entries.write_availability(registrant, entry.availability)
        for registration in made:
            entries.write_consents(actor, registration, [p for p, given in entry.consents.items() if given])
            entries.take_over(actor, registration, entry.status, entry.valid_until)
        result.created += 1
        return
    _report_differences(row, entry, registrant, result)
    if rewriting.rewrite(actor, registrant, entry.person, entry.offering, entry.availability, entry.consents):
        result.updated += 1
    else:
        result.unchanged += 1


def _report_differences(row: Row, entry: Entry, registrant: Registrant, result: Result) -> None:
    """A state is never changed by a file: the difference is told."""
    held = {registration.programme: registration for registration in registrant.registrations}
    for key, programme in municipality().programmes.items():
        where = f"{row.number}行目: 「{programme.name}」の"
        if key not in held:
            if key in entry.programmes:
                result.notes.append(f"{where}登録がありません（追加しません）。")
            continue
        if key not in entry.programmes:
            result.notes.append(f"{where}登録が残っています（終わらせません）。")
            continue
        status, until = held[key].status, held[key].valid_until
        if status is not entry.status:
            result.notes.append(f"{where}状態は「{status.label}」です（変えません）。")
        if entry.valid_until not in (None, until):
            told = until.isoformat() if until else "定めなし"
            result.notes.append(f"{where}登録期限は「{told}」です（変えません）。")


def _read(row: Row, city: Municipality) -> Entry:
    kind = row.read("kind", _one_of(RegistrantKind), RegistrantKind.PERSON)
    person = entries.PersonValues(
        name=row.line("name", required=True),
        kana=row.read("kana", readings.read_kana, "", required=True),
        ward=row.text("ward", required=True),
        kind=kind,
        members=row.read("members", lambda t: readings.read_number(t, 1), None),
        public_name=row.line("public_name"),
        email=row.read("email", readings.read_email, ""),
        phone=row.read("phone", readings.read_phone, ""),
        postal_code=row.read("postal_code", readings.read_postal_code, ""),
        birth_year=row.read("birth_year", readings.read_year, None),
        school_district=row.text("school_district"),
        representative=row.line("representative"),
    )
    courses = row.many("learned_from", readings.read_short)
    years = row.many("learned_year", readings.read_year)
    if len(listed(row.cells.get("learned_from", ""))) != len(listed(row.cells.get("learned_year", ""))):
        row.wrong("learned_year", "受講した講座と受講年度の数を同じにしてください")
    offering = entries.OfferingValues(
        title=row.line("title", required=True),
        description=row.text("description", required=True),
        audiences=tuple(row.many("audiences", readings.read_short)),
        formats=tuple(row.many("formats", _one_of(Format))),
        fee=row.read("fee", read_fee, ""),
        level=row.read("level", lambda t: _one_of(Level)(t).value, ""),
        capacity=row.read("capacity", lambda t: readings.read_number(t, 1), None),
        minutes=row.read("minutes", lambda t: readings.read_number(t, 1), None),
        equipment=row.line("equipment", most=200),
        disaster=row.read("disaster", key_of(city.disasters, "災害"), ""),
        record_title=row.line("record_title"),
        record_place=row.line("record_place"),
        record_year=row.read("record_year", readings.read_year, None),
        credentials=tuple(dict.fromkeys(row.many("credentials", _credential(city)))),
        learned=tuple(zip(courses, years, strict=False)),
    )
    wards = row.many("areas", _known(city.wards, "区の名前"))
    availability = entries.AvailabilityValues(
        areas=tuple(ward for ward in city.wards if ward in wards),
        hours=tuple(sorted(h for part in row.many("weekly_hours", readings.read_hours) for h in part)),
    )
    answers = {p: row.read(column, readings.read_yes_no, None) for column, p in CONSENTS.items()}
    return Entry(
        external_id=row.line("external_id", required=True, most=40),
        person=person,
        programmes=tuple(row.many("programmes", read_programme(city), required=True)),
        status=row.read("status", _one_of(STATUSES), RegistrationStatus.SUBMITTED),
        valid_until=row.read("valid_until", readings.read_day, None),
        offering=offering,
        availability=availability,
        consents={purpose: given for purpose, given in answers.items() if given is not None},
    )


def _one_of(members: Iterable[Kind]) -> Callable[[str], Kind]:
    def read(text: str) -> Kind:
        found = named(members, text)
        if found is None:
            raise ValueError(f"{'、'.join(member.label for member in members)} のどれかを書いてください")
        return found

    return read


def _known(names: Any, what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"{what}「{text}」は見つかりません")
        return text

    return read


def read_programme(city: Municipality) -> Callable[[str], str]:
    """登録区分 → its key."""

    def read(text: str) -> str:
        programme = city.programme_named(text)
        if programme is None:
            raise ValueError(f"登録区分「{text}」は見つかりません")
        return programme.key

    return read


def read_credential_kind(city: Municipality) -> Callable[[str], str]:
    """資格 → its key."""
    return key_of(city.credential_kinds, "資格")


def key_of(names: Mapping[str, str], what: str) -> Callable[[str], str]:
    """A word → its key, of `names`; `what`: what they are called where the word is none of them."""

    def read(text: str) -> str:
        for key, name in names.items():
            if text in (key, name):
                return key
        raise ValueError(f"{what}「{text}」は見つかりません（{'、'.join(names.values())} のどれか）")

    return read


def read_fee(text: str) -> str:
    """無償, 実費, 応相談, or yen → the value kept."""
    fee = named(Fee, text)
    return fee.value if fee else str(readings.read_number(text))


def _credential(city: Municipality) -> Callable[[str], entries.CredentialValues]:
    def read(text: str) -> entries.CredentialValues:
        kind, number, expires, *more = [*text.split("|"), "", ""]
        if any(more):
            raise ValueError("資格は「種類|番号|有効期限」の順に書いてください")
        return entries.CredentialValues(
            kind=read_credential_kind(city)(kind.strip()),
            certificate_number=readings.read_short(folded(number), 40),
            expires_on=readings.read_day(expires) if expires.strip() else None,
        )

    return read
