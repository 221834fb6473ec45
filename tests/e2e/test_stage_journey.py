"""活動の場 from the offered place to the entry in the book: 募集、応募、出演."""

from datetime import date

from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from tests.e2e.test_people_journey import signed_in
from tests.factories import (
    at,
    indexed,
    make_account,
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_requester,
)

DAY = date(2026, 10, 20)


def test_from_the_offered_stage_to_the_entry(person, clients, app):
    member, account, coordinator = make_requester(), make_account(), make_coordinator()
    make_organisation(member, name="健軍公民館")
    performer = make_registration(
        make_registrant(account, name="演奏 花子"), "stage", offering="大正琴の舞台"
    )
    indexed(performer)

    hall = signed_in(person(), clients, member)
    hall.open("/requests").follow("発表の場を出す").check("stage-form")
    hall.fill(title="公民館まつりの舞台", description="大正琴や歌を披露できる舞台です。")
    hall.fill(**{"sessions-0-day": "2026-10-20", "sessions-0-starts": "10:00", "sessions-0-ends": "12:00"})
    hall.fill(contact_phone="096-000-0000")
    hall.page.select_option("[name=insurance]", "other")
    hall.press("送る")
    assert hall.sees("依頼を送りました")
    clerk = signed_in(person(), clients, coordinator)
    clerk.open("/requests?status=submitted").follow("公民館まつりの舞台").press("募集を始める")
    assert clerk.sees("応募（0件）")

    visitor = person()
    visitor.open("/stages").check("stages")
    assert visitor.sees("公民館まつりの舞台")
    resident = signed_in(person(), clients, account)
    resident.open("/stages").press("応募する")
    resident.open("/stages").check("stages-applied")
    assert resident.sees("応募しています")

    hall.open("/requests").follow("公民館まつりの舞台").check("stage-applications")
    assert not hall.sees("演奏 花子")
    hall.press("大正琴の舞台 を選ぶ")
    assert hall.sees("担当者の承認を待っています")
    clerk.open("/requests?status=open").follow("公民館まつりの舞台").follow("演奏 花子").check("stage-match")
    clerk.press("承認する")
    assert clerk.sees("決まりました")

    with clock.frozen(at(DAY, 13)):
        hall, clerk = signed_in(person(), clients, member), signed_in(person(), clients, coordinator)
        hall.open("/requests").follow("公民館まつりの舞台").follow("活動を報告する").check("stage-report")
        hall.page.check('[name="held"][value="yes"]')
        hall.page.check('[name="came"]')
        hall.fill(minutes="20", participants="80")
        hall.press("報告する").check("stage-reported")
        clerk.open("/requests?status=filled").follow("公民館まつりの舞台").press("報告を確認して計上する")
    db.session.rollback()
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert (entry.programme, entry.measure, entry.participants) == ("stage", 2, 80)
