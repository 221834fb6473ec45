"""What the pages show of matches: plain values, and of a person only what this reader may see now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from matching.accounts.models import Account
from matching.kernel import audit
from matching.kernel.clock import dated_span, now, today
from matching.kernel.errors import RuleViolation
from matching.kernel.permissions import ADMIN, COORDINATOR, allowed
from matching.matches import queries, queries_safety, rules
from matching.matches.models import (
    STANDING,
    ChildSafetyCheck,
    CompletionReport,
    Match,
    MatchChange,
    MatchStatus,
)
from matching.matches.queries_safety import Safety
from matching.matches.services import alternates, changes, objections
from matching.municipality.city import municipality
from matching.registry.models import Registrant
from matching.requests import services as requests
from matching.requests.models import RequestStatus, Session, SupportRequest

CHIPS = {
    MatchStatus.PROPOSED: "waiting",
    MatchStatus.OFFERED: "waiting",
    MatchStatus.ACCEPTED: "done",
    MatchStatus.REPORTED: "waiting",
    MatchStatus.COMPLETED: "done",
    MatchStatus.VOIDED: "stopped",
    MatchStatus.DECLINED: "stopped",
    MatchStatus.CANCELLED: "stopped",
    MatchStatus.NO_SHOW: "stopped",
}


# What the timeline of a request and of a match tells, by the act that was recorded.
HAPPENED = {
    "request.post": "依頼を書きはじめました",
    "request.submit": "依頼を送りました",
    "request.open": "募集を始めました",
    "request.return": "差し戻しました",
    "request.fill": "来てくれる人が決まりました",
    "request.reopen": "空きができ、また探しています",
    "request.report": "活動を報告しました",
    "request.close": "依頼を終えました",
    "request.cancel": "依頼を取り消しました",
    "request.refuse": "目的が決まりに合わず、お断りしました",
    "request.insure": "保険を決めました",
    "request.change": "日時や場所を変えました",
    "request.keep_alternate": "補欠を決めました",
    "match.ask_again": "日時や場所が変わり、あらためてたずねています",
    "match.answer_change": "変更への返事がありました",
    "match.leave": "これからの日時は取りやめになりました",
    "match.object": "依頼者から申し出がありました",
    "match.decide_objection": "申し出への対応を決めました",
    "match.wish": "「やってみたい」と伝えました",
    "match.choose": "場を出す団体が選びました",
    "match.unchoose": "場を出す団体が、選ぶのをやめました",
    "match.withdraw": "希望を取り下げました",
    "match.reject": "希望は見送られました",
    "match.approve": "打診しました",
    "match.accept": "引き受けました",
    "match.decline": "見送りました",
    "match.lapse": "回答の期限が過ぎました",
    "match.cancel": "取りやめになりました",
    "match.end": "登録か必要な資格が終わり、取りやめになりました",
    "match.report": "活動が報告されました",
    "match.send_back": "報告を差し戻しました",
    "match.complete": "活動を確認し、計上しました",
    "match.miss": "来られませんでした",
    "match.void": "計上を取り消しました",
    "match.report_again": "報告をやりなおすことにしました",
    "match.contact_consent": "連絡先の提供に同意しました",
    "match.contact_consent_withdrawn": "連絡先の提供の同意をやめました",
    "match.import": "紙の記録から取り込みました",
    "match.record_check": "学校設置者の安全確認を記録しました",
    "match.take_back_check": "学校設置者の安全確認の記録を取り消しました",
    "match.correct": "紙の記録に合わせて、計上しなおしました",
}
# The same, where the act alone does not say it: (act, state before, state after).
MOVED: dict[tuple[str, str | None, str | None], str] = {
    ("match.approve", MatchStatus.PROPOSED, MatchStatus.ACCEPTED): "お願いすることが決まりました",
    ("match.lapse", MatchStatus.PROPOSED, MatchStatus.LAPSED): "募集が終わりました",
}


# Between the requester and the coordinator: the person does not read of it.
APART = frozenset({"match.object", "match.decide_objection"})


def timeline(subject: SupportRequest | Match, *, own: bool = False) -> tuple[tuple[datetime, str], ...]:
    """(when, what happened), newest first. `own`: the person of the match reads it."""
    events = (event for event in audit.history(subject) if not (own and event.action in APART))
    told = ((event.at, _happened(event)) for event in events)
    return tuple((at, words) for at, words in told if words)


def _happened(event: audit.AuditEvent) -> str | None:
    move = (event.action, event.details.get("before"), event.details.get("after"))
    return MOVED.get(move) or HAPPENED.get(event.action)


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match in a list. `person` is what the reader may call the person now."""

    code: str
    status: str
    chip: str
    person: str
    request_title: str
    organisation: str
    measure: int
    programme: str
    dates: tuple[str, ...]
    answer_by: date | None
    standing: bool
    safety: Safety | None  # None: no check is needed


def chip(status: MatchStatus) -> str:
    return CHIPS.get(status, "plain")


def person_for(viewer: Account, match: Match) -> str:
    """Full name for the person, the coordinator, and from acceptance on the requester; else initials."""
    person = match.registrant
    sees = person.account_id == viewer.id or viewer.roles & {COORDINATOR, ADMIN}
    if sees or match.status in queries.KNOWN:
        return f"{person.name} さん"
    return f"{person.initials} さん（お名前は、引き受けが決まってから表示します）"


def status_words(viewer: Account, match: Match) -> str:
    """The state's word; of a wish who wishes it, since "提案" says nothing to either side."""
    if not match.wished:
        return match.status.label
    own = match.registrant.account_id == viewer.id
    if municipality().turned_round(match.request.programmes):
        return "応募しています" if own else "応募があります"
    return "希望を出しています" if own else "本人が希望しています"


def rows(viewer: Account, found: Iterable[Match]) -> list[MatchRow]:
    """The matches as rows; their checks are read in one statement."""
    found = list(found)
    safety = queries_safety.states(found)
    return [_row(viewer, match, safety.get(match.id)) for match in found]


def _row(viewer: Account, match: Match, safety: Safety | None) -> MatchRow:
    return MatchRow(
        code=match.code,
        status=status_words(viewer, match),
        chip=chip(match.status),
        person=person_for(viewer, match),
        request_title=match.request.title,
        organisation=match.request.organisation.name,
        measure=match.measure,
        programme=municipality().programmes[match.programme].name,
        dates=dates(match),
        answer_by=match.answer_by if match.status is MatchStatus.OFFERED else None,
        standing=match.status in STANDING,
        safety=safety,
    )


def dates(match: Match) -> tuple[str, ...]:
    return tuple(dated_span(row.starts_at, row.ends_at) for row in match.session_rows)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of a request with its report, and whether one is due."""

    code: str
    label: str
    report: CompletionReport | None
    due: bool


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Beside the request itself: its people, its reports, and what can be done now."""

    matches: tuple[MatchRow, ...]
    sessions: tuple[SessionRow, ...]
    places: int
    taken: int
    stage: bool  # turned round: people apply
    applications: tuple["Application", ...]
    finding: bool
    missing: tuple[str, ...]  # before the request can be opened
    insurance_gap: str | None  # what stands before the first session
    changeable: bool
    unanswered: frozenset[str]  # matches asked again after a change
    alternates: tuple[tuple[str, str], ...]  # (code, name), the next one first; for coordinators
    confirmable: bool
    closable: bool
    timeline: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Application:
    """Who would like to be on this stage and with what, for those who choose. Not yet decided."""

    code: str
    person: str
    offerings: tuple[tuple[str, str], ...]  # title, description
    chosen: bool
    choosable: bool


def _applications(viewer: Account, shown: list[Match]) -> Iterable[Application]:
    for match in shown:
        if match.wished:
            yield Application(
                code=match.code,
                person=person_for(viewer, match),
                offerings=tuple((o.title, o.description) for o in match.registration.offerings),
                chosen=match.chosen_at is not None,
                choosable=match.request.status is RequestStatus.OPEN
                and allowed(viewer, "match.choose", match),
            )


def request_page(viewer: Account, request: SupportRequest) -> RequestPage:
    stage = municipality().turned_round(request.programmes)
    found = queries.matches_of_request(request)
    shown = [match for match in found if match.status is not MatchStatus.PROPOSED or match.wished]
    if not viewer.roles & {COORDINATOR, ADMIN}:
        seen = queries.KNOWN | {MatchStatus.OFFERED}
        shown = [match for match in shown if match.status in seen or (stage and match.wished)]
    told = queries.reports_of_request(request)
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
        unanswered=frozenset(changes.waiting_of(request)),
        alternates=tuple((kept.code, kept.registrant.name) for kept in alternates.listed(request))
        if viewer.roles & {COORDINATOR} and allowed(viewer, "request.candidates", request)
        else (),
        confirmable=any(match.status is MatchStatus.REPORTED for match in coming)
        or any(queries.fully_reported(match) for match in coming),
        closable=request.status in (RequestStatus.OPEN, RequestStatus.FILLED)
        and not queries.future_sessions(request)
        and not coming
        and request.term_start is None,
        timeline=timeline(request),
    )


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
        yield SessionRow("appointment", "委嘱", report, due)


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
    last = session is None or session.id == request.sessions[-1].id
    told = queries.reports_of_request(request).get(session.id if session else None)
    effects = [effect for group in municipality().effects.values() for effect in group]
    return ReportPage(
        label=dated_span(session.starts_at, session.ends_at) if session else "委嘱",
        helpers={match.code: f"{match.registrant.name} さん" for match in expected},
        usual_minutes=int((session.ends_at - session.starts_at).total_seconds() // 60) if session else 0,
        effects=effects if last else [],
        comment=told.comment if told else "",
    )


@dataclass(frozen=True, slots=True)
class MatchPage:
    """One match as this reader sees it, and what they can do with it now."""

    row: MatchRow
    answerable: bool
    overdue: bool
    cancellable: bool
    reversible: bool
    repeatable: bool
    recordable: bool
    withdrawable: bool
    decidable: bool
    stage: bool  # turned round: an application, approved once it is chosen
    chosen: bool
    sees_contact: bool
    shares_contact: bool
    is_person: bool
    insurance_gap: str | None
    change: MatchChange | None  # unanswered
    change_answerable: bool
    objection: str | None  # the reason, undecided; for coordinators and the requester
    objectable: bool
    reasons: list[dict[str, object]]
    attempts: list[str]
    timeline: tuple[tuple[datetime, str], ...]  # for the person and the coordinator
    checks: tuple[ChildSafetyCheck, ...]  # for the person and the coordinator
    checkable: bool


def match_page(viewer: Account, match: Match) -> MatchPage:
    status = match.status
    own = match.registrant.account_id == viewer.id
    staff = _office(viewer, match)
    offered = status is MatchStatus.OFFERED
    overdue = offered and match.answer_by is not None and match.answer_by < today()
    told = rows(viewer, [match])[0]
    asked_again = changes.waiting(match)
    objection = None if own else objections.standing(match)
    return MatchPage(
        change=asked_again,
        change_answerable=asked_again is not None and allowed(viewer, "match.answer_change", match),
        objection=rules.OBJECTION_REASONS[objection.reason] if objection else None,
        objectable=objection is None
        and objections.may_object(match)
        and allowed(viewer, "match.object", match),
        row=told,
        answerable=own and offered and not overdue,
        overdue=overdue,
        cancellable=status in (MatchStatus.OFFERED, MatchStatus.ACCEPTED)
        and not (own and offered)
        and allowed(viewer, "match.cancel", match)
        and not queries.any_report(match),
        reversible=status is MatchStatus.COMPLETED and allowed(viewer, "match.reverse", match),
        repeatable=status is MatchStatus.VOIDED and allowed(viewer, "match.reverse", match),
        recordable=offered and allowed(viewer, "match.record_attempt", match),
        withdrawable=own and match.wished,
        stage=municipality().turned_round(match.request.programmes),
        chosen=match.chosen_at is not None,
        decidable=match.wished and allowed(viewer, "match.decide", match),
        sees_contact=sees_contact(viewer, match),
        shares_contact=queries.shares_contact(match),
        is_person=own,
        insurance_gap=insurance_gap(match.request, awaited=status is MatchStatus.ACCEPTED)
        if status in STANDING
        else None,
        reasons=match.reasons if staff else [],
        attempts=[
            f"{attempt.channel.label}：{attempt.result.label}"
            + (f"（{rules.DECLINE_REASONS[attempt.reason]}）" if attempt.reason else "")
            for attempt in match.attempts
        ]
        if staff
        else [],
        timeline=timeline(match, own=own) if staff or own else (),
        checks=tuple(queries_safety.checks_for(match))
        if told.safety and allowed(viewer, "match.see_check", match)
        else (),
        checkable=told.safety is not None
        and status in queries.REACHABLE
        and allowed(viewer, "match.record_check", match),
    )


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, for a reader who may know it now. `subject`: whose it is."""

    subject: Registrant | SupportRequest
    whose: str
    name: str
    phone: str
    email: str
    basis: str  # on what the disclosure rests
    emergency: str = ""


def _office(viewer: Account, match: Match) -> bool:
    """Whether the viewer works on this match for the city; in their own organisation they are a member."""
    return (
        COORDINATOR in viewer.roles
        and allowed(viewer, "match.record_attempt", match)
        and match.request.organisation_id not in queries.organisations_of(viewer)
    )


def sees_contact(viewer: Account, match: Match) -> bool:
    """From acceptance until the activity is done; coordinators from the offer on."""
    if _office(viewer, match):
        return match.status in STANDING
    return match.status in queries.REACHABLE and allowed(viewer, "match.see_contact", match)


def contacts(viewer: Account, match: Match) -> list[Contact]:
    """Whose contacts this reader may see now; RuleViolation before acceptance and after the activity."""
    if not sees_contact(viewer, match):
        raise RuleViolation(
            "連絡先は、引き受けが決まってから活動が終わるまでのあいだだけ、ご覧いただけます。"
        )
    staff = _office(viewer, match)
    own = match.registrant.account_id == viewer.id
    shown = []
    if own or staff:
        request = match.request
        shown.append(
            Contact(
                request,
                f"{request.organisation.name}（依頼した団体）",
                request.contact_name,
                request.contact_phone,
                request.contact_email,
                emergency=request.emergency_contact,
                basis=audit.OFFICE if staff else audit.ARRANGED,
            )
        )
    basis = audit.OFFICE if staff else queries.sharing_basis(match)
    if basis is not None and (staff or not own):
        person = match.registrant
        address = person.address or ""
        shown.append(Contact(person, "引き受けた方", person.name, person.phone, address, basis))
    return shown


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """The page behind the mailed link."""

    dates: tuple[str, ...]
    answerable: bool
    overdue: bool
    shares_contact: bool
    outcome: str


OUTCOMES = {
    MatchStatus.ACCEPTED: "お引き受けいただいています。ありがとうございます。",
    MatchStatus.REPORTED: "活動の報告まで済んでいます。ありがとうございました。",
    MatchStatus.COMPLETED: "活動は完了しています。ありがとうございました。",
    MatchStatus.DECLINED: "今回は見送るとのお返事をいただいています。",
    MatchStatus.LAPSED: "回答の期限を過ぎたため、この打診は終わりました。",
    MatchStatus.CANCELLED: "この依頼は取りやめになりました。",
    MatchStatus.WITHDRAWN: "登録か必要な資格が終わったため、この打診は取り下げられました。",
}


def answer_page(match: Match) -> AnswerPage:
    offered = match.status is MatchStatus.OFFERED
    overdue = offered and match.answer_by is not None and match.answer_by < today()
    outcome = (
        OUTCOMES[MatchStatus.LAPSED] if overdue else OUTCOMES.get(match.status, "この打診は終わりました。")
    )
    return AnswerPage(
        dates=dates(match),
        answerable=offered and not overdue,
        overdue=overdue,
        shares_contact=queries.shares_contact(match),
        outcome=outcome,
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Matches in one list of work."""

    title: str
    rows: tuple[MatchRow, ...]


def grouped(viewer: Account, found: list[Match]) -> list[Group]:
    """Wishes and what needs an answer first, then what is arranged, then the rest."""
    sections = (
        ("希望が出ているもの", {MatchStatus.PROPOSED}),
        ("返事を待っているもの", {MatchStatus.OFFERED}),
        ("活動が決まったもの", {MatchStatus.ACCEPTED}),
        ("報告を確かめるもの", {MatchStatus.REPORTED}),
        (
            "終わったもの",
            set(MatchStatus)
            - {MatchStatus.PROPOSED, MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.REPORTED},
        ),
    )
    told = list(zip(found, rows(viewer, found), strict=True))
    groups = (
        Group(title, tuple(row for match, row in told if match.status in states))
        for title, states in sections
    )
    return [group for group in groups if group.rows]
