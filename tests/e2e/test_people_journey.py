"""A paper form of somebody registered already; the two records made one; a person who leaves for good."""

from tests.factories import indexed, make_account, make_coordinator, make_registrant, make_registration


def test_somebody_twice_becomes_one(window, app):
    known = make_registration(make_registrant(name="中村 和子", kana="なかむら かずこ", birth_year=1955))
    indexed(known)
    clerk = window(make_coordinator())
    clerk.open("/registry/enter").fill(name="中村和子", kana="ナカムラ カズコ", birth_year="昭和30年")
    clerk.page.check("[name=kind][value=person]")
    clerk.page.select_option("[name=ward]", "東区")
    clerk.page.get_by_label("学校支援ボランティア").first.check()
    clerk.fill(title="見守り", description="朝の通学路に立ちます。")
    for consent in ("行動規範", "守秘義務"):
        clerk.page.get_by_label(consent).first.check()
    clerk.press("申請として登録する").check("paper-same")
    assert clerk.sees("この人ではありませんか")
    clerk.press("別の方なので、登録する")
    assert clerk.sees("紙の申請を登録しました")
    clerk.open(f"/registry/registrations/{known.code}").check("registration-same")
    clerk.follow("中村和子 さん").check("merge-same")
    clerk.press("1件にまとめる")
    assert clerk.sees("1件の登録にまとめました")


def test_a_person_leaves_for_good(window, app):
    account = make_account()
    indexed(make_registration(make_registrant(account, name="去る 人")))
    resident = window(account)
    resident.open("/registry").follow("わたしの情報を見る").follow("登録をやめて").press("消去する")
    resident.check("leave-unticked")
    resident.page.get_by_label("消去すると元にもどせない").check()
    resident.press("消去する").check("left")
    assert resident.sees("あなたの情報を消去しました")
