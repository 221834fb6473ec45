"""The yearly renewal round and the end of registrations, on a moved clock."""

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.audit import AuditEvent
from matching.kernel.codes import token_hash
from matching.kernel.db import db, transaction
from matching.kernel.errors import Conflict, Invalid, RuleViolation
from matching.kernel.occasions import Occasion, each
from matching.kernel.outbox import OutboxMessage
from matching.matches.models import MatchStatus
from matching.registry import queries_renewal
from matching.registry.models import Consent, ConsentPurpose, RegistrationStatus
from matching.registry.models_credentials import Verification
from matching.registry.models_renewal import NoticeChannel, RenewalAnswer, RenewalNotice
from matching.registry.services import life, renewal
from matching.registry.services.erasing import erase
from tests.factories import (
    make_coordinator,
    make_credential,
    make_match,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
)

ENDS, NEXT = date(2027, 3, 31), date(2028, 3, 31)
EXPIRIES = each("expiries", renewal.run_out, renewal.expire)
MAILS = each("renewal mails", renewal.unsent, renewal.send)
REMINDERS = each("renewal reminders", renewal.to_remind, renewal.remind)


def tokyo(*moment):
    return datetime(*moment, tzinfo=clock.TOKYO)


def mails(registration):
    db.session.rollback()
    found = (
        select(OutboxMessage).filter_by(recipient=registration.registrant.email).order_by(OutboxMessage.id)
    )
    return [mail.subject.partition(":")[0] for mail in db.session.scalars(found)]


def test_a_registration_expires_on_the_first_of_april_once(app):
    registration = make_registration(valid_until=ENDS)
    suspended = make_registration(valid_until=ENDS, status=RegistrationStatus.SUSPENDED)
    later, open_end = make_registration(), make_registration(valid_until=None)
    past = make_match(make_request(None, date(2027, 3, 30)), registration, MatchStatus.ACCEPTED)
    coming = make_match(make_request(None, date(2027, 4, 10)), registration, MatchStatus.ACCEPTED)
    asked = make_match(make_request(None, date(2027, 4, 11)), registration, MatchStatus.OFFERED)
    with clock.frozen(tokyo(2027, 3, 31, 23, 59)):
        assert EXPIRIES.run()
    assert registration.status is RegistrationStatus.APPROVED
    with clock.frozen(tokyo(2027, 4, 1, 0, 0)):
        assert EXPIRIES.run()
        assert EXPIRIES.run()
    db.session.rollback()
    assert registration.status is suspended.status is RegistrationStatus.EXPIRED
    assert later.status is open_end.status is RegistrationStatus.APPROVED
    assert (past.status, coming.status, asked.status) == (
        MatchStatus.ACCEPTED,
        MatchStatus.CANCELLED,
        MatchStatus.WITHDRAWN,
    )
    assert mails(registration).count("登録の期限が切れました") == 1
    made = db.session.scalars(select(Occasion.key).filter_by(kind="registration.expired"))
    assert sorted(made) == sorted(f"{r.code} 2027-03-31" for r in (registration, suspended))
    noted = db.session.scalars(select(AuditEvent).filter_by(action="registration.expire")).all()
    assert [event.actor_id for event in noted] == [None, None]


def test_one_renewed_in_the_meantime_does_not_expire(app):
    registration = make_registration(valid_until=ENDS)
    with clock.frozen(tokyo(2027, 4, 1, 0, 0)):
        found = renewal.run_out()
        with transaction():
            life.renew(make_coordinator(), registration, NEXT)
        with transaction():
            renewal.expire(found[0])
    assert registration.status is RegistrationStatus.APPROVED


def test_a_round_from_the_mail_to_the_answer(app):
    by_mail, by_letter = (
        make_registration(valid_until=ENDS),
        make_registration(make_registrant(email=""), valid_until=ENDS),
    )
    by_letter.consents.append(
        Consent(purpose=ConsentPurpose.CONFIDENTIALITY, version="1", given_at=clock.now())
    )
    make_registration()  # ends a year later
    make_registration(make_registrant(ward="西区"), valid_until=ENDS)
    coordinator = make_coordinator(wards=["東区"])
    with clock.frozen(tokyo(2027, 2, 1, 10)):
        with pytest.raises(Invalid), transaction():
            renewal.open_round(coordinator, "school_support", ENDS)
        with transaction():
            assert renewal.open_round(coordinator, "school_support", NEXT) == 2
        with transaction():
            assert renewal.open_round(coordinator, "school_support", NEXT) == 0
        assert MAILS.run()
        assert MAILS.run()
        assert REMINDERS.run()
    assert mails(by_mail) == ["登録を続けませんか"]
    channels = {n.registration_id: n.channel for n in db.session.scalars(select(RenewalNotice))}
    assert channels == {by_mail.id: NoticeChannel.MAIL, by_letter.id: NoticeChannel.LETTER}
    for day in (tokyo(2027, 3, 5, 9), tokyo(2027, 3, 10, 9), tokyo(2027, 3, 26, 9), tokyo(2027, 3, 27, 9)):
        with clock.frozen(day):
            assert REMINDERS.run()
    assert mails(by_mail) == ["登録を続けませんか", "お返事をお待ちしています", "お返事をお待ちしています"]
    bodies = db.session.scalars(
        select(OutboxMessage.body).filter_by(recipient=by_mail.registrant.email).order_by(OutboxMessage.id)
    ).all()
    first, *_, newest = (re.search(r"/renew/(\S+)", body)[1] for body in bodies)
    assert queries_renewal.notice_by_token_hash(token_hash(first)) is None
    notice = queries_renewal.notice_by_token_hash(token_hash(newest))
    with clock.frozen(tokyo(2027, 3, 28, 9)):
        for _ in range(2):
            with transaction():
                renewal.answer(None, notice, RenewalAnswer.RENEW)
        with pytest.raises(RuleViolation), transaction():
            renewal.answer(None, notice, RenewalAnswer.END)
    assert (by_mail.status, by_mail.valid_until) == (RegistrationStatus.APPROVED, NEXT)
    assert mails(by_mail)[3:] == ["登録を更新しました"]
    with clock.frozen(tokyo(2027, 4, 1, 0, 1)):
        assert EXPIRIES.run()
        db.session.rollback()
        assert (by_mail.status, by_letter.status) == (RegistrationStatus.APPROVED, RegistrationStatus.EXPIRED)
        late = db.session.scalars(select(RenewalNotice).filter_by(registration_id=by_letter.id)).one()
        with pytest.raises(RuleViolation), transaction():
            renewal.answer(None, late, RenewalAnswer.RENEW)
        with transaction():  # a coordinator takes a late letter
            renewal.answer(coordinator, late, RenewalAnswer.RENEW)
        assert (by_letter.status, by_letter.valid_until) == (RegistrationStatus.APPROVED, NEXT)


def test_a_no_is_kept_until_a_coordinator_hears_a_yes(app):
    registration = make_registration(valid_until=ENDS)
    notice = make_renewal_notice(registration, sent_at=clock.now() - timedelta(days=90))
    with transaction():
        renewal.answer(None, notice, RenewalAnswer.END)
    assert registration.valid_until == ENDS
    with clock.frozen(tokyo(2027, 3, 28, 9)):
        assert renewal.to_remind() == []
    with pytest.raises(RuleViolation), transaction():
        renewal.answer(None, notice, RenewalAnswer.RENEW)
    with transaction():
        renewal.answer(make_coordinator(), notice, RenewalAnswer.RENEW)
    assert registration.valid_until == NEXT


def test_no_reminder_where_the_registration_has_ended(app):
    registration = make_registration(valid_until=ENDS)
    make_renewal_notice(registration, sent_at=clock.now())
    with clock.frozen(tokyo(2027, 3, 28, 9)):
        assert len(renewal.to_remind()) == 1
        with transaction():
            life.revoke(make_coordinator(), registration, "conduct")
        assert renewal.to_remind() == []


@pytest.mark.parametrize(
    ("verb", "reason", "subject", "told"),
    [
        (life.withdraw, "moved", "登録を辞退されました", ""),
        (life.suspend, "unreachable", "登録を休止しました", "連絡がとれないため"),
        (life.revoke, "conduct", "登録を取り消しました", "行動規範に反する行いがあったため"),
    ],
)
def test_an_end_keeps_its_reason_and_the_person_is_told(app, verb, reason, subject, told):
    registration = make_registration()
    with pytest.raises(Invalid), transaction():
        verb(make_coordinator(), registration, "looks")
    with transaction():
        verb(make_coordinator(), registration, reason)
    assert (registration.end_reason, registration.ended_at) == (reason, clock.now())
    assert mails(registration) == [subject]
    assert told in db.session.scalars(select(OutboxMessage.body)).one()


def test_an_old_link_never_shortens_a_registration(app):
    registration = make_registration(valid_until=ENDS)
    notice = make_renewal_notice(registration)
    later = date(2029, 3, 31)
    with transaction():
        life.renew(make_coordinator(), registration, later)
    with pytest.raises(RuleViolation, match="2029年3月31日"), transaction():
        renewal.answer(None, notice, RenewalAnswer.RENEW)
    assert registration.valid_until == later


def test_what_has_ended_comes_back_only_with_what_it_needs(app):
    registration = make_registration(
        programme="bosaishi", status=RegistrationStatus.EXPIRED, valid_until=ENDS
    )
    with pytest.raises(RuleViolation, match="防災士の番号"), transaction():
        life.renew(make_coordinator(), registration, NEXT)
    make_credential(registration.registrant, certificate_number="123456", verification=Verification.VERIFIED)
    with transaction():
        life.renew(make_coordinator(), registration, NEXT)
    assert registration.status is RegistrationStatus.APPROVED


def test_what_has_ended_does_not_come_back_without_a_consent(app):
    registration = make_registration(status=RegistrationStatus.EXPIRED, valid_until=ENDS)
    with pytest.raises(RuleViolation, match="あらためて申請"), transaction():
        life.renew(make_coordinator(), registration, NEXT)


def test_who_was_erased_is_not_renewed(app):
    registration = make_registration(
        programme="lecturer", status=RegistrationStatus.EXPIRED, valid_until=ENDS
    )
    with transaction():
        erase(None, registration.registrant)
    with pytest.raises(Conflict, match="消去"), transaction():
        life.renew(make_coordinator(), registration, NEXT)


def test_no_letter_for_a_registration_that_has_ended(app, clients):
    registration = make_registration(
        make_registrant(email=""), valid_until=ENDS, status=RegistrationStatus.WITHDRAWN
    )
    make_renewal_notice(registration, channel=NoticeChannel.LETTER)
    page = clients(make_coordinator()).get(f"/registry/renewals/{registration.programme}/letters")
    assert registration.registrant.name not in page.get_data(as_text=True)
