"""The candidates page: order, reasons, mends; and where one person stands (この人は？)."""

from datetime import date, time, timedelta

import pytest

from matching.kernel import clock
from matching.kernel.db import db
from matching.matcher import queries
from matching.matches.models import Match, MatchStatus
from matching.registry.models import Blackout, RegistrationStatus, WeeklyHours
from tests.factories import (
    indexed,
    make_coordinator,
    make_match,
    make_registrant,
    make_registration,
    make_request,
    save,
)
from tests.support.statements import statements

DAY = date(2026, 10, 20)  # a Tuesday


@pytest.fixture
def request_(app):
    return make_request(None, DAY)


def offer(name="登録 花子", kana="とうろく はなこ", **values):
    """Somebody registered whose offering is in the index."""
    person = {k: values.pop(k) for k in ("ward", "school_district", "areas") if k in values}
    return indexed(make_registration(make_registrant(name=name, kana=kana, **person), **values))


def page(browser, request):
    response = browser.get(f"/requests/{request.code}/candidates")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def ask(browser, request, who, status=200):
    response = browser.post(f"/requests/{request.code}/candidates", data={"who": who})
    assert response.status_code == status
    return response.get_data(as_text=True)


def test_of_equal_texts_the_neighbour_stands_first_with_the_points_shown(clients, request_):
    offer("遠い 一郎", ward="西区", school_district="春日")
    offer("近い 二郎")
    shown = page(clients(make_coordinator()), request_)
    assert shown.index("近い 二郎") < shown.index("遠い 一郎")
    assert "同じ校区 <b>+.03</b>" in shown
    assert "まだ声をかけたことがない <b>+.02</b>" in shown


def test_of_equal_texts_who_comes_to_every_date_of_a_series_stands_first_with_the_points_shown(clients, app):
    series = make_request(None, *(DAY + timedelta(weeks=n) for n in range(4)))
    partly = offer("三回 一郎")
    save(Blackout(registrant_id=partly.registrant_id, first_day=DAY, last_day=DAY))
    offer("全部 二郎")
    shown = page(clients(make_coordinator()), series)
    assert shown.index("全部 二郎") < shown.index("三回 一郎") < len(shown)
    assert "4回すべてに来られる <b>+.03</b>" in shown
    assert "4回のうち3回に来られる <b>+.02</b>" in shown
    whole, part = queries.candidates(series)
    assert whole.total_percent == part.total_percent + 1


def test_of_up_to_three_dates_no_share_counts(clients, request_):
    offer("近い 二郎")
    assert "回すべてに来られる" not in page(clients(make_coordinator()), request_)


def test_who_fails_stands_below_with_every_reason_and_the_nearest_mend(clients, request_):
    failing = offer("東 三郎", areas=["西区"])
    save(WeeklyHours(registrant_id=failing.registrant_id, weekday=1, starts=time(10, 30), ends=time(16)))
    offer("近い 二郎", ward="西区", school_district="春日")
    shown = page(clients(make_coordinator()), request_)
    assert shown.index("近い 二郎") < shown.index('<h2 id="failing">') < shown.index("東 三郎")
    assert "10月20日(火) 10:00–11:30は活動できる時間（10:30–16:00）の外です" in shown
    assert "30分あと（10:30–12:00）なら来られます" in shown
    assert "東区まで広げてもらう" in shown


def test_who_passes_stands_first_however_many_nearer_ones_fail(app, request_):
    limit = 2
    for n in range(queries.NEAREST * limit):
        offer(f"近い {n}", areas=["西区"])
    far = offer("遠い 花子", ward="西区", school_district="春日")
    shown = queries.candidates(request_, limit=limit)
    assert [(found.passes, found.rank) for found in shown] == [
        (True, queries.NEAREST * limit + 1),
        (False, 1),
    ]
    assert shown[0].registrant == far.registrant.code


@pytest.mark.parametrize("areas", [[], ["西区"]])
def test_a_short_list_is_the_beginning_of_the_long_one(app, request_, areas):
    """Also where what the city remembers puts somebody before all whose words fit better."""
    limit = 2
    for n in range(queries.NEAREST * limit):
        offer(f"遠い {n}", ward="西区", school_district="春日", areas=areas)
    near = offer("近い 花子", offering="ミシンの縫い方と将棋", areas=areas)
    whole = queries.candidates(request_, nearest=True)
    assert (whole[0].registrant, whole[0].rank) == (near.registrant.code, 1)
    assert whole[0].score < whole[1].score == whole[-1].score
    assert queries.candidates(request_, limit=limit, nearest=True) == whole[:limit]


def test_who_is_asked_already_is_not_hindered_by_this_request_itself(clients, request_):
    asked = offer("近い 二郎")
    make_match(request_, asked)
    shown = page(clients(make_coordinator()), request_)
    assert "別の活動があります" not in shown
    assert "この依頼では「打診中」です" in shown


def test_the_page_asks_the_database_as_often_for_many_people(clients, request_):
    browser = clients(make_coordinator())
    path = f"/requests/{request_.code}/candidates"

    def count():
        with statements() as said:
            assert browser.get(path).status_code == 200
        return len(said)

    for number in range(2):
        offer(f"近い {number}")
    count()
    few = count()
    for number in range(12):
        failing = offer(f"遠い {number}", areas=["西区"])
        make_match(
            make_request(None, DAY - timedelta(days=40)), failing, MatchStatus.LAPSED, offered_at=clock.now()
        )
    count()  # the index takes the new ones in
    assert count() == few
    assert few <= 12


@pytest.mark.parametrize("typed", ["中村 和子", "中村和子", "ナカムラ", "なかむら かずこ", "ﾅｶﾑﾗ", " 和子 "])
def test_a_person_is_found_however_the_name_is_written(clients, request_, typed):
    offer("中村 和子", "なかむら かずこ")
    offer("近い 二郎", "ちかい じろう")
    shown = ask(clients(make_coordinator()), request_, typed)
    assert "中村 和子 さん" in shown
    assert "候補のうち1番目です" in shown
    assert "<mark>ミシン</mark>" in shown
    assert "近い 二郎" not in shown


def test_a_person_is_found_by_the_public_code_and_approved_from_there(clients, request_):
    meant = offer("中村 和子").registrant
    offer("中村 和子")
    browser = clients(make_coordinator())
    assert "打診する" in ask(browser, request_, meant.code)
    found = {"registrant": meant.code, "answer_by": "2026-10-08"}
    assert browser.post(f"/requests/{request_.code}/matches", data=found).status_code == 303
    match = db.session.query(Match).one()
    assert (match.registrant_id, match.score > 0) == (meant.id, True)


def test_of_several_people_at_most_ten_are_listed(clients, request_):
    for number in range(12):
        offer(f"中村 {chr(ord('あ') + number)}子", f"なかむら {chr(ord('あ') + number)}こ")
    browser = clients(make_coordinator())
    shown = ask(browser, request_, "中村")
    assert shown.count('<button class="button secondary" type="submit" name="who"') == 10
    assert "ほかにもいます" in shown
    assert "ほかにもいます" not in ask(browser, request_, "中村あ子")


def test_somebody_without_a_common_word_is_shown_all_the_same(clients, request_):
    offer("中村 和子", offering="書道")
    shown = ask(clients(make_coordinator()), request_, "中村")
    assert "この依頼と合う言葉がない" in shown
    assert "候補のうち" not in shown
    assert "学校支援ボランティアの登録が有効です" in shown


def test_somebody_far_behind_is_shown_without_a_rank(clients, request_, monkeypatch):
    monkeypatch.setattr(queries, "CONSIDERED", 1)
    offer("近い 二郎")
    offer("中村 和子", offering="雑巾の縫い方とミシンの片付け")
    browser = clients(make_coordinator())
    assert "順位を数えていません" in ask(browser, request_, "中村")
    assert "候補のうち1番目です" in ask(browser, request_, "近い")
    assert "中村 和子" not in page(browser, request_)


def test_somebody_without_a_registration_in_force_is_shown_with_the_step_that_is_missing(clients, request_):
    offer("中村 和子", status=RegistrationStatus.SUBMITTED)
    offer("近い 二郎")
    shown = ask(clients(make_coordinator()), request_, "中村")
    assert "登録が有効なら、候補のうち1番目です" in shown
    assert "有効な登録がありません" in shown
    assert "学校支援ボランティアの申請を承認すれば打診できます" in shown
    assert "打診する" not in shown


def test_somebody_of_another_programme_is_shown_with_the_programme_to_open(clients, request_):
    offer("中村 和子", programme="aiport")
    shown = ask(clients(make_coordinator()), request_, "中村")
    assert "依頼をあいぽーとにも開けば打診できます" in shown


def test_who_is_neither_ranked_nor_in_scope_is_not_found(clients, request_):
    offer("中村 和子", programme="women_talent", status=RegistrationStatus.APPROVED)
    offer("中村 夏子", status=RegistrationStatus.DRAFT)
    offer("中村 春子", ward="西区", status=RegistrationStatus.SUBMITTED)
    school = make_coordinator(wards=["東区"], measures=[3])
    shown = ask(clients(school), request_, "中村")
    assert "見つかりません" in shown
    for name in ("和子", "夏子", "春子"):
        assert f"中村 {name}" not in shown


def test_who_is_ranked_is_found_from_another_ward_too(clients, request_):
    offer("中村 和子", ward="西区")
    assert "中村 和子 さん" in ask(clients(make_coordinator(wards=["東区"], measures=[3])), request_, "中村")


def test_an_empty_name_is_refused_beside_the_field_and_unknown_ones_are_said(clients, request_):
    browser = clients(make_coordinator())
    assert "お名前を入力してください" in ask(browser, request_, "  ", 422)
    assert "100文字以内" in ask(browser, request_, "あ" * 101, 422)
    assert "「だれそれ」に当たる方が見つかりません" in ask(browser, request_, "だれそれ")
    assert "&lt;script&gt;" in ask(browser, request_, "<script>")
    for typed in ("・", "ゝ", "😀", "%", "_"):
        assert "見つかりません" in ask(browser, request_, typed)


def test_asking_writes_nothing(clients, request_):
    offer("中村 和子")
    browser = clients(make_coordinator())
    page(browser, request_)  # the sign-in's last-seen time is written once a minute
    with statements() as said:
        ask(browser, request_, "中村")
    assert not [statement for statement in said if not statement.startswith(("SELECT", "WITH"))]


def test_a_request_open_to_no_programme_answers_too(clients):
    request = make_request(None, DAY, programmes=())
    offer("中村 和子")
    account = make_coordinator()
    with clients(account).get(f"/requests/{request.code}/candidates") as response:
        assert response.status_code in (200, 404)
    shown = queries.candidate(account, request, offer("近い 二郎").registrant)
    assert not shown.passes


def test_where_nobody_is_suitable_the_page_says_so_and_what_to_do(clients, request_):
    offer("遠い 一郎", offering="将棋の指し方")
    offer("近い 二郎", programme="aiport")
    browser = clients(make_coordinator())
    shown = page(browser, request_)
    assert "ふさわしい方が見つかりません" in shown
    assert "依頼の対象に「あいぽーと」を加える。合いそうな方が1人います。" in shown
    assert "ミシン" in shown[shown.index("ふさわしい方が") :]  # the course to plan
    assert "打診する" not in shown
    assert "遠い 一郎" not in shown
    offer("近い 三郎")
    assert "ふさわしい方が見つかりません" not in page(browser, request_)


def test_the_nearest_are_shown_all_the_same_to_who_wants_to_see_them(clients, request_):
    offer("遠い 一郎", offering="将棋の手伝い")
    path = f"/requests/{request_.code}/candidates"
    assert "遠い 一郎" in clients(make_coordinator()).get(f"{path}?nearest=1").get_data(as_text=True)


def test_a_must_that_a_person_lacks_is_said(clients, request_):
    request_.must_have, request_.nice_to_have = "ミシンと将棋", "手話"
    db.session.commit()
    offer("近い 一郎")
    shown = page(clients(make_coordinator()), request_)
    assert "見当たらない言葉: 将棋" in shown
    assert "どうしても必要なこと" in shown
    assert "手話" in shown


@pytest.mark.parametrize(
    ("capacity", "participants", "said"),
    [(20, 30, True), (30, 30, False), (None, 30, False), (20, None, False)],
)
def test_too_small_a_capacity_is_said_and_hinders_nothing(clients, request_, capacity, participants, said):
    person = offer()
    person.offerings[0].capacity, request_.participants = capacity, participants
    db.session.commit()
    body = page(clients(make_coordinator()), request_)
    assert ("参加予定の30人を分けて行えるか" in body) is said
    assert "打診できる方（1人）" in body
