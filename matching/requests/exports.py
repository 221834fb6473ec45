"""The requests under way as the spreadsheet their import reads."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from matching.kernel.clock import TOKYO
from matching.kernel.db import db
from matching.kernel.exporting import Exported, number, yes_no
from matching.municipality.city import municipality
from matching.registry.exports import fee_text
from matching.registry.models import Format
from matching.requests.imports import OPTIONAL
from matching.requests.models import SIDES, RequestStatus, Session, SupportRequest

UNDER_WAY = (RequestStatus.SUBMITTED, RequestStatus.RETURNED, RequestStatus.OPEN, RequestStatus.FILLED)


def collect() -> Exported:
    """Those that were sent and are not over."""
    found = db.session.scalars(
        select(SupportRequest)
        .where(SupportRequest.status.in_(UNDER_WAY))
        .options(joinedload(SupportRequest.organisation), selectinload(SupportRequest.sessions))
        .order_by(SupportRequest.id)
    )
    return Exported([_row(request) for request in found])


def _row(request: SupportRequest) -> dict[str, str]:
    city = municipality()
    kept = {name: getattr(request, name) for name in OPTIONAL}
    kept["insurance"] = request.insurance_name
    kept |= {name: SIDES.get(kept[name], "") for name in ("travel_cost", "material_cost")}
    term = f"{request.term_start}〜{request.term_end}" if request.term_start else ""
    return {
        "external_id": request.external_id or request.code,
        "organisation": request.organisation.name,
        "organisation_kind": city.organisation_kinds[request.organisation.kind].name,
        "ward": request.ward,
        "school_district": request.school_district,
        "programmes": ";".join(city.programmes[key].name for key in request.programmes),
        "title": request.title,
        "description": request.description,
        "audience": request.audience,
        **{name: yes_no(getattr(request, name)) for name in ("minors", "teacher_present", "continuing")},
        "one_to_one": yes_no(request.one_to_one),
        "headcount": number(request.headcount),
        "participants": number(request.participants),
        "sessions": ";".join(_span(session) for session in request.sessions),
        "term": term,
        "format": Format(request.format).label,
        "fee": fee_text(request.fee),
        "credentials_required": ";".join(city.credential_kinds[key] for key in request.credentials_required),
        "deadline": request.deadline.isoformat() if request.deadline else "",
        **kept,
    }


def _span(session: Session) -> str:
    starts, ends = session.starts_at.astimezone(TOKYO), session.ends_at.astimezone(TOKYO)
    return f"{starts:%Y-%m-%d %H:%M}-{ends:%H:%M}"
