"""Promise 7: state × verb × role of registrations and requests, over HTTP.

Each illegal pair is refused and changes no row.

What is legal stands here as design §5 (states) and §8 (people) say it: a wrong rules.py or permission turns
this red. A draft is its organisation's own until sent; a repeated verb may answer again, changing nothing.
The programmes take turns over the pairs, so that each verb meets all nine.
"""

import hashlib
import itertools
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import Base, db
from matching.kernel.permissions import Role
from matching.municipality.city import municipality
from matching.registry.models import Consent, ConsentPurpose, Registration, RegistrationStatus
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    make_account,
    make_coordinator,
    make_credential,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

NUMBERS = itertools.count(500_001)
# verb, who may do it, from the states → to the state, what is typed
PERSON, TEAM, OFFICE = "person", "requester", "coordinator"
CYCLES = {
    "registration": """
        approve   | coordinator        | submitted → approved  | valid_until=2027-03-31
        return    | coordinator        | submitted → returned  | comment=電話番号を直してください。
        resume    | coordinator        | suspended → approved  |
        suspend   | coordinator        | approved → suspended  | reason=asked
        revoke    | coordinator        | approved → revoked    | reason=asked
        withdraw  | person             | approved submitted returned suspended → withdrawn | reason=busy
        apply-again | person coordinator | draft returned refused withdrawn expired → submitted |
    """,
    "request": """
        submit    | requester             | draft returned → submitted |
        open      | coordinator           | submitted → open           |
        return    | coordinator           | submitted → returned       | comment=日時を直してください。
        cancel    | requester coordinator | draft submitted returned open filled → cancelled | reason=solved
    """,
}
STATES = {"registration": RegistrationStatus, "request": RequestStatus}
MODELS = {"registration": Registration, "request": SupportRequest}
PATHS = {"registration": "/registry/registrations", "request": "/requests"}


def verbs(cycle):
    for line in CYCLES[cycle].strip().splitlines():
        verb, people, moves, typed = (part.strip() for part in line.split("|"))
        before, after = moves.split(" → ")
        form = dict([typed.split("=")]) if typed else {}
        yield verb, people.split(), before.split(), after, form


class World:
    """People who stand differently to the object, and objects of every state."""

    def __init__(self):
        self.person, team = make_account(), make_requester()
        self.registrant = make_registrant(self.person)
        self.organisation = make_organisation(team)
        elsewhere = make_requester()
        make_organisation(elsewhere)
        wards = municipality().wards
        self.people = {
            "anonymous": None,
            PERSON: self.person,
            "another person": make_account(),
            TEAM: team,
            "requester of another organisation": elsewhere,
            OFFICE: make_coordinator(),
            "coordinator of another ward": make_coordinator(wards=[w for w in wards if w != "東区"]),
            "admin": make_account(Role.ADMIN),
            "auditor": make_account(Role.AUDITOR),
        }

    def make(self, cycle, state, programme):
        """An object of its own, so that a legal verb leaves the others as they were."""
        status = STATES[cycle](state)
        if cycle == "registration":
            return self._registration(programme, status)
        day = date(2026, 10, 29)
        return make_request(self.organisation, day, programmes=[programme], status=status, minors=False)

    def _registration(self, programme, status):
        """With all that its programme asks: only state and person are in question."""
        registration = make_registration(self._somebody(), programme, status=status)
        asked = municipality().programmes[programme]
        given = {consent.purpose for consent in registration.consents}
        for purpose in {ConsentPurpose(key) for key in asked.consents} - given:
            consent = Consent(purpose=purpose, version="2026-10", given_at=clock.now())
            registration.consents.append(consent)
        for kind in asked.credentials:
            number = f"{next(NUMBERS)}"
            make_credential(registration.registrant, kind, certificate_number=number, verification="stated")
        db.session.commit()
        return registration

    def _somebody(self):
        """The person again with nothing registered yet: an account has one registrant."""
        self.registrant.account_id = None
        db.session.commit()
        self.registrant = make_registrant(self.person)
        return self.registrant


def content():
    """A hash of every row of every table but the sign-ins."""
    digest = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        if table.name != "sign_in":
            for row in sorted(repr(tuple(row)) for row in db.session.execute(select(table))):
                digest.update(row.encode())
    return digest.hexdigest()


@pytest.mark.soak
@pytest.mark.parametrize("cycle", CYCLES)
def test_every_state_verb_and_role(app, clients, cycle):
    world, wrong = World(), []
    browsers = {name: clients(account) for name, account in world.people.items()}
    programmes = itertools.cycle(municipality().programmes)
    for (verb, people, before, after, form), state in itertools.product(verbs(cycle), STATES[cycle]):
        made = None
        for name, browser in browsers.items():
            if made is None:
                programme = next(programmes)
                made = world.make(cycle, state.value, programme)
                code, unchanged = made.code, content()
            answer = browser.open(f"{PATHS[cycle]}/{code}/{verb}", method="POST", data=form)
            now = db.session.scalar(select(MODELS[cycle].status).where(MODELS[cycle].code == code))
            case = f"{programme} {state.value} {verb} by {name}: {answer.status_code}, {now.value}"
            own = name in people and not (state == "draft" and name == OFFICE)
            if own and state.value in before:
                if (answer.status_code, now.value) != (303, after):
                    wrong.append(case)
                made = None
            elif content() != unchanged or not (
                refused(answer, name) or (own and state == after and answer.status_code == 303)
            ):
                wrong.append(case)
                made = None
    assert not wrong, "\n".join(wrong)


def refused(answer, name):
    if name == "anonymous":
        return answer.status_code == 303 and "/sign-in" in answer.location
    return answer.status_code in {403, 404, 409}
