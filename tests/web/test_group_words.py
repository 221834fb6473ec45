"""A group is called one, with its head count, wherever people are called さん."""

from sqlalchemy import select

from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.matches.services import offers
from matching.registry.models import RegistrantKind
from tests.factories import (
    indexed,
    make_coordinator,
    make_match,
    make_registrant,
    make_registration,
    make_request,
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
