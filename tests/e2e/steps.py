"""The steps of the main job as people take them: a programme's journey says only what is its own."""

from collections.abc import Collection, Mapping

from tests.e2e.people import Person

SOMEBODY = {
    "name": "中村 和子",
    "kana": "なかむら かずこ",
    "birth_year": "昭和31年",
    "phone": "096-000-0000",
    "ward": "東区",
    "school_district": "健軍",
}


def register(
    resident: Person,
    programme: str,
    *,
    who: Mapping[str, str] = SOMEBODY,
    also: Collection[str] = (),
    **can: str,
) -> None:
    """The five pages of the wizard. `can`: what the second asks; `also`: consents beside the required ones."""
    resident.open("/registry").follow("登録を始める").fill(**who).press("次へ")
    resident.page.check(f'[value="{programme}"]')
    resident.fill(**can).look("2-offering").press("次へ").press("次へ")
    for label in resident.page.locator("#consents label").all():
        if "必須" in label.inner_text() or any(words in label.inner_text() for words in also):
            label.click()
    resident.look("4-consents").press("次へ").look("5-check").press("この内容で申請する")
    assert resident.sees("申請中")


def approve(clerk: Person, name: str) -> None:
    """The registration that waits under this name."""
    clerk.open("/registry/queue").follow(name).look("6-registration").press("承認する")


def ask(member: Person, template: str, **said: str) -> str:
    """From the template to the request sent; the address of its page."""
    member.open("/requests").follow("依頼を出す").follow(template).look("7-template")
    member.fill(contact_phone="096-111-1111", insurance="city", minors="no", **said)
    member.press("送る").look("8-request")
    assert member.sees("依頼を送りました")
    return member.page.url.removeprefix(member.address)


def look_for(clerk: Person, request: str) -> None:
    """Open the request and see who fits."""
    clerk.open(request).press("募集を始める").follow("候補を見る").look("9-candidates")


def offer(clerk: Person, name: str) -> None:
    """打診する, on this person's card."""
    card = clerk.page.locator("article.candidate", has_text=name)
    card.get_by_role("button", name="打診する").click()
    assert clerk.sees("打診しました")


def accept(resident: Person, title: str) -> None:
    resident.open("/matches").follow(title).look("10-offer").press("引き受ける")
    resident.look("11-accepted")


def report(member: Person, request: str, **figures: str) -> None:
    """What has happened, all who were expected came."""
    member.open(request).follow("活動を報告する").fill(held="yes", **figures)
    for box in member.page.locator('[name="came"]').all():
        box.check()
    member.look("12-report").press("報告する")
    assert member.sees("活動を報告しました")


def confirm(clerk: Person, request: str) -> None:
    clerk.open(request).press("報告を確認して計上する")
    clerk.look("13-closed")


def counted(anybody: Person, programme: str, measure: int, matches: int = 1) -> None:
    """The public figures: these matches of this programme under this measure, and no other."""
    anybody.open("/indicators").look("14-indicators")
    for number in range(1, 5):
        value = anybody.page.locator(f"section.figure-{number} .value").inner_text()
        assert value.split()[0] == str(matches if number == measure else 0), (number, value)
    row = anybody.page.locator(f"section.figure-{measure} tr", has_text=programme)
    assert row.locator("td").first.inner_text() == str(matches)
