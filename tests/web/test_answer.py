"""The mailed link: opening it answers nothing, its button answers once, and it says what has become of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matching.kernel import clock, events
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import Match, MatchStatus
from matching.matches.services import offers
from matching.registry.models_credentials import Verification
from matching.requests import services as requests
from tests.conftest import NOW
from tests.factories import (
    make_account,
    make_coordinator,
    make_credential,
    make_registrant,
    make_registration,
    make_request,
)

LINK = re.compile(r"http://127\.0\.0\.1:8000(/answer/\S+)")


@pytest.fixture
def coordinator(app):
    return make_coordinator()


def ask(coordinator, registration=None, request=None):
    """Offer the request to the person and return (match, the link in the mail)."""
    registration = registration or make_registration(contact_sharing=False)
    request = request or make_request(None, clock.today() + timedelta(days=9))
    terms = offers.Terms(answer_by=clock.today() + timedelta(days=5))
    with transaction():
        match = offers.approve_match(coordinator, request, registration.registrant, terms)
    bodies = db.session.scalars(select(OutboxMessage.body).order_by(OutboxMessage.id.desc()))
    return match, next(found[1] for found in map(LINK.search, bodies) if found)


def fresh(match):
    return db.session.get_one(Match, match.id, populate_existing=True)


def test_opening_the_link_however_often_answers_nothing(client, coordinator):
    match, link = ask(coordinator)
    acts = db.session.scalar(select(func.count()).select_from(AuditEvent))
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        assert client.open(link, method=method).status_code == 200
    for verb in ("accept", "decline"):
        assert client.get(f"{link}/{verb}").status_code == 405
    assert fresh(match).status is MatchStatus.OFFERED
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == acts


@pytest.mark.parametrize(
    ("first", "second", "status", "told"),
    [
        ("accept", "decline", MatchStatus.ACCEPTED, "お引き受けいただいています"),
        ("decline", "accept", MatchStatus.DECLINED, "見送るとのお返事をいただいています"),
    ],
)
def test_the_button_answers_once(client, coordinator, first, second, status, told):
    match, link = ask(coordinator)
    assert client.post(f"{link}/{first}", data={"reason": "busy"}).status_code == 303
    again = client.post(f"{link}/{second}", data={"reason": "busy"})
    assert again.status_code == 409
    assert told in again.get_data(as_text=True)
    assert told in client.get(link).get_data(as_text=True)
    assert fresh(match).status is status
    assert "引き受ける</button>" not in client.get(link).get_data(as_text=True)


def test_a_used_link_gives_no_consent_any_more(client, coordinator):
    match, link = ask(coordinator)
    client.post(f"{link}/accept")
    assert client.post(f"{link}/accept", data={"contact_consent": "y"}).status_code == 303
    assert fresh(match).contact_consent is False


def test_a_consent_given_with_the_answer_is_on_record(client, coordinator):
    match, link = ask(coordinator)
    client.post(f"{link}/accept", data={"contact_consent": "y"})
    assert fresh(match).contact_consent is True
    accepted = db.session.scalars(select(AuditEvent).filter_by(action="match.accept")).one()
    assert accepted.details["contact_consent"] is True


def test_after_the_deadline_the_link_says_so(client, coordinator):
    match, link = ask(coordinator)
    with clock.frozen(NOW + timedelta(days=6)):
        assert "回答の期限を過ぎたため" in client.get(link).get_data(as_text=True)
        assert client.post(f"{link}/accept").status_code == 409
    assert fresh(match).status is MatchStatus.OFFERED


@pytest.mark.parametrize(
    ("values", "place"),
    [({"format": "online"}, "場所: オンライン\n"), ({"place": "体育館"}, "場所: 東区 体育館\n")],
)
def test_the_mail_says_where(coordinator, values, place):
    ask(coordinator, request=make_request(None, clock.today() + timedelta(days=9), **values))
    assert any(place in body for body in db.session.scalars(select(OutboxMessage.body)))


def test_the_link_of_a_cancelled_request_says_so(client, coordinator):
    match, link = ask(coordinator)
    with transaction():
        requests.cancel_request(coordinator, match.request, "event")
    assert "取りやめになりました" in client.get(link).get_data(as_text=True)
    assert client.post(f"{link}/accept").status_code == 409


def test_a_link_that_a_newer_one_replaced_says_where_to_look(client, coordinator):
    match, old = ask(coordinator)
    client.post(f"{old}/decline", data={"reason": "busy"})
    _, new = ask(coordinator, match.registration, match.request)
    for answer in (client.get(old), client.post(f"{old}/accept"), client.get("/answer/nobody-wrote-this")):
        assert answer.status_code == 404
        assert "いちばん新しいメール" in answer.get_data(as_text=True)
    assert fresh(match).status is MatchStatus.OFFERED
    assert client.post(f"{new}/accept").status_code == 303


def test_after_a_lost_certificate_nobody_reads_that_the_registration_ended(client, coordinator):
    registration = make_registration(make_registrant(make_account()), "bosaishi")
    certificate = make_credential(registration.registrant, verification=Verification.VERIFIED)
    request = make_request(None, programmes=["bosaishi"], credentials_required=["bosaishi"])
    match, link = ask(coordinator, registration, request)
    with transaction():
        certificate.verification = Verification.STATED
        events.credential_ended.send(certificate)
    assert match.status is MatchStatus.WITHDRAWN
    told = "登録か必要な資格が終わったため、この打診は取り下げられました"
    assert told in client.get(link).get_data(as_text=True)
    told = "登録か必要な資格が終わり、取りやめになりました"
    assert told in client.sign_in(registration.registrant.account).get(f"/matches/{match.code}").get_data(
        as_text=True
    )
