"""Kept as an alternate: whose place falls free is offered to the next who can."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import NotAllowed, RuleViolation
from matching.matches import queries_changes
from matching.matches.models import Alternate, Match, MatchStatus
from matching.matches.services import alternates, offers, reports
from matching.requests import services as requests
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_alternate,
    make_coordinator,
    make_match,
    make_organisation,
    make_registration,
    make_request,
    make_requester,
)
from tests.support.standing import mails, match_of, told

DAY = date(2026, 10, 20)
LATER = date(2026, 10, 27)


def freed(how, match, keeper):
    with transaction():
        if how == "decline":
            offers.decline(None, match, "busy")
        elif how == "lapse":
            match.answer_by = clock.today() - timedelta(days=1)
            db.session.flush()
            offers.lapse_overdue()
        else:
            offers.cancel(keeper, match, "person")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("decline", MatchStatus.OFFERED),
        ("lapse", MatchStatus.OFFERED),
        ("cancel", MatchStatus.OFFERED),
        ("cancel", MatchStatus.ACCEPTED),
    ],
)
def test_the_next_alternate_is_offered_the_place_that_falls_free(keeper, how, status):
    filled = RequestStatus.FILLED if status is MatchStatus.ACCEPTED else RequestStatus.OPEN
    request = make_request(None, DAY, status=filled)
    first, second = make_registration(), make_registration()
    match = make_match(request, status=status)
    make_alternate(request, first, keeper)
    make_alternate(request, second, keeper)
    freed(how, match, keeper)
    offered = match_of(request, first)
    assert (offered.status, offered.approved_by_id, offered.place) == (MatchStatus.OFFERED, keeper.id, 1)
    assert match_of(request, second) is None
    assert [row.registrant_id for row in queries_changes.alternates_of(request)] == [second.registrant_id]
    assert {first.registrant.email, request.contact_email, keeper.email} <= told()


def test_an_alternate_who_no_longer_can_is_passed_over(keeper):
    request = make_request(None, DAY)
    busy, free = make_registration(), make_registration()
    match = make_match(request)
    make_alternate(request, busy, keeper)
    make_alternate(request, free, keeper)
    make_match(make_request(None, DAY), busy, MatchStatus.ACCEPTED)
    freed("cancel", match, keeper)
    assert match_of(request, busy) is None
    assert match_of(request, free).status is MatchStatus.OFFERED
    assert db.session.scalars(select(Alternate)).all() == []


def test_nobody_moves_up_where_the_keeper_is_gone_or_the_request_cancelled(keeper):
    gone = make_coordinator(disabled_at=clock.now())
    request, ended = make_request(None, DAY), make_request(None, LATER)
    match = make_match(request)
    make_alternate(request, make_registration(), gone)
    make_match(ended)
    make_alternate(ended, make_registration(), keeper)
    freed("cancel", match, keeper)
    with transaction():
        requests.cancel_request(make_requester(), ended, "event")
    assert not db.session.scalars(select(Match).filter_by(status=MatchStatus.OFFERED)).all()


def approve(keeper, request, registration):
    with transaction():
        return offers.approve_match(
            keeper, request, registration.registrant, offers.Terms(answer_by=clock.today())
        )


def test_an_alternate_who_is_asked_directly_is_an_alternate_no_longer(keeper):
    request = make_request(None, DAY)
    asked = make_registration()
    make_alternate(request, asked, keeper)
    match = approve(keeper, request, asked)
    assert queries_changes.alternates_of(request) == []
    freed("decline", match, keeper)
    assert match.status is MatchStatus.DECLINED


def test_nobody_is_told_of_an_alternate_who_was_asked_already(keeper):
    request = make_request(None, DAY, headcount=2)
    asked, other = make_registration(), make_match(request)
    make_alternate(request, asked, keeper)
    approve(keeper, request, asked)
    freed("decline", other, keeper)
    assert not [body for _, body in mails() if "次の補欠の方に打診しました" in body]


@pytest.mark.parametrize("lost", ["role_rows", "ward_rows", "measure_rows"])
def test_nobody_is_offered_a_place_in_the_name_of_a_former_coordinator(keeper, lost):
    former = make_coordinator()
    request = make_request(None, DAY)
    match = make_match(request)
    make_alternate(request, make_registration(), former)
    getattr(former, lost).clear()
    db.session.commit()
    freed("decline", match, keeper)
    assert [one.status for one in db.session.scalars(select(Match))] == [MatchStatus.DECLINED]
    assert queries_changes.alternates_of(request) == []
    nobody = [recipient for recipient, body in mails() if "補欠の方に打診できませんでした" in body]
    assert nobody == [keeper.email]


def test_where_the_second_alternate_is_offered_nobody_hears_that_none_was(keeper):
    request = make_request(None, DAY)
    match = make_match(request)
    make_alternate(request, make_registration(), make_coordinator(disabled_at=clock.now()))
    make_alternate(request, second := make_registration(), keeper)
    freed("decline", match, keeper)
    assert match_of(request, second).status is MatchStatus.OFFERED
    assert not [body for _, body in mails() if "打診できませんでした" in body]


def test_a_second_overdue_offer_frees_its_place_for_an_alternate(keeper):
    request = make_request(None, DAY, headcount=2)
    for _ in range(2):
        make_match(request, answer_by=clock.today() - timedelta(days=1))
    kept, asked = make_registration(), make_registration()
    make_alternate(request, kept, keeper)
    approve(keeper, request, asked)
    assert match_of(request, asked).status is MatchStatus.OFFERED
    assert match_of(request, kept).status is MatchStatus.OFFERED


@pytest.mark.parametrize("how", ["cancelled", "closed", "unmet"])
def test_a_request_that_ends_keeps_no_alternates(keeper, how):
    request = make_request(None, DAY)
    make_alternate(request, make_registration(), keeper)
    if how == "closed":
        make_match(request, status=MatchStatus.COMPLETED)
    with clock.frozen(at(LATER)), transaction():
        if how == "cancelled":
            requests.cancel_request(make_requester(), request, "event")
        else:
            reports.close(keeper, request)
    assert request.status == how
    assert queries_changes.alternates_of(request) == []


def test_keeping_passes_the_gates_and_is_never_the_organisations_own_act(keeper):
    request = make_request(make_organisation(member := make_coordinator()), DAY)
    able, asked = make_registration(), make_registration()
    unfit = make_registration(programme="bosaishi")
    make_match(request, asked)

    def keep(actor, registration):
        with transaction():
            alternates.keep(actor, request, registration.registrant, score=0.4, reasons=[])

    keep(keeper, able)
    keep(keeper, able)
    assert len(queries_changes.alternates_of(request)) == 1
    with pytest.raises(RuleViolation, match="補欠にできません"):
        keep(keeper, unfit)
    with pytest.raises(RuleViolation, match="すでに打診"):
        keep(keeper, asked)
    with pytest.raises(NotAllowed):
        keep(member, unfit)
    with transaction():
        alternates.drop(keeper, request, queries_changes.alternates_of(request)[0].code)
    assert queries_changes.alternates_of(request) == []
