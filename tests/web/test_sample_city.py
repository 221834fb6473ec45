"""The sample city shows the states a city has, and every page that bench-pages opens answers its reader."""

from sqlalchemy import select

from matching.accounts.queries import account_by_email
from matching.desk.queries import sample_accounts
from matching.indicators import reports
from matching.indicators.verification import verify
from matching.kernel.db import db
from matching.matches.models import ChildSafetyCheck, Match, MatchStatus, Objection
from matching.ops import bench_pages, demo
from matching.ops.sample import USUAL_SIZE
from matching.registry.models import Registration, RegistrationStatus
from matching.registry.models_courses import CourseParticipant
from matching.registry.models_credentials import Credential
from matching.requests.models import RequestStatus, SupportRequest
from tests.support.statements import statements
from tests.web.test_statements import MOST

RANKED = {"/openings", "/plan", "候補"}
OF_MATCHES = {
    *(MatchStatus.PROPOSED, MatchStatus.OFFERED, MatchStatus.DECLINED, MatchStatus.ACCEPTED),
    *(MatchStatus.REPORTED, MatchStatus.COMPLETED),
}


def states(column):
    return set(db.session.scalars(select(column).distinct()))


def test_the_sample_city_has_every_state_and_its_pages_open(app, clients):
    instance = app.extensions["settings"].instance_path
    (instance / demo.NAMED).unlink(missing_ok=True)
    results = demo.load(USUAL_SIZE, instance)
    assert not [problem for _, result in results for problem in result.problems]

    assert states(Registration.status) == set(RegistrationStatus) - {RegistrationStatus.DRAFT}
    assert states(SupportRequest.status) == set(RequestStatus)
    assert states(Match.status) >= OF_MATCHES
    assert db.session.scalars(select(Match).where(Match.wished)).first()
    assert db.session.scalars(select(ChildSafetyCheck)).first()
    assert db.session.scalars(select(Objection).where(Objection.decided_at.is_(None))).first()
    assert {row.ended_at is None for row in db.session.scalars(select(Credential))} == {True, False}
    taking = db.session.scalars(select(CourseParticipant)).all()
    assert {row.completed_at is None for row in taking} == {True, False}

    closed = reports.of_year(2024)
    assert closed.closed and {m.grade for m in closed.measures} == {"A", "B", "C"}
    assert verify().ok

    again = [(result.created, result.updated) for _, result in demo.load(USUAL_SIZE, instance)]
    assert set(again) == {(0, 0)}

    browsers = {
        who: clients(account_by_email(next(a.email for a in sample_accounts() if a.email.startswith(who))))
        for who in bench_pages.LISTS
    }
    pages = [*bench_pages._lists(0), *bench_pages._details(0), *bench_pages._matching()]
    db.session.rollback()
    slow = {}
    for page in pages:
        for path in page.paths[:2]:
            with statements() as said:
                assert browsers[page.who].get(path).status_code == 200, (page.who, path)
            slow |= {path: len(said)} if len(said) > MOST and page.name not in RANKED else {}
    assert slow == {}
