"""Promise 7: state × verb × person × programme of a request, as design §5 and §8 say it.

A draft is its organisation's own until sent.
"""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db
from matching.matches.models import MatchStatus
from matching.registry.models_credentials import Verification
from matching.requests.models import RequestStatus, SupportRequest
from tests.factories import (
    at,
    make_credential,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
)
from tests.support.matrix import Case, wrong_in_programmes

NOW = at(date(2027, 1, 20))
BEFORE, AFTER = date(2027, 2, 10), date(2027, 1, 13)
STATES = [state.value for state in RequestStatus]
EDIT = (
    "organisation={organisation} title=ミシン description=糸通し ward=東区 school_district=健軍"
    " format=in_person headcount=2 participants=30 minors=no contact_name=教頭 contact_phone=096-000-0000"
    " contact_email=school@example.jp version=1 programmes={programme} council={council}"
    " term_start={term_start} term_end={term_end} sessions-0-day={day} sessions-0-starts={starts}"
    " sessions-0-ends={ends}"
)
CHANGE = "place=体育館 version=1 sessions-0-day={day} sessions-0-starts={starts} sessions-0-ends={ends}"
PERSON = "registrant={registrant} answer_by=2027-01-25"
TABLES = {
    # the days are to come
    "to come": f"""
    edit             | R/edit      | requester   | draft returned stay             | {EDIT} draft=1
    edit and send    | R/edit      | requester   | draft returned → submitted      | {EDIT}
    submit           | R/submit    | requester   | draft returned → submitted      |
    open             | R/open      | coordinator | submitted → open                |
    return           | R/return    | coordinator | submitted → returned            | comment=日時を
    refuse           | R/refuse    | coordinator | submitted → cancelled           | reason=commercial
    cancel           | R/cancel    | requester coordinator | \
                       draft submitted returned open filled → cancelled | reason=solved
    insure           | R/insurance | requester   | \
                       draft submitted returned open filled closed stay | insurance=city
    change           | R/change    | requester   | open filled stay                | {CHANGE}
    look [not stage] | R/candidates | coordinator | * stay                        | who=登録
    ask [not stage]  | R/matches   | outsider    | open stay                       | {PERSON}
    ask, agreed [not stage] | R/matches | outsider | open → filled | {PERSON} agreed_by=telephone
    keep [not stage] | R/alternates | outsider   | open filled stay                | {PERSON}
    wish [not women_talent] | /openings/{{request}}/wish | person | open stay     |
    """,
    "nobody came": """
    close            | R/close     | coordinator | open filled → unmet             |
    """,
    "somebody came": """
    close            | R/close     | coordinator | open filled → closed            |
    """,
}


class OfRequest(Case):
    """A request with all that its programme asks, and a person who could do it."""

    states = STATES

    def __init__(self, programme, accounts, when):
        super().__init__(programme, accounts)
        self.when, self.day = when, BEFORE if when == "to come" else AFTER

    def make(self, state):
        seat = self.programme == "women_talent"
        kind = "city_office" if seat else "elementary_school"
        organisation = make_organisation(self.account("requester"), self.account("member"), kind=kind)
        values = {"status": RequestStatus(state), "programmes": [self.programme], "opened_at": clock.now()}
        if seat:
            term_end = self.day + timedelta(days=700)
            values |= {"council": "文化財の審議会", "term_start": self.day, "term_end": term_end}
        request = make_request(organisation, self.day, **values)
        if seat:
            request.sessions.clear()
        if self.when == "somebody came":
            make_match(request, make_registration(programme=self.programme), MatchStatus.COMPLETED)
        registrant = make_registrant(self.account("person"))
        make_registration(registrant, self.programme)
        if self.programme == "bosaishi":
            make_credential(registrant, certificate_number="123456", verification=Verification.VERIFIED)
        return {
            "request": request.code,
            "registrant": registrant.code,
            "organisation": organisation.code,
            "programme": self.programme,
            "council": request.council,
            "term_start": request.term_start or "",
            "term_end": request.term_end or "",
            "day": "" if seat else self.day,
            "starts": "" if seat else "13:00",
            "ends": "" if seat else "14:00",
        }

    def read(self, codes):
        return db.session.scalars(select(SupportRequest.status).filter_by(code=codes["request"])).one().value


@pytest.mark.soak
@pytest.mark.parametrize("when", TABLES)
def test_every_pair_of_a_request(app, clients, when):
    with clock.frozen(NOW):
        wrong = wrong_in_programmes(clients, TABLES[when], partial(OfRequest, when=when))
    assert not wrong, "\n".join(wrong)
