"""The verbs of a request: save, submit, open, return, cancel; and what its matches do to it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from matching.accounts.models import Account
from matching.kernel import audit, events, outbox
from matching.kernel.clock import now
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.lifecycle import move
from matching.kernel.links import absolute
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.requests import messages, queries, rules, ruling
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest

Span = tuple[datetime, datetime]
MOST_PEOPLE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestValues:
    """What a requester writes. `programmes` in order; none: the default of the kind of organisation."""

    title: str
    description: str
    must_have: str = ""
    nice_to_have: str = ""
    ward: str
    school_district: str = ""
    place: str = ""
    audience: str = ""
    minors: bool = False
    teacher_present: bool | None = None
    continuing: bool | None = None
    one_to_one: bool | None = None
    headcount: int = 1
    participants: int | None = None
    format: str = "in_person"
    fee: str = ""
    insurance: str = ""
    travel_cost: str = ""
    material_cost: str = ""
    parking: str = ""
    equipment: str = ""
    special_needs: str = ""
    emergency_contact: str = ""
    credentials_required: tuple[str, ...] = ()
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    deadline: date | None = None
    council: str = ""
    term_start: date | None = None
    term_end: date | None = None
    programmes: tuple[str, ...] = ()
    sessions: tuple[Span, ...] = ()


# Written by `_write` itself; everything else is a column of the same name.
APART = {"programmes", "sessions", "one_to_one"}


def enter_request(
    actor: Account | None,
    organisation: Organisation,
    values: RequestValues,
    *,
    external_id: str | None = None,
) -> SupportRequest:
    """A new draft. Invalid names the field that cannot be so."""
    request = SupportRequest(
        organisation=organisation,
        status=RequestStatus.DRAFT,
        created_at=now(),
        external_id=external_id,
    )
    _write(request, values)
    db.session.add(request)
    db.session.flush()
    audit.record(actor, "request.post", request)
    return request


def edit_request(actor: Account, request: SupportRequest, values: RequestValues, version: int) -> None:
    """Change a draft or a returned request. Conflict where somebody changed it since `version` was read."""
    _lock(request)
    if request.status not in rules.EDITABLE:
        raise RuleViolation(refusal(request))
    if request.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    _write(request, values)
    request.version += 1
    audit.record(actor, "request.edit", request)


def rewrite(actor: Account | None, request: SupportRequest, values: RequestValues) -> bool:
    """An imported row changes what people wrote, never the state; True where it changed something.

    Invalid where a date would go for which somebody has been asked, or the place they were told.
    """
    _lock(request)
    before = values_of(request)
    if (before.ward, before.place, before.format) != (values.ward, values.place, values.format):
        events.place_changing.send(request)
    _write(request, values)
    if values_of(request) == before:
        return False
    request.version += 1
    audit.record(actor, "request.edit", request)
    if request.opened_at is not None:
        events.request_changed.send(request)
    return True


def submit_request(actor: Account | None, request: SupportRequest, *, by_rules: bool = True) -> None:
    """Send it to the coordinators. Sending it again changes nothing.

    Invalid with rule and article where a programme's rule says no; `by_rules`: not asked of an import.
    """
    _lock(request)
    if request.status is RequestStatus.SUBMITTED:
        return
    broken = ruling.at_sending(request) if by_rules and request.status in rules.EDITABLE else []
    for programme, broken_rule in broken:
        raise Invalid(broken_rule.field, broken_rule.told(programme.name))
    _advance(actor, request, "submit")
    request.comment = ""


def open_request(
    actor: Account | None, request: SupportRequest, *, tell: bool = True, by_rules: bool = True
) -> None:
    """Begin looking for people. RuleViolation with what is missing, or which programme's rule says no."""
    _lock(request)
    if request.status is RequestStatus.OPEN:
        return
    missing = missing_for_opening(request)
    if request.status is RequestStatus.SUBMITTED and missing:
        raise RuleViolation("まだ募集を始められません。" + "。".join(missing) + "。")
    if by_rules and request.status is RequestStatus.SUBMITTED:
        for programme, broken in ruling.at_opening(request):
            raise RuleViolation(broken.told(programme.name))
    _advance(actor, request, "open")
    request.opened_at = now()
    events.request_changed.send(request)
    if tell:
        outbox.enqueue(request.contact_email, *messages.opened(request, _page(request)))


def return_request(actor: Account, request: SupportRequest, comment: str) -> None:
    """Send it back to the requester with a comment."""
    _lock(request)
    _advance(actor, request, "return")
    request.comment = comment
    outbox.enqueue(request.contact_email, *messages.returned(request, _page(request)))


def cancel_request(actor: Account, request: SupportRequest, reason: str) -> None:
    """Call it off; everybody asked or arranged, the requester and the coordinators are told why.

    `reason` is a key of CANCEL_REASONS.
    """
    if reason not in rules.CANCEL_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    _lock(request)
    if request.status is RequestStatus.CANCELLED:
        return
    before = request.status
    _advance(actor, request, "cancel", reason=reason)
    events.request_ended.send(request, actor=actor, reason=reason)
    why = rules.CANCEL_REASONS[reason]
    told = [coordinator.email for coordinator in queries.looked_after_by(request) if coordinator != actor]
    for address in (request.contact_email, *(told if before is not RequestStatus.DRAFT else ())):
        outbox.enqueue(address, *messages.cancelled(request, why, _page(request)))


def refuse_request(actor: Account, request: SupportRequest, reason: str) -> None:
    """Refuse it for its purpose; `reason` is a code its programmes' rule names (お断りする目的)."""
    if reason not in ruling.purposes(request):
        raise Invalid("reason", "理由を一覧から選んでください。")
    _lock(request)
    if request.status is RequestStatus.CANCELLED and request.refusal_reason == reason:
        return
    _advance(actor, request, "refuse", reason=reason)
    request.refusal_reason = reason
    words = ruling.refusal(request, reason)
    outbox.enqueue(request.contact_email, *messages.refused(request, words, _page(request)))


def fill(actor: Account | None, request: SupportRequest) -> None:
    """Every place is taken by somebody who said yes."""
    _advance(actor, request, "fill")


def reopen(actor: Account | None, request: SupportRequest) -> None:
    """A place fell free."""
    _advance(actor, request, "reopen")


def close(actor: Account | None, request: SupportRequest, *, met: bool) -> None:
    """The dates have passed: closed where somebody came, else unmet."""
    _advance(actor, request, "close", rules.Ending(met))
    events.request_closed.send(request)


def check_typed(values: RequestValues) -> None:
    """What a typed request may not say; paper and imports are taken as they are. Invalid names the field."""
    if any(starts <= now() for starts, _ in values.sessions):
        raise Invalid("sessions", "過ぎた日時が含まれています。これからの日時に直してください。")
    fault = rules.insurance_fault(values.insurance, values.fee)
    if fault:
        raise Invalid("insurance", fault)
    if values.term_start and not values.council:
        raise Invalid("council", "審議会などの名称を入力してください。")
    chosen = (municipality().programmes[key] for key in values.programmes)
    by_district = next((programme for programme in chosen if programme.by_district), None)
    if by_district is not None and not values.school_district:
        raise Invalid("school_district", f"「{by_district.name}」は校区ごとに見ます。校区を選んでください。")


def insure(actor: Account, request: SupportRequest, insurance: str) -> None:
    """Say which insurance holds, also once people have been asked. Saying it again changes nothing."""
    _lock(request)
    if request.status in (RequestStatus.UNMET, RequestStatus.CANCELLED):
        raise RuleViolation(refusal(request))
    fault = rules.insurance_fault(insurance, request.fee)
    if fault:
        raise Invalid("insurance", fault)
    if request.insurance != insurance:
        request.insurance = insurance
        request.version += 1
        audit.record(actor, "request.insure", request, insurance=insurance)


def insurance_missing(request: SupportRequest) -> str | None:
    """What still stands before the first session, as a sentence."""
    missing = rules.insurance_missing(request.insurance, request.fee)
    return missing if missing and request.sessions else None  # a council seat needs none


def missing_for_opening(request: SupportRequest) -> list[str]:
    """What still has to be answered before this request can be opened."""
    term = (request.term_start, request.term_end)
    return rules.missing_for_opening(
        rules.Wish(
            sessions=[(session.starts_at, session.ends_at) for session in request.sessions],
            term=None if term[0] is None or term[1] is None else (term[0], term[1]),
            minors=request.minors,
            teacher_present=request.teacher_present,
            continuing=request.continuing,
            one_to_one=request.one_to_one,
            programmes=request.programmes,
            now=now(),
        )
    )


def refusal(request: SupportRequest) -> str:
    return f"この依頼は「{request.status.label}」なので、この操作はできません。"


def values_of(request: SupportRequest) -> RequestValues:
    """What the request holds, as it was written."""
    columns = {f.name: getattr(request, f.name) for f in fields(RequestValues) if f.name not in APART}
    columns["credentials_required"] = tuple(request.credentials_required)
    return RequestValues(
        **columns,
        one_to_one=request.one_to_one,
        programmes=tuple(request.programmes),
        sessions=tuple((session.starts_at, session.ends_at) for session in request.sessions),
    )


def _lock(request: SupportRequest) -> None:
    db.session.refresh(request, with_for_update=True)


def _advance(
    actor: Account | None, request: SupportRequest, verb: str, facts: Any = None, **details: Any
) -> None:
    before = request.status
    request.status = move(rules.LIFE_CYCLE, before, verb, facts, refusal=refusal(request)).to
    audit.record(
        actor, f"request.{verb}", request, before=before.value, after=request.status.value, **details
    )
    db.session.flush()


def _page(request: SupportRequest) -> str:
    return absolute(f"/requests/{request.code}")


def _write(request: SupportRequest, values: RequestValues) -> None:
    kind = municipality().organisation_kinds[request.organisation.kind]
    programmes = tuple(dict.fromkeys(values.programmes or kind.default_programmes))
    _check(request, values, programmes)
    for f in fields(RequestValues):
        if f.name not in APART:
            setattr(request, f.name, getattr(values, f.name))
    request.credentials_required = list(dict.fromkeys(values.credentials_required))
    request.one_to_one = None if values.teacher_present else values.one_to_one
    if not values.minors:
        request.teacher_present = request.continuing = request.one_to_one = None
    if request.programmes != list(programmes):
        request.programme_rows.clear()
        db.session.flush()
        request.programme_rows = [
            RequestProgramme(position=position, programme=programme)
            for position, programme in enumerate(programmes, 1)
        ]
    _write_sessions(request, sorted(values.sessions))


def _write_sessions(request: SupportRequest, spans: Sequence[Span]) -> None:
    """Dates that stay keep their row: somebody may have been asked for them."""
    held = {(session.starts_at, session.ends_at): session for session in request.sessions}
    leaving = [session for span, session in held.items() if span not in spans]
    if leaving:
        events.sessions_leaving.send(request, sessions=leaving)
        for session in leaving:
            request.sessions.remove(session)
        db.session.flush()  # the old dates go before the new ones come: a date begins once
    request.sessions += [Session(starts_at=s, ends_at=e) for s, e in spans if (s, e) not in held]
    request.sessions.sort(key=lambda session: session.starts_at)


def _check(request: SupportRequest, values: RequestValues, programmes: Sequence[str]) -> None:
    city = municipality()
    if values.ward not in city.wards:
        raise Invalid("ward", "区を一覧から選んでください。")
    if values.school_district and city.districts.get(values.school_district) != values.ward:
        raise Invalid("school_district", f"{values.ward}にある校区を選んでください。")
    for key in programmes:
        programme = city.programmes[key]
        if programme.turned_round and len(programmes) > 1:
            raise Invalid(
                "programmes",
                f"「{programme.name}」は募集・応募の形をとるため、ほかの区分と一緒には選べません。",
            )
        stranger = rules.wrong_requester(
            request.organisation.kind, programme.requesters, programme.article("requesters")
        )
        if stranger:
            raise Invalid(stranger.field, stranger.told(programme.name))
    if values.sessions and values.term_start is not None:
        raise Invalid("term_start", "日時と任期は、どちらか一方だけを入力してください。")
    if (values.term_start is None) != (values.term_end is None):
        raise Invalid("term_end", "任期は、始まりと終わりの両方を入力してください。")
    if values.term_start and values.term_end and values.term_start >= values.term_end:
        raise Invalid("term_end", "任期の終わりは、始まりより後の日にしてください。")
    if any(starts >= ends for starts, ends in values.sessions):
        raise Invalid("sessions", "終わりの時刻を、始まりより後にしてください。")
    if rules.overlapping(values.sessions):
        raise Invalid("sessions", "日時が重なっています。重ならないように直してください。")
    if not 1 <= values.headcount <= MOST_PEOPLE:
        raise Invalid("headcount", f"必要人数は1から{MOST_PEOPLE}までで入力してください。")


@events.organisation_handed_over.connect
def _handed_over(organisation: Organisation, giver: Account, taker: Account) -> None:
    """Requests under way name the new contact; the telephone is the organisation's and stays."""
    ended = (RequestStatus.CLOSED, RequestStatus.UNMET, RequestStatus.CANCELLED)
    held = select(SupportRequest).where(
        SupportRequest.organisation_id == organisation.id,
        func.lower(SupportRequest.contact_email) == giver.email.lower(),
        SupportRequest.status.not_in(ended),
    )
    under_lock = held.order_by(SupportRequest.id).with_for_update().execution_options(populate_existing=True)
    for request in db.session.scalars(under_lock).all():
        request.contact_name, request.contact_email = taker.name, taker.email
        request.version += 1
        audit.record(taker, "request.hand_over", request)
