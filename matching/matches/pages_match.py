"""A match's page and the page behind the mailed link, as this reader may see them."""

from dataclasses import dataclass
from datetime import date, datetime

from matching.accounts.models import Account
from matching.kernel.clock import now, today
from matching.kernel.permissions import allowed
from matching.matches import queries, queries_changes, queries_reports, queries_safety, rules
from matching.matches.contacts import office, sees_contact, shares_contact
from matching.matches.models import STANDING, ChildSafetyCheck, Match, MatchChange, MatchStatus
from matching.matches.pages_lists import MatchRow, audits, dates, rows
from matching.matches.pages_request import insurance_gap
from matching.matches.queries_seats import resignation
from matching.matches.timelines import timeline
from matching.municipality.city import municipality
from matching.requests.wording import wording_of


@dataclass(frozen=True, slots=True)
class MatchPage:
    """One match as this reader sees it, and what they can do with it now."""

    row: MatchRow
    answerable: bool
    overdue: bool
    cancellable: bool
    reversible: bool
    repeatable: bool
    resignable: bool
    resignation: tuple[date, str] | None  # of a council seat given up mid-term: the day, why
    recordable: bool
    withdrawable: bool
    decidable: bool  # a wish, by a coordinator
    objection_decidable: bool
    by_another: bool  # the viewer speaks for the organisation: another coordinator takes a count back
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
    timeline: tuple[tuple[datetime, str], ...]  # for the person, the coordinator and an auditor
    checks: tuple[ChildSafetyCheck, ...]  # for the person and the coordinator
    checkable: bool


def match_page(viewer: Account, match: Match) -> MatchPage:
    status = match.status
    own = match.registrant.account_id == viewer.id
    staff = office(viewer, match)
    offered, seat = status is MatchStatus.OFFERED, rules.may_resign(status, match.request.term_start)
    overdue = offered and match.answer_by is not None and match.answer_by < today()
    left = resignation(match) if seat else None
    told = rows(viewer, [match])[0]
    asked_again = queries_changes.waiting(match)
    objection = None if own else queries_changes.objection_to(match)
    return MatchPage(
        change=asked_again,
        change_answerable=asked_again is not None and allowed(viewer, "match.answer_change", match),
        objection=rules.OBJECTION_REASONS[objection.reason] if objection else None,
        objectable=objection is None
        and rules.may_object(status, match.spans, match.request.term_start, now())
        and allowed(viewer, "match.object", match),
        row=told,
        answerable=own and offered and not overdue,
        overdue=overdue,
        cancellable=status in (MatchStatus.OFFERED, MatchStatus.ACCEPTED)
        and not (own and offered)
        and allowed(viewer, "match.cancel", match)
        and match.id not in queries_reports.reported([match]),
        reversible=staff and status is MatchStatus.COMPLETED and allowed(viewer, "match.reverse", match),
        repeatable=staff and status is MatchStatus.VOIDED and allowed(viewer, "match.reverse", match),
        resignable=staff and seat and allowed(viewer, "match.resign", match),
        resignation=(left.on, rules.RESIGN_REASONS[left.reason]) if left else None,
        recordable=offered and allowed(viewer, "match.record_attempt", match),
        withdrawable=own and match.wished,
        stage=municipality().turned_round(match.request.programmes),
        chosen=match.chosen_at is not None,
        decidable=staff and match.wished and allowed(viewer, "match.decide", match),
        objection_decidable=staff and allowed(viewer, "match.decide", match),
        by_another=not staff
        and status in (MatchStatus.COMPLETED, MatchStatus.VOIDED)
        and allowed(viewer, "match.reverse", match),
        sees_contact=sees_contact(viewer, match, staff=staff),
        shares_contact=shares_contact(match),
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
        timeline=timeline(match, own=own) if staff or own or audits(viewer, match.request) else (),
        checks=tuple(queries_safety.checks_for(match))
        if told.safety and allowed(viewer, "match.see_check", match)
        else (),
        checkable=told.safety is not None
        and status in queries.REACHABLE
        and allowed(viewer, "match.record_check", match),
    )


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
    status = MatchStatus.LAPSED if overdue else match.status
    usual = OUTCOMES.get(status, "この打診は終わりました。")
    return AnswerPage(
        dates=dates(match),
        answerable=offered and not overdue,
        overdue=overdue,
        shares_contact=shares_contact(match),
        outcome=wording_of(match.request).outcomes.get(status, usual),
    )
