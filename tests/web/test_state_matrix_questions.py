"""Promise 7: what hangs on a match, a registration, an organisation or an account and has states of its own.

An objection, a change to answer, an alternate, a check, a consent, a certificate, a wish to join, a notice.
"""

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from matching.accounts.models import Account
from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db
from matching.matches.models import Alternate, ChildSafetyCheck, Match, MatchChange, MatchStatus, Objection
from matching.organisations.models import Membership, MembershipRequest
from matching.registry.models_credentials import Credential
from matching.registry.models_renewal import RenewalAnswer, RenewalNotice
from tests.factories import (
    at,
    make_account,
    make_alternate,
    make_change,
    make_check,
    make_coordinator,
    make_credential,
    make_match,
    make_membership_request,
    make_objection,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
)
from tests.support.matrix import Case, one_connection, people, wrong_pairs

NOW = at(date(2027, 1, 20))
PROGRAMME = "school_support"
TOKEN = "a-token"
NOTICE = "/registry/renewal-notices/{notice}/answer"
JOINING = "/organisations/{organisation}/asking/{asker}"


@dataclass
class About:
    """What the questions are about: an accepted match of a person, and everybody's accounts."""

    match: Match
    asker: Account

    def codes(self):
        request = self.match.request
        return {
            "match": self.match.code,
            "request": request.code,
            "registrant": self.match.registrant.code,
            "registration": self.match.registration.code,
            "organisation": request.organisation.code,
            "asker": self.asker.code,
            "token": TOKEN,
        }


# --- each question: its states, how one is made, how it is read ----------------------------------------


def objection(about, state):
    if state != "none":
        row = make_objection(about.match)
        if state != "standing":
            row.decided_at, row.upheld = clock.now(), state == "upheld"
        if state == "upheld":
            about.match.status = MatchStatus.CANCELLED
    return {}


def objection_now(_codes):
    row = db.session.scalars(select(Objection).order_by(Objection.id.desc())).first()
    if row is None:
        return "none"
    return "standing" if row.decided_at is None else "upheld" if row.upheld else "dismissed"


def change(about, state):
    row = make_change(about.match, TOKEN)
    if state != "asked":
        row.answered_at, row.kept = clock.now(), state == "kept"
    if state == "left":
        about.match.status = MatchStatus.CANCELLED
    return {"change": row.id}


def change_now(_codes):
    row = db.session.scalars(select(MatchChange)).one()
    return "asked" if row.answered_at is None else "kept" if row.kept else "left"


def alternate(about, state):
    other = make_registration(make_registrant(), PROGRAMME)
    kept = make_alternate(about.match.request, other, make_coordinator()) if state == "kept" else None
    return {"other": other.registrant.code, "alternate": kept.code if kept else "no-such-code"}


def alternate_now(_codes):
    return "kept" if db.session.scalars(select(Alternate)).first() else "none"


def check(about, state):
    request = about.match.request
    request.minors, request.teacher_present, request.continuing, request.one_to_one = True, False, True, False
    operator = make_operator(request.organisation)
    made = make_check(about.match.registrant, operator) if state == "recorded" else None
    return {"check": made.code if made else "no-such-code"}


def check_now(_codes):
    return "recorded" if db.session.scalars(select(ChildSafetyCheck)).first() else "none"


def consent(about, state):
    about.match.contact_consent = state == "given"
    return {}


def consent_now(codes):
    match = db.session.scalars(select(Match).filter_by(code=codes["match"])).one()
    return "given" if match.contact_consent else "open"


def credential(about, state):
    values = {"certificate_number": "123456", "verification": state}
    return {"credential": make_credential(about.match.registrant, **values).code}


def credential_now(_codes):
    return db.session.scalars(select(Credential.verification)).one().value


def joining(about, state):
    if state != "none":
        row = make_membership_request(about.match.request.organisation, about.asker)
        if state != "asked":
            row.decided_at, row.approved = clock.now(), state == "approved"
    return {}


def joining_now(_codes):
    row = db.session.scalars(select(MembershipRequest)).first()
    if row is None:
        return "none"
    return "asked" if row.decided_at is None else "approved" if row.approved else "refused"


def membership(about, state):
    row = Membership(organisation=about.match.request.organisation, account=about.asker)
    row.created_at, row.ended_at = clock.now(), clock.now() if state == "ended" else None
    db.session.add(row)
    return {}


def membership_now(codes):
    whose = select(Membership).join(Membership.account).where(Account.code == codes["asker"])
    return "ended" if db.session.scalars(whose).one().ended_at else "standing"


def notice(about, state):
    registration = about.match.registration
    registration.valid_until = date(2027, 3, 31)
    given = None if state == "open" else RenewalAnswer(state)
    if given is RenewalAnswer.RENEW:
        registration.valid_until = date(2028, 3, 31)
    values = {"token_hash": token_hash(TOKEN), "answer": given}
    return {"notice": make_renewal_notice(registration, **values).code}


def notice_now(_codes):
    given = db.session.scalars(select(RenewalNotice.answer)).one()
    return given.value if given else "open"


def account(about, state):
    about.asker.disabled_at = clock.now() if state == "disabled" else None
    return {}


def account_now(codes):
    found = db.session.scalars(select(Account).filter_by(code=codes["asker"])).one()
    return "disabled" if found.disabled_at else "enabled"


QUESTIONS = {
    objection: (
        objection_now,
        "none standing dismissed upheld",
        """
        object     | M/object    | requester | none dismissed → standing | reason=fit
        uphold     | M/objection | outsider  | standing → upheld         | answer=yes
        dismiss    | M/objection | outsider  | standing → dismissed      | answer=no
        """,
    ),
    change: (
        change_now,
        "asked kept left",
        """
        keep          | M/change         | person coordinator | asked → kept | change={change} answer=yes
        leave         | M/change         | person coordinator | asked → left | change={change} answer=no
        keep by link  | /changes/{token} | anybody | asked → kept; idle | answer=yes
        leave by link | /changes/{token} | anybody | asked → left; idle | answer=no
        """,  # the link's page says what was answered first
    ),
    alternate: (
        alternate_now,
        "none kept",
        """
        keep | R/alternates                  | outsider    | none → kept       | registrant={other}
        drop | R/alternates/{alternate}/drop | coordinator | kept → none; idle |
        """,
    ),
    check: (
        check_now,
        "none recorded",
        """
        record    | M/child-safety                   | requester coordinator | none recorded → recorded | \
                                                      checked_on=2027-01-18 officer=山田 valid_to=2027-12-31
        take back | M/child-safety/{check}/take-back | coordinator           | recorded → none          |
        """,
    ),
    consent: (
        consent_now,
        "open given",
        """
        give      | M/contact-consent          | person | open → given |
        take back | M/contact-consent/withdraw | person | given → open |
        """,
    ),
    credential: (
        credential_now,
        "stated imported verified",
        """
        verify   | /registry/credentials/{credential}/verify   | coordinator | \
        stated imported verified → verified | version=1 certificate_number=123456 evidence=card
        unverify | /registry/credentials/{credential}/unverify | coordinator | imported verified → stated |
        """,
    ),
    joining: (
        joining_now,
        "none asked approved refused",
        f"""
        approve  | {JOINING} | requester ward-coordinator | asked → approved | answer=yes
        refuse   | {JOINING} | requester ward-coordinator | asked → refused  | answer=no
        """,
    ),
    membership: (
        membership_now,
        "standing ended",
        """
        end | /organisations/{organisation}/memberships/{asker}/end | ward-coordinator | standing → ended |
        """,
    ),
    notice: (
        notice_now,
        "open renew end",
        f"""
        renew             | {NOTICE}         | coordinator | open end → renew | answer=renew
        not renew         | {NOTICE}         | coordinator | open → end       | answer=end
        renew by link     | /renew/{{token}} | anybody     | open → renew     | answer=renew
        not renew by link | /renew/{{token}} | anybody     | open → end       | answer=end
        """,
    ),
    account: (
        account_now,
        "enabled disabled",
        """
        disable | /accounts/{asker}/disable | admin | enabled → disabled |
        enable  | /accounts/{asker}/enable  | admin | disabled → enabled |
        """,
    ),
}


class OfQuestion(Case):
    """Made with an accepted match of the person."""

    def __init__(self, accounts, question):
        super().__init__(PROGRAMME, accounts)
        self.question, (self._read, states, self.table) = question, QUESTIONS[question]
        self.states = states.split()

    def make(self, state):
        organisation = make_organisation(self.account("requester"), self.account("member"))
        request = make_request(organisation, date(2027, 2, 10), programmes=[PROGRAMME], headcount=3)
        registration = make_registration(make_registrant(self.account("person")), PROGRAMME)
        about = About(make_match(request, registration, MatchStatus.ACCEPTED), make_account())
        return self.question(about, state) | about.codes()

    def read(self, codes):
        return self._read(codes)


@pytest.mark.soak
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda make: make.__name__)
def test_every_pair_of_a_question(app, clients, question):
    with clock.frozen(NOW), one_connection():
        accounts = people(PROGRAMME)
        browsers = {name: clients(account) for name, account in accounts.items()}
        case = OfQuestion(accounts, question)
        wrong = list(wrong_pairs(case.table, case, browsers))
    assert not wrong, "\n".join(wrong)
