"""The thesaurus in a real browser: type, look at what changes, write again, save; and what is refused."""

from datetime import timedelta

import pytest

from matching.engine.thesaurus import Group
from matching.kernel import clock, events
from matching.kernel.db import transaction
from matching.matcher import gateway
from matching.words.services import change_group
from tests.factories import (
    make_coordinator,
    make_organisation,
    make_registrant,
    make_registration,
    make_request,
    make_words,
)


@pytest.fixture(autouse=True)
def by_words_alone(monkeypatch):
    """With vectors 着物 is near 和服 as it is, and the group changes less."""
    monkeypatch.setattr(gateway, "meaning", lambda: None)


PEOPLE = [
    ("中村 和子", "和服の着つけ", "和服をひとりで着られるように、帯結びまで教えます。"),
    ("緒方 明子", "着物の手入れ", "着物のしみ抜きと、たたみ方を教えます。"),
    ("坂本 直美", "浴衣を縫う", "浴衣を一枚、手縫いで仕立てます。"),
    ("島田 健二", "将棋の指し方", "駒の動かし方から教えます。"),
]


def test_from_typing_to_saving(window, app):
    for name, title, description in PEOPLE:
        registration = make_registration(make_registrant(name=name), offering=title)
        with transaction():
            registration.offerings[0].description = description
            events.offering_changed.send(registration.offerings[0])
    soon = clock.today() + timedelta(days=30)
    for title in ("着物を着てみよう", "和服の日の手伝い", "駒のあそび"):
        make_request(make_organisation(), soon, title=title, description=f"{title}。手を貸してください。")
    coordinator = window(make_coordinator(name="見本 太郎"))

    coordinator.open("/words").check("words-empty")
    coordinator.follow("言葉の組を加える").fill(words="着物\n34")
    coordinator.press("変わる依頼を見る").check("words-error")
    assert coordinator.sees("「34」は、人を探すときに使われない言葉です")
    coordinator.fill(words="着物\nきもの\n和服", narrower="浴衣").press("変わる依頼を見る")
    coordinator.check("words-preview")
    assert coordinator.sees("はじめの5人が変わる依頼: 2件")
    assert coordinator.sees("受け持ちの募集中の依頼3件を調べました")
    coordinator.press("書きなおす")
    assert coordinator.page.input_value('[name="narrower"]') == "浴衣"
    coordinator.press("変わる依頼を見る").press("保存する").check("words-saved")
    assert coordinator.sees("着物＝きもの＝和服")

    coordinator.follow("着物＝きもの＝和服").follow("この組を消す").check("words-remove-asked")
    coordinator.follow("やめる").press("変わる依頼を見る").check("words-preview-nothing")
    other = make_words("習字", "書道")
    coordinator.open(f"/words/{other.code}").fill(words="習字\n書道\nお習字")
    with transaction():
        change_group(None, other, Group(("習字", "毛筆")), other.version)
    coordinator.press("変わる依頼を見る").press("保存する").check("words-stale")
    assert coordinator.sees("ほかの人が先に書きかえました")
