"""The plan's page: what is ticked is offered, what cannot be is refused in words, one never loses another."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import Match, MatchStatus, Origin
from matching.registry.models import Blackout
from matching.requests.models import RequestStatus
from tests.factories import (
    make_candidate,
    make_coordinator,
    make_match,
    make_organisation,
    make_registration,
    make_request,
)

DAY = date(2026, 10, 20)


def values(page):
    return re.findall(r'name="chosen" value="([^"]+)" checked', page.get_data(as_text=True))


def standing():
    return db.session.scalars(select(Match).where(Match.status == MatchStatus.OFFERED)).all()


@pytest.fixture
def three(app):
    """Three requests of one week and three people: the plan gives each request one."""
    return [make_request(None, DAY + timedelta(days=n)) for n in range(3)], [
        make_candidate() for _ in range(3)
    ]


def test_all_are_ticked_and_each_is_offered_as_if_alone(clients, three):
    browser = clients(make_coordinator())
    ticked = values(browser.get("/plan"))
    assert len(ticked) == 3
    answer = browser.post("/plan", data={"chosen": ticked})
    assert answer.status_code == 200
    assert "打診しました（3件）" in answer.get_data(as_text=True)
    offered = standing()
    assert {match.origin for match in offered} == {Origin.PLAN}
    assert all(match.score and match.reasons for match in offered)
    assert {match.answer_by for match in offered} == {clock.today() + timedelta(days=7)}
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == 3
    assert "空きのある依頼は、今はありません" in browser.get("/plan").get_data(as_text=True)


def test_some_or_none(clients, three):
    browser = clients(make_coordinator())
    ticked = values(browser.get("/plan"))
    none = browser.post("/plan", data={})
    assert none.status_code == 422
    assert "1つ以上選んでください" in none.get_data(as_text=True)
    assert values(none) == []
    assert standing() == []
    assert browser.post("/plan", data={"chosen": ticked[:1]}).status_code == 200
    assert len(standing()) == 1


def test_reading_writes_nothing(clients, three):
    browser = clients(make_coordinator())
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))
    assert browser.get("/plan").status_code == 200
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before
    assert db.session.scalars(select(Match)).all() == []


def test_the_same_again_changes_nothing(clients, three):
    browser = clients(make_coordinator())
    ticked = values(browser.get("/plan"))
    for _ in range(2):
        assert "打診しました（3件）" in browser.post("/plan", data={"chosen": ticked}).get_data(as_text=True)
    assert len(standing()) == 3
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == 3


def taken(requests, people):
    make_match(requests[1], make_registration(), MatchStatus.ACCEPTED)


def away(requests, people):
    for registration in people:
        registration.registrant.blackouts.append(
            Blackout(first_day=DAY + timedelta(days=1), last_day=DAY + timedelta(days=1))
        )


def closed(requests, people):
    requests[1].status = RequestStatus.CANCELLED


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(taken, "すでに打診しています"), (away, "不在の予定です"), (closed, "「取消し」なので")],
)
def test_what_changed_meanwhile_is_refused_in_words_and_the_rest_offered(clients, three, change, sentence):
    browser = clients(make_coordinator())
    ticked = values(browser.get("/plan"))
    change(*three)
    db.session.commit()
    answer = browser.post("/plan", data={"chosen": ticked})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "打診しました（2件）" in text
    assert "打診できなかったもの（1件）" in text
    assert sentence in text
    changed, offered = three[0][1].id, standing()
    assert len([match for match in offered if match.request_id != changed]) == 2
    assert [match for match in offered if match.request_id == changed] == []


def test_the_dates_of_a_series_are_offered_as_shown(clients):
    make_candidate()
    days = [DAY + timedelta(weeks=n) for n in range(5)]
    request = make_request(None, *days)
    browser = clients(make_coordinator())
    (ticked,) = values(browser.get("/plan"))
    request.sessions.pop(0)
    db.session.commit()
    answer = browser.post("/plan", data={"chosen": ticked})
    assert answer.status_code == 409
    assert "この依頼にない日時" in answer.get_data(as_text=True)
    assert standing() == []


def test_another_scope_is_not_even_named(clients):
    person = make_candidate()
    west = make_request(None, DAY, ward="西区")
    browser = clients(make_coordinator(wards=["東区"]))
    answer = browser.post("/plan", data={"chosen": f"{west.code}:{person.registrant.code}:"})
    assert answer.status_code == 409
    assert west.title not in answer.get_data(as_text=True)
    assert person.registrant.name not in answer.get_data(as_text=True)
    assert standing() == []


def test_somebody_who_is_no_candidate_is_not_named_either(clients):
    stranger = make_registration(programme="women_talent")
    request = make_request(None, DAY)
    browser = clients(make_coordinator())
    answer = browser.post("/plan", data={"chosen": f"{request.code}:{stranger.registrant.code}:"})
    assert answer.status_code == 409
    assert "有効な登録がありません" in answer.get_data(as_text=True)
    assert stranger.registrant.name not in answer.get_data(as_text=True)


def test_a_member_gets_no_plan_for_their_own_organisation(clients):
    person, actor = make_candidate(), make_coordinator()
    request = make_request(None, DAY)
    request.organisation_id = make_organisation(actor).id
    db.session.commit()
    browser = clients(actor)
    assert request.title not in browser.get("/plan").get_data(as_text=True)
    answer = browser.post("/plan", data={"chosen": f"{request.code}:{person.registrant.code}:"})
    assert answer.status_code == 409
    assert "ご自分の団体" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "value", ["", "x", "a:b:c", "<script>:x:", "23456789ab:23456789ab", "23456789ab:23456789ab:,", "９" * 40]
)
def test_what_is_no_proposal_is_not_read(clients, value):
    answer = clients(make_coordinator()).post("/plan", data={"chosen": value})
    assert answer.status_code == 422
    assert "<script>:x:" not in answer.get_data(as_text=True)


def test_no_more_than_can_be_offered_at_once(clients):
    codes = [f"23456789ab:{n:010d}:".replace("0", "x").replace("1", "y") for n in range(2, 400)]
    assert clients(make_coordinator()).post("/plan", data={"chosen": codes}).status_code == 422


def test_a_registrant_shown_has_no_contact(clients, three):
    page = clients(make_coordinator()).get("/plan").get_data(as_text=True)
    for registration in three[1]:
        assert registration.registrant.phone not in page
        assert registration.registrant.email not in page


def test_seats_have_a_term_in_place_of_dates(clients):
    seat = make_request(
        None, DAY, programmes=("women_talent",), term_start=date(2027, 6, 1), term_end=date(2029, 5, 31)
    )
    seat.sessions.clear()
    db.session.commit()
    assert "任期 2027年6月1日から" in clients(make_coordinator()).get("/plan").get_data(as_text=True)
