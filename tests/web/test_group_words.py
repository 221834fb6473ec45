"""A group is called one, with its head count, wherever people are called さん."""

import re
from datetime import date

from sqlalchemy import select

from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.matches.services import offers
from matching.registry.models import RegistrantKind
from matching.registry.models_courses import CourseParticipant
from matching.registry.models_credentials import Verification
from matching.registry.models_renewal import NoticeChannel
from tests.factories import (
    indexed,
    make_coordinator,
    make_course,
    make_credential,
    make_match,
    make_organisation,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
    make_requester,
)
from tests.web.test_seat_words import main

GROUP = {"kind": RegistrantKind.GROUP, "members": 8, "birth_year": None, "name": "木下グループ"}


def test_a_group_is_asked_and_shown_as_one(clients):
    group = indexed(make_registration(make_registrant(**GROUP), "aiport"))
    request, coordinator = make_request(programmes=("aiport",)), make_coordinator()
    read = clients(coordinator)
    card = main(read.get(f"/requests/{request.code}/candidates"))
    assert "木下グループ の皆さん（8人）" in card and "木下グループ さん" not in card
    with transaction():
        terms = offers.Terms(answer_by=request.sessions[0].starts_at.date())
        match = offers.approve_match(coordinator, request, group.registrant, terms)
    assert "木下グループ の皆さま\n" in db.session.scalars(select(OutboxMessage.body)).one()
    for path in (f"/matches/{match.code}", f"/requests/{request.code}", "/matches"):
        told = main(read.get(path))
        assert "木下グループ の皆さん（8人）" in told and "木下グループ さん" not in told


def test_a_person_is_still_called_as_one(clients):
    match = make_match(status=MatchStatus.ACCEPTED)
    assert f"{match.registrant.name} さん" in main(clients(make_coordinator()).get(f"/matches/{match.code}"))


def test_pages_about_the_registry_call_a_group_one(clients):
    group = make_registration(make_registrant(**GROUP), "aiport", valid_until=date(2027, 3, 31))
    registrant = group.registrant
    twin = make_registration(make_registrant(**GROUP), "aiport").registrant
    held = make_credential(registrant, certificate_number="123456", verification=Verification.STATED)
    make_credential(twin, certificate_number="123456", verification=Verification.STATED)
    course = make_course(CourseParticipant(registrant=registrant))
    make_renewal_notice(
        make_registration(registrant, "lecturer", valid_until=date(2027, 3, 31)), channel=NoticeChannel.LETTER
    )
    read = clients(make_coordinator())
    for path in (
        f"/registry/registrations/{group.code}",
        f"/registry/registrations/{group.code}/disclosures",
        f"/registry/registrations/{group.code}/suspend",
        f"/registry/registrants/{registrant.code}/erase",
        f"/registry/credentials/{held.code}",
        f"/registry/courses/{course.code}",
        "/registry/renewals/aiport",
    ):
        told = main(read.get(path))
        assert "木下グループ の皆さん（8人）" in told, path
        assert not re.search("木下グループ ?さん", told), path
    assert "木下グループ の皆さま" in main(read.get("/registry/renewals/lecturer/letters"))


def test_the_plan_and_what_becomes_of_it_call_a_group_one(clients):
    group = indexed(make_registration(make_registrant(**GROUP, areas=[]), "school_support"))
    make_request(headcount=2)
    browser = clients(make_coordinator())
    page = browser.get("/plan")
    told = main(page)
    assert "木下グループ の皆さん（8人）" in told and "木下グループ さん" not in told
    chosen = re.findall(r'name="chosen" value="([^"]+)"', page.get_data(as_text=True))
    told = main(browser.post("/plan", data={"chosen": chosen}))
    assert group.registrant.called in told and "木下グループ さん" not in told


def test_before_acceptance_a_group_is_no_person_either(clients):
    member = make_requester()
    group = make_registration(make_registrant(**GROUP, kana="きのしたぐるーぷ"), "aiport")
    match = make_match(make_request(make_organisation(member), programmes=("aiport",)), group)
    told = main(clients(member).get(f"/matches/{match.code}"))
    assert "き の皆さん（お名前は" in told and "き さん" not in told
