"""わたしに合う依頼: what a registrant sees of open requests, and the one button."""

import dataclasses
from datetime import date, time, timedelta

import pytest
from sqlalchemy import event, select

from matching.kernel import clock, events
from matching.kernel.db import db, transaction
from matching.matcher import queries, reverse
from matching.matcher.gateway import threshold
from matching.matches.models import Match, MatchStatus, Origin
from matching.requests.models import RequestStatus
from tests.factories import (
    indexed,
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
)

DAY = date(2026, 10, 20)


@pytest.fixture
def mine(app):
    """A resident's registration for school support, in the index."""
    return indexed(make_registration(make_registrant(make_account())))


def page(clients, registration):
    return clients(registration.registrant.account).get("/openings").get_data(as_text=True)


def listed(registration):
    person = registration.registrant
    return [opening.request for opening in reverse.openings(person.account, person)]


def test_score_words_and_gates_are_the_coordinators(app, mine):
    mine.registrant.areas = ["西区"]
    db.session.commit()
    requests = [make_request(None, DAY), make_request(None, DAY, ward="西区", description="手縫いの針")]
    for opening in reverse.openings(mine.registrant.account, mine.registrant):
        request = next(r for r in requests if r.code == opening.request)
        candidate = queries.candidate(make_coordinator(), request, mine.registrant)
        assert (opening.score, opening.terms) == (candidate.score, candidate.terms)
        gates = [dataclasses.replace(gate, mend="") for gate in candidate.gates]
        assert (opening.gates, opening.programme) == (gates, candidate.programme)
        assert opening.score == pytest.approx(sum(term.weight for term in opening.terms), abs=1e-9)


def test_who_passes_every_gate_comes_first_each_part_best_first(app, mine):
    mine.registrant.areas = ["東区"]
    db.session.commit()
    far = make_request(None, DAY, ward="西区")
    near = make_request(None, DAY, title="教室の手伝い", description="算数と、ミシンの片づけ")
    best = make_request(None, DAY, description="ミシンの縫い方を、道具の準備から教えてほしい")
    first, second, last = reverse.openings(mine.registrant.account, mine.registrant)
    assert [first.request, second.request] == [best.code, near.code]
    assert first.score > second.score
    assert (last.request, last.passes) == (far.code, False)
    assert [first.rank, second.rank, last.rank] == [1, 2, 3]


@pytest.mark.parametrize(("ward", "enough"), [("東区", True), ("西区", False)])
def test_the_list_is_what_asking_for_each_request_by_itself_gives(app, mine, ward, enough):
    """Requests in the same words, in other words, for either programme, here and elsewhere, and a wish."""
    person = mine.registrant
    person.areas = [ward]
    other = make_registration(person, "lecturer", offering="ギターの弾き方を教えます")
    db.session.commit()
    indexed(other)
    texts = ("ミシンの縫い方", "手縫いの針と糸", "ギターの演奏", "ミシンとギター", "花壇の水やり", "針")
    requests = [
        make_request(
            None,
            DAY + timedelta(days=n % 3),
            description=texts[n % len(texts)] if n < 48 else f"{texts[n % 4]}を{n}人に",
            must_have="糸通し" if n % 5 == 0 else "",
            ward=("東区", "東区", "西区")[n % 3],
            programmes=[["school_support"], ["lecturer"], ["lecturer", "school_support"]][n % 7 % 3],
        )
        for n in range(60)
    ]
    wished = make_match(requests[10], mine, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    expected = []
    for request in requests:
        found = next(iter(queries.candidates(request, nearest=True)), None)
        wish = wished.code if request is requests[10] else ""
        if found and (found.score >= threshold().listed or (wish and found.score > 0)):
            gates = [dataclasses.replace(gate, mend="") for gate in found.gates]
            expected.append((not found.passes, -found.score, request.code, found.terms, gates, wish))
    expected.sort(key=lambda row: row[:3])
    passing = sum(not fails for fails, *_ in expected)
    assert (passing > reverse.SHOWN, 0 < passing < len(expected) > reverse.SHOWN) == (enough, True)
    assert [
        (not o.passes, -o.score, o.request, o.terms, o.gates, o.wish)
        for o in reverse.openings(person.account, person)
    ] == expected[: reverse.SHOWN]


def test_a_request_written_anew_is_read_anew(app, mine):
    request = make_request(None, DAY, title="教室の手伝い", description="ミシンの片づけ")
    scores = []
    for description in ("ミシンの片づけ", "ミシンの縫い方", "ミシンの片づけ"):
        with transaction():
            request.description = description
            events.request_changed.send(request)
        scores += [
            [o.score for o in reverse.openings(mine.registrant.account, mine.registrant)] for _ in "12"
        ]
    assert scores[0] == scores[1] == scores[4] == scores[5]
    assert scores[2] == scores[3] > scores[0] != []


def test_what_is_listed(app, mine):
    account = mine.registrant.account
    open_, filled = make_request(None, DAY), make_request(None, DAY, status=RequestStatus.FILLED)
    make_request(None, DAY, status=RequestStatus.SUBMITTED)
    make_request(None, DAY, programmes=["bosaishi"])
    make_request(None, DAY, programmes=["women_talent", "school_support"])
    make_request(make_organisation(account), DAY)
    make_request(None, DAY, title="花", description="花壇の水やり")
    make_request(None, date(2026, 9, 30))
    series = [date(2026, 9, 28) + timedelta(weeks=n) for n in range(5)]
    running = make_request(None, *series)
    assert set(listed(mine)) == {open_.code, running.code}
    filled.status = RequestStatus.OPEN
    db.session.commit()
    assert set(listed(mine)) == {open_.code, running.code, filled.code}


def test_staff_only_offerings_bring_nobody_to_the_page(app):
    women = indexed(make_registration(make_registrant(make_account()), "women_talent"))
    make_request(None, DAY, programmes=["women_talent"])
    assert listed(women) == []


@pytest.mark.parametrize("status", list(MatchStatus))
def test_what_is_settled_is_not_listed_again(app, mine, status):
    request = make_request(None, DAY)
    make_match(request, mine, status)
    wishable = {MatchStatus.PROPOSED, MatchStatus.DECLINED, MatchStatus.LAPSED, MatchStatus.WITHDRAWN}
    assert bool(listed(mine)) is (status in wishable)


def test_the_page_says_where_and_when_but_no_contact(clients, mine):
    request = make_request(None, DAY, place="南校舎の家庭科室", deadline=date(2026, 10, 10))
    shown = page(clients, mine)
    for word in (request.organisation.name, "東区 健軍校区", "10月20日(火) 10:00–11:30", "あと9日"):
        assert word in shown
    for word in ("教頭", request.contact_phone, request.contact_email, request.place):
        assert word not in shown


def test_the_button_asks_and_the_page_then_says_so(clients, mine):
    request = make_request(None, DAY)
    browser = clients(mine.registrant.account)
    path = f"/openings/{request.code}/wish"
    assert [browser.post(path).status_code for _ in range(2)] == [303, 303]
    match = db.session.scalars(select(Match)).one()
    assert match.wished
    assert match.score == pytest.approx(sum(reason["weight"] for reason in match.reasons))
    shown = page(clients, mine)
    assert "希望を出しています" in shown
    assert ">やってみたい</button>" not in shown
    assert browser.post(f"/matches/{match.code}/withdraw").status_code == 303
    assert ">やってみたい</button>" in page(clients, mine)


def test_a_failing_gate_is_said_and_refused(clients, mine):
    mine.registrant.areas = ["西区"]
    db.session.commit()
    request = make_request(None, DAY)
    shown = page(clients, mine)
    assert "東区は含まれません" in shown
    assert 'href="/registry/availability"' in shown  # where the person changes it
    assert ">やってみたい</button>" not in shown
    response = clients(mine.registrant.account).post(f"/openings/{request.code}/wish")
    assert response.status_code == 409
    assert "東区は含まれません" in response.get_data(as_text=True)


def test_a_request_filled_meanwhile_is_refused_in_words(clients, mine):
    request = make_request(None, DAY, status=RequestStatus.FILLED)
    response = clients(mine.registrant.account).post(f"/openings/{request.code}/wish")
    assert response.status_code == 409
    assert "決定" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "values",
    [
        {"status": RequestStatus.SUBMITTED},
        {"status": RequestStatus.DRAFT},
        {"programmes": ["bosaishi"]},
        {"programmes": ["women_talent", "school_support"]},
    ],
)
def test_what_is_not_shown_is_not_found(clients, mine, values):
    request = make_request(None, DAY, **values)
    assert clients(mine.registrant.account).post(f"/openings/{request.code}/wish").status_code == 404


def test_the_way_there_is_shown_to_who_is_registered(clients, mine):
    assert 'href="/openings"' in page(clients, mine)
    somebody = clients(make_account())
    assert 'href="/openings"' not in somebody.get("/").get_data(as_text=True)
    assert "有効な登録がありません" in somebody.get("/openings").get_data(as_text=True)


def test_a_wish_is_its_persons_to_see_and_a_proposal_is_not(clients, mine):
    wish = make_match(make_request(None, DAY), mine, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    plan = make_match(make_request(None, DAY), mine, MatchStatus.PROPOSED, origin=Origin.PLAN)
    browser = clients(mine.registrant.account)
    assert browser.get(f"/matches/{wish.code}").status_code == 200
    assert browser.get(f"/matches/{plan.code}").status_code == 404
    shown = browser.get("/matches").get_data(as_text=True)
    assert wish.code in shown
    assert plan.code not in shown
    assert browser.post(f"/matches/{wish.code}/approve").status_code == 403
    assert browser.post(f"/matches/{wish.code}/contact").status_code == 409
    assert clients(make_account()).get(f"/matches/{wish.code}").status_code == 404


def test_the_coordinator_sees_the_wish_everywhere_and_decides(clients, mine):
    wish = make_match(make_request(None, DAY), mine, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    request, coordinator = wish.request, clients(make_coordinator())
    for path in (
        f"/requests/{request.code}",
        f"/requests/{request.code}/candidates",
        f"/matches/{wish.code}",
    ):
        assert "本人が希望しています" in coordinator.get(path).get_data(as_text=True), path
    assert "やってみたいという希望" in coordinator.get("/").get_data(as_text=True)
    assert coordinator.post(f"/matches/{wish.code}/reject").status_code == 422
    assert coordinator.post(f"/matches/{wish.code}/reject", data={"reason": "dates"}).status_code == 303
    assert coordinator.post(f"/matches/{wish.code}/approve").status_code == 409


def test_from_the_candidates_a_wish_is_granted_at_once(clients, mine):
    wish = make_match(make_request(None, DAY), mine, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
    coordinator = clients(make_coordinator())
    data = {"registrant": mine.registrant.code, "answer_by": "2026-10-08"}
    response = coordinator.post(f"/requests/{wish.request.code}/matches", data=data, follow_redirects=True)
    assert "お願いすることが決まりました" in response.get_data(as_text=True)
    db.session.refresh(wish)
    assert (wish.status, wish.origin) == (MatchStatus.ACCEPTED, Origin.REGISTRANT)


def statements(browser):
    counted = []

    def count(*_):
        counted.append(1)

    event.listen(db.engine, "before_cursor_execute", count)
    browser.get("/openings")
    event.remove(db.engine, "before_cursor_execute", count)
    return len(counted)


def test_many_open_requests_take_no_more_statements(clients, mine):
    browser = clients(mine.registrant.account)
    browser.get("/openings")
    make_request(None, DAY)
    few = statements(browser)
    for _ in range(20):
        make_request(None, DAY, hours=(time(9), time(10)))
    assert statements(browser) == few
    assert page(clients, mine).count(">やってみたい</button>") == 21


def test_the_values_bound_do_not_grow_with_the_open_requests(app, mine):
    """A database takes some 32,000 in one statement; here nobody passes, so that all requests are read."""
    mine.registrant.areas = ["西区"]
    db.session.commit()
    bound = []

    def most(_connection, _cursor, _statement, values, *_rest):
        bound[-1] = max(bound[-1], len(values))

    for _ in range(2):
        for _ in range(40):
            make_request(None, DAY)
        bound.append(0)
        event.listen(db.engine, "before_cursor_execute", most)
        assert len(listed(mine)) == reverse.SHOWN
        event.remove(db.engine, "before_cursor_execute", most)
    assert bound[0] == bound[1] > 0


def test_a_long_list_is_cut_and_says_so(clients, mine):
    for _ in range(reverse.SHOWN + 1):
        make_request(None, DAY)
    shown = page(clients, mine)
    assert shown.count(">やってみたい</button>") == reverse.SHOWN
    assert f"{reverse.SHOWN}件まで" in shown


def test_the_clock_of_tokyo_decides_what_is_to_come(app, mine):
    make_request(None, DAY)
    with clock.frozen(clock.at(DAY, time(10))):
        assert listed(mine) == []
