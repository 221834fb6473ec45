"""The requests' spreadsheet: rows → the services' verbs, all or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matching.accounts.models import Account
from matching.kernel import readings, spreadsheet
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.kernel.labels import named
from matching.kernel.spreadsheet import Result, Row, Table
from matching.municipality.city import Municipality, municipality
from matching.organisations import queries as organisations
from matching.organisations import services as organisation_services
from matching.organisations.models import Organisation
from matching.registry.imports import key_of, read_credential_kind, read_fee, read_programme
from matching.registry.models import Format
from matching.requests import services
from matching.requests.models import INSURANCES, SIDES, RequestStatus, SupportRequest

HEADERS = {
    "external_id": "管理番号",
    "organisation": "団体名",
    "organisation_kind": "団体区分",
    "ward": "区",
    "school_district": "校区",
    "programmes": "登録区分",
    "title": "件名",
    "description": "依頼内容",
    "audience": "対象",
    "minors": "未成年の参加",
    "teacher_present": "教員の立会い",
    "continuing": "継続的な接触",
    "one_to_one": "一対一",
    "headcount": "必要人数",
    "participants": "参加予定人数",
    "sessions": "日時",
    "term": "委嘱期間",
    "format": "形式",
    "fee": "謝礼",
    "credentials_required": "必要な資格",
    "deadline": "回答期限",
    "council": "審議会など",
    "must_have": "どうしても必要なこと",
    "nice_to_have": "できればうれしいこと",
    "place": "場所",
    "insurance": "保険",
    "travel_cost": "交通費を払う人",
    "material_cost": "材料費を払う人",
    "parking": "駐車場",
    "equipment": "道具・設備",
    "special_needs": "配慮してほしいこと",
    "contact_name": "連絡先のお名前",
    "contact_phone": "連絡先の電話",
    "contact_email": "連絡先のメール",
    "emergency_contact": "当日の緊急連絡先",
}
COLUMN_OF = {
    "term_start": "term",
    "term_end": "term",
    "districts": "school_district",
    "kind": "organisation_kind",
    "name": "organisation",
}


# A file without one of these columns leaves what was written there; an empty cell empties it.
OPTIONAL: Mapping[str, Callable[[Row, str], str]] = {
    **dict.fromkeys(("council", "place", "parking", "contact_name", "emergency_contact"), Row.line),
    **dict.fromkeys(("must_have", "nice_to_have", "special_needs"), partial(Row.text, most=500)),
    "equipment": partial(Row.line, most=200),
    "contact_phone": lambda row, name: row.read(name, readings.read_phone, ""),
    "contact_email": lambda row, name: row.read(name, readings.read_email, ""),
    "insurance": lambda row, name: row.read(name, key_of(INSURANCES, "保険"), ""),
    **dict.fromkeys(
        ("travel_cost", "material_cost"), lambda row, name: row.read(name, key_of(SIDES, "払う人"), "")
    ),
}


def load(actor: Account | None, table: Table) -> Result:
    """Bring in every row, or none: the caller undoes the transaction where there are problems."""
    result = Result(rows=len(table.rows), encoding=table.encoding)
    city = municipality()
    known = {
        request.external_id or request.code: request  # the code: of one that was exported
        for request in db.session.scalars(
            select(SupportRequest)
            .where(SupportRequest.status != RequestStatus.DRAFT)
            .options(selectinload(SupportRequest.sessions), selectinload(SupportRequest.organisation))
        )
    }
    seen: set[str] = set()
    for row in spreadsheet.each(table, HEADERS, result.problems):
        before = len(result.problems)
        external_id = row.line("external_id", required=True, most=40)
        if external_id in seen:
            row.wrong("external_id", "同じ管理番号の行が2つあります")
        seen.add(external_id)
        name, kind = read_organisation(row, city)
        values = _read(row, city)
        if len(result.problems) > before:
            continue
        try:
            _bring_in(actor, row, known.get(external_id), (external_id, name, kind), values, result)
        except Invalid as error:
            row.wrong(COLUMN_OF.get(error.field, error.field), error.sentence)
    return result


def _bring_in(
    actor: Account | None,
    row: Row,
    request: SupportRequest | None,
    identity: tuple[str, str, str],
    values: services.RequestValues,
    result: Result,
) -> None:
    external_id, name, kind = identity
    if request is not None:
        if (request.organisation.name, request.organisation.kind) != (name, kind):
            result.notes.append(
                f"{row.number}行目: 団体は「{request.organisation.name}」です（変えません）。"
            )
        kept = {name: getattr(request, name) for name in OPTIONAL if name not in row.cells}
        if services.rewrite(actor, request, replace(values, **kept)):
            result.updated += 1
        else:
            result.unchanged += 1
        return
    organisation = organisation_of(actor, name, kind, values.ward, values.school_district)
    made = services.enter_request(actor, organisation, values, external_id=external_id)
    services.submit_request(actor, made, by_rules=False)
    missing = services.missing_for_opening(made)
    if missing:
        result.notes.append(f"{row.number}行目: 募集はまだ始めません。{'。'.join(missing)}。")
    else:
        services.open_request(actor, made, tell=False, by_rules=False)
    result.created += 1


def organisation_of(actor: Account | None, name: str, kind: str, ward: str, district: str) -> Organisation:
    """The organisation of this name and kind; a new one takes this row's ward and district."""
    return organisations.known(name, kind) or organisation_services.enter_organisation(
        actor, name, kind, ward, [district] if district else []
    )


def read_organisation(row: Row, city: Municipality) -> tuple[str, str]:
    """(name, key of the kind) of a row's organisation."""
    name = row.line("organisation", required=True)
    written = row.text("organisation_kind", required=True)
    kind = city.kind_named(written)
    if written and kind is None:
        row.wrong("organisation_kind", f"団体区分「{written}」は見つかりません")
    return name, kind.key if kind else ""


def _read(row: Row, city: Municipality) -> services.RequestValues:
    sessions = row.many("sessions", readings.read_span)
    term = row.read("term", readings.read_term, None)
    wanted = row.read("format", _format, Format.IN_PERSON)
    return services.RequestValues(
        title=row.line("title", required=True),
        description=row.text("description", required=True),
        ward=row.text("ward", required=True),
        school_district=row.text("school_district"),
        audience=row.line("audience"),
        minors=row.read("minors", readings.read_yes_no, None) or False,
        teacher_present=row.read("teacher_present", readings.read_yes_no, None),
        continuing=row.read("continuing", readings.read_yes_no, None),
        one_to_one=row.read("one_to_one", readings.read_yes_no, None),
        headcount=row.read("headcount", lambda t: readings.read_number(t, 1, services.MOST_PEOPLE), 1),
        participants=row.read("participants", lambda t: readings.read_number(t, 1), None),
        format=wanted.value,
        fee=row.read("fee", read_fee, ""),
        credentials_required=tuple(row.many("credentials_required", read_credential_kind(city))),
        deadline=row.read("deadline", readings.read_day, None),
        term_start=term[0] if term else None,
        term_end=term[1] if term else None,
        programmes=tuple(row.many("programmes", read_programme(city))),
        sessions=tuple(sorted(sessions)),
        **{name: read(row, name) for name, read in OPTIONAL.items()},
    )


def _format(text: str) -> Format:
    found = named(Format, text)
    if found is None:
        raise ValueError("対面、オンライン のどちらかを書いてください")
    return found
