"""Dates or place changed while people are asked or have said yes: each is asked again, and may say no."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit, codes, events, outbox
from matching.kernel.clock import day_of, now, today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.matches import messages, queries_reports
from matching.matches.gates import Span
from matching.matches.models import Match, MatchChange, MatchSession, MatchStatus
from matching.matches.queries_changes import arranged, waiting
from matching.matches.rules import CANCEL_REASONS, to_come, usual_answer_by
from matching.matches.services.offers import cancel, tell_concerned
from matching.matches.services.steps import advance, lock, lock_match, of_request
from matching.requests import queries as requests
from matching.requests import ruling
from matching.requests.models import RequestStatus, Session, SupportRequest
from matching.requests.rules import overlapping
from matching.requests.services import refusal

TOUCHED = (MatchStatus.PROPOSED, MatchStatus.OFFERED, MatchStatus.ACCEPTED)


@dataclass(frozen=True, slots=True)
class NewValues:
    """The dates (session → span; others stay) and the place."""

    spans: Mapping[str, Span]
    place: str


def change(actor: Account, request: SupportRequest, values: NewValues, version: int) -> int:
    """Change dates or place; returns how many people are asked again. Nothing new: nothing happens.

    Whoever said yes keeps the place until they answer; whoever has another activity then loses it. Conflict
    where somebody changed the request since `version` was read.
    """
    lock(request)
    if request.status not in (RequestStatus.OPEN, RequestStatus.FILLED):
        raise RuleViolation(refusal(request))
    if request.version != version:
        raise Conflict("ほかの人が先に変えました。")
    moved = {
        session: values.spans[session.code]
        for session in request.sessions
        if session.code in values.spans and values.spans[session.code] != (session.starts_at, session.ends_at)
    }
    if not moved and values.place == request.place:
        return 0
    _check(request, moved)
    concerned = [
        match
        for match in of_request(request, *TOUCHED)
        if (values.place != request.place and to_come(match.spans, now()))
        or any(row.session in moved for row in match.session_rows)
    ]
    before = {match: messages.facts_of(match) for match in concerned}
    clashing = _clashing(concerned, moved)
    request.place = values.place
    request.version += 1
    year = ruling.begins_in(request)
    _move(request, moved, clashing)
    if ruling.begins_in(request) != year:
        for programme, broken in ruling.too_often(request):
            raise Invalid("sessions", broken.told(programme.name))
    audit.record(actor, "request.change", request, dates=len(moved))
    events.request_changed.send(request)
    for match in clashing:
        _call_off(actor, match, "requester")
    staying = [match for match in concerned if match not in clashing]
    for match in staying:
        _ask_again(match, before[match])
    for coordinator in requests.looked_after_by(request):
        page = absolute(f"/requests/{request.code}")
        outbox.enqueue(coordinator.email, *messages.request_changed(request, len(staying), page))
    return sum(match.status is not MatchStatus.PROPOSED for match in staying)


def answer(actor: Account | None, match: Match, seen: int, *, kept: bool) -> None:
    """Yes: all stays as it is; no: the match is cancelled and its place falls free, or what is left of it
    is called off.

    `seen`: the change (id) that was read; Conflict where a later one has taken its place. actor None: by the
    mailed link. The same answer again changes nothing; RuleViolation where nothing is asked any more.
    """
    lock_match(match)
    asked = waiting(match)
    if asked is None:
        given = select(MatchChange.id).filter_by(id=seen, match_id=match.id, kept=kept)
        if db.session.scalars(given).first() is None:
            raise RuleViolation("変更へのお返事は、もういただいているか、要らなくなりました。")
        return
    if asked.id != seen:
        raise Conflict("日時や場所が、そのあとまた変わりました。今の内容を確かめて、お返事ください。")
    asked.answered_at, asked.kept = now(), kept
    audit.record(actor, "match.answer_change", match, kept=kept)
    if not kept:
        _call_off(actor, match, "person")
        return
    page = absolute(f"/requests/{match.request.code}")
    told = [match.request.contact_email, *(c.email for c in requests.looked_after_by(match.request))]
    for address in told:
        outbox.enqueue(address, *messages.change_kept(match, page))


def _call_off(actor: Account | None, match: Match, reason: str) -> None:
    """The whole match; once something of it is reported only its dates to come: what was done is counted."""
    if match.id not in queries_reports.reported([match]):
        cancel(actor, match, reason)
        return
    coming = [row for row in match.session_rows if row.starts_at > now()]
    if not coming:
        return
    mail = messages.rest_called_off(match, coming, CANCEL_REASONS[reason])
    for row in coming:
        match.session_rows.remove(row)
    audit.record(actor, "match.leave", match, dates=len(coming))
    db.session.flush()
    tell_concerned(actor, match, mail)
    if queries_reports.outcome_of(match, queries_reports.told_of([match])[match.id]) is not None:
        advance(actor, match, "report")


def _check(request: SupportRequest, moved: Mapping[Session, Span]) -> None:
    if any(session.starts_at <= now() for session in moved):
        raise RuleViolation("すでに始まった日時は、変えられません。")
    if any(starts <= now() for starts, _ in moved.values()):
        raise Invalid("sessions", "過ぎた日時が含まれています。これからの日時に直してください。")
    if any(starts >= ends for starts, ends in moved.values()):
        raise Invalid("sessions", "終わりの時刻を、始まりより後にしてください。")
    spans = [moved.get(session, (session.starts_at, session.ends_at)) for session in request.sessions]
    if overlapping(spans):
        raise Invalid("sessions", "日時が重なっています。重ならないように直してください。")
    held = {session.starts_at for session in request.sessions}
    if any(starts in held and starts != session.starts_at for session, (starts, _) in moved.items()):
        raise Invalid("sessions", "ほかの回と同じ日時です。先に、ほかの回を変えてください。")
    told = queries_reports.by_session(request)
    if any(session.id in told and not told[session.id].comment for session in moved):
        raise RuleViolation("すでに報告された回の日時は、変えられません。担当者に相談してください。")


def _clashing(concerned: list[Match], moved: Mapping[Session, Span]) -> list[Match]:
    """Those whose person has another activity at one of the new times; a proposal holds nobody."""
    if not moved:
        return []
    between = min(starts for starts, _ in moved.values()), max(ends for _, ends in moved.values())
    others = arranged({match.registrant_id for match in concerned}, between)
    return [
        match
        for match in concerned
        if match.status is not MatchStatus.PROPOSED
        and any(
            overlapping([moved[row.session], span])
            for row in match.session_rows
            if row.session in moved
            for other, span in others.get(match.registrant_id, ())
            if other != match.id
        )
    ]


def _move(request: SupportRequest, moved: Mapping[Session, Span], leaving: list[Match]) -> None:
    """The dates and what repeats them; nobody's own old and new times meet on the way."""
    gone = [match.id for match in leaving]
    ids = [session.id for session in moved]
    rows = db.session.scalars(select(MatchSession).where(MatchSession.session_id.in_(ids))).all()
    standing = [row for row in rows if row.standing]
    for row in standing:
        row.standing = False
    db.session.flush()
    for session, (starts, ends) in moved.items():
        session.starts_at, session.ends_at = starts, ends
    for row in rows:
        row.starts_at, row.ends_at = moved[row.session]
    db.session.flush()
    for row in standing:
        row.standing = row.match_id not in gone
    db.session.flush()
    request.sessions.sort(key=lambda session: session.starts_at)


def _ask_again(match: Match, before: list[str]) -> None:
    token = codes.new_token()
    address = match.registrant.address
    if match.status is MatchStatus.PROPOSED:
        if match.wished:
            outbox.enqueue(address, *messages.changed(match, before, absolute(f"/matches/{match.code}")))
        return
    if match.status is MatchStatus.OFFERED:  # the answer is to the new dates
        match.answer_token_hash = codes.token_hash(token)
        if match.answer_by is not None and match.session_rows:
            first = day_of(min(row.starts_at for row in match.session_rows))
            match.answer_by = min(match.answer_by, usual_answer_by(today(), first))
        outbox.enqueue(address, *messages.offer(match, absolute(f"/answer/{token}")))
        return
    earlier = waiting(match)
    if earlier is not None:
        earlier.answered_at = now()
    db.session.add(
        MatchChange(match=match, before=before, token_hash=codes.token_hash(token), asked_at=now())
    )
    db.session.flush()
    audit.record(None, "match.ask_again", match)
    outbox.enqueue(address, *messages.changed(match, before, absolute(f"/changes/{token}")))
