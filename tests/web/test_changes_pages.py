"""The pages of a change, an objection and the alternates, each through its form."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict
from matching.matches import queries_changes
from matching.matches.models import Alternate, Match, MatchStatus, Objection
from matching.matches.services import changes, offers
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_account,
    make_alternate,
    make_candidate,
    make_change,
    make_coordinator,
    make_match,
    make_objection,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2026, 10, 20)


@pytest.fixture
def member(app):
    return make_requester()


@pytest.fixture
def match(member):
    request = make_request(make_organisation(member), DAY, status=RequestStatus.FILLED)
    return make_match(request, make_registration(make_registrant(make_account())), MatchStatus.ACCEPTED)


def moved(**changed):
    return {
        "sessions-0-day": "2026-10-27",
        "sessions-0-starts": "13:00",
        "sessions-0-ends": "14:00",
        "place": "体育館",
        "version": "1",
        **changed,
    }


def test_a_requester_changes_the_date_and_the_person_answers_by_the_page(clients, member, match):
    browser, address = clients(member), f"/requests/{match.request.code}/change"
    assert 'value="2026-10-20"' in browser.get(address).get_data(as_text=True)
    assert browser.post(address, data=moved()).status_code == 303
    assert "変更への返事を待っています" in browser.get(f"/requests/{match.request.code}").get_data(
        as_text=True
    )
    person = clients(match.registrant.account)
    page = person.get(f"/matches/{match.code}").get_data(as_text=True)
    assert "変わった後も引き受ける" in page
    assert "10月20日" in page
    answer = {"change": hidden(page, "change"), "answer": "yes"}
    assert person.post(f"/matches/{match.code}/change", data=answer).status_code == 303
    assert "都合が悪いので断る" not in person.get(f"/matches/{match.code}").get_data(as_text=True)
    db.session.expire_all()
    assert (match.status, match.request.place) == (MatchStatus.ACCEPTED, "体育館")
    assert match.session_rows[0].starts_at == at(date(2026, 10, 27), 13)


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"sessions-0-day": "2026-09-01"}, 422, "過ぎた日時"),
        ({"sessions-0-ends": "12:00"}, 422, "終わりの時刻を、始まりより後に"),
        ({"sessions-0-day": ""}, 422, "日付を選択してください"),
        ({"version": "9"}, 409, "ほかの人が先に変えました"),
        ({"version": "9" * 5000}, 409, "ほかの人が先に変えました"),
    ],
)
def test_what_cannot_be_changed_keeps_what_was_typed(clients, member, match, changed, status, sentence):
    address = f"/requests/{match.request.code}/change"
    response = clients(member).post(address, data=moved(**changed))
    assert response.status_code == status
    page = response.get_data(as_text=True)
    assert sentence in page
    assert "体育館" in page


def test_the_mailed_link_answers_only_when_a_button_is_pressed(clients, match):
    make_change(match, "secret")
    browser = clients(None)
    for _ in range(2):
        assert "変わった後も引き受ける" in browser.get("/changes/secret").get_data(as_text=True)
    assert browser.post("/changes/secret", data={}).status_code == 422  # neither button
    assert browser.post("/changes/secret", data={"answer": "no"}).status_code == 303
    page = browser.get("/changes/secret").get_data(as_text=True)
    assert "都合が悪いとのお返事" in page
    assert browser.post("/changes/secret", data={"answer": "yes"}).status_code == 303
    db.session.expire_all()
    assert (match.status, match.request.status) == (MatchStatus.CANCELLED, RequestStatus.OPEN)


def test_a_coordinator_records_a_telephone_yes(clients, match):
    asked = make_change(match, "secret")
    coordinator = clients(make_coordinator())
    page = coordinator.get(f"/matches/{match.code}").get_data(as_text=True)
    assert "電話などで返事" in page
    answer = {"change": hidden(page, "change"), "answer": "yes"}
    assert coordinator.post(f"/matches/{match.code}/change", data=answer).status_code == 303
    db.session.expire_all()
    assert asked.kept is True


def hidden(page, name):
    return re.search(rf'name="{name}" value="(\d+)"', page).group(1)


def another_day(match, day):
    session = match.request.sessions[0]
    spans = {session.code: (at(day), at(day, 11))}
    with transaction():
        values = changes.NewValues(spans, match.request.place)
        changes.change(make_requester(), match.request, values, match.request.version)


def test_an_answer_is_taken_only_for_the_dates_that_were_seen(clients, match):
    another_day(match, date(2026, 10, 27))
    person = clients(match.registrant.account)
    address = f"/matches/{match.code}"
    seen = hidden(person.get(address).get_data(as_text=True), "change")
    another_day(match, date(2026, 11, 3))
    for stale in (seen, "", "9" * 5000):
        response = person.post(f"{address}/change", data={"change": stale, "answer": "yes"})
        assert response.status_code == 409
        page = response.get_data(as_text=True)
        assert "そのあとまた変わりました" in page
        assert "11月3日" in page
    assert queries_changes.waiting(match) is not None
    assert (
        person.post(f"{address}/change", data={"change": hidden(page, "change"), "answer": "yes"}).status_code
        == 303
    )
    assert queries_changes.waiting(match) is None


def test_the_link_of_a_change_that_a_newer_one_replaced_answers_nothing(clients, match):
    earlier = make_change(match, "earlier")
    another_day(match, date(2026, 10, 27))
    assert earlier.answered_at is not None
    clients(None).post("/changes/earlier", data={"answer": "no"})
    with pytest.raises(Conflict), transaction():
        changes.answer(None, match, earlier.id, kept=False)
    assert match.status is MatchStatus.ACCEPTED
    assert queries_changes.waiting(match) is not None


def test_a_yes_is_taken_only_for_the_request_that_was_seen(clients):
    person = make_account()
    match = make_match(
        make_request(None, DAY),
        make_registration(make_registrant(person)),
        answer_token_hash=token_hash("secret"),
    )
    browser, address = clients(person), f"/matches/{match.code}"
    seen = hidden(browser.get(address).get_data(as_text=True), "version")
    another_day(match, date(2026, 10, 27))
    for stale in (seen, "", "9" * 5000):
        response = browser.post(f"{address}/accept", data={"version": stale})
        assert response.status_code == 409
        page = response.get_data(as_text=True)
        assert "10月27日" in page
    with pytest.raises(Conflict), transaction():
        offers.accept(None, match, token="secret")  # read before the change gave it a new one
    assert match.status is MatchStatus.OFFERED
    assert browser.post(f"{address}/accept", data={"version": hidden(page, "version")}).status_code == 303
    assert db.session.get_one(Match, match.id, populate_existing=True).status is MatchStatus.ACCEPTED


def test_an_objection_through_the_pages(clients, member, match):
    browser, coordinator = clients(member), clients(make_coordinator())
    assert browser.post(f"/matches/{match.code}/object", data={}).status_code == 422
    assert browser.post(f"/matches/{match.code}/object", data={"reason": "before"}).status_code == 303
    assert "担当者が確かめています" in browser.get(f"/matches/{match.code}").get_data(as_text=True)
    own = clients(match.registrant.account).get(f"/matches/{match.code}").get_data(as_text=True)
    assert "以前の活動で困ったことがあった" not in own
    page = coordinator.get(f"/matches/{match.code}").get_data(as_text=True)
    assert "以前の活動で困ったことがあった" in page
    assert coordinator.post(f"/matches/{match.code}/objection", data={"answer": "no"}).status_code == 303
    db.session.expire_all()
    assert (match.status, db.session.scalars(select(Objection.upheld)).one()) == (MatchStatus.ACCEPTED, False)
    own, office = (
        browser.get(f"/matches/{match.code}").get_data(as_text=True)
        for browser in (clients(match.registrant.account), coordinator)
    )
    for sentence in ("依頼者から申し出がありました", "申し出への対応を決めました"):
        assert sentence not in own
        assert sentence in office


def test_the_person_and_the_coordinator_do_not_object(clients, match):
    make_objection(match)
    for account in (match.registrant.account, make_coordinator()):
        assert (
            clients(account).post(f"/matches/{match.code}/object", data={"reason": "fit"}).status_code == 403
        )


def test_alternates_are_kept_from_the_candidates_and_seen_by_coordinators_only(clients, member):
    request = make_request(make_organisation(member), DAY)
    first = make_candidate(name="補欠 花子")
    coordinator = clients(make_coordinator())
    assert "補欠にする" in coordinator.get(f"/requests/{request.code}/candidates").get_data(as_text=True)
    address = f"/requests/{request.code}/alternates"
    chosen = {"registrant": first.registrant.code}
    assert coordinator.post(address, data=chosen).status_code == 303
    assert coordinator.post(address, data={"registrant": "nobody"}).status_code == 404
    kept = db.session.scalars(select(Alternate)).one()
    assert kept.reasons
    assert "補欠 花子" in coordinator.get(f"/requests/{request.code}").get_data(as_text=True)
    assert "補欠 花子" not in clients(member).get(f"/requests/{request.code}").get_data(as_text=True)
    assert coordinator.post(f"{address}/{kept.code}/drop", data={}).status_code == 303
    assert db.session.scalars(select(Alternate)).all() == []


def test_a_decline_by_link_moves_the_alternate_up(clients, member):
    request = make_request(make_organisation(member), DAY)
    match = make_match(request)
    alternate = make_registration()
    make_alternate(request, alternate, make_coordinator())
    person = clients(None)
    match.answer_token_hash = token_hash("secret")
    db.session.commit()
    assert person.post("/answer/secret/decline", data={"reason": "busy"}).status_code == 303
    assert db.session.scalars(select(Alternate)).all() == []


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": "maybe"}])
def test_no_button_is_no_answer(clients, match, answer):
    asked = make_change(match, "secret")
    make_objection(match)
    coordinator = clients(make_coordinator())
    for path in ("change", "objection"):
        data = {"change": asked.id, **answer}
        assert coordinator.post(f"/matches/{match.code}/{path}", data=data).status_code == 422
    db.session.expire_all()
    assert (asked.answered_at, match.status) == (None, MatchStatus.ACCEPTED)
