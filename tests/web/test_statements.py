"""A page takes at most twelve statements, and no more where there is more to show."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from matching.kernel.clock import day_of, now, today
from matching.kernel.db import db
from matching.matches.models import Match
from matching.municipality.city import municipality
from matching.organisations.models import Operator, Organisation
from matching.registry.models import Blackout, Offering, Registrant, Registration, WeeklyHours
from matching.registry.models_courses import Course, CourseParticipant, LearningRecord
from matching.registry.models_credentials import Verification
from matching.requests.models import SupportRequest
from tests.e2e.test_every_page import everybody, pages  # noqa: F401 – the fixture of the same person
from tests.factories import (
    indexed,
    make_account,
    make_alternate,
    make_calendar_day,
    make_coordinator,
    make_credential,
    make_dead_mail,
    make_match,
    make_membership_request,
    make_objection,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
    make_session,
    make_words,
    save,
)
from tests.support.statements import statements

MOST = 12


def test_every_page_takes_few_statements(clients, everybody):  # noqa: F811
    asked = list(pages(everybody))
    browser = clients(everybody)
    browser.get(dict(asked)["candidates"])  # a process takes in once what the index does not know yet
    taken = statements_of(browser, asked)
    assert {name: n for name, n in taken.items() if n > MOST} == {}


def test_no_page_takes_more_for_more_of_everything(clients, everybody):  # noqa: F811
    asked = list(pages(everybody))
    browser = clients(everybody)
    taken = []
    for grow in (lambda _account: None, more_of_everything):
        grow(everybody)
        browser.get(dict(asked)["candidates"])  # the index takes in what is there
        taken.append(statements_of(browser, asked))
    few, many = taken
    assert {name: (n, many[name]) for name, n in few.items() if many[name] > n} == {}


def statements_of(browser, asked):
    taken = {}
    for name, path in asked:
        with statements() as said:
            browser.get(path)
        taken[name] = len(said)
    return taken


def more_of_everything(account):
    """Of every kind of row a page lists several, where there was one."""
    requests, matches, registrants, registrations = (
        db.session.scalars(select(model).order_by(model.id)).all()
        for model in (SupportRequest, Match, Registrant, Registration)
    )
    for request in requests:
        twin = make_request(
            request.organisation,
            *(day_of(session.starts_at) for session in request.sessions),
            programmes=request.programmes,
            status=request.status,
            hours=(time(6), time(6, 30)),
            minors=request.minors,
            teacher_present=request.teacher_present,
            continuing=request.continuing,
            one_to_one=request.one_to_one,
        )
        for match in (match for match in matches if match.request_id == request.id):
            for of in (request, twin):
                values = {"origin": match.origin, "chosen_at": match.chosen_at}
                another = indexed(make_registration(programme=match.programme))
                make_objection(make_match(of, another, match.status, **values))
        make_alternate(request, make_registration(), account)
        request.sessions.append(make_session(today() + timedelta(days=60), time(21), time(21, 30)))
    for registrant in registrants:
        make_credential(registrant, "first_aid_instructor", verification=Verification.STATED)
        save(WeeklyHours(registrant_id=registrant.id, weekday=2, starts=time(5), ends=time(22)))
        save(Blackout(registrant_id=registrant.id, first_day=today(), last_day=today()))
        save(LearningRecord(registrant_id=registrant.id, course="手話の講座", fiscal_year=2025))
    for registration in registrations:
        offering = Offering(
            registrant_id=registration.registrant_id, title="将棋", description="将棋の指し方"
        )
        offering.created_at, offering.registrations = now(), [registration]
        save(offering)
        make_renewal_notice(make_registration(programme=registration.programme, status=registration.status))
    for course in db.session.scalars(select(Course)).all():
        course.participants += [CourseParticipant(name=f"新人 {n}", kana="しんじん") for n in range(3)]
    for operator in db.session.scalars(select(Operator)).all():
        make_organisation(operator_id=operator.id)
    for organisation in db.session.scalars(select(Organisation)).all():
        make_membership_request(organisation)
    for n in range(3):
        make_words(f"言葉{n}", f"語{n}")
        make_calendar_day(today() + timedelta(days=n))
        make_operator()
        make_dead_mail()
        make_coordinator()
    db.session.commit()


@pytest.mark.parametrize(
    "path", ["/registry", "/registry/me", "/registry/consents", "/registry/availability"]
)
def test_a_person_in_every_programme_takes_no_more(clients, path):
    account = make_account()
    first, *others = municipality().programmes
    registrant = make_registration(make_registrant(account), first).registrant
    browser, taken = clients(account), []
    for programmes in ((), others):
        for programme in programmes:
            make_registration(registrant, programme)
        db.session.rollback()
        with statements() as said:
            assert browser.get(path).status_code == 200
        taken.append(len(said))
    assert taken[1] == taken[0] <= MOST
