"""Promise 21 under kill -9: no contact was shown whose disclosure is not there."""

import contextlib
import random
import threading
import time
from collections import Counter
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent, Disclosure
from matching.kernel.db import db
from matching.matches.models import MatchStatus
from matching.registry.models import Consent, ConsentPurpose, Registrant
from matching.requests.models import SupportRequest
from tests.factories import (
    make_account,
    make_coordinator,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
    save,
)
from tests.support.processes import Server, nobody_else, waited
from tests.support.soak import kills, tally

PHONE = b"090-1111-2222"
PEOPLE, VIEWERS, KILLS, SEED = 3, 4, kills(3), 21


class Viewer(threading.Thread):
    """Somebody who presses 連絡先を見る again and again; what was sent and what was shown, by its reason."""

    def __init__(self, server, browser, paths, chance):
        super().__init__()
        self.server, self.paths, self.chance = server, paths, chance
        self.body = urlencode({"csrf_token": browser.csrf_token()})
        self.cookie = f"manabi={browser.get_cookie('manabi').value}"
        self.sent, self.shown, self.answers = Counter(), Counter(), Counter()
        self.stop = threading.Event()

    def view(self):
        reason, path = self.chance.choice(self.paths)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.connect()
            self.sent[reason] += 1
            connection.request("POST", path, self.body, headers)
            response = connection.getresponse()
            self.answers[response.status] += 1
            page = b""
            while part := response.read1():
                if PHONE in page + part and PHONE not in page:
                    self.shown[reason] += 1
                    self.server.showed.set()
                page += part
        except (OSError, HTTPException):
            time.sleep(0.01)  # it is being started again
        finally:
            connection.close()

    def run(self):
        while not self.stop.is_set():
            self.view()


@pytest.fixture
def now(app):
    """The server's clock is the real one."""
    with clock.frozen(datetime.now(clock.TOKYO)):
        yield


def total(viewers, what):
    return sum(getattr(viewer, what).total() for viewer in viewers.values())


def counted(*conditions):
    """Reason → rows of these."""
    statement = select(Disclosure.reason, func.count()).where(*conditions).group_by(Disclosure.reason)
    return Counter(dict(db.session.execute(statement).all()))


@pytest.mark.soak
def test_no_contact_without_its_row_though_the_server_is_killed(now, app, clients, tmp_path):
    chance = random.Random(SEED)
    members, office = [make_requester() for _ in range(VIEWERS)], [make_coordinator() for _ in range(VIEWERS)]
    school = make_organisation(*members)
    people = [make_registrant(make_account(), phone=PHONE.decode()) for _ in range(PEOPLE)]
    matches = [
        make_match(make_request(school), make_registration(person), MatchStatus.ACCEPTED) for person in people
    ]
    by_match = [(f"match.see_contact {m.code}", f"/matches/{m.code}/contact") for m in matches]
    by_registration = [
        (
            f"registration.see_contact {m.registration.code}",
            f"/registry/registrations/{m.registration.code}/contact",
        )
        for m in matches
    ]
    leader = make_registration(people[0], "bosaishi")
    save(
        Consent(
            registration_id=leader.id,
            purpose=ConsentPurpose.LOCAL_LEADER,
            version="2026-11",
            given_at=clock.now(),
        )
    )
    of_district = f"/registry/leaders?{urlencode({'school_district': people[0].school_district})}"
    by_district = [(f"leader.see_contact {leader.code}", of_district)]
    by_office = by_match + by_registration + by_district
    server = Server(tmp_path)
    server.showed = threading.Event()
    viewers = {
        account.id: Viewer(server, clients(account), by_match, random.Random(account.id))
        for account in members
    } | {
        account.id: Viewer(server, clients(account), by_office, random.Random(account.id))
        for account in office
    }
    db.session.rollback()
    server.start()
    try:
        for viewer in viewers.values():
            viewer.start()
        for number in range(KILLS):
            enough = total(viewers, "shown") + VIEWERS
            assert waited(lambda enough=enough: total(viewers, "shown") >= enough)
            server.showed.clear()
            assert server.showed.wait(180)  # the very moment a contact has been read; or a while later
            time.sleep(chance.uniform(0, 0.2) if number % 2 else 0)
            server.kill()
            server.start()
        everything = {reason for reason, _ in by_office}
        seen_by_office = [viewers[account.id].shown for account in office]
        assert waited(lambda: everything <= {reason for shown in seen_by_office for reason in list(shown)})
    finally:
        for viewer in viewers.values():
            viewer.stop.set()
        for viewer in viewers.values():
            if viewer.is_alive():
                viewer.join()
        with contextlib.suppress(ProcessLookupError):
            server.kill()
    assert waited(nobody_else)

    answers = sum((viewer.answers for viewer in viewers.values()), Counter())
    assert set(answers) == {200}
    of_people = Disclosure.subject_type == Registrant.__tablename__
    rows = 0
    for account, viewer in viewers.items():
        noted = counted(of_people, Disclosure.viewer_id == account)
        assert viewer.shown <= noted <= viewer.sent
        rows += noted.total()
    assert rows == counted(of_people).total()  # nobody else's
    # of a leader an audit event as well: both rows or none
    acts = select(func.count()).where(AuditEvent.action == "leader.see_contact")
    assert db.session.scalar(acts) == counted(of_people)[f"leader.see_contact {leader.code}"] > 0
    # for the office two contacts are shown at once: both rows or none
    of_requests = Disclosure.subject_type == SupportRequest.__tablename__
    ours = Disclosure.viewer_id.in_([account.id for account in office])
    together = counted(of_people, ours, Disclosure.reason.startswith("match."))
    assert together == counted(of_requests) and together
    for person in people:
        mine = counted(of_people, Disclosure.subject_code == person.code).total()
        page = clients(person.account).get("/registry/disclosures").get_data(as_text=True)
        assert page.count("<article") == mine > 0
    tally(
        f"promise 21 {db.engine.dialect.name}: killed",
        kills=KILLS,
        sent=total(viewers, "sent"),
        shown=total(viewers, "shown"),
        rows=rows,
    )
