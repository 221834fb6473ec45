"""Child safety in a real browser: waiting, a report refused, the check recorded, the report taken."""

from datetime import date, time

from matching.kernel import clock
from matching.matches.models import MatchStatus
from tests.factories import (
    make_account,
    make_match,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_requester,
)

DAY = date(2027, 1, 12)


def test_from_waiting_to_a_report(window, app):
    member, resident = make_requester(name="見本 教頭"), make_account(name="中村 和子")
    school = make_organisation(member)
    make_operator(school, name="熊本市")
    request = make_request(school, DAY, minors=True, teacher_present=False, continuing=True, one_to_one=False)
    helper = make_registration(make_registrant(resident, name="中村 和子"))
    match = make_match(request, helper, MatchStatus.ACCEPTED)
    page, code, session = f"/matches/{match.code}", request.code, request.sessions[0].code
    with clock.frozen(clock.at(DAY, time(18))):
        asks, helps = (window(account) for account in (member, resident))
        helps.open("/matches").check("safety-list")
        assert helps.sees("確認待ち")
        helps.open(page).follow("なぜ確認が要るのか").check("safety-law")
        assert helps.sees("記録しません")

        asks.open(f"/requests/{code}/report/{session}")
        asks.page.locator("[name=held][value=yes]").check()
        asks.page.locator("[name=came]").check()
        asks.fill(minutes="90", participants="5").press("活動を報告する").check("safety-report-refused")
        assert asks.sees("安全確認が記録されていない")

        asks.open(page).follow("安全確認を記録する")
        asks.fill(checked_on="2027-01-08", officer="教育委員会 山田", valid_to="2027-01-07")
        asks.press("確認が済んだことを記録する").check("safety-check-error")
        assert asks.sees("確認した日より後の日")
        asks.fill(valid_to="2027-03-31").press("確認が済んだことを記録する").check("safety-checked")
        assert asks.sees("安全確認済")

        asks.open(f"/requests/{code}/report/{session}")
        asks.page.locator("[name=held][value=yes]").check()
        asks.page.locator("[name=came]").check()
        asks.fill(minutes="90", participants="5").press("活動を報告する").check("safety-reported")
        assert asks.sees("活動を報告しました")
        assert helps.open(page).sees("報告済み")
