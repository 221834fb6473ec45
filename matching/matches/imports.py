"""The spreadsheet of past activities: rows → history, all or nothing."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from matching.accounts.models import Account
from matching.kernel import readings, spreadsheet
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.spreadsheet import Result, Table
from matching.matches.models import Match
from matching.matches.services import history
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.registry.imports import read_programme
from matching.registry.models import Registrant
from matching.requests.imports import COLUMN_OF, organisation_of, read_organisation

HEADERS = {
    "external_id": "管理番号",
    "registrant_external_id": "人材管理番号",
    "organisation": "団体名",
    "organisation_kind": "団体区分",
    "ward": "区",
    "school_district": "校区",
    "programme": "登録区分",
    "title": "件名",
    "sessions": "日時",
    "participants": "参加人数",
}


def load(actor: Account | None, table: Table) -> Result:
    """Bring in every row, or none: the caller undoes the transaction where there are problems."""
    result = Result(rows=len(table.rows), encoding=table.encoding)
    city = municipality()
    people = dict(
        db.session.execute(
            select(Registrant.external_id, Registrant)
            .where(Registrant.external_id.is_not(None))
            .options(selectinload(Registrant.registrations))
        ).all()
    )
    known = {
        match.external_id: match
        for match in db.session.scalars(
            select(Match).where(Match.external_id.is_not(None)).options(joinedload(Match.request))
        )
    }
    organisations: dict[tuple[str, str], Organisation] = {}
    seen: set[str] = set()
    for row in spreadsheet.each(table, HEADERS, result.problems):
        before = len(result.problems)
        external_id = row.line("external_id", required=True, most=40)
        if external_id in seen:
            row.wrong("external_id", "同じ管理番号の行が2つあります")
        seen.add(external_id)
        person = people.get(row.line("registrant_external_id", required=True))
        if person is None:
            row.wrong("registrant_external_id", "この管理番号の登録者は見つかりません")
        name, kind = read_organisation(row, city)
        title, ward = row.line("title", required=True), row.text("ward", required=True)
        programme = row.read("programme", read_programme(city), "", required=True)
        sessions = tuple(sorted(row.many("sessions", readings.read_span, required=True)))
        if any(ends > now() for _, ends in sessions):
            row.wrong("sessions", "まだ終わっていない日時が含まれています")
        participants = row.read("participants", readings.read_number, 0)
        if len(result.problems) > before or person is None:
            continue
        district = row.text("school_district")
        try:
            organisation = organisations.get((name, kind)) or organisation_of(
                actor, name, kind, ward, district
            )
            organisations[name, kind] = organisation
            activity = history.Activity(
                external_id=external_id,
                organisation=organisation,
                ward=ward,
                school_district=district,
                registrant=person,
                programme=programme,
                title=title,
                sessions=sessions,
                participants=participants,
            )
            match = known.get(external_id)
            if match is None:
                history.record_activity(actor, activity)
                result.created += 1
            elif history.correct_activity(actor, match, activity):
                result.updated += 1
            else:
                result.unchanged += 1
        except RuleViolation as refusal:
            result.notes.append(f"{row.number}行目: {refusal.sentence}")
            result.unchanged += 1
        except Invalid as error:
            columns = {**COLUMN_OF, "registrant": "registrant_external_id"}
            row.wrong(columns.get(error.field, error.field), error.sentence)
    return result
