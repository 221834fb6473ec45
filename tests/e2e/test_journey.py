"""The main job in a real browser with three accounts: from sign-up to the figure that moved by one."""

from datetime import date, time

import pytest

from matching.accounts.services import hash_password
from matching.kernel import clock
from matching.kernel.db import db
from tests.factories import make_coordinator

PASSWORD = "いつもの道に犬がいる"
DAY = date(2026, 10, 20)


@pytest.fixture
def coordinator(app, person):
    account = make_coordinator(email="tanto@example.jp", name="担当 花子")
    account.password_hash = hash_password(PASSWORD)
    db.session.commit()
    return sign_in(person(), "tanto@example.jp")


def sign_in(somebody, address):
    somebody.open("/sign-in").fill(email=address, password=PASSWORD)
    somebody.check("sign-in")
    return somebody.press("サインイン")


def test_from_sign_up_to_the_figure_that_moved(person, coordinator, spool):
    # a resident signs up and registers
    resident = person()
    resident.open("/").check("landing")
    resident.follow("教えたい・手伝いたい").fill(email="kazuko@example.jp")
    resident.check("sign-up")
    resident.press("メールを受け取る")
    resident.open(spool("kazuko@example.jp")).fill(name="中村 和子", password=PASSWORD)
    resident.check("follow")
    resident.press("登録する").follow("わたしの登録を見る").follow("登録を始める")
    resident.fill(name="中村 和子", kana="なかむら かずこ", birth_year="昭和31年", phone="096-000-0000")
    resident.page.select_option('[name="ward"]', "東区")
    resident.page.select_option('[name="school_district"]', "健軍")
    resident.check("register-1")
    resident.press("次へ")
    resident.page.check('[value="school_support"]')
    resident.fill(title="ミシンと手縫い", description="ミシンの糸通しや直線縫いを、ゆっくり教えます。")
    resident.check("register-2")
    resident.press("次へ").check("register-3")
    resident.press("次へ")
    resident.press("次へ").check("register-4-error")
    assert resident.sees("同意いただくと、先に進めます")
    for box in resident.page.locator('[name="consents"]').all():
        box.check()
    resident.press("次へ").check("register-5")
    resident.press("この内容で申請する").check("registry")
    assert resident.sees("申請中")

    # the coordinator approves, enters a school and invites its member
    coordinator.check("home-coordinator")
    coordinator.open("/registry/queue").check("queue")
    coordinator.follow("中村 和子").check("registration")
    coordinator.press("承認する")
    coordinator.open("/organisations/new").fill(name="健軍小学校", email="kyoto@example.jp")
    coordinator.page.select_option('[name="kind"]', "elementary_school")
    coordinator.page.select_option('[name="ward"]', "東区")
    coordinator.check("organisation-new")
    coordinator.press("登録して招待する").check("organisation")

    # the school's member follows the invitation and posts a request
    member = person()
    member.open(spool("kyoto@example.jp")).fill(name="教頭 一郎", password=PASSWORD)
    member.press("登録する").check("home-requester")
    member.follow("依頼を出す").follow("授業の手伝い").fill(
        title="ミシンの授業の手伝い",
        description="5年生の家庭科で、ミシンの糸通しを手伝ってほしい。",
        contact_phone="096-111-1111",
        participants="32",
        **{"sessions-0-day": DAY.isoformat(), "sessions-0-starts": "10:40", "sessions-0-ends": "12:15"},
    )
    for name, answer in (("minors", "yes"), ("teacher_present", "yes"), ("continuing", "no")):
        member.page.check(f'[name="{name}"][value="{answer}"]')
    member.page.select_option('[name="insurance"]', "school")
    member.check("request-new")
    member.press("送る").check("request-submitted")
    request_url = member.page.url.removeprefix(member.address)

    # opened, ranked with reasons, offered
    coordinator.open(request_url).press("募集を始める")
    coordinator.follow("候補を見る").check("candidates")
    assert coordinator.page.locator("mark", has_text="ミシン").count() >= 1
    assert coordinator.sees("計上先")
    coordinator.press("打診する").check("request-offered")
    member.open(request_url)
    assert not member.sees("中村 和子")

    # the person answers by the mail's link, without signing in
    by_mail = person()
    by_mail.open(spool("kazuko@example.jp")).check("answer")
    by_mail.press("引き受ける").check("answered")
    assert by_mail.sees("お引き受けいただいています")

    # both sides see each other's contact, from now on
    member.open(request_url)
    assert member.sees("中村 和子")
    member.follow("中村 和子").press("連絡先を見る").check("match-contact")
    assert member.sees("096-000-0000")
    resident.open("/matches").follow("ミシンの授業の手伝い").press("連絡先を見る")
    assert resident.sees("096-111-1111")

    # the activity happens, is reported, confirmed and counted
    public = person()
    public.open("/indicators").check("indicators-before")
    third = public.page.locator("section.figure-3 .value")
    assert third.inner_text().startswith("0")
    with clock.frozen(clock.at(DAY, time(12, 30))):
        sign_in(member, "kyoto@example.jp").open(request_url).follow("活動を報告する")
        member.page.check('[name="held"][value="yes"]')
        member.page.check('[name="came"]')
        member.fill(participants="32")
        member.page.select_option('[name="effect_4"]', "5")
        member.check("report")
        member.press("活動を報告する").check("request-reported")
        sign_in(coordinator, "tanto@example.jp").open(request_url).check("confirm")
        coordinator.press("報告を確認して計上する").check("request-closed")
        public.open("/indicators").check("indicators-after")
        assert public.page.locator("section.figure-3 .value").inner_text().startswith("1")
        public.go_by(public.page.locator("section.figure-3").get_by_role("link", name="数えた活動を見る"))
        public.check("entries")
        assert public.sees("学校支援ボランティア")
