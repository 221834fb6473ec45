"""What happened: the requester's report, the coordinator's confirmation, the count and its reversal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import audit, outbox
from matching.kernel.clock import now, today
from matching.kernel.db import db
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.links import absolute
from matching.ledger import services as ledger
from matching.matches import messages, queries, queries_reports, queries_safety, rules
from matching.matches.models import (
    Attendance,
    CompletionReport,
    EffectAnswer,
    Match,
    MatchStatus,
)
from matching.matches.services.steps import advance, lock, lock_match, of_request, require_outside
from matching.municipality.city import municipality
from matching.requests import services as requests
from matching.requests.models import RequestStatus, Session, SupportRequest

DAY_MINUTES = 24 * 60
FIVE_STEPS = range(1, 6)


@dataclass(frozen=True, slots=True)
class ReportValues:
    """What the requester says of one session. `came`: codes of the matches whose person came."""

    held: bool
    minutes: int = 0
    participants: int = 0
    came: frozenset[str] = frozenset()
    effects: Mapping[str, int] = field(default_factory=dict)  # effect → 1 to 5; may be left out


def report(
    actor: Account, request: SupportRequest, session: Session | None, values: ReportValues
) -> CompletionReport:
    """One report per session for all who helped; of a council seat one for the appointment (no session).

    RuleViolation before the session has ended; Invalid where it was held and no insurance is known;
    Conflict once it is reported; the same report again changes nothing.
    """
    lock(request)
    _require_ended(request, session)
    if values.held and session is not None and (gap := requests.insurance_missing(request)):
        raise Invalid("held", f"{gap}そのあとで報告してください。")
    matches = [
        match
        for match in of_request(request, MatchStatus.ACCEPTED, MatchStatus.REPORTED)
        if _covers(match, session)
    ]
    existing = db.session.scalars(
        select(CompletionReport).filter_by(request_id=request.id, session_id=session.id if session else None)
    ).first()
    if existing is not None and not existing.comment:
        if existing.reported_by_id == actor.id and _same(existing, values):
            return existing
        raise Conflict("この日の活動は、すでに報告されています。直すときは、担当者に差戻しを頼んでください。")
    if not matches:
        raise RuleViolation("この日に来ることになっている人がいないため、報告は要りません。")
    _check(values, matches, seat=session is None)
    if session is not None and values.held:
        _require_checks(session, [match for match in matches if match.code in values.came])
    told = existing or CompletionReport(request_id=request.id, session=session)
    told.held = values.held
    told.minutes = values.minutes if values.held else 0
    told.participants = values.participants if values.held else 0
    told.comment = ""
    told.reported_at, told.reported_by_id = now(), actor.id
    earlier = {row.match_id: row for row in told.attendances}
    for match in matches:
        came = values.held and match.code in values.came
        if match.id in earlier:
            earlier[match.id].came = came
        else:
            told.attendances.append(Attendance(match_id=match.id, came=came))
    db.session.add(told)
    db.session.flush()
    _keep_effects(request, values.effects)
    audit.record(actor, "request.report", request, held=values.held, came=len(values.came))
    told_of = queries_reports.told_of(matches)
    for match in matches:
        outcome = queries_reports.outcome_of(match, told_of[match.id])
        if match.status is MatchStatus.ACCEPTED and outcome is not None:
            advance(actor, match, "report")
    return told


def confirm(actor: Account, request: SupportRequest) -> list[Match]:
    """The coordinator confirms what was reported: each completed match is counted once.

    Who never came is a no-show; where nothing was held the match is cancelled and never counted. The same
    actor's repeat changes nothing; Conflict where another coordinator was first. Never by a member of the
    requesting organisation (design §5, as for an approval): NotAllowed.
    """
    lock(request)
    require_outside(actor, request)
    reported, accepted = of_request(request, MatchStatus.REPORTED), of_request(request, MatchStatus.ACCEPTED)
    told = queries_reports.told_of([*reported, *accepted])
    missed = [match for match in accepted if queries_reports.fully_reported(match, told[match.id])]
    if not reported and not missed:
        done = of_request(request, MatchStatus.COMPLETED)
        if any(match.completed_by_id == actor.id for match in done):
            return []
        if done:
            raise Conflict("この活動は、ほかの担当者がすでに確認しました。")
        raise RuleViolation("確認する報告がまだありません。")
    for match in reported:
        _complete(actor, match, told[match.id])
    for match in missed:
        if any(report.held for report, _ in told[match.id]):
            advance(actor, match, "miss")
        else:
            advance(actor, match, "cancel", reason="not_held")
    if not of_request(request, MatchStatus.OFFERED, MatchStatus.ACCEPTED, MatchStatus.VOIDED):
        _end(actor, request)
    return reported


def send_back(actor: Account, request: SupportRequest, comment: str) -> None:
    """The report goes back to the requester with a comment; nothing has been counted yet.

    NotAllowed for a member of the requesting organisation.
    """
    lock(request)
    require_outside(actor, request)
    matches = of_request(request, MatchStatus.REPORTED, MatchStatus.ACCEPTED)
    told = queries_reports.told_of(matches)
    reported = [match for match in matches if queries_reports.fully_reported(match, told[match.id])]
    if not reported:
        raise RuleViolation("差し戻す報告がありません。")
    for match in reported:
        if match.status is MatchStatus.REPORTED:
            advance(actor, match, "send_back")
        _unlock(told[match.id], comment)
    page = absolute(f"/requests/{request.code}")
    outbox.enqueue(request.contact_email, *messages.report_returned(request, comment, page))


def reverse(actor: Account, match: Match, reason: str) -> None:
    """Take a count back by a reversing entry. `reason` is a key of REVERSAL_REASONS.

    NotAllowed for a member of the requesting organisation.
    """
    if reason not in rules.REVERSAL_REASONS:
        raise Invalid("reason", "理由を一覧から選んでください。")
    lock_match(match)
    require_outside(actor, match.request)
    if match.status is MatchStatus.VOIDED:
        return
    advance(actor, match, "void", reason=reason, round=match.round)
    ledger.reverse(match.code, match.round)
    match.completed_at = match.completed_by_id = None


def report_again(actor: Account, match: Match) -> None:
    """After a reversal the requester reports anew; the next count is the next round.

    NotAllowed for a member of the requesting organisation.
    """
    lock_match(match)
    require_outside(actor, match.request)
    advance(actor, match, "report_again")
    match.round += 1
    comment = "計上を取り消しました。正しい内容で、もう一度報告してください。"
    _unlock(queries_reports.told_of([match])[match.id], comment)
    page = absolute(f"/requests/{match.request.code}")
    outbox.enqueue(match.request.contact_email, *messages.report_returned(match.request, comment, page))


def close(actor: Account, request: SupportRequest) -> None:
    """The dates have passed and nothing more is awaited: met where somebody came, else unmet."""
    lock(request)
    if queries.future_sessions(request):
        raise RuleViolation("まだこれからの日時があります。終えるかわりに、依頼を取り消してください。")
    waiting = of_request(request, MatchStatus.ACCEPTED, MatchStatus.REPORTED, MatchStatus.VOIDED)
    if waiting:
        raise RuleViolation("活動の報告と確認がまだ済んでいません。")
    for match in of_request(request, MatchStatus.OFFERED, MatchStatus.PROPOSED):
        wished = match.wished
        advance(actor, match, "lapse")
        if wished:
            outbox.enqueue(match.registrant.address, *messages.not_asked(match, "募集が終わりました"))
    requests.close(actor, request, met=bool(of_request(request, MatchStatus.COMPLETED)))


def _complete(actor: Account, match: Match, told: queries_reports.Told) -> None:
    result = queries_reports.outcome_of(match, told)
    assert result is not None  # reported: somebody came to a session held
    advance(actor, match, "complete", round=match.round)
    match.completed_at, match.completed_by_id = now(), actor.id
    ledger.count(queries_reports.count_values(match, result))


def _end(actor: Account, request: SupportRequest) -> None:
    if request.status in (RequestStatus.OPEN, RequestStatus.FILLED) and not queries.future_sessions(request):
        requests.close(actor, request, met=bool(of_request(request, MatchStatus.COMPLETED)))


def _covers(match: Match, session: Session | None) -> bool:
    return session is None or any(row.session_id == session.id for row in match.session_rows)


def _require_ended(request: SupportRequest, session: Session | None) -> None:
    if session is None and (request.term_start is None or request.term_start > today()):
        raise RuleViolation("任期が始まってから、委嘱を記録してください。")
    if session is not None and session.ends_at > now():
        raise RuleViolation("活動が終わってから報告してください。")


def _check(values: ReportValues, matches: list[Match], *, seat: bool) -> None:
    if values.held and not seat and not 1 <= values.minutes <= DAY_MINUTES:
        raise Invalid("minutes", "活動した時間を、1分から24時間までで入力してください。")
    if values.participants < 0:
        raise Invalid("participants", "参加した人数を0以上で入力してください。")
    if values.came - {match.code for match in matches}:
        raise Invalid("came", "この日に来ることになっていない人が選ばれています。")
    known = {effect for group in municipality().effects.values() for effect in group}
    if set(values.effects) - known or any(step not in FIVE_STEPS for step in values.effects.values()):
        raise Invalid("effects", "効果は5つの段階から選んでください。")


def _require_checks(session: Session, came: list[Match]) -> None:
    """No session with minors is reported of somebody whose check is missing (design §6)."""
    missing = queries_safety.unchecked(came, session)
    if missing:
        named = "、".join(match.registrant.called for match in missing)
        raise Invalid(
            "came",
            f"{named}は、この日に有効な安全確認が記録されていないため、報告できません。"
            "確認が済んでいたときは、先に「打診と活動」のその方のページで記録してください。"
            "済んでいなかったときは、市の担当者に連絡してください。",
        )


def _same(told: CompletionReport, values: ReportValues) -> bool:
    came = {row.match_id for row in told.attendances if row.came}
    codes = set(db.session.scalars(select(Match.code).where(Match.id.in_(came))))
    if not values.held:
        return not told.held
    return (told.held, told.minutes, told.participants, codes) == (
        True,
        values.minutes,
        values.participants,
        set(values.came),
    )


def _keep_effects(request: SupportRequest, effects: Mapping[str, int]) -> None:
    for effect, step in effects.items():
        db.session.merge(EffectAnswer(request_id=request.id, effect=effect, step=step))


def _unlock(told: queries_reports.Told, comment: str) -> None:
    """Reports that other people's counts stand on stay as they are for them; the text may be given anew."""
    for report, _ in told:
        report.comment = comment
