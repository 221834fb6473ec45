"""A council seat from the 打診 to the 委嘱 in its own words, and a stage in its own."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.ledger.models import LedgerEntry
from matching.matches.models import MatchStatus
from matching.matches.services import offers
from matching.requests.models import RequestStatus
from tests.factories import (
    at,
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

TERM = "2027年6月1日から2029年5月31日まで"
# What an activity is called: nothing of it belongs to a seat.
OF_ACTIVITIES = re.compile(
    r"日時(?!や)|活動日|この活動|活動の|効果|活動を|参加し?た?人数|参加予定|報告|引き受け|見送|依頼した団体|来てくれる|お力を"
)
MAIN = re.compile(r"<main.*?</main>", re.DOTALL)


def main(response):
    """The page's own text, without what every page carries."""
    return re.sub(r"<[^>]+>", " ", MAIN.search(response.get_data(as_text=True))[0])


def mails():
    return [f"{mail.subject}\n{mail.body}" for mail in db.session.scalars(select(OutboxMessage))]


def of_activities(texts):
    return {text: found for text in texts if (found := OF_ACTIVITIES.findall(text))}


@pytest.fixture
def office(app):
    return make_organisation(make_requester(), kind="city_office", name="環境政策課")


@pytest.fixture
def seat(office):
    request = make_request(
        office,
        programmes=("women_talent",),
        title="緑の審議会の委員",
        description="緑化の計画について、意見をお願いします。",
        council="緑の審議会",
        participants=None,
        term_start=date(2027, 6, 1),
        term_end=date(2029, 5, 31),
    )
    request.sessions.clear()
    db.session.commit()
    return request


def ask(coordinator, seat, registration):
    with transaction():
        return offers.approve_match(
            coordinator, seat, registration.registrant, offers.Terms(date(2026, 11, 1))
        )


def test_a_seat_is_offered_accepted_and_appointed_in_its_own_words(clients, client, seat, office):
    person = make_account()
    coordinator, member = make_coordinator(), office.memberships[0].account
    registration = make_registration(make_registrant(person), "women_talent", contact_sharing=False)
    match = ask(coordinator, seat, registration)
    link = re.search(r"/answer/\S+", mails()[0])[0]
    at_match, at_request = f"/matches/{match.code}", f"/requests/{seat.code}"

    def everywhere():
        browsers = [(client, link), (clients(person), at_match), (clients(person), "/matches")]
        for who in (coordinator, member):
            browsers += [(clients(who), page) for page in (at_match, at_request, "/matches")]
        return [main(browser.get(page)) for browser, page in browsers]

    said = everywhere()
    assert not of_activities([*said, *mails()])
    assert "就任を承諾する" in said[0] and "就任を辞退する" in said[0] and "緑の審議会" in said[0]
    assert TERM in said[0] and TERM in said[2] and "委嘱を打診中" in said[2]
    assert TERM in mails()[0] and "緑の審議会" in mails()[0]

    client.post(f"{link}/accept")
    said = everywhere()
    assert not of_activities([*said, *mails()])
    assert "就任を承諾していただいています" in said[0] and "就任を承諾" in said[1]

    with clock.frozen(at(date(2027, 6, 2))):
        asks, page = clients(member), f"{at_request}/report/appointment"
        assert not of_activities([main(asks.get(page))])
        assert asks.post(page, data={"held": "yes", "came": match.code}).status_code == 303
        said = everywhere()
        assert not of_activities(said) and "委嘱を確認中" in said[1]
        assert clients(coordinator).post(f"{at_request}/confirm").status_code == 303
        said = everywhere()
        assert not of_activities([*said, *mails()])
        assert "委嘱済み" in said[1] and "委嘱されました" in said[0]

        reads, booked = clients(coordinator), db.session.scalars(select(LedgerEntry.seq)).all()
        assert "退任" not in main(clients(member).get(at_match))
        for day, wrong in (("", "退任の日を"), ("2031-01-01", "任期のうちの日")):
            answer = reads.post(f"{at_match}/resign", data={"on": day, "reason": "person"})
            assert answer.status_code == 422 and wrong in main(answer)
        answer = reads.post(f"{at_match}/resign", data={"on": "2027-10-01", "reason": "person"})
        assert answer.status_code == 303
        said = everywhere()
        assert not of_activities([*said, *mails()])
        assert all("2027年10月1日に退任" in text for text in (said[1], said[3], said[6]))
        assert db.session.scalars(select(LedgerEntry.seq)).all() == booked
        assert verify().ok


def test_where_nobody_suits_a_seat_neither_a_course_nor_a_screen_is_proposed(clients, seat):
    page = main(clients(make_coordinator()).get(f"/requests/{seat.code}/candidates"))
    assert "「女性人材リスト」への登録や推薦を、関係する団体に呼びかける" in page
    assert "講座" not in page and "オンライン" not in page
    plan = main(clients(make_coordinator()).get("/plan"))
    assert f"任期 {TERM}" in plan and "推薦の呼びかけ" in plan and "講座" not in plan


def test_a_seat_given_back_is_told_in_its_own_words(clients, client, seat):
    first, second = make_coordinator(), make_registration(programme="women_talent")
    ask(first, seat, make_registration(programme="women_talent"))
    link = re.search(r"/answer/\S+", mails()[0])[0]
    refused = main(client.post(f"{link}/decline", data={"reason": ""}))
    assert not of_activities([refused])
    client.post(f"{link}/decline", data={"reason": "busy"})
    assert "就任を辞退するとのお返事" in main(client.get(link))
    match = ask(first, seat, second)
    clients(first).post(f"/matches/{match.code}/cancel", data={"reason": "person"})
    assert not of_activities(mails())


def test_a_report_sent_back_is_the_record_of_the_appointment(clients, seat, office):
    match = make_match(seat, make_registration(programme="women_talent"), MatchStatus.ACCEPTED)
    with clock.frozen(at(date(2027, 6, 2))):
        asks, read = clients(office.memberships[0].account), clients(make_coordinator())
        asks.post(f"/requests/{seat.code}/report/appointment", data={"held": "yes", "came": match.code})
        read.post(f"/requests/{seat.code}/send-back", data={"comment": "日付をご確認ください。"})
    assert "委嘱の記録をもう一度" in mails()[-1] and not of_activities(mails())


def test_an_appointment_that_was_not_made_is_not_said_to_be_counted(clients, seat, office):
    match = make_match(seat, make_registration(programme="women_talent"), MatchStatus.ACCEPTED)
    with clock.frozen(at(date(2027, 6, 2))):
        asks, read = clients(office.memberships[0].account), clients(make_coordinator())
        asks.post(f"/requests/{seat.code}/report/appointment", data={"held": "no"})
        answer = read.post(f"/requests/{seat.code}/confirm", follow_redirects=True).get_data(as_text=True)
        assert "計上しました" not in answer and "計上するものはありません" in answer
        shown = main(read.get(f"/matches/{match.code}"))
    assert "取りやめ" in shown and not of_activities([shown])


def test_the_request_for_a_seat_is_told_of_as_one(clients, seat, office):
    read = clients(make_coordinator())
    seat.status = RequestStatus.SUBMITTED
    db.session.commit()
    read.post(f"/requests/{seat.code}/open")
    assert "就任の承諾" in mails()[-1]


def test_a_stage_is_accepted_in_its_own_words(clients):
    hall = make_organisation(make_requester(), kind="community_centre")
    stage = make_request(
        hall, programmes=("stage",), title="公民館まつりの舞台", status=RequestStatus.SUBMITTED
    )
    coordinator = clients(make_coordinator())
    coordinator.post(f"/requests/{stage.code}/open")
    assert "応募があると" in mails()[-1]
    person = make_account()
    match = make_match(
        stage,
        make_registration(make_registrant(person), "stage"),
        MatchStatus.PROPOSED,
        origin="registrant",
        chosen_at=clock.now(),
    )
    assert coordinator.post(f"/matches/{match.code}/approve").status_code == 303
    told = [
        *mails(),
        main(clients(person).get("/matches")),
        main(clients(person).get(f"/matches/{match.code}")),
    ]
    assert not [text for text in told if "引き受け" in text or "依頼した団体" in text]
    assert "出演決定" in told[-2] and "出演の内容" in told[-1]
