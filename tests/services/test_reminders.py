"""Unanswered offers and unreported activities, each reminded of once."""

import re
from datetime import date, timedelta

from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.occasions import each
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import CompletionReport, MatchStatus
from matching.matches.services import offers, reminders
from matching.requests.models import RequestStatus
from tests.conftest import NOW
from tests.factories import make_match, make_registrant, make_registration, make_request, save

OFFERS = each("offer reminders", reminders.offers_to_remind, reminders.remind_of_offer)
INSURANCES = each("insurance reminders", reminders.insurances_to_remind, reminders.remind_of_insurance)
REPORTS = each("report reminders", reminders.reports_to_remind, reminders.remind_of_report)


def mails():
    db.session.rollback()
    return db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()


def test_an_unanswered_offer_is_reminded_of_two_days_before_once(app):
    values = {"answer_by": clock.today() + timedelta(days=7), "offered_at": clock.now()}
    match = make_match(answer_token_hash=token_hash("first"), **values)
    answered = make_match(status=MatchStatus.DECLINED, **values)
    for days, expected in ((4, 0), (5, 1), (6, 1), (7, 1), (8, 1)):
        with clock.frozen(NOW + timedelta(days=days)):
            assert OFFERS.run()
            assert len(mails()) == expected
    (mail,) = mails()
    assert mail.recipient == match.registrant.email != answered.registrant.email
    token = re.search(r"/answer/(\S+)", mail.body)[1]
    assert match.answer_token_hash == token_hash(token)  # the newest link answers
    with transaction():
        offers.accept(None, match)
    assert match.status is MatchStatus.ACCEPTED


def test_an_offer_of_today_is_not_reminded_of_today(app):
    make_match(answer_by=clock.today() + timedelta(days=1), offered_at=clock.now())
    assert reminders.offers_to_remind() == []


def test_asked_again_is_reminded_of_again(app):
    match = make_match(answer_by=clock.today(), offered_at=clock.now() - timedelta(days=2))
    assert OFFERS.run()
    match.answer_by, match.offered_at = clock.today() + timedelta(days=9), clock.now()
    db.session.commit()
    with clock.frozen(NOW + timedelta(days=8)):
        assert OFFERS.run()
    assert len(mails()) == 2


def test_an_unreported_activity_is_reminded_of_after_three_and_ten_days(app):
    day = date(2026, 9, 20)
    request = make_request(None, day, headcount=2)
    for _ in range(2):
        make_match(request, make_registration(make_registrant(email="")), MatchStatus.ACCEPTED)
    make_match(make_request(None, day), make_registration(), MatchStatus.CANCELLED)
    told = make_request(None, day)
    make_match(told, make_registration(), MatchStatus.ACCEPTED)
    save(
        CompletionReport(
            request_id=told.id,
            session_id=told.sessions[0].id,
            held=True,
            minutes=60,
            participants=9,
            reported_at=clock.now(),
        )
    )
    start = clock.at(day, NOW.time())
    for days, expected in ((2, 0), (4, 1), (9, 1), (11, 2), (30, 2)):
        with clock.frozen(start + timedelta(days=days)):
            assert REPORTS.run()
        assert len(mails()) == expected, days
    assert {mail.recipient for mail in mails()} == {request.contact_email}


def test_a_worker_that_was_away_sends_one_reminder_and_forgets_what_is_long_past(app):
    make_match(make_request(None, date(2026, 9, 10)), make_registration(), MatchStatus.ACCEPTED)
    make_match(make_request(None, date(2026, 7, 1)), make_registration(), MatchStatus.ACCEPTED)
    assert REPORTS.run()
    assert REPORTS.run()
    assert len(mails()) == 1


def test_a_missing_insurance_is_reminded_of_once_in_the_week_before_the_first_date(app):
    first, second = clock.today() + timedelta(days=20), clock.today() + timedelta(days=27)
    late = make_request(None, first, second, insurance="")
    make_match(late, make_registration(), MatchStatus.ACCEPTED)
    make_match(late, make_registration(), MatchStatus.ACCEPTED)
    for days, expected in ((12, 0), (13, 1), (19, 1), (21, 1), (26, 1)):
        with clock.frozen(NOW + timedelta(days=days)):
            assert INSURANCES.run()
        assert len(mails()) == expected, days
    (mail,) = mails()
    assert mail.recipient == late.contact_email
    assert f"/requests/{late.code}/insurance" in mail.body and "最初の日時" in mail.body


def test_of_an_insurance_is_reminded_only_where_somebody_comes_and_none_holds(app):
    soon = clock.today() + timedelta(days=3)
    fee_left_out = make_request(None, soon, insurance="volunteer", fee="3000")
    for request, status in (
        (make_request(None, soon, insurance=""), MatchStatus.OFFERED),
        (make_request(None, soon, insurance=""), MatchStatus.CANCELLED),
        (make_request(None, soon, insurance="school"), MatchStatus.ACCEPTED),
        (make_request(None, soon, insurance="", status=RequestStatus.CANCELLED), MatchStatus.ACCEPTED),
        (fee_left_out, MatchStatus.ACCEPTED),
    ):
        make_match(request, make_registration(), status)
    assert INSURANCES.run()
    assert [mail.recipient for mail in mails()] == [fee_left_out.contact_email]
    assert (
        "謝礼のある活動" in mails()[0].body and f"/requests/{fee_left_out.code}/insurance" in mails()[0].body
    )


def test_what_was_insured_meanwhile_is_not_reminded_of(app):
    late = make_request(None, clock.today() + timedelta(days=3), insurance="")
    make_match(late, make_registration(), MatchStatus.ACCEPTED)
    (due,) = reminders.insurances_to_remind()
    late.insurance = "school"
    db.session.commit()
    with transaction():
        reminders.remind_of_insurance(due)
    assert mails() == []
