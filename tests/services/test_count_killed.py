"""Promise 4 under kill -9: what was confirmed is in the book, once, however often it had to be sent again."""

import contextlib
import random
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from matching.indicators.verification import verify
from matching.kernel import clock
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from matching.matches.models import Match, MatchStatus
from tests.factories import make_coordinator, make_organisation, make_reported, make_requester
from tests.support.processes import Server, nobody_else, waited
from tests.support.soak import kills, tally

COORDINATORS, KILLS, BETWEEN, SEED = 4, kills(3), 6, 4


class Coordinator(threading.Thread):
    """Confirms one report after the other; what got no answer is sent again until it has one."""

    def __init__(self, server, browser, waiting):
        super().__init__()
        self.server, self.waiting = server, waiting
        self.body = urlencode({"csrf_token": browser.csrf_token()})
        self.cookie = f"manabi={browser.get_cookie('manabi').value}"
        self.answers, self.confirmed, self.sent = Counter(), set(), 0

    def run(self):
        with contextlib.suppress(Empty):
            while True:
                code = self.waiting.get_nowait()
                while (status := self.confirm(code)) is None:
                    time.sleep(0.01)  # it is being started again
                self.answers[status] += 1
                self.confirmed |= {code} if status == 303 else set()

    def confirm(self, code):
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.connect()
            self.sent += 1
            connection.request("POST", f"/requests/{code}/confirm", self.body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


@pytest.mark.soak
def test_each_is_counted_once_though_the_server_is_killed(app, clients, tmp_path):
    chance, today = random.Random(SEED), datetime.now(clock.TOKYO)  # the server's clock is the real one
    with clock.frozen(today):
        school = make_organisation(make_requester())
        codes = [
            make_reported(school, today.date() - timedelta(days=1)).code for _ in range((KILLS + 1) * BETWEEN)
        ]
        browsers = [clients(make_coordinator()) for _ in range(COORDINATORS)]
    waiting = SimpleQueue()
    for code in codes + chance.sample(codes, len(codes) // 2):  # every second one by two coordinators
        waiting.put(code)
    server = Server(tmp_path)
    office = [Coordinator(server, browser, waiting) for browser in browsers]
    db.session.rollback()
    server.start()
    try:
        for coordinator in office:
            coordinator.start()
        for number in range(1, KILLS + 1):
            enough = number * BETWEEN
            assert waited(lambda enough=enough: sum(len(c.confirmed) for c in office) >= enough)
            time.sleep(chance.uniform(0, 0.05))
            server.kill()
            server.start()
        for coordinator in office:
            coordinator.join()
    finally:
        while not waiting.empty():
            waiting.get_nowait()
        with contextlib.suppress(ProcessLookupError):
            server.kill()
    assert waited(nobody_else)

    assert set(sum((coordinator.answers for coordinator in office), Counter())) <= {303, 409}
    booked = db.session.scalars(select(LedgerEntry.request)).all()
    assert sorted(booked) == sorted(codes)
    assert set().union(*(coordinator.confirmed for coordinator in office)) <= set(booked)
    assert set(db.session.scalars(select(Match.status))) == {MatchStatus.COMPLETED}
    assert verify().ok
    tally(
        f"promise 4 {db.engine.dialect.name}: killed",
        kills=KILLS,
        sent=sum(coordinator.sent for coordinator in office),
        counted=len(booked),
    )
