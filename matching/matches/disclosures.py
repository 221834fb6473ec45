"""Who was given a person's contact: when, why, on which consent. For the person and for a coordinator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.db import db
from matching.kernel.permissions import granted
from matching.matches.models import Match
from matching.municipality.city import municipality
from matching.organisations.models import Membership, Organisation
from matching.registry.exports import EXPORT
from matching.registry.models import ConsentPurpose, Registrant, Registration
from matching.registry.services.leaders import SEEN
from matching.requests.models import SupportRequest

OFFICE_VIEWER = "市の担当者"
BASES = {
    audit.OFFICE: "市の担当者の仕事として",
    audit.FOR_MATCH: "この活動に限る、連絡先提供の同意",
    "": "同意の版を書きとめる前の記録",
}


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """One showing of the contact. The viewer's organisation and role, never their name."""

    at: datetime
    viewer: str
    why: str
    basis: str


def disclosures_of(registrant: Registrant, reader: Account | None = None) -> list[DisclosureRow]:
    """Newest first. `reader`: only what concerns registrations and matches this coordinator may see."""
    rows = db.session.scalars(
        select(audit.Disclosure)
        .filter_by(subject_type=Registrant.__tablename__, subject_code=registrant.code)
        .order_by(audit.Disclosure.id.desc())
    ).all()
    codes = {_code(row) for row in rows}
    matches, registrations = _matches(codes, reader), _registrations(codes, reader)
    memberships = select(Membership.account_id, Membership.organisation_id).where(
        Membership.account_id.in_({row.viewer_id for row in rows})
    )
    members = {(account, organisation) for account, organisation in db.session.execute(memberships)}
    told_bodies = select(Organisation.code, Organisation.name).where(
        Organisation.code.in_({_words(row)[2] for row in rows})
    )
    bodies = {row.code: row.name for row in db.session.execute(told_bodies)}
    told = []
    for row in rows:
        match, registration = matches.get(_code(row)), registrations.get(_code(row))
        if reader is not None and match is None and registration is None:
            continue
        told.append(
            DisclosureRow(
                row.at, _viewer(row, match, members, bodies), _why(row, match, registration), basis(row.basis)
            )
        )
    return told


def basis(noted: str) -> str:
    """In words, on what a disclosure rests."""
    if noted in BASES:
        return BASES[noted]
    purpose, _, version = noted.partition(" ")
    return f"{ConsentPurpose(purpose).label}（{version}版）"


def _code(row: audit.Disclosure) -> str:
    """A reason is the action, and the code of what it was for; of a leader also the body's that was told."""
    return _words(row)[1]


def _words(row: audit.Disclosure) -> list[str]:
    """Action, code, the body's code: empty where a reason has none."""
    return [*row.reason.split(" "), "", ""]


def _matches(codes: Iterable[str], reader: Account | None) -> dict[str, Match]:
    statement = (
        select(Match)
        .where(Match.code.in_(codes))
        .options(joinedload(Match.request).joinedload(SupportRequest.organisation))
    )
    if reader is not None:
        statement = statement.where(granted(reader, "match.see", Match))
    return {match.code: match for match in db.session.scalars(statement)}


def _registrations(codes: Iterable[str], reader: Account | None) -> dict[str, Registration]:
    statement = select(Registration).where(Registration.code.in_(codes))
    if reader is not None:
        statement = statement.where(granted(reader, "registration.see", Registration))
    return {registration.code: registration for registration in db.session.scalars(statement)}


def _viewer(
    row: audit.Disclosure, match: Match | None, members: set[tuple[int, int]], bodies: Mapping[str, str]
) -> str:
    """Who asks for the office is its coordinator; else a member of a local body, or of who asked for help."""
    if body := bodies.get(_words(row)[2]):
        return f"{body}の担当者（地域の防災組織）"
    if (
        match is None
        or row.basis == audit.OFFICE
        or (row.viewer_id, match.request.organisation_id) not in members
    ):
        return OFFICE_VIEWER
    return f"{match.request.organisation.name}の担当者（依頼した団体）"


def _why(row: audit.Disclosure, match: Match | None, registration: Registration | None) -> str:
    if match is not None:
        return f"活動「{match.request.title}」の連絡のため"
    if _words(row)[0] == SEEN:
        return "地域防災リーダーとして、声をかけるため"
    if registration is not None:
        name = municipality().programmes[registration.programme].name
        return f"「{name}」の登録の確認のため"
    return "市の名簿をファイルに書き出したため" if row.reason == EXPORT else "登録の確認のため"
