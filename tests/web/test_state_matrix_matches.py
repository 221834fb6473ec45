"""Promise 7: state × verb × person × programme of a match, as design §5 and §8 and reliability §1 say it."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.matches.models import Match, MatchStatus, Origin
from matching.matches.services import reports
from matching.registry.models_credentials import Verification
from tests.factories import (
    at,
    make_check,
    make_credential,
    make_match,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
)
from tests.support.matrix import Case, wrong_in_programmes

NOW = at(date(2027, 1, 20))  # child safety is in force
BEFORE, AFTER = date(2027, 2, 10), date(2027, 1, 13)
STATES = (
    "proposed",  # by a coordinator: seen by nobody else until offered
    "wished",  # proposed by the person
    "chosen",  # of an application for a stage: the offering side would like this one
    *(state.value for state in MatchStatus if state is not MatchStatus.PROPOSED),
)
AGAIN = "declined lapsed withdrawn rejected cancelled"  # asked again by a coordinator
PERSON = "registrant={registrant} answer_by=2027-01-25"
CHECK = "checked_on=2027-01-18 officer=山田 valid_to=2027-12-31"
HELD = "held=yes minutes=90 participants=20 came={match}"
ENDS = "proposed wished chosen offered → withdrawn; accepted → cancelled; * stay"
TABLES = {
    # the days of the activity are to come
    BEFORE: f"""
    accept             | M/accept    | person  | offered → accepted | version=1
    decline            | M/decline   | person  | offered → declined | reason=busy
    accept by link     | /answer/{{token}}/accept  | anybody | offered → accepted |
    decline by link    | /answer/{{token}}/decline | anybody | offered → declined | reason=busy
    yes by telephone   | M/attempts  | coordinator | offered → accepted | channel=telephone result=accepted
    no by fax          | M/attempts  | coordinator | offered → declined | channel=fax result=declined \
                         reason=far
    no answer          | M/attempts  | coordinator | offered stay | channel=telephone result=no_answer
    ask [not stage]    | R/matches   | outsider | {AGAIN} → offered; wished → accepted | {PERSON}
    ask [stage]        | R/matches   | outsider | chosen → accepted |
    ask, agreed [not stage] | R/matches | outsider | wished {AGAIN} → accepted | {PERSON} agreed_by=telephone
    ask, agreed [stage] | R/matches  | outsider | chosen → accepted |
    take up [not stage] | M/approve  | outsider | wished → accepted |
    take up [stage]    | M/approve   | outsider | chosen → accepted |
    reject             | M/reject    | outsider | wished chosen → rejected | reason=another
    withdraw           | M/withdraw  | person | wished chosen → withdrawn |
    wish [not women_talent] | /openings/{{request}}/wish | person | \
                           chosen stay; proposed declined lapsed withdrawn → wished |
    choose [stage]     | M/choose    | requester | wished → chosen |
    choose no longer [stage] | M/unchoose | requester | chosen → wished |
    cancel             | M/cancel    | person coordinator | offered accepted → cancelled | reason=other
    object             | M/object    | requester | offered accepted stay | reason=fit
    share contact      | M/contact-consent | person | offered accepted reported stay |
    share no longer    | M/contact-consent/withdraw | person | idle |
    record check [school_support] | M/child-safety | requester coordinator | \
                           accepted reported stay | {CHECK}
    keep as alternate [not stage] | R/alternates | outsider | proposed wished {AGAIN} no_show stay | {PERSON}
    registration suspended | G/suspend  | coordinator | {ENDS} | reason=asked
    registration revoked   | G/revoke   | coordinator | {ENDS} | reason=conduct
    registration withdrawn | G/withdraw | person      | {ENDS} | reason=busy
    request cancelled  | R/cancel | requester coordinator | \
                         proposed wished chosen → lapsed; offered accepted → cancelled; * stay | reason=solved
    """,
    # they are over
    AFTER: f"""
    report             | R/report/{{session}} | requester | accepted → reported | {HELD}
    report not held    | R/report/{{session}} | requester | accepted stay | held=no
    confirm            | R/confirm   | outsider | reported → completed |
    send back          | R/send-back | outsider | reported → accepted | comment=人数を直してください
    see contact        | M/contact   | person requester | accepted reported stay |
    see contact        | M/contact   | outsider | offered accepted reported completed voided stay |
    reverse            | M/reverse   | outsider | completed → voided | reason=wrong_figures
    resign [women_talent] | M/resign | outsider | completed stay | on=2027-06-01 reason=person
    report again       | M/report-again | outsider | voided → accepted |
    close              | R/close     | coordinator | proposed wished chosen offered → lapsed; \
                           rejected declined lapsed withdrawn cancelled no_show stay |
    """,
}


class OfMatch(Case):
    """A match with all that its programme asks: only state and person are in question."""

    def __init__(self, programme, accounts, day):
        super().__init__(programme, accounts)
        self.day = day
        self.states = [state for state in STATES if state != "chosen" or programme == "stage"]

    def make(self, state):
        request = self._request()
        registrant = make_registrant(self.account("person"))
        registration = make_registration(registrant, self.programme)
        if self.programme == "bosaishi":
            make_credential(registrant, certificate_number="123456", verification=Verification.VERIFIED)
        if self.programme == "school_support" and self.day == AFTER:
            make_check(registrant, request.organisation.operator, checked_on=self.day)
        match = make_match(request, registration, **self._values(state))
        if self.day == AFTER and state in ("reported", "completed", "voided"):
            self._reach(match, state)
        return {
            "match": match.code,
            "request": request.code,
            "registration": registration.code,
            "registrant": registrant.code,
            "session": request.sessions[0].code if request.sessions else "appointment",
            "token": "a-token",
        }

    def _request(self):
        kind = "city_office" if self.programme == "women_talent" else "elementary_school"
        organisation = make_organisation(self.account("requester"), self.account("member"), kind=kind)
        values = {"headcount": 2, "programmes": [self.programme], "opened_at": clock.now()}
        if self.programme == "school_support":
            make_operator(organisation)
            values |= {"minors": True, "teacher_present": False, "continuing": True, "one_to_one": False}
        if self.programme == "bosaishi":
            values |= {"credentials_required": ["bosaishi"]}
        if self.programme == "women_talent":
            values |= {"term_start": self.day, "term_end": self.day + timedelta(days=700)}
        request = make_request(organisation, self.day, **values)
        if self.programme == "women_talent":
            request.sessions.clear()
            db.session.commit()
        return request

    def _values(self, state):
        wished = state in ("wished", "chosen")
        if self.day == AFTER and state in ("reported", "completed", "voided"):
            state = "accepted"
        return {
            "status": MatchStatus.PROPOSED if wished else MatchStatus(state),
            "origin": Origin.REGISTRANT if wished else Origin.COORDINATOR,
            "chosen_at": clock.now() if state == "chosen" else None,
            "answer_token_hash": token_hash("a-token"),
        }

    def _reach(self, match, state):
        """By what was done: the report is there, the count is in the book."""
        request = match.request
        session = request.sessions[0] if request.sessions else None
        told = reports.ReportValues(held=True, minutes=60, participants=9, came=frozenset({match.code}))
        with transaction():
            reports.report(self.account("requester"), request, session, told)
            if state != "reported":
                reports.confirm(self.account("coordinator"), request)
            if state == "voided":
                reports.reverse(self.account("coordinator"), match, "wrong_figures")

    def read(self, codes):
        match = db.session.scalars(select(Match).filter_by(code=codes["match"])).one()
        if not match.wished:
            return match.status.value
        return "chosen" if match.chosen_at else "wished"


@pytest.mark.soak
@pytest.mark.parametrize("day", TABLES, ids=["before", "after"])
def test_every_pair_of_a_match(app, clients, day):
    with clock.frozen(NOW):
        wrong = wrong_in_programmes(clients, TABLES[day], partial(OfMatch, day=day))
    assert not wrong, "\n".join(wrong)
