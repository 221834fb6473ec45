"""活動の場, turned round: applied for, chosen by who offers it, approved by a coordinator, counted once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, true

from matching.kernel.clock import frozen
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, NotAllowed, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.ledger.models import LedgerEntry
from matching.matcher import plan
from matching.matches import queries_stage
from matching.matches.models import MatchStatus
from matching.matches.services import alternates, offers, reports, stage, wishes
from matching.requests import services
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_account,
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)
TERMS = offers.Terms(answer_by=date(2026, 10, 8))


@pytest.fixture
def offered(app):
    """A hall's stage with one place, open to whoever would like to perform."""
    member = make_requester()
    return make_request(make_organisation(member), DAY, title="公民館まつりの舞台", programmes=("stage",))


def performer(**values):
    person = make_registrant(make_account(), **values)
    return make_registration(person, "stage", offering="大正琴の発表").registrant


def applied(request, person=None):
    person = person or performer()
    with transaction():
        return wishes.wish(person.account, request, person, score=None, reasons=[])


def chosen(request, person=None):
    match = applied(request, person)
    with transaction():
        stage.choose(make_requester(), match)
    return match


def subjects(account):
    found = select(OutboxMessage.subject).filter_by(recipient=account.email).order_by(OutboxMessage.id)
    return list(db.session.scalars(found))


def test_the_chosen_one_is_approved_and_counted_once(offered):
    coordinator = make_coordinator()
    match = chosen(offered)
    with transaction():
        wishes.grant(coordinator, match)
    assert (match.status, match.programme, match.measure) == (MatchStatus.ACCEPTED, "stage", 2)
    assert offered.status is RequestStatus.FILLED
    with frozen(at(DAY + timedelta(days=1))):
        values = reports.ReportValues(held=True, minutes=20, participants=80, came=frozenset({match.code}))
        with transaction():
            services.insure(make_requester(), offered, "other")
            reports.report(make_requester(), offered, offered.sessions[0], values)
        with transaction():
            reports.confirm(coordinator, offered)
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert (entry.programme, entry.measure, entry.minutes, entry.participants) == ("stage", 2, 20, 80)


def test_the_offering_side_is_told_of_an_application(offered):
    coordinator = make_coordinator()
    applied(offered)
    told = select(OutboxMessage.subject).filter_by(recipient=offered.contact_email)
    assert db.session.scalars(told).all() == ["応募がありました: 公民館まつりの舞台"]
    assert subjects(coordinator) == ["応募がありました: 公民館まつりの舞台"]


def test_nobody_is_approved_whom_the_offering_side_has_not_chosen(offered):
    match = applied(offered)
    with pytest.raises(RuleViolation, match="まだこの方を選んでいません"), transaction():
        wishes.grant(make_coordinator(), match)
    assert match.status is MatchStatus.PROPOSED


def test_nobody_is_asked_for_a_stage(offered):
    person = performer()
    with pytest.raises(RuleViolation, match="応募を待つ"), transaction():
        offers.approve_match(make_coordinator(), offered, person, TERMS)
    with pytest.raises(RuleViolation, match="応募を待つ"), transaction():
        alternates.keep(make_coordinator(), offered, person, score=None, reasons=[])


def test_a_choice_is_taken_back_before_it_is_approved(offered):
    coordinator = make_coordinator()
    match = chosen(offered)
    with transaction():
        stage.unchoose(make_requester(), match)
    with pytest.raises(RuleViolation), transaction():
        wishes.grant(coordinator, match)
    with transaction():
        stage.choose(make_requester(), match)
        stage.choose(make_requester(), match)
        wishes.grant(coordinator, match)
    with pytest.raises(RuleViolation), transaction():
        stage.unchoose(make_requester(), match)
    assert subjects(coordinator).count(f"団体が選びました: {offered.title}") == 2


def test_who_applies_again_is_chosen_anew(offered):
    match = chosen(offered)
    with transaction():
        wishes.withdraw(match.registrant.account, match)
    again = applied(offered, match.registrant)
    assert again.chosen_at is None


def test_only_an_application_for_a_stage_is_chosen(app):
    registration = make_registration(make_registrant(make_account()))
    request = make_request(None, DAY)
    with transaction():
        match = wishes.wish(None, request, registration.registrant, score=None, reasons=[])
    with pytest.raises(RuleViolation), transaction():
        stage.choose(make_requester(), match)


def test_a_coordinator_of_the_offering_organisation_does_not_approve(app):
    coordinator = make_coordinator()
    request = make_request(make_organisation(coordinator), DAY, programmes=("stage",))
    match = chosen(request)
    with pytest.raises(NotAllowed), transaction():
        wishes.grant(coordinator, match)


def test_the_last_place_is_given_once(offered):
    first, second = chosen(offered), chosen(offered)
    with transaction():
        wishes.grant(make_coordinator(), first)
    with pytest.raises(RuleViolation), transaction():
        wishes.grant(make_coordinator(), second)
    with pytest.raises(RuleViolation, match="もう選べません"), transaction():
        stage.unchoose(make_requester(), second)


def test_a_stage_is_offered_by_itself(app):
    values = services.RequestValues(
        title="舞台", description="場", ward="東区", programmes=("stage", "lecturer")
    )
    with pytest.raises(Invalid, match="一緒には選べません"):
        services.enter_request(None, make_organisation(), values)


def test_the_plan_leaves_stages_out(offered):
    make_request(None, DAY)
    assert plan.draw_up(true()).case.open_ == 1


def test_the_stages_that_look_for_people(offered):
    make_request(None, DAY)
    make_request(None, DAY, programmes=("stage",), status=RequestStatus.DRAFT)
    assert [(s.title, s.free) for s in queries_stage.looking(None)] == [(offered.title, 1)]
    with frozen(at(DAY + timedelta(days=1))):
        assert queries_stage.looking(None) == []
