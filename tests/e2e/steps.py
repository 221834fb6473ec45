"""The steps of the main job as people take them: a programme's journey says only what is its own."""

from collections.abc import Collection, Mapping

from playwright.sync_api import Locator

from tests.e2e.people import Person

SOMEBODY = {
    "name": "中村 和子",
    "kana": "なかむら かずこ",
    "birth_year": "昭和31年",
    "phone": "096-000-0000",
    "ward": "東区",
    "school_district": "健軍",
}
ANY_TIME: Mapping[str, str] = {}


def register(
    resident: Person,
    programme: str,
    *,
    who: Mapping[str, str] = SOMEBODY,
    when: Mapping[str, str] = ANY_TIME,
    also: Collection[str] = (),
    **can: str,
) -> None:
    """The five pages of the wizard. `can`: what the second asks; `also`: words of consents that may be left
    out."""
    begin_registration(resident, programme, who, **can)
    resident.look("2-offering").press("次へ").fill(**when).press("次へ")
    for label in resident.page.locator("#consents label").all():
        if any(words in label.inner_text() for words in ("必須", *also)):
            label.click()
    resident.look("4-consents").press("次へ").look("5-check").press("この内容で申請する")
    assert resident.sees("申請中")


def begin_registration(
    resident: Person, programme: str, who: Mapping[str, str] = SOMEBODY, **can: str
) -> None:
    """The first two pages, the second not yet sent."""
    resident.open("/registry/register/person").fill(**who).press("次へ").fill(programmes=programme, **can)


def approve(clerk: Person, name: str) -> str:
    """The registration that waits under this name; the address of its page."""
    clerk.open("/registry/queue").follow(name).look("6-registration")
    page = clerk.page.url.removeprefix(clerk.address)
    clerk.press("承認する")
    return page


def ask(member: Person, template: str, **said: str) -> str:
    """From the template to the request sent; the address of its page."""
    begin(member, template)
    return send(member, **said)


def begin(member: Person, template: str) -> None:
    member.open("/requests").follow("依頼を出す").follow(template).look("7-template")


def send(member: Person, **said: str) -> str:
    usual = {"contact_phone": "096-111-1111", "insurance": "city", "minors": "no"}
    for folded in member.page.locator("details#more:not([open]) > summary").all():
        folded.click()
    member.fill(**{**usual, **said}).press("送る").look("8-request")
    assert member.sees("依頼を送りました")
    return member.page.url.removeprefix(member.address)


def look_for(clerk: Person, request: str) -> None:
    """The request is opened; who fits?"""
    clerk.open(request).press("募集を始める").follow("候補を見る").look("9-candidates")


def card(clerk: Person, name: str) -> Locator:
    """What the page of candidates says of this person."""
    return clerk.page.locator("article.candidate", has_text=name)


def offer(clerk: Person, name: str) -> None:
    """打診する, on this person's card."""
    clerk.go_by(card(clerk, name).get_by_role("button", name="打診する"))
    assert clerk.sees("打診しました")


def accept(resident: Person, title: str, yes: str = "引き受ける") -> None:
    resident.open("/matches").follow(title).look("10-offer").press(yes)
    resident.look("11-accepted")


def report(member: Person, request: str, what: str = "活動を報告", **figures: str) -> None:
    """What has happened, all who were expected came."""
    member.open(request).follow(f"{what}する").fill(held="yes", **figures)
    for box in member.page.locator('[name="came"]').all():
        box.check()
    member.look("12-report").press(f"{what}する")
    assert member.sees(f"{what}しました")


def confirm(clerk: Person, request: str, what: str = "報告") -> None:
    clerk.open(request).press(f"{what}を確認して計上する")
    clerk.look("13-closed")


def counted(anybody: Person, programme: str, measure: int, matches: int = 1) -> None:
    """The public figures: these matches of this programme under this measure, and no other."""
    anybody.open("/indicators").look("14-indicators")
    for number in range(1, 5):
        value = anybody.page.locator(f"section.figure-{number} .value").inner_text()
        assert value.split()[0] == str(matches if number == measure else 0), (number, value)
    anybody.page.locator(f"section.figure-{measure} summary").first.click()
    row = anybody.page.locator(f"section.figure-{measure} tr", has_text=programme)
    assert row.locator("td").first.inner_text() == str(matches)
