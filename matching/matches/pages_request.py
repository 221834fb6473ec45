"""A request's page beside the request itself: its people, its reports, what can be done now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from matching.accounts.models import Account
from matching.kernel.clock import dated_span, now, today
from matching.kernel.permissions import ADMIN, COORDINATOR, ORGANISATION, allowed, stands
from matching.matches import queries, queries_changes, queries_reports, rules
from matching.matches.models import STANDING, CompletionReport, Match, MatchStatus
from matching.matches.pages_lists import MatchRow, audits, person_for, rows
from matching.matches.timelines import timeline
from matching.municipality.city import municipality
from matching.registry.details import details
from matching.requests import services as requests
from matching.requests.models import RequestStatus, Session, SupportRequest
from matching.requests.wording import term_text


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of a request with its report, and whether one is due."""

    code: str
    label: str
    report: CompletionReport | None
    due: bool


@dataclass(frozen=True, slots=True)
class Application:
    """Who would like to be on this stage and with what, for those who choose. Not yet decided."""

    code: str
    person: str
    offerings: tuple[tuple[str, str, list[tuple[str, str]]], ...]  # title, description, minutes …
    chosen: bool
    choosable: bool


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Beside the request itself: its people, its reports, and what can be done now."""

    matches: tuple[MatchRow, ...]
    sessions: tuple[SessionRow, ...]
    places: int
    taken: int
    stage: bool  # turned round: people apply
    applications: tuple[Application, ...]
    finding: bool
    missing: tuple[str, ...]  # before the request can be opened
    insurance_gap: str | None  # what stands before the first session
    changeable: bool
    unanswered: frozenset[str]  # matches asked again after a change
    alternates: tuple[tuple[str, str], ...]  # (code, name), the next one first; for coordinators
    confirmable: bool
    by_another: bool  # the viewer speaks for the organisation: another coordinator confirms
    closable: bool
    timeline: tuple[tuple[datetime, str], ...]


def request_page(viewer: Account, request: SupportRequest) -> RequestPage:
    stage = municipality().turned_round(request.programmes)
    found = queries.matches_of_request(request)
    shown = [match for match in found if match.status is not MatchStatus.PROPOSED or match.wished]
    if not viewer.roles & {COORDINATOR, ADMIN} and not audits(viewer, request):
        seen = queries.KNOWN | {MatchStatus.OFFERED}
        shown = [match for match in shown if match.status in seen or (stage and match.wished)]
    told = queries_reports.by_session(request)
    coming = [m for m in found if m.status in (MatchStatus.ACCEPTED, MatchStatus.REPORTED)]
    return RequestPage(
        matches=tuple(rows(viewer, [match for match in shown if not (stage and match.wished)])),
        sessions=tuple(_session_rows(request, coming, told)),
        places=request.headcount,
        taken=sum(match.status in STANDING for match in found),
        stage=stage,
        applications=tuple(_applications(viewer, shown)) if stage else (),
        finding=request.status is RequestStatus.OPEN and not stage,
        missing=tuple(requests.missing_for_opening(request))
        if request.status is RequestStatus.SUBMITTED
        else (),
        insurance_gap=insurance_gap(request, awaited=any(m.status is MatchStatus.ACCEPTED for m in coming)),
        changeable=request.status in (RequestStatus.OPEN, RequestStatus.FILLED)
        and queries.future_sessions(request),
        unanswered=frozenset(queries_changes.waiting_of(request)) if coming else frozenset(),
        alternates=tuple(
            (kept.code, kept.registrant.called) for kept in queries_changes.alternates_of(request)
        )
        if not stage and viewer.roles & {COORDINATOR} and allowed(viewer, "request.candidates", request)
        else (),
        confirmable=any(match.status is MatchStatus.REPORTED for match in coming)
        or any(_fully_reported(match, told.values()) for match in coming),
        by_another=ORGANISATION in stands(viewer, request, "request"),
        closable=request.status in (RequestStatus.OPEN, RequestStatus.FILLED)
        and not queries.future_sessions(request)
        and not coming
        and request.term_start is None,
        timeline=timeline(request),
    )


def _fully_reported(match: Match, told: Iterable[CompletionReport]) -> bool:
    """By the request's reports, which the page has read already."""
    expected = (r.comment for r in told if any(a.match_id == match.id for a in r.attendances))
    return rules.fully_reported(len(match.session_rows), expected)


def _applications(viewer: Account, shown: list[Match]) -> list[Application]:
    """Who may choose one of a request's applications may choose each of them."""
    wished = [match for match in shown if match.wished]
    open_ = bool(wished) and wished[0].request.status is RequestStatus.OPEN
    choosable = open_ and allowed(viewer, "match.choose", wished[0])
    masked = bool(wished) and audits(viewer, wished[0].request)  # people are known by what they offer, too
    offered = queries.offerings_of([] if masked else wished)
    return [
        Application(
            code=match.code,
            person=person_for(viewer, match),
            offerings=tuple((o.title, o.description, details(o)) for o in offered[match.registration_id]),
            chosen=match.chosen_at is not None,
            choosable=choosable,
        )
        for match in wished
    ]


def insurance_gap(request: SupportRequest, *, awaited: bool) -> str | None:
    """What of the insurance stands before the first session, while there is one to come or to report.

    `awaited`: a report is, as of a closed request whose count was taken back (報告からやりなおす).
    """
    over = {RequestStatus.CLOSED, RequestStatus.UNMET, RequestStatus.CANCELLED}
    if awaited:
        over.remove(RequestStatus.CLOSED)
    return None if request.status in over else requests.insurance_missing(request)


def _session_rows(
    request: SupportRequest, coming: list[Match], told: dict[int | None, CompletionReport]
) -> Iterable[SessionRow]:
    covered = {row.session_id for match in coming for row in match.session_rows}
    for session in request.sessions:
        report = told.get(session.id)
        open_ = report is None or bool(report.comment)
        due = open_ and session.id in covered and session.ends_at <= now()
        yield SessionRow(session.code, dated_span(session.starts_at, session.ends_at), report, due)
    if request.term_start is not None:
        report = told.get(None)
        open_ = report is None or bool(report.comment)
        due = open_ and bool(coming) and request.term_start <= today()
        yield SessionRow("appointment", _seat(request), report, due)


def _seat(request: SupportRequest) -> str:
    return f"{request.council or '委嘱'}（任期 {term_text(request)}）"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What the report's form needs: who was expected, the session's length, whether effects are asked."""

    label: str
    helpers: dict[str, str]  # match → name
    usual_minutes: int
    effects: list[str]
    comment: str


def report_page(request: SupportRequest, session: Session | None) -> ReportPage:
    expected = [
        match
        for match in queries.matches_of_request(request)
        if match.status in (MatchStatus.ACCEPTED, MatchStatus.REPORTED)
        and (session is None or any(row.session_id == session.id for row in match.session_rows))
    ]
    last = session is not None and session.id == request.sessions[-1].id  # a seat's effects are to come
    told = queries_reports.by_session(request).get(session.id if session else None)
    effects = [effect for group in municipality().effects.values() for effect in group]
    return ReportPage(
        label=dated_span(session.starts_at, session.ends_at) if session else _seat(request),
        helpers={match.code: match.registrant.called for match in expected},
        usual_minutes=int((session.ends_at - session.starts_at).total_seconds() // 60) if session else 0,
        effects=effects if last else [],
        comment=told.comment if told else "",
    )
