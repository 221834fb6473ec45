"""When one can come, said on a phone: presets of one tap, an absence of two dates, a rest explained first."""

from datetime import date

from sqlalchemy import select

from matching.kernel.db import db
from matching.registry.models import Registrant
from tests.e2e.people import PHONE
from tests.factories import make_account, make_registrant, make_registration


def test_changed_on_a_phone_in_few_taps(window, app):
    account = make_account()
    make_registration(make_registrant(account))
    resident = window(account, PHONE)

    resident.open("/registry").follow("日時と場所・休み")
    resident.press("平日の午前（9–12時）")  # one tap
    assert resident.sees("金曜日 09:00–12:00")
    resident.press("土日（9–17時）")
    resident.go_by(resident.page.get_by_role("button", name="水曜日 09:00–12:00を消す"))
    resident.page.get_by_text("不在の日を足す", exact=True).first.click()
    resident.fill(first_day="2026-10-10", last_day="2026-10-12").press("不在の日を足す")
    assert resident.sees("2026年10月10日から2026年10月12日まで")
    resident.check("availability-filled")

    resident.follow("しばらく活動を休む")
    assert resident.sees("引き受けた活動は、そのままです")
    resident.press("今日から休む")
    assert resident.sees("活動を休んでいます")
    resident.check("availability-paused")
    resident.press("再開する")
    assert not resident.sees("活動を休んでいます")

    db.session.rollback()
    found = db.session.scalars(select(Registrant)).one()
    assert [row.weekday for row in found.weekly_hours] == [0, 1, 3, 4, 5, 6]
    assert [row.first_day for row in found.blackouts] == [date(2026, 10, 10)]
    assert found.paused_from is None
