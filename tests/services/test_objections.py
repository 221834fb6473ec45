"""After acceptance the requester objects, and a coordinator decides; what is open ends with the match."""

from datetime import date

import pytest

from matching.kernel import clock
from matching.kernel.db import transaction
from matching.kernel.errors import Invalid, NotAllowed, RuleViolation
from matching.matches import queries_changes, rules
from matching.matches.models import Channel, MatchStatus
from matching.matches.services import objections, offers
from matching.requests.models import RequestStatus
from tests.factories import (
    make_change,
    make_coordinator,
    make_match,
    make_objection,
    make_organisation,
    make_request,
    make_requester,
)
from tests.support.standing import mails

DAY = date(2026, 10, 20)


def test_an_objection_is_decided_by_a_coordinator(keeper):
    member = make_requester()
    request = make_request(make_organisation(member), DAY, status=RequestStatus.FILLED, headcount=2)
    stays, goes = (make_match(request, status=MatchStatus.ACCEPTED) for _ in range(2))
    for match in (stays, goes):
        with transaction():
            objections.object_to(member, match, "before")
            objections.object_to(member, match, "fit")
    assert [recipient for recipient, _ in mails()] == [keeper.email] * 2
    with transaction():
        objections.decide(keeper, stays, upheld=False)
        objections.decide(keeper, goes, upheld=True)
        objections.decide(keeper, goes, upheld=True)
    with pytest.raises(RuleViolation), transaction():
        objections.decide(keeper, goes, upheld=False)
    assert (stays.status, goes.status) == (MatchStatus.ACCEPTED, MatchStatus.CANCELLED)
    assert request.status is RequestStatus.OPEN
    assert sum(recipient == member.email for recipient, _ in mails()) == 2
    assert queries_changes.objection_to(stays) is None


def test_no_objection_once_the_first_session_has_begun_or_for_no_reason(app):
    member = make_requester()
    school = make_organisation(member)
    begun = make_match(make_request(school, date(2026, 9, 30), DAY), status=MatchStatus.ACCEPTED)
    ended = make_match(make_request(school, DAY), status=MatchStatus.DECLINED)
    for match in (begun, ended):
        assert not rules.may_object(match.status, match.spans, match.request.term_start, clock.now())
        with pytest.raises(RuleViolation), transaction():
            objections.object_to(member, match, "fit")
    with pytest.raises(Invalid), transaction():
        objections.object_to(member, make_match(make_request(school, DAY)), "because")


def test_a_member_of_the_organisation_does_not_decide(app):
    member = make_coordinator()
    match = make_match(make_request(make_organisation(member), DAY), status=MatchStatus.ACCEPTED)
    with transaction():
        objections.object_to(member, match, "fit")
    with pytest.raises(NotAllowed), transaction():
        objections.decide(member, match, upheld=True)


def test_what_was_open_ends_with_the_match_and_stays_ended_when_they_are_asked_again(keeper):
    match = make_match(make_request(None, DAY), status=MatchStatus.ACCEPTED)
    asked = make_change(match, "secret")
    objection = make_objection(match)
    with transaction():
        offers.cancel(keeper, match, "person")
    assert queries_changes.objection_to(match) is None
    terms = offers.Terms(answer_by=clock.today(), agreed_by=Channel.TELEPHONE)
    with transaction():
        offers.approve_match(keeper, match.request, match.registrant, terms)
    assert match.status is MatchStatus.ACCEPTED
    assert (queries_changes.waiting(match), queries_changes.waiting_of(match.request)) == (None, set())
    assert queries_changes.objection_to(match) is None
    assert (asked.answered_at, asked.kept) == (clock.now(), None)
    assert (objection.decided_at, objection.upheld, objection.decided_by_id) == (clock.now(), None, None)
