"""What people are reminded of: an unanswered offer, a missing insurance, an activity nobody has reported."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from matching.kernel import codes, occasions, outbox
from matching.kernel.clock import day_of, now, today
from matching.kernel.db import db
from matching.kernel.links import absolute
from matching.matches import messages
from matching.matches.models import CompletionReport, Match, MatchSession, MatchStatus
from matching.matches.services.steps import lock, lock_match
from matching.requests import services as requests
from matching.requests.models import RequestStatus, Session, SupportRequest

# Our proposal: days before the answer is due; days after a date that has not been reported.
OFFER_DAYS = 2
INSURANCE_DAYS = 7  # before the first date
REPORT_DAYS = (3, 10)
FORGET_DAYS = 60  # older dates are not asked about: they were before this worker's time
OFFER, INSURANCE, REPORT = "offer.reminder", "insurance.reminder", "report.reminder"


def offers_to_remind() -> list[int]:
    """Matches offered yesterday or before, whose answer is due in two days or less and has not come."""
    rows = db.session.execute(
        select(Match.id, Match.code, Match.offered_at)
        .where(
            Match.status == MatchStatus.OFFERED,
            Match.answer_by >= today(),
            Match.answer_by <= today() + timedelta(days=OFFER_DAYS),
            Match.offered_at <= now() - timedelta(days=1),
        )
        .order_by(Match.id)
    ).all()
    keys = {f"{code} {day_of(offered)}": id_ for id_, code, offered in rows if offered is not None}
    return [keys[key] for key in occasions.unmade(OFFER, keys)]


def remind_of_offer(match_id: int) -> None:
    """One mail for each time of asking, with a link of its own: the newest is the one that works."""
    match = db.session.get_one(Match, match_id)
    lock_match(match)
    if match.status is not MatchStatus.OFFERED or match.offered_at is None:
        return
    if occasions.once(OFFER, f"{match.code} {day_of(match.offered_at)}"):
        token = codes.new_token()
        match.answer_token_hash = codes.token_hash(token)
        link = absolute(f"/answer/{token}")
        outbox.enqueue(match.registrant.address, *messages.offer_reminder(match, link))


def insurances_to_remind() -> list[int]:
    """Requests somebody comes to, the first date in a week or less, and no insurance that holds."""
    first = func.min(Session.starts_at)
    near = select(Session.request_id).group_by(Session.request_id)
    near = near.having(first > now(), first <= now() + timedelta(days=INSURANCE_DAYS))
    coming = select(Match.request_id).where(Match.status == MatchStatus.ACCEPTED)
    rows = db.session.scalars(
        select(SupportRequest)
        .where(
            SupportRequest.status.in_((RequestStatus.OPEN, RequestStatus.FILLED)),
            SupportRequest.id.in_(near),
            SupportRequest.id.in_(coming),
        )
        .options(selectinload(SupportRequest.sessions))
        .order_by(SupportRequest.id)
    )
    keys = {_first_date(request): request.id for request in rows if requests.insurance_missing(request)}
    return [keys[key] for key in occasions.unmade(INSURANCE, keys)]


def _first_date(request: SupportRequest) -> str:
    """Another first day is another occasion."""
    return f"{request.code} {day_of(request.sessions[0].starts_at)}"


def remind_of_insurance(request_id: int) -> None:
    """One mail to the requester, who says which insurance holds."""
    request = db.session.get_one(SupportRequest, request_id)
    lock(request)
    gap = requests.insurance_missing(request)
    if gap and occasions.once(INSURANCE, _first_date(request)):
        page = absolute(f"/requests/{request.code}/insurance")
        outbox.enqueue(request.contact_email, *messages.insurance_reminder(request, gap, page))


def reports_to_remind() -> list[tuple[int, int]]:
    """(session, days since) of past dates with somebody who had accepted, without a report."""
    standing = CompletionReport.session_id.is_not(None), CompletionReport.comment == ""  # not sent back
    reported = select(CompletionReport.session_id).where(*standing)
    rows = db.session.execute(
        select(Session.id, Session.code, Session.ends_at)
        .where(
            Session.ends_at <= now() - timedelta(days=min(REPORT_DAYS)),
            Session.ends_at > now() - timedelta(days=FORGET_DAYS),
            Session.id.in_(
                select(MatchSession.session_id)
                .join(Match, Match.id == MatchSession.match_id)
                .where(Match.status == MatchStatus.ACCEPTED)
            ),
            Session.id.not_in(reported),
        )
        .order_by(Session.id)
    ).all()
    found = {f"{code} {_days_since(ends)}": (id_, _days_since(ends)) for id_, code, ends in rows}
    return [found[key] for key in occasions.unmade(REPORT, found)]


def _days_since(ends: datetime) -> int:
    """The latest of REPORT_DAYS that has passed: a worker that was away sends one reminder, not two."""
    return max(days for days in REPORT_DAYS if ends <= now() - timedelta(days=days))


def remind_of_report(due: tuple[int, int]) -> None:
    session = db.session.get_one(Session, due[0])
    if occasions.once(REPORT, f"{session.code} {due[1]}"):
        request = session.request
        page = absolute(f"/requests/{request.code}")
        outbox.enqueue(
            request.contact_email, *messages.report_reminder(request, day_of(session.ends_at), page)
        )
