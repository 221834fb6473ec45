"""What it costs: a clerk with a paper form in key presses, somebody on a phone in taps. Counts, no clock."""

from collections import Counter

from tests.e2e import steps
from tests.e2e.people import PHONE
from tests.factories import make_account, make_coordinator, make_registrant, make_registration


class Keyboard:
    """Nothing but a keyboard. What is pressed beside the text itself is counted."""

    def __init__(self, page):
        self.page, self.pressed = page, Counter()

    def press(self, key):
        self.page.keyboard.press(key)
        self.pressed[key] += 1

    def reach(self, name, value=None):
        """Tab to this field, of several with one name to the one with this value."""
        focused = "() => [document.activeElement.name, document.activeElement.value]"
        while (at := self.page.evaluate(focused))[0] != name or value not in (None, at[1]):
            self.press("Tab")
            assert self.pressed.total() < 500, f"{name} is not to be reached"

    def write(self, name, text):
        self.reach(name)
        self.page.keyboard.insert_text(text)

    def tick(self, name, value):
        self.reach(name, value)
        self.press("Space")

    def choose(self, name, value):
        self.reach(name)
        while self.page.evaluate("() => document.activeElement.value") != value:
            self.press("ArrowDown")


def fields(page):
    """How many one sees: a group of boxes is one."""
    found = page.locator("main").locator("input, select, textarea").all()
    return len({field.get_attribute("name") for field in found if field.is_visible()})


def test_a_paper_form_by_keyboard_alone(window, app):
    """Somebody who would help at school; eleven fields of the paper are filled in."""
    clerk = window(make_coordinator())
    clerk.open("/registry/enter")
    assert fields(clerk.page) <= 28
    keys = Keyboard(clerk.page)
    keys.press("Tab")
    keys.press("Enter")  # 本文へ
    keys.tick("kind", "person")
    for name in ("name", "kana", "birth_year", "phone"):
        keys.write(name, steps.SOMEBODY[name])
    keys.choose("ward", "東区")
    keys.choose("school_district", "健軍")
    keys.tick("programmes", "school_support")
    keys.write("title", "見守り")
    keys.write("description", "朝の通学路に立ちます。")
    for purpose in ("contact_sharing", "rules_of_conduct", "confidentiality"):
        keys.tick("consents", purpose)
    while clerk.page.evaluate("() => document.activeElement.type") != "submit":
        keys.press("Tab")
    keys.press("Enter")
    clerk.page.wait_for_url("**/registry/queue*")
    assert clerk.sees("紙の申請を登録しました")
    assert keys.pressed.total() <= 87, keys.pressed


PICKER = {"select-one": 1, "time": 3, "date": 2}


class Thumb:
    """Nothing but taps, counted by what one is doing. A phone's own pickers count as they ask at the least:
    an option; an hour, a minute and OK; a day and OK."""

    def __init__(self, page):
        self.page, self.taps, self.doing = page, Counter(), ""

    def tap(self, role, name):
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role(role, name=name, exact=True).tap()
        self.taps[self.doing] += 1

    def unfold(self, words):
        self.page.locator("summary", has_text=words).tap()
        self.taps[self.doing] += 1

    def pick(self, name, value):
        field = self.page.locator(f'[name="{name}"]')
        kind = field.evaluate("field => field.type")
        field.tap()
        field.select_option(value) if kind == "select-one" else field.fill(value)
        self.taps[self.doing] += 1 + PICKER[kind]


def test_when_i_can_come_by_taps_alone(window, app):
    account = make_account()
    make_registration(make_registrant(account))
    resident = window(account, PHONE).open("/registry")
    thumb = Thumb(resident.page)
    thumb.doing = "the way there"
    thumb.tap("link", "日時と場所・休み")
    assert fields(resident.page) <= 2
    thumb.doing = "usual hours"
    thumb.tap("button", "平日の放課後（15–18時）")
    thumb.doing = "an hour"
    thumb.unfold("ほかの時間を足す")
    thumb.pick("weekday", "土曜日")
    thumb.pick("starts", "10:00")
    thumb.pick("ends", "12:00")
    thumb.tap("button", "この時間を足す")
    thumb.doing = "an absence"
    thumb.unfold("不在の日を足す")
    thumb.pick("first_day", "2026-10-10")
    thumb.tap("button", "不在の日を足す")
    thumb.doing = "a pause"
    thumb.tap("link", "しばらく活動を休む")
    thumb.tap("button", "今日から休む")
    for said in ("土曜日 10:00–12:00", "2026年10月10日", "活動を休んでいます"):
        assert resident.sees(said)
    most = {"the way there": 1, "usual hours": 1, "an hour": 12, "an absence": 5, "a pause": 2}
    assert thumb.taps <= Counter(most), thumb.taps
