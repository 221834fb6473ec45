"""Promise 7: state × verb × person × programme of a registration, as design §5 and §8 say it.

A draft is its person's own until sent. And no POST route is left out of the matrices unnamed.
"""

from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db
from matching.municipality.city import municipality
from matching.registry.models import Consent, ConsentPurpose, Registration, RegistrationStatus
from matching.registry.models_credentials import Verification
from tests.factories import make_credential, make_registrant, make_registration, make_renewal_notice
from tests.support.matrix import Case, wrong_in_programmes

STATES = [state.value for state in RegistrationStatus]
ANSWER = "/registry/renewal-notices/{notice}/answer"
TABLE = f"""
    approve        | G/approve     | coordinator | submitted → approved | valid_until=2027-03-31
    return         | G/return      | coordinator | submitted → returned | comment=電話番号を直してください
    refuse         | G/refuse      | coordinator | submitted → refused  | reason=false_statement
    suspend        | G/suspend     | coordinator | approved → suspended | reason=asked
    revoke         | G/revoke      | coordinator | approved → revoked   | reason=asked
    resume         | G/resume      | coordinator | suspended → approved |
    withdraw       | G/withdraw    | person | approved submitted returned suspended → withdrawn | reason=busy
    apply again    | G/apply-again | person coordinator | \
                     draft returned refused withdrawn expired → submitted |
    renew          | {ANSWER}      | coordinator | approved expired → approved | answer=renew
    not renew      | {ANSWER}      | coordinator | * stay                | answer=end
    renew by link  | /renew/{{token}} | anybody  | approved stay         | answer=renew
    not renew by link | /renew/{{token}} | anybody | approved stay       | answer=end
    see contact    | G/contact     | coordinator | * stay                |
    share contact  | G/consents/contact_sharing | person coordinator | * stay |
    share no more  | G/consents/contact_sharing/withdraw | person coordinator | idle |
    break the rules of conduct | G/consents/rules_of_conduct/withdraw | person coordinator | \
                     approved submitted returned suspended → withdrawn; * stay |
"""


class OfRegistration(Case):
    """A registration with all that its programme asks: only state and person are in question."""

    states = STATES

    def make(self, state):
        registrant = make_registrant(self.account("person"))
        last = date(2026 if state == "expired" else 2027, 3, 31)
        values = {"status": RegistrationStatus(state), "valid_until": last, "contact_sharing": False}
        registration = make_registration(registrant, self.programme, **values)
        asked = municipality().programmes[self.programme]
        given = {consent.purpose for consent in registration.consents}
        for purpose in {ConsentPurpose(key) for key in asked.consents} - given:
            consent = Consent(purpose=purpose, version="2026-10", given_at=clock.now())
            registration.consents.append(consent)
        seen = Verification.STATED if state == "submitted" else Verification.VERIFIED  # approving saw it
        for kind in asked.credentials:
            make_credential(registrant, kind, certificate_number="123456", verification=seen)
        notice = make_renewal_notice(registration, token_hash=token_hash("a-token"))
        return {"registration": registration.code, "notice": notice.code, "token": "a-token"}

    def read(self, codes):
        return (
            db.session.scalars(select(Registration.status).filter_by(code=codes["registration"])).one().value
        )


@pytest.mark.soak
def test_every_pair_of_a_registration(app, clients):
    wrong = wrong_in_programmes(clients, TABLE, OfRegistration)
    assert not wrong, "\n".join(wrong)
