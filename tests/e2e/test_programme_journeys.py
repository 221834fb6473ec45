"""Each programme's own journey, from the registration on a phone to the figure that moved.

学校支援ボランティア has the main job in full (test_journey.py), 活動の場 is turned round
(test_stage_journey.py); these say what is particular to the other seven.
"""

from datetime import date

import pytest

from tests.e2e import steps
from tests.e2e.people import PHONE
from tests.factories import at, make_account, make_coordinator, make_organisation, make_requester
from tests.support.rulebook import ARTICLE, enter_rules

NAME = steps.SOMEBODY["name"]
DAY = date(2026, 10, 20)
DATE = {
    "sessions-0-day": DAY.isoformat(),
    "sessions-0-starts": "10:00",
    "sessions-0-ends": "11:30",
}


@pytest.fixture
def resident(window, app):
    return window(make_account(name=NAME), PHONE)


@pytest.fixture
def clerk(window, app):
    return window(make_coordinator(name="担当 花子"))


@pytest.fixture
def member(window, app):
    """A factory: the contact of an organisation of this kind."""

    def join(kind, name):
        account = make_requester(name="担当 次郎")
        make_organisation(account, kind=kind, name=name)
        return window(account)

    return join


def test_a_woman_for_a_council(app, monkeypatch, person, window, resident, clerk, member):
    """女性人材リスト: asked for by the council's name, counted at the 委嘱, never seen from outside."""
    enter_rules(app, monkeypatch, "women_talent", seat_limit=1)
    steps.register(
        resident,
        "women_talent",
        who={**steps.SOMEBODY, "public_name": "かずこ"},
        title="都市計画",
        description="建築士として、まちなみの保存と防災まちづくりに長く関わってきました。",
    )
    steps.approve(clerk, NAME)
    office = member("city_office", "都市政策課")
    request = seat(office, "2026-11-01", "2028-10-31")
    steps.look_for(clerk, request)
    assert clerk.sees("熊本市都市計画審議会")
    steps.offer(clerk, NAME)
    assert not office.open(request).sees(NAME)
    steps.accept(resident, "都市計画審議会の委員", "就任を承諾する")
    assert office.open(request).sees(NAME)
    with window.later(at(date(2026, 11, 2))):
        steps.report(office, request, "委嘱を記録")
        steps.confirm(clerk, request, "委嘱")
        assert clerk.sees("委員になる人（1 / 1人）") and clerk.sees("委嘱しました")
        steps.counted(person(), "女性人材リスト", 1)

        steps.look_for(clerk, seat(office, "2028-10-01", "2030-09-30"))
        occupied = steps.card(clerk, NAME)
        assert f"ほかの委員を1つ務めています（兼職は1まで、{ARTICLE}）" in occupied.inner_text()
        assert not occupied.get_by_role("button", name="打診する").count()
        steps.look_for(clerk, seat(office, "2028-11-01", "2030-10-31"))
        clerk.fill(who="なかむら").press("順位と理由を見る").look("9-by-name")
        steps.offer(clerk, NAME)

        school = member("elementary_school", "健軍小学校")
        assert not school.open("/requests/choose").sees("審議会などの委員")
        for outside, page in (
            (person(), "/programmes/women_talent"),
            (office, "/programmes/women_talent"),
            (office, "/registry/registrations"),
            (office, f"{request}/candidates"),
            (school, request),
        ):
            outside.open(page)
            assert not any(outside.sees(words) for words in (NAME, "かずこ", "まちなみ")), page


def seat(office, first, last):
    return steps.ask(
        office,
        "審議会などの委員",
        title="都市計画審議会の委員",
        description="都市計画とまちなみの保存について、建築に詳しい方の意見をお願いします。",
        council="熊本市都市計画審議会",
        term_start=first,
        term_end=last,
    )


def test_a_civic_group(person, window, resident, clerk, member):
    """あいぽーと: a group with its number of people and who answers for it."""
    group = {
        "kind": "group",
        "name": "肥後ちょんかけごま保存会",
        "kana": "ひごちょんかけごまほぞんかい",
        "members": "12",
        "phone": "096-000-0000",
        "ward": "中央区",
    }
    can = {
        "title": "ちょんかけごまの披露",
        "description": "地域のまつりで、ちょんかけごまを披露し、子どもたちに回し方を伝えます。",
    }
    resident.open("/registry").follow("登録を始める").fill(**group).press("次へ").look("1-representative")
    assert resident.sees("代表者のお名前：")
    steps.register(resident, "aiport", who={**group, "representative": "島田 健二"}, **can)
    clerk.open("/registry/queue").follow(group["name"])
    assert clerk.sees("12人") and clerk.sees("島田 健二")
    steps.approve(clerk, group["name"])
    block = member("neighbourhood_association", "健軍1町内自治会")
    request = steps.ask(
        block,
        "地域の行事の手伝い",
        title="夏まつりの出し物",
        description="地域のまつりで、昔ながらのこまを披露してほしいです。",
        **DATE,
    )
    steps.look_for(clerk, request)
    assert "（12人）" in steps.card(clerk, group["name"]).inner_text()
    steps.offer(clerk, group["name"])
    steps.accept(resident, "夏まつりの出し物")
    with window.later(at(DAY, 13)):
        steps.report(block, request, participants="150")
        steps.confirm(clerk, request)
        steps.counted(person(), "あいぽーと", 1)


def test_a_lecturer(person, window, resident, clerk, member):
    """講師登録: for whom, with what, for which fee."""
    steps.register(
        resident,
        "lecturer",
        title="水彩画",
        description="はじめての方に、透明水彩で花や野菜を描く楽しさを教えます。",
        level="introductory",
        minutes="90",
        capacity="15",
        equipment="水道のある部屋",
        fee="expenses",
    )
    steps.approve(clerk, NAME)
    hall = member("community_centre", "東部公民館")
    request = steps.ask(
        hall,
        "講座や学習会の講師",
        title="水彩画講座の講師",
        description="はじめての方の講座で、水彩画の描き方を教えてほしいです。",
        fee="実費",
        **DATE,
    )
    steps.look_for(clerk, request)
    for said in ("程度: 入門", "謝礼: 実費", "必要な設備・道具: 水道のある部屋", "15人", "90分"):
        assert said in steps.card(clerk, NAME).inner_text()
    steps.offer(clerk, NAME)
    steps.accept(resident, "水彩画講座の講師")
    assert resident.sees("実費")
    with window.later(at(DAY, 13)):
        steps.report(hall, request, participants="12")
        steps.confirm(clerk, request)
        steps.counted(person(), "講師登録", 2)


def test_study_time_over_a_term(person, window, resident, clerk, member):
    """学びたいむ: every Tuesday but the holiday; two helpers, one of whom cannot come on one of the days."""
    other = window(make_account(name="緒方 明子"), PHONE)
    can = {
        "title": "宿題の見守り",
        "description": "小学生の算数と国語の宿題を、となりで見守ります。放課後に来られます。",
    }
    steps.register(resident, "manabi_time", when={"hours-1-starts": "15:00", "hours-1-ends": "18:00"}, **can)
    steps.register(
        other, "manabi_time", who={**steps.SOMEBODY, "name": "緒方 明子", "phone": "096-000-0001"}, **can
    )
    other.open("/registry").follow("日時と場所・休み")
    other.page.get_by_text("不在の日を足す", exact=True).first.click()
    other.fill(first_day="2026-10-27", last_day="2026-10-27").press("不在の日を足す")
    for name in (NAME, "緒方 明子"):
        steps.approve(clerk, name)
    clerk.open("/requests").follow("学校の休みのカレンダー")
    clerk.fill(name="文化の日", first_day="2026-11-03").press("カレンダーに加える")

    school = member("elementary_school", "健軍小学校")
    steps.begin(school, "学びたいむ")
    school.fill(series_weekday="火曜日", series_first="2026-10-13", series_last="2026-11-10")
    school.fill(series_starts="15:30", series_ends="16:30").press("日時を並べる").look("7-series")
    assert school.sees("11月3日(火)（文化の日）")
    request = steps.send(
        school,
        title="3年生の学びたいむ",
        description="放課後の学習の時間に、3年生の宿題を見てほしいです。",
        headcount="2",
        minors="yes",
        teacher_present="yes",
        continuing="yes",
    )
    steps.look_for(clerk, request)
    assert "4回のうち4回に来られます" in steps.card(clerk, NAME).inner_text()
    assert "4回のうち3回に来られます" in steps.card(clerk, "緒方 明子").inner_text()
    for name, helper in ((NAME, resident), ("緒方 明子", other)):
        clerk.open(f"{request}/candidates")
        steps.offer(clerk, name)
        steps.accept(helper, "3年生の学びたいむ")
    assert not other.sees("10月27日")
    with window.later(at(date(2026, 11, 10), 17)):
        for _ in range(4):
            steps.report(school, request, participants="8")
        steps.confirm(clerk, request)
        steps.counted(person(), "学びたいむ", 3, matches=2)


def test_a_certified_helper(person, window, resident, clerk, member):
    """防災士: the number, checked and verified, and the word that the district's bodies may call."""
    can = {
        "title": "避難所の運営",
        "description": "防災訓練で、避難所の受付と部屋割りの進め方を指導します。",
        "credentials-0-kind": "bosaishi",
    }
    steps.begin_registration(resident, "bosaishi", **can, **{"credentials-0-certificate_number": "12345"})
    resident.press("次へ").look("2-number")
    assert resident.sees("認証状に書かれた6けたの数字です")
    number = {"credentials-0-certificate_number": "第１２３－４５６号"}
    steps.register(resident, "bosaishi", also=("地域防災リーダー",), **can, **number)
    clerk.open("/registry/queue").follow(NAME)
    assert clerk.sees("番号 第123-456号") and clerk.sees("申告")
    clerk.open(steps.approve(clerk, NAME)).look("6-verified")
    assert clerk.sees("地域防災リーダー") and not clerk.sees("申告")
    club = member("disaster_prevention_club", "健軍校区自主防災クラブ")
    request = steps.ask(
        club,
        "防災訓練・避難所の訓練",
        title="健軍校区の避難所訓練",
        description="避難所の受付と部屋割りの訓練を行います。進め方の指導をお願いします。",
        **DATE,
    )
    steps.look_for(clerk, request)
    assert "防災士の登録が有効です" in steps.card(clerk, NAME).inner_text()
    steps.offer(clerk, NAME)
    steps.accept(resident, "健軍校区の避難所訓練")
    with window.later(at(DAY, 13)):
        steps.report(club, request, participants="60")
        steps.confirm(clerk, request)
        steps.counted(person(), "防災士", 4)


def test_a_storyteller(person, window, resident, clerk, member):
    """災害の記録・記憶・教訓の伝承: which disaster, and the record's title, place and year."""
    can = {
        "title": "避難所で書いた日記",
        "description": "熊本地震のとき、避難所で暮らした日々を、日記を読みながら話します。",
        "record_title": "避難所の日記",
        "record_place": "益城町",
        "record_year": "平成28年",
    }
    steps.begin_registration(resident, "storyteller", **can)
    resident.press("次へ").look("2-disaster")
    assert resident.sees("どの災害")
    steps.register(resident, "storyteller", disaster="kumamoto_2016", **can)
    steps.approve(clerk, NAME)
    school = member("pta", "健軍小学校PTA")
    request = steps.ask(
        school,
        "災害の体験や教訓の話",
        title="熊本地震の話を聞く会",
        description="6年生と保護者に、熊本地震の避難所の体験と、これからの備えを話してほしいです。",
        **DATE,
        minors="yes",
        teacher_present="yes",
        continuing="no",
    )
    steps.look_for(clerk, request)
    for said in ("平成28年（2016年）熊本地震", "避難所の日記", "益城町", "2016年"):
        assert said in steps.card(clerk, NAME).inner_text()
    steps.offer(clerk, NAME)
    steps.accept(resident, "熊本地震の話を聞く会")
    with window.later(at(DAY, 13)):
        steps.report(school, request, participants="70")
        steps.confirm(clerk, request)
        steps.counted(person(), "災害の記録・記憶・教訓の伝承", 4)


def test_a_drill_of_a_school_district(person, window, resident, clerk, member):
    """自主防災活動: the list of the districts knows it before and after."""
    steps.register(
        resident,
        "voluntary_disaster",
        title="消火器と担架の訓練",
        description="訓練で、消火器の使い方と担架での運び方を受け持てます。",
    )
    steps.approve(clerk, NAME)
    liaison = member("district_disaster_liaison", "健軍校区防災連絡会")
    assert "まだ" in of_the_district(clerk)
    request = steps.ask(
        liaison,
        "防災訓練・避難所の訓練",
        title="健軍校区の防災訓練",
        description="消火器と担架の訓練を行います。使い方の指導をお願いします。",
        **DATE,
    )
    steps.look_for(clerk, request)
    assert "予定があります" in of_the_district(clerk)
    clerk.open(f"{request}/candidates")
    steps.offer(clerk, NAME)
    steps.accept(resident, "健軍校区の防災訓練")
    with window.later(at(DAY, 13)):
        steps.report(liaison, request, participants="120")
        steps.confirm(clerk, request)
        steps.counted(person(), "自主防災活動", 4)
        assert "行われました" in of_the_district(clerk)


def of_the_district(clerk):
    """健軍's row in the list of school districts."""
    clerk.open("/requests").follow("校区ごとの自主防災活動").look("drills")
    clerk.page.locator("summary", has_text="東区").click()
    return clerk.page.locator(
        "tr", has=clerk.page.get_by_role("rowheader", name="健軍", exact=True)
    ).inner_text()
