"""Activities of the paper years: each is a completed match with one ledger entry. History passes no gate."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import day_of, now
from matching.kernel.db import db
from matching.kernel.errors import Invalid, RuleViolation
from matching.ledger import services as ledger
from matching.ledger.queries import last_count
from matching.matches import queries_reports, rules
from matching.matches.gates import Span
from matching.matches.models import Attendance, CompletionReport, Match, MatchStatus, Origin
from matching.matches.services import fitness
from matching.matches.services.steps import advance, refusal
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.registry.models import Registrant, Registration
from matching.registry.rules import ever_held
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest
from matching.requests.rules import overlapping


@dataclass(frozen=True, slots=True)
class Activity:
    """One person's part in something done. `participants`: people reached by the whole activity."""

    external_id: str
    organisation: Organisation
    ward: str
    school_district: str
    registrant: Registrant
    programme: str
    title: str
    sessions: tuple[Span, ...]
    participants: int


def record_activity(actor: Account | None, activity: Activity) -> Match:
    """Book something new. People of the same organisation, title and sessions share one request."""
    _check(activity)
    known = _known(actor, activity)
    match = next((m for m in known.matches if m.registrant_id == activity.registrant.id), None)
    if match is None:
        match = Match(registrant=activity.registrant, origin=Origin.IMPORT, created_at=now(), round=1)
    elif match.status is MatchStatus.VOIDED and match.external_id is None:
        match.round += 1  # taken back from this person by a corrected row, and now theirs again
    else:
        raise Invalid("registrant", "同じ人の同じ活動が、すでにあります。")
    _book(match, activity, known)
    audit.record(actor, "match.import", match, programme=activity.programme)
    return match


def correct_activity(actor: Account | None, match: Match, activity: Activity) -> bool:
    """A changed row is a reversal and a new count; True where something changed.

    RuleViolation while the activity is being reported anew on its page.
    """
    _check(activity)
    if _same(match, activity):
        return False
    if match.status not in (MatchStatus.COMPLETED, MatchStatus.VOIDED):
        raise RuleViolation(refusal(match))
    if match.registrant_id != activity.registrant.id:
        _take_from(actor, match)
        record_activity(actor, activity)
        return True
    if match.status is MatchStatus.COMPLETED:  # a voided one was reversed already
        ledger.reverse(match.code, match.round)
    match.round += 1
    known = _known(actor, activity)
    known.request.ward, known.request.school_district = activity.ward, activity.school_district
    _book(match, activity, known)
    audit.record(actor, "match.correct", match, round=match.round)
    return True


def _check(activity: Activity) -> None:
    city = municipality()
    if activity.ward not in city.wards:
        raise Invalid("ward", "区の名前が見つかりません。")
    if activity.school_district and city.districts.get(activity.school_district) != activity.ward:
        raise Invalid("school_district", f"{activity.ward}にある校区を書いてください。")
    if overlapping(activity.sessions):
        raise Invalid("sessions", "日時が重なっています。重ならないように直してください。")


def _take_from(actor: Account | None, match: Match) -> None:
    """The row was somebody else's: what was counted for this person is reversed."""
    if match.status is MatchStatus.COMPLETED:
        ledger.reverse(match.code, match.round)
        advance(actor, match, "void", reason="wrong_person", round=match.round)
    match.external_id = match.completed_at = None
    _leave(match)


@dataclass(frozen=True, slots=True)
class Known:
    """What is booked of an activity already: its request, who helped, the report of each session (id)."""

    request: SupportRequest
    matches: list[Match]
    reports: dict[int | None, CompletionReport]


def _known(actor: Account | None, activity: Activity) -> Known:
    """The closed request of this activity; it is made with its first helper."""
    alike = (
        select(SupportRequest)
        .join(Session)
        .where(
            SupportRequest.organisation_id == activity.organisation.id,
            SupportRequest.title == activity.title,
            SupportRequest.status == RequestStatus.CLOSED,
            Session.starts_at == activity.sessions[0][0],
        )
    )
    for request in db.session.scalars(alike):
        if _spans(request.sessions) == activity.sessions:
            if activity.programme not in request.programmes:
                position = len(request.programme_rows) + 1
                request.programme_rows.append(
                    RequestProgramme(position=position, programme=activity.programme)
                )
                audit.record(actor, "request.add_programme", request, programme=activity.programme)
            matches = db.session.scalars(select(Match).filter_by(request_id=request.id))
            return Known(request, list(matches), queries_reports.by_session(request))
    request = SupportRequest(
        organisation=activity.organisation,
        status=RequestStatus.CLOSED,
        title=activity.title,
        description=activity.title,
        headcount=1,
        participants=activity.participants,
        ward=activity.ward,
        school_district=activity.school_district,
        format="in_person",
        created_at=now(),
        programme_rows=[RequestProgramme(position=1, programme=activity.programme)],
        sessions=[Session(starts_at=starts, ends_at=ends) for starts, ends in activity.sessions],
    )
    db.session.add(request)
    return Known(request, [], {})


def _book(match: Match, activity: Activity, known: Known) -> None:
    """The match as the row has it, complete and counted."""
    request = known.request
    match.registration = _registration(activity)
    match.programme = activity.programme
    match.measure = municipality().programmes[activity.programme].measure
    match.external_id, match.status, match.completed_at = activity.external_id, MatchStatus.COMPLETED, now()
    if match.request is not request:
        if match.request is not None:  # of another activity until now
            _leave(match)
        match.request = request
        fitness.cover(match, request.sessions, standing=False)
    db.session.add(match)
    request.headcount = max(request.headcount, len({*known.matches, match}))
    db.session.flush()
    _attend(match, activity, known.reports)
    _count(match, activity)


def _registration(activity: Activity) -> Registration:
    held = (r for r in activity.registrant.registrations if r.programme == activity.programme)
    found = next(held, None)
    if found is None or not ever_held(found.status, found.valid_until):
        name = municipality().programmes[activity.programme].name
        raise Invalid("programme", f"この人は「{name}」に登録されたことがありません。")
    return found


def _attend(match: Match, activity: Activity, reports: dict[int | None, CompletionReport]) -> None:
    """One report per session for all who helped; the person came to each."""
    for session in match.request.sessions:
        report = reports.get(session.id)
        if report is None:
            minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
            report = CompletionReport(
                request_id=match.request_id,
                session=session,
                held=True,
                minutes=minutes,
                participants=activity.participants,
                reported_at=now(),
            )
            db.session.add(report)
        report.participants = activity.participants
        if all(row.match_id != match.id for row in report.attendances):
            report.attendances.append(Attendance(match_id=match.id, came=True))
    db.session.flush()


def _leave(match: Match) -> None:
    """The person was not there after all: their name goes from the reports."""
    for told, _ in queries_reports.told_of([match])[match.id]:
        told.attendances = [row for row in told.attendances if row.match_id != match.id]
    db.session.flush()


def _count(match: Match, activity: Activity) -> None:
    minutes = sum(int((ends - starts).total_seconds() // 60) for starts, ends in activity.sessions)
    day = max(day_of(starts) for starts, _ in activity.sessions)
    values = queries_reports.count_values(match, rules.Outcome(day, minutes, activity.participants))
    ledger.count(replace(values, ward=activity.ward, district=activity.school_district))


def _same(match: Match, activity: Activity) -> bool:
    request, counted = match.request, last_count(match.code)
    booked = (
        request.organisation_id,
        request.title,
        _spans(request.sessions),
        match.programme,
        match.registrant_id,
        *(counted.participants, counted.ward, counted.district),
    )
    return booked == (
        activity.organisation.id,
        activity.title,
        activity.sessions,
        activity.programme,
        activity.registrant.id,
        *(activity.participants, activity.ward, activity.school_district),
    )


def _spans(sessions: Iterable[Session]) -> tuple[Span, ...]:
    return tuple((session.starts_at, session.ends_at) for session in sessions)
