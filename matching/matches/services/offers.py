"""Approval, the answer, and what ends a match before the activity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, select

from matching.accounts.models import Account
from matching.kernel import audit, codes, events, outbox
from matching.kernel.clock import day_of, now, today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.matches import endings, gates, messages, queries_gates, queries_reports, rules
from matching.matches.models import (
    STANDING,
    Alternate,
    AttemptResult,
    Channel,
    ContactAttempt,
    Match,
    MatchSession,
    MatchStatus,
    Origin,
)
from matching.matches.services import fitness, stage
from matching.matches.services.steps import (
    advance,
    lock,
    lock_match,
    match_of,
    of_request,
    refusal,
    require_open,
    require_outside,
)
from matching.registry.models import Registrant, Registration
from matching.requests import queries as request_queries
from matching.requests import rules as request_rules
from matching.requests import services as requests
from matching.requests.models import RequestStatus, Session, SupportRequest


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coordinator decides with an approval, and where it came from.

    `sessions`: codes of those to cover (none: all).
    """

    answer_by: date
    sessions: frozenset[str] = frozenset()
    agreed_by: Channel | None = None  # the person said yes already, by this channel
    score: float | None = None
    rank: int | None = None  # among the candidates, as it was shown
    reasons: list[dict[str, Any]] = field(default_factory=list)
    origin: Origin = Origin.COORDINATOR


def approve_match(actor: Account, request: SupportRequest, registrant: Registrant, terms: Terms) -> Match:
    """Propose and approve in one: the offer goes out, or stands accepted where the person has said yes
    or has asked for it themselves.

    RuleViolation where a gate fails, no place is left or the request is not open; Conflict where another
    coordinator was first; the same approval again by the same actor changes nothing.
    """
    lock(request, registrant)
    require_outside(actor, request)
    _alternate_no_longer(request, registrant)
    match = match_of(request, registrant)
    if match is not None and match.status in STANDING:
        if match.approved_by_id == actor.id:
            return match
        raise Conflict("この方には、ほかの担当者がすでに打診しています。")
    require_open(request)
    stage.require_chosen(request, match)
    offered = of_request(request, MatchStatus.OFFERED)
    overdue = [other for other in offered if other.answer_by is not None and other.answer_by < today()]
    for other in overdue:
        advance(None, other, "lapse")
    facts = queries_gates.people([registrant.id], request)[registrant.id]
    wanted = queries_gates.wanted(request)
    sessions = fitness.covered(request, terms.sessions, facts, wanted)
    _require_answer_day(terms, wanted, sessions)
    fitness.require(facts, wanted, sessions, "打診できません。")
    asked_for = match is not None and match.wished
    if match is None:
        match = Match(request=request, registrant=registrant, created_at=now(), status=MatchStatus.PROPOSED)
    elif not asked_for:
        advance(actor, match, "propose")
    token = codes.new_token()
    fitness.use(match, facts, wanted)
    match.origin = Origin.REGISTRANT if asked_for else terms.origin
    match.place = _free_place(request)
    match.score, match.reasons = terms.score, terms.reasons
    match.answer_by = terms.answer_by
    match.answer_token_hash = codes.token_hash(token)
    match.approved_by_id = actor.id
    match.offered_at, match.answered_at, match.decline_reason = now(), None, ""
    match.contact_consent = False
    fitness.cover(match, sessions, standing=True)
    db.session.add(match)
    db.session.flush()
    agreed = asked_for or terms.agreed_by is not None
    noted = {"programme": match.programme, "measure": match.measure, "rank": terms.rank}
    advance(actor, match, "approve", rules.Approval(agreed), **noted)
    if terms.agreed_by is not None:
        _note_attempt(actor, match, terms.agreed_by, AttemptResult.ACCEPTED)
    if agreed:
        _accepted(actor, match)
    else:
        outbox.enqueue(registrant.address, *messages.offer(match, absolute(f"/answer/{token}")))
    if len(overdue) > 1:
        events.place_fell_free.send(request)
    return match


def accept(
    actor: Account | None,
    match: Match,
    *,
    contact_consent: bool = False,
    version: int | None = None,
    token: str | None = None,
) -> None:
    """The person says yes (actor None: by the mailed link). Saying it again changes nothing.

    `version`: of the request on the page that was read; `token`: of the link; Conflict where a change has
    come since.
    """
    lock_match(match)
    if match.status is MatchStatus.ACCEPTED:
        return
    replaced = token is not None and match.answer_token_hash != codes.token_hash(token)
    if replaced or version not in (None, match.request.version):
        raise Conflict("依頼の内容が、そのあと変わりました。今の内容を確かめて、お返事ください。")
    _require_in_time(match)
    match.contact_consent = match.contact_consent or contact_consent
    advance(actor, match, "accept", contact_consent=match.contact_consent)
    _accepted(actor, match)


def decline(actor: Account | None, match: Match, reason: str) -> None:
    """The person says no. `reason` is a key of DECLINE_REASONS; saying it again changes nothing."""
    if reason not in rules.DECLINE_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    if match.status is MatchStatus.DECLINED:
        return
    advance(actor, match, "decline", reason=reason)
    match.decline_reason, match.answered_at = reason, now()
    _tell_coordinator(match, *messages.declined(match, absolute(f"/requests/{match.request.code}")))
    _place_fell_free(actor, match.request)


def record_attempt(
    actor: Account, match: Match, channel: Channel, result: AttemptResult, reason: str = ""
) -> None:
    """連絡記録. A yes or no by telephone has the rank of a click."""
    lock_match(match)
    if match.status is not MatchStatus.OFFERED:
        raise RuleViolation(refusal(match))
    if result is AttemptResult.ACCEPTED:
        accept(actor, match)
    elif result is AttemptResult.DECLINED:
        decline(actor, match, reason)
    _note_attempt(actor, match, channel, result, reason if result is AttemptResult.DECLINED else "")
    audit.record(actor, "match.record_attempt", match, channel=channel.value, result=result.value)


def give_contact_consent(actor: Account | None, match: Match) -> None:
    """The person lets both sides see their contact, for this match only."""
    lock_match(match)
    if match.status not in (MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.REPORTED):
        raise RuleViolation(refusal(match))
    if not match.contact_consent:
        match.contact_consent = True
        audit.record(actor, "match.contact_consent", match)


def cancel(actor: Account | None, match: Match, reason: str) -> None:
    """An offer or an arranged activity is called off; its place falls free."""
    if reason not in rules.CANCEL_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    if match.status is MatchStatus.CANCELLED:
        return
    if match.id in queries_reports.reported([match]):
        raise RuleViolation("活動の報告があるため、中止にはできません。報告を差し戻してください。")
    advance(actor, match, "cancel", reason=reason)
    tell_concerned(actor, match, messages.called_off(match, rules.CANCEL_REASONS[reason]))
    _place_fell_free(actor, match.request)


def lapse_overdue() -> int:
    """Offers whose answer-by day has passed lapse; returns how many. The worker calls it."""
    overdue = db.session.scalars(_overdue()).all()
    for match in overdue:
        lock_match(match)
        if match.status is MatchStatus.OFFERED:
            advance(None, match, "lapse")
            _place_fell_free(None, match.request)
    return len(overdue)


def any_overdue() -> bool:
    """Whether there is something for `lapse_overdue`: asked without the write lock."""
    found = db.session.scalars(_overdue().limit(1)).first() is not None
    db.session.rollback()
    return found


def _overdue() -> Select[Match]:
    return select(Match).where(Match.status == MatchStatus.OFFERED, Match.answer_by < today())


@events.registration_ended.connect
def _registration_ended(registration: Registration, actor: Account | None = None) -> None:
    """Each match becomes what the page before the act said: see `endings.becomes`."""
    matches = select(Match).where(Match.registration_id == registration.id, Match.status.in_(endings.LIVE))
    for match in db.session.scalars(matches.order_by(Match.request_id)):
        end_match(actor, match, "登録が終わったため")


def end_match(actor: Account | None, match: Match, why: str) -> None:
    """What a match rests on has ended: both are told, a place it held falls free. What has begun stays."""
    lock_match(match)
    if endings.becomes(match.status, begun=match.id in queries_reports.begun([match])) is None:
        return
    held = match.status in STANDING
    advance(actor, match, "end")
    tell_concerned(actor, match, messages.called_off(match, why))
    if held:
        _place_fell_free(actor, match.request)


@events.sessions_leaving.connect
def _sessions_leaving(_request: SupportRequest, sessions: Sequence[Session]) -> None:
    """A date for which somebody has been asked, or has asked, stays."""
    ids = [session.id for session in sessions]
    if db.session.scalars(select(MatchSession).where(MatchSession.session_id.in_(ids)).limit(1)).first():
        raise Invalid(
            "sessions", "打診や希望のあった日時は、なくせません。依頼を取り消して、出しなおしてください。"
        )


@events.place_changing.connect
def _place_changing(request: SupportRequest) -> None:
    """Who was asked for one place is asked again for another: by the page, not by a file."""
    if of_request(request, MatchStatus.OFFERED, MatchStatus.ACCEPTED):
        raise Invalid(
            "place",
            "打診した方がいるため、区・場所・形式は、ファイルでは変えられません。依頼のページから変えてください。",
        )


@events.request_ended.connect
def _request_ended(request: SupportRequest, reason: str, actor: Account | None = None) -> None:
    """Everybody still asked or arranged for a cancelled request is told and free again."""
    lock(request)
    why = request_rules.CANCEL_REASONS[reason]
    for match in of_request(request, MatchStatus.PROPOSED):
        wished = match.wished
        advance(actor, match, "lapse")
        if wished:
            outbox.enqueue(match.registrant.address, *messages.called_off(match, why))
    for match in of_request(request, MatchStatus.OFFERED, MatchStatus.ACCEPTED):
        advance(actor, match, "cancel", reason="requester")
        outbox.enqueue(match.registrant.address, *messages.called_off(match, why))


def _require_answer_day(terms: Terms, wanted: gates.Wanted, sessions: list[Session]) -> None:
    first = min([wanted.first_day, *(day_of(s.starts_at) for s in sessions)])
    if not today() <= terms.answer_by <= max(first, today()):
        raise Invalid("answer_by", "回答の期限は、今日から最初の活動日までの日にしてください。")


def _alternate_no_longer(request: SupportRequest, registrant: Registrant) -> None:
    kept = Alternate.request_id == request.id, Alternate.registrant_id == registrant.id
    db.session.execute(delete(Alternate).where(*kept))


def _free_place(request: SupportRequest) -> int:
    taken = {match.place for match in of_request(request) if match.place is not None}
    for place in range(1, request.headcount + 1):
        if place not in taken:
            return place
    raise RuleViolation(
        f"必要な{request.headcount}人には、すでに打診しています。返事を待つか、打診を取り消してください。"
    )


def _require_in_time(match: Match) -> None:
    if match.status is MatchStatus.OFFERED and match.answer_by is not None and match.answer_by < today():
        raise RuleViolation("回答の期限を過ぎています。担当者にご連絡ください。")


def _accepted(actor: Account | None, match: Match) -> None:
    """Both sides are told, and the last place fills the request."""
    match.answered_at = now()
    page = absolute(f"/requests/{match.request.code}")
    outbox.enqueue(match.request.contact_email, *messages.accepted(match, page))
    if actor is None or actor.id != match.approved_by_id:
        _tell_coordinator(match, *messages.accepted(match, page))
    outbox.enqueue(match.registrant.address, *messages.thanks(match, absolute(f"/matches/{match.code}")))
    arranged = of_request(match.request, MatchStatus.ACCEPTED, MatchStatus.REPORTED, MatchStatus.COMPLETED)
    if len(arranged) >= match.request.headcount and match.request.status is RequestStatus.OPEN:
        requests.fill(actor, match.request)


def _place_fell_free(actor: Account | None, request: SupportRequest) -> None:
    if request.status is RequestStatus.FILLED:
        requests.reopen(actor, request)
    events.place_fell_free.send(request)


def _tell_coordinator(match: Match, subject: str, body: str) -> None:
    coordinator = db.session.get(Account, match.approved_by_id) if match.approved_by_id else None
    outbox.enqueue(coordinator.email if coordinator else None, subject, body)


def tell_concerned(actor: Account | None, match: Match, mail: messages.Mail) -> None:
    """The person, the coordinators, and the requester once the person has answered."""
    told = [match.registrant.address]
    told += [person.email for person in request_queries.looked_after_by(match.request) if person != actor]
    if match.answered_at is not None:
        told.append(match.request.contact_email)
    for address in told:
        outbox.enqueue(address, *mail)


def _note_attempt(
    actor: Account, match: Match, channel: Channel, result: AttemptResult, reason: str = ""
) -> None:
    db.session.add(
        ContactAttempt(
            match_id=match.id, at=now(), actor_id=actor.id, channel=channel, result=result, reason=reason
        )
    )
