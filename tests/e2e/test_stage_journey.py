"""活動の場 from the offered place to the entry in the book: 募集、応募、出演."""

from datetime import date

from sqlalchemy import select

from matching.kernel.db import db
from matching.ledger.models import LedgerEntry
from tests.e2e import steps
from tests.e2e.people import PHONE
from tests.factories import at, make_account, make_coordinator, make_organisation, make_requester

DAY = date(2026, 10, 20)


def test_from_the_offered_stage_to_the_entry(person, window, app):
    member, account, coordinator = make_requester(), make_account(), make_coordinator()
    make_organisation(member, kind="community_centre", name="健軍公民館")
    resident, clerk, hall = window(account, PHONE), window(coordinator), window(member)
    steps.register(
        resident,
        "stage",
        title="大正琴の舞台",
        description="公民館の講座で学んだ大正琴を、5人で演奏します。",
        minutes="20",
        equipment="いす5脚",
    )
    steps.approve(clerk, "中村 和子")

    hall.open("/requests").follow("依頼を出す").follow("発表や展示の場を出す").check("stage-form")
    hall.fill(
        title="公民館まつりの舞台",
        description="大正琴や歌を披露できる舞台です。",
        contact_phone="096-000-0000",
        insurance="other",
        **{"sessions-0-day": DAY.isoformat(), "sessions-0-starts": "10:00", "sessions-0-ends": "12:00"},
    ).press("送る")
    assert hall.sees("依頼を送りました")
    clerk.open("/requests?status=submitted").follow("公民館まつりの舞台").press("募集を始める")
    assert clerk.sees("応募（0件）")

    visitor = person()
    visitor.open("/stages").check("stages")
    assert visitor.sees("公民館まつりの舞台")
    resident.open("/stages").press("応募する")
    resident.open("/stages").check("stages-applied")
    assert resident.sees("応募しています")

    hall.open("/requests").follow("公民館まつりの舞台").check("stage-applications")
    assert not hall.sees("中村 和子")
    assert hall.sees("20分") and hall.sees("いす5脚")
    hall.press("大正琴の舞台 を選ぶ")
    assert hall.sees("担当者の承認を待っています")
    clerk.open("/requests?status=open").follow("公民館まつりの舞台").follow("中村 和子").check("stage-match")
    clerk.press("承認する")
    assert clerk.sees("決まりました")

    with window.later(at(DAY, 13)):
        stage = hall.page.url.removeprefix(hall.address)
        steps.report(hall, stage, "出演を報告", minutes="20", participants="80")
        steps.confirm(clerk, stage)
        steps.counted(person(), "活動の場の提供", 2)
    db.session.rollback()
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert (entry.programme, entry.measure, entry.participants) == ("stage", 2, 80)
