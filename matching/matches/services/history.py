"""Activities of the paper years: each is a completed match with one ledger entry. History passes no gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import day_of, now
from matching.kernel.db import db
from matching.kernel.errors import Invalid
from matching.ledger import services as ledger
from matching.ledger.queries import counted
from matching.matches import queries, rules
from matching.matches.models import Attendance, CompletionReport, Match, MatchSession, MatchStatus, Origin
from matching.municipality.city import municipality
from matching.organisations.models import Organisation
from matching.registry.models import Registrant, Registration
from matching.requests.models import RequestProgramme, RequestStatus, Session, SupportRequest

Span = tuple[datetime, datetime]


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
    registration = _registration(activity)
    request = _request(activity)
    if any(m.registrant_id == activity.registrant.id for m in _matches(request)):
        raise Invalid("registrant", "同じ人の同じ活動が、すでにあります。")
    match = Match(
        external_id=activity.external_id,
        request=request,
        registrant=activity.registrant,
        registration=registration,
        programme=activity.programme,
        measure=municipality().programmes[activity.programme].measure,
        status=MatchStatus.COMPLETED,
        origin=Origin.IMPORT,
        created_at=now(),
        completed_at=now(),
        round=1,
        session_rows=[
            MatchSession(
                session=session,
                registrant_id=activity.registrant.id,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                standing=False,
            )
            for session in request.sessions
        ],
    )
    db.session.add(match)
    request.headcount = max(request.headcount, len(_matches(request)))
    db.session.flush()
    _attend(match, activity)
    audit.record(actor, "match.import", match, programme=activity.programme)
    _count(match, activity)
    return match


def correct_activity(actor: Account | None, match: Match, activity: Activity) -> bool:
    """A changed row is a reversal and a new count; True where something changed."""
    if _same(match, activity):
        return False
    if match.registrant_id != activity.registrant.id:
        raise Invalid("registrant", "取り込んだ活動の人は変えられません。別の管理番号で入れてください。")
    registration = _registration(activity)
    ledger.reverse(match.code, match.round)
    match.round += 1
    match.registration, match.programme = registration, activity.programme
    match.measure = municipality().programmes[activity.programme].measure
    request = _request(activity)
    if request.id != match.request_id:
        match.request = request
        match.session_rows = [
            MatchSession(
                session=session,
                registrant_id=match.registrant_id,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                standing=False,
            )
            for session in request.sessions
        ]
        db.session.flush()
    _attend(match, activity)
    audit.record(actor, "match.correct", match, round=match.round)
    _count(match, activity)
    return True


def _registration(activity: Activity) -> Registration:
    found = db.session.scalars(
        select(Registration).filter_by(registrant_id=activity.registrant.id, programme=activity.programme)
    ).first()
    if found is None:
        name = municipality().programmes[activity.programme].name
        raise Invalid("programme", f"この人には「{name}」の登録がありません。")
    return found


def _request(activity: Activity) -> SupportRequest:
    """The closed request of this activity, made with its first helper."""
    alike = select(SupportRequest).filter_by(
        organisation_id=activity.organisation.id, title=activity.title, status=RequestStatus.CLOSED
    )
    for request in db.session.scalars(alike):
        if _spans(request.sessions) == activity.sessions:
            if activity.programme not in request.programmes:
                position = len(request.programme_rows) + 1
                request.programme_rows.append(
                    RequestProgramme(position=position, programme=activity.programme)
                )
            return request
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
    db.session.flush()
    return request


def _matches(request: SupportRequest) -> list[Match]:
    return list(db.session.scalars(select(Match).filter_by(request_id=request.id)))


def _attend(match: Match, activity: Activity) -> None:
    """One report per session for all who helped; the person came to each."""
    told = {report.session_id: report for report in queries.reports_of_request(match.request).values()}
    for session in match.request.sessions:
        report = told.get(session.id)
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


def _count(match: Match, activity: Activity) -> None:
    minutes = sum(int((ends - starts).total_seconds() // 60) for starts, ends in activity.sessions)
    day = max(day_of(starts) for starts, _ in activity.sessions)
    ledger.count(queries.count_values(match, rules.Outcome(day, minutes, activity.participants)))


def _same(match: Match, activity: Activity) -> bool:
    request = match.request
    now_standing = (
        request.organisation_id,
        request.title,
        _spans(request.sessions),
        match.programme,
        match.registrant_id,
        counted(match.code, match.round).participants,
    )
    return now_standing == (
        activity.organisation.id,
        activity.title,
        activity.sessions,
        activity.programme,
        activity.registrant.id,
        activity.participants,
    )


def _spans(sessions: Iterable[Session]) -> tuple[Span, ...]:
    return tuple((session.starts_at, session.ends_at) for session in sessions)
