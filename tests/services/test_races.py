"""What races must not lose: threads released together, on both databases, through the pages themselves."""

import threading
from collections import Counter
from datetime import date, time, timedelta
from itertools import cycle

import pytest
from sqlalchemy import event, select

from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.matches.models import CompletionReport, Match, MatchStatus, Origin
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_candidate,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_reported,
    make_request,
    make_requester,
)
from tests.support.soak import ROUNDS, tally

MANY = 50
DAY = date(2026, 10, 20)
REPORT = {"held": "yes", "minutes": "90", "participants": "30"}


def together(*acts):
    """Run the acts in threads released at once; returns their status codes."""
    barrier = threading.Barrier(len(acts))
    codes = []

    def run(act):
        barrier.wait()
        codes.append(act().status_code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return Counter(codes)


def approval(registrant):
    return {"registrant": registrant.code, "answer_by": DAY.replace(day=10).isoformat()}


def posting(browser, path, data=None):
    """The token is fetched before the start, so that the threads meet in the verb."""
    payload = {"csrf_token": browser.csrf_token(), **(data or {})}
    window = browser.twin()
    return lambda: window.post(path, data=payload)


def test_the_last_place_is_given_once(clients):
    browser = clients(make_coordinator())
    request = make_request(None, DAY)
    people = [make_registration().registrant for _ in range(MANY)]
    path = f"/requests/{request.code}/matches"
    codes = together(*(posting(browser, path, approval(person)) for person in people))
    assert codes == {303: 1, 409: MANY - 1}
    assert len(db.session.scalars(select(Match)).all()) == 1


def test_whoever_waits_to_write_has_a_turn(clients):
    """SQLite's lock goes to whoever asks at the right moment; the others wait and are not refused."""

    def impatient(connection, _record):
        if db.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA busy_timeout=0")

    browsers = [clients(make_coordinator()) for _ in range(4)]
    requests = [make_request(None, DAY + timedelta(days=n)) for n in range(20)]
    people = [make_registration().registrant for _ in requests]
    acts = [
        posting(browser, f"/requests/{request.code}/matches", approval(person))
        for browser, request, person in zip(cycle(browsers), requests, people, strict=False)
    ]
    event.listen(db.engine, "connect", impatient)
    try:
        assert together(*acts) == {303: len(acts)}
    finally:
        event.remove(db.engine, "connect", impatient)


def test_the_same_plan_from_many_coordinators_gives_each_place_once(clients):
    requests = [make_request(None, DAY + timedelta(days=n)) for n in range(3)]
    people = [make_candidate() for _ in requests]
    chosen = [f"{r.code}:{p.registrant.code}:" for r, p in zip(requests, people, strict=True)]
    browsers = [clients(make_coordinator()) for _ in range(10)]
    codes = together(*(posting(browser, "/plan", {"chosen": chosen}) for browser in browsers))
    assert set(codes) <= {200, 409}
    assert codes[200] >= 1
    taken = db.session.scalars(select(Match)).all()
    assert sorted(match.request_id for match in taken) == [request.id for request in requests]
    assert {match.place for match in taken} == {1}


@pytest.mark.soak
def test_nobody_is_in_two_places_at_once(clients):
    """Promise 3: of many coordinators with overlapping times one wins; what only touches is no overlap."""
    browsers = [clients(make_coordinator()) for _ in range(10)]
    requests = [make_request(None, DAY) for _ in range(MANY)]
    adjacent = make_request(None, DAY, hours=(time(11, 30), time(12, 30)))
    paths = [f"/requests/{request.code}/matches" for request in (*requests, adjacent)]
    for _ in range(ROUNDS):
        person = make_registration().registrant
        acts = [posting(b, path, approval(person)) for b, path in zip(cycle(browsers), paths, strict=False)]
        codes = together(*acts)
        tally(
            f"promise 3 {db.engine.dialect.name}",
            rounds=1,
            attempts=len(acts),
            accepted=codes[303],  # one of those that overlap, and the adjacent one
            refused=codes[409],
            failed=sum(codes.values()) - codes[303] - codes[409],
        )
        assert codes == {303: 2, 409: MANY - 1}
        taken = {m.request_id for m in db.session.scalars(select(Match).filter_by(registrant_id=person.id))}
        assert adjacent.id in taken and len(taken) == 2
        for match in db.session.scalars(select(Match).filter_by(registrant_id=person.id)):
            match.place = None  # the next round finds every place free
        db.session.commit()


def test_accepting_while_the_request_is_cancelled(clients):
    coordinator = clients(make_coordinator())
    for _ in range(10):
        person = make_registrant(make_requester())
        match = make_match(make_request(None, DAY), make_registration(person))
        request_code, match_code, seen = match.request.code, match.code, {"version": match.request.version}
        codes = together(
            posting(clients(person.account), f"/matches/{match_code}/accept", seen),
            posting(coordinator, f"/requests/{request_code}/cancel", {"reason": "event"}),
        )
        assert set(codes) <= {303, 409}
        match = db.session.scalars(select(Match).filter_by(code=match_code)).one()
        assert match.status is MatchStatus.CANCELLED
        assert match.place is None
        assert match.request.status is RequestStatus.CANCELLED
        match.registrant.ward = "西区"  # out of the next round's way
        db.session.commit()


def wisher(**values):
    return make_registration(make_registrant(make_account()), **values)


def test_two_presses_at_once_are_one_wish(clients):
    person, request = wisher(), make_request(None, DAY)
    browser = clients(person.registrant.account)
    codes = together(*(posting(browser, f"/openings/{request.code}/wish") for _ in range(10)))
    assert codes == {303: 10}
    assert [m.status for m in db.session.scalars(select(Match))] == [MatchStatus.PROPOSED]


def test_a_wish_meets_an_approval_of_the_same_person(clients):
    """Whoever is first, it is one match: asked for and granted, or offered."""
    coordinator = clients(make_coordinator())
    for number in range(10):
        person, request = wisher(), make_request(None, DAY, hours=(time(8 + number), time(9 + number)))
        request_id, path = request.id, f"/requests/{request.code}/matches"
        codes = together(
            posting(clients(person.registrant.account), f"/openings/{request.code}/wish"),
            posting(coordinator, path, approval(person.registrant)),
        )
        match = db.session.scalars(select(Match).filter_by(request_id=request_id)).one()
        granted = (Origin.REGISTRANT, MatchStatus.ACCEPTED), {303: 2}
        offered = (Origin.COORDINATOR, MatchStatus.OFFERED), {303: 1, 409: 1}
        assert ((match.origin, match.status), codes) in (granted, offered)


def test_a_wish_while_the_request_is_cancelled(clients):
    coordinator = clients(make_coordinator())
    for _ in range(10):
        person, request = wisher(), make_request(None, DAY)
        request_id = request.id
        codes = together(
            posting(clients(person.registrant.account), f"/openings/{request.code}/wish"),
            posting(coordinator, f"/requests/{request.code}/cancel", {"reason": "event"}),
        )
        assert set(codes) <= {303, 409}
        left = db.session.scalars(select(Match.status).filter_by(request_id=request_id)).all()
        assert left in ([], [MatchStatus.LAPSED])


def test_a_wish_taken_back_while_it_is_granted(clients):
    coordinator = clients(make_coordinator())
    for _ in range(10):
        person = wisher()
        match = make_match(make_request(None, DAY), person, MatchStatus.PROPOSED, origin=Origin.REGISTRANT)
        code = match.code
        codes = together(
            posting(clients(person.registrant.account), f"/matches/{code}/withdraw"),
            posting(coordinator, f"/matches/{code}/approve"),
        )
        assert codes == {303: 1, 409: 1}
        match = db.session.scalars(select(Match).filter_by(code=code)).one()
        assert match.status in (MatchStatus.WITHDRAWN, MatchStatus.ACCEPTED)


def test_one_coordinator_confirming_again_and_again_counts_once(clients):
    request = make_reported(make_organisation(make_requester()), DAY)
    browser = clients(make_coordinator())
    with clock.frozen(clock.at(DAY, time(18, 0))):
        browser.sign_in(make_coordinator())
        codes = together(*(posting(browser, f"/requests/{request.code}/confirm") for _ in range(MANY)))
    assert codes == {303: MANY}
    assert len(db.session.scalars(select(LedgerEntry)).all()) == 1


def test_many_coordinators_confirming_count_once(clients):
    request = make_reported(make_organisation(make_requester()), DAY)
    with clock.frozen(clock.at(DAY, time(18, 0))):
        browsers = [clients(make_coordinator()) for _ in range(MANY)]
        codes = together(*(posting(b, f"/requests/{request.code}/confirm") for b in browsers))
    assert codes == {303: 1, 409: MANY - 1}
    assert len(db.session.scalars(select(LedgerEntry)).all()) == 1


@pytest.mark.soak
def test_a_completed_match_is_counted_exactly_once(clients):
    """Promise 4: reported from many windows, confirmed by many coordinators, it is one entry of the book."""
    member, match_of = make_requester(), {}
    school = make_organisation(member)
    with clock.frozen(clock.at(DAY, time(18, 0))):
        windows, offices = clients(member), [clients(make_coordinator()) for _ in range(10)]
        for _ in range(ROUNDS):
            request = make_request(school, DAY)
            match = make_match(request, make_registration(), MatchStatus.ACCEPTED)
            report = f"/requests/{request.code}/report/{request.sessions[0].code}"
            told = REPORT | {"came": match.code}
            assert together(*(posting(windows, report, told) for _ in range(10))) == {303: 10}
            confirm = f"/requests/{request.code}/confirm"
            acts = [posting(office, confirm) for office in offices * (MANY // len(offices))]
            codes = together(*acts)
            # the one who was first may press again; to the others it is done already
            assert codes == {303: MANY // len(offices), 409: MANY - MANY // len(offices)}
            match_of[match.code] = request.code
            tally(f"promise 4 {db.engine.dialect.name}", rounds=1, attempts=len(acts), failed=0)
    entries = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
    assert sorted((entry.match, entry.request) for entry in entries) == sorted(match_of.items())
    assert verify().ok


def test_many_requests_confirmed_at_once_make_one_chain(clients):
    requests = [make_reported(make_organisation(make_requester()), DAY) for _ in range(20)]
    with clock.frozen(clock.at(DAY, time(18, 0))):
        browser = clients(make_coordinator())
        codes = together(*(posting(browser, f"/requests/{r.code}/confirm") for r in requests))
    assert codes == {303: 20}
    assert sorted(db.session.scalars(select(LedgerEntry.seq))) == list(range(1, 21))
    assert verify().ok
    statuses = set(db.session.scalars(select(SupportRequest.status)))
    assert statuses == {RequestStatus.CLOSED}


def test_the_same_report_from_many_windows_is_one_report(clients):
    member = make_requester()
    request = make_request(make_organisation(member), DAY)
    match = make_match(request, make_registration(), MatchStatus.ACCEPTED)
    path = f"/requests/{request.code}/report/{request.sessions[0].code}"
    with clock.frozen(clock.at(DAY, time(18, 0))):
        browser = clients(member)
        codes = together(*(posting(browser, path, REPORT | {"came": match.code}) for _ in range(MANY)))
    assert codes == {303: MANY}
    assert len(db.session.scalars(select(CompletionReport)).all()) == 1
