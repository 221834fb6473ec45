"""The paper form says while it is typed who may be registered already; without a script, when it is sent."""

import pytest

from matching.kernel.db import db
from matching.registry.models import Registrant
from tests.e2e.people import DESK, Person
from tests.factories import make_coordinator, make_registrant, make_registration

QUESTION = "この人ではありませんか"
ASK = "**/registry/enter/same"
PAUSE = 400  # milliseconds, of static/js/same.js


@pytest.fixture
def known(app):
    person = make_registrant(name="中村 和子", kana="なかむら かずこ", birth_year=1955, phone="096-111-2222")
    return make_registration(person)


@pytest.fixture
def clerk(person, clients, known):
    """At the empty paper form, with a clock that only the test moves."""
    clerk = person().sign_in(clients(make_coordinator()))
    clerk.page.clock.install()
    clerk.open("/registry/enter")
    clerk.page.clock.pause_at(clerk.page.evaluate("Date.now()") + 1000)
    clerk.asked, clerk.ended = [], []
    clerk.page.on("request", lambda r: clerk.asked.append(r) if r.url.endswith("/same") else None)
    clerk.page.on("requestfailed", lambda r: clerk.ended.append(r) if r.url.endswith("/same") else None)
    return clerk


def typing(clerk, name, text):
    """Ten keys a second."""
    for key in text:
        clerk.page.locator(f"[name={name}]").press_sequentially(key)
        clerk.page.clock.run_for(100)


def test_the_hint_appears_below_what_is_typed_and_leaves_the_focus(clerk, known):
    typing(clerk, "name", "中村和子")
    typing(clerk, "kana", "なかむらかずこ")
    assert not clerk.asked  # no pause yet
    with clerk.page.expect_response(ASK) as answer:
        clerk.page.clock.run_for(PAUSE)
    hint = clerk.page.get_by_role("heading", name=QUESTION)
    hint.wait_for()
    assert answer.value.ok and len(clerk.asked) == 1
    assert "中村" not in clerk.asked[0].url and "%" not in clerk.asked[0].url
    assert clerk.page.url.endswith("/registry/enter")  # nothing was sent
    assert clerk.page.evaluate("document.activeElement.name") == "kana"
    assert clerk.page.locator("[data-same]").get_attribute("aria-live") == "polite"
    top = "document.querySelector('[name=phone]').getBoundingClientRect().bottom"
    assert hint.bounding_box()["y"] > clerk.page.evaluate(top)
    clerk.page.clock.resume()  # axe waits for timers of its own
    clerk.check("paper-typed")

    with clerk.context.expect_page() as tab:  # by keys alone: two fields on, then the link
        for key in ("Tab", "Tab", "Tab", "Enter"):
            clerk.page.keyboard.press(key)
    assert tab.value.url.endswith(known.code)
    assert clerk.page.input_value("[name=name]") == "中村和子"

    clerk.page.fill("[name=birth_year]", "1985")  # a namesake
    clerk.page.clock.run_for(PAUSE)
    hint.wait_for(state="detached")


def test_typing_on_gives_up_what_was_asked_before(clerk):
    clerk.page.route(ASK, lambda route: None)  # an answer that does not come
    with clerk.page.expect_request(ASK):
        typing(clerk, "name", "中村")
        clerk.page.clock.run_for(PAUSE)
    with clerk.page.expect_event("requestfailed"):
        typing(clerk, "name", "和")
    assert clerk.ended == clerk.asked
    with clerk.page.expect_request(ASK):
        typing(clerk, "name", "子")
        clerk.page.clock.run_for(PAUSE)
    assert (len(clerk.asked), len(clerk.ended)) == (2, 1)


def test_kana_on_their_way_to_kanji_are_not_asked_about(clerk):
    clerk.page.focus("[name=name]")
    keyboard = clerk.context.new_cdp_session(clerk.page)
    keyboard.send("Input.imeSetComposition", {"text": "なかむら", "selectionStart": 4, "selectionEnd": 4})
    clerk.page.clock.run_for(PAUSE)
    assert not clerk.asked
    with clerk.page.expect_request(ASK) as asked:
        keyboard.send("Input.insertText", {"text": "中村"})
        clerk.page.clock.run_for(PAUSE)
    assert "%E4%B8%AD%E6%9D%91" in asked.value.post_data


@pytest.mark.parametrize("status", [None, 422, 500, 303])
def test_a_failure_is_silent(clerk, status):
    headers = {"Location": "/sign-in"} if status == 303 else {}  # signed out meanwhile
    clerk.page.route(
        ASK,
        lambda route: (
            route.fulfill(status=status, headers=headers, body="壊れた") if status else route.abort()
        ),
    )
    typing(clerk, "name", "中村和子")
    with clerk.page.expect_request(ASK) as asked:
        clerk.page.clock.run_for(PAUSE)
    asked.value.response()
    clerk.page.evaluate("fetch('/sign-in').then((page) => page.text())")  # one answer later
    assert clerk.page.inner_text("[data-same]") == "" and not clerk.page.page_errors()
    assert clerk.page.url.endswith("/registry/enter")


def test_without_javascript_sending_finds_the_double(chromium, address, clients, known):
    context = chromium.new_context(java_script_enabled=False)
    somebody = Person(chromium, address, None, DESK)
    somebody.context.close()
    somebody.context, somebody.page = context, context.new_page()
    clerk = somebody.sign_in(clients(make_coordinator()))
    clerk.open("/registry/enter").fill(name="中村和子", kana="ナカムラ カズコ", birth_year="昭和30年")
    clerk.page.check("[name=kind][value=person]")
    clerk.page.select_option("[name=ward]", "東区")
    clerk.page.get_by_label("学校支援ボランティア").first.check()
    clerk.fill(title="見守り", description="朝の通学路に立ちます。")
    for consent in ("行動規範", "守秘義務"):
        clerk.page.get_by_label(consent).first.check()
    assert not clerk.sees(QUESTION)
    clerk.press("申請として登録する")
    assert clerk.sees(QUESTION)
    assert db.session.query(Registrant).count() == 1
    context.close()
