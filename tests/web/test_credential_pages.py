"""The pages of certificates: what a coordinator reads and records, what the person types and never loses."""

from datetime import date

import pytest

from matching.accounts.models import Account
from matching.kernel.db import db
from matching.registry.models import Registrant, RegistrationStatus
from matching.registry.models_courses import Course, CourseParticipant, LearningRecord
from matching.registry.models_credentials import Credential, Verification
from tests.factories import (
    make_account,
    make_coordinator,
    make_course,
    make_credential,
    make_registrant,
    make_registration,
    save,
)
from tests.support.statements import statements
from tests.support.versions import send_page

SEEN = {"certificate_number": "１２３－４５６", "issued_on": "2020-05-01", "evidence": "card"}
OFFERING = {"programmes": ["lecturer"], "title": "話", "description": "話します。"}


def stated(**values):
    registrant = make_registration(programme="bosaishi").registrant
    usual = {"certificate_number": "123456", "verification": Verification.STATED}
    return make_credential(registrant, **{**usual, **values})


def text(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def verify(browser, credential, data):
    address = f"/registry/credentials/{credential.code}"
    return send_page(browser, f"{address}/verify", data, address)


def test_a_certificate_is_seen_and_who_saw_it_is_shown(clients):
    credential, browser = stated(), clients(make_coordinator(name="確認 係"))
    assert credential.registrant.name in text(browser.get("/registry/credentials"))
    address = f"/registry/credentials/{credential.code}"
    assert verify(browser, credential, SEEN).status_code == 303
    page = text(browser.get(address))
    for told in ("確認済", "確認 係", "認証カード", "2020年5月1日", "123-456"):
        assert told in page
    assert credential.registrant.name not in text(browser.get("/registry/credentials"))
    browser.post(f"{address}/unverify")
    assert "申告" in text(browser.get(address))


def test_a_wrong_number_is_told_beside_its_field_and_kept(clients):
    credential, browser = stated(), clients(make_coordinator())
    data = SEEN | {"certificate_number": "99887"}
    page = text(verify(browser, credential, data), 422)
    assert "6けたの数字" in page
    assert 'value="99887"' in page


def test_a_duplicate_is_told_to_the_coordinator_only(clients):
    mine = stated()
    account = make_account()
    db.session.get_one(Registrant, mine.registrant_id).account_id = account.id
    other = stated(certificate_number="第123456号", verification=Verification.VERIFIED)
    coordinator = clients(make_coordinator())
    for page in (
        f"/registry/credentials/{mine.code}",
        f"/registry/registrations/{mine.registrant.registrations[0].code}",
    ):
        told = text(coordinator.get(page))
        assert "同じ番号の登録があります" in told
        assert other.registrant.name in told
    refused = text(verify(coordinator, mine, SEEN), 409)
    assert "同じ番号が、確認済みの別の登録にあります" in refused and other.registrant.name not in refused
    resident = clients(account)
    own = f"/registry/registrations/{mine.registrant.registrations[0].code}"
    for page in ("/registry", own):
        told = text(resident.get(page))
        assert "同じ番号" not in told
        assert other.registrant.name not in told


def test_a_resident_with_somebody_elses_number_is_not_told(clients):
    stated(verification=Verification.VERIFIED)
    account = make_account()
    make_registrant(account)
    typed = {"credentials-0-kind": "bosaishi", "credentials-0-certificate_number": "123456"}
    assert send_page(clients(account), "/registry/register/offering", OFFERING | typed).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"certificate_number": "12345"}, "6けたの数字"),
        ({"certificate_number": "123456", "expires_on": "2030-01-01"}, "有効期限がありません"),
        ({"certificate_number": "123456", "issued_on": "2030-01-01"}, "今日までの日"),
        ({"certificate_number": "㍿" * 40}, "40文字以内"),
    ],
)
@pytest.mark.parametrize("paper", [False, True])
def test_a_certificate_of_the_wrong_form_is_told_how_to_mend(clients, typed, sentence, paper):
    account = make_coordinator()
    make_registrant(account)
    typed = {f"credentials-0-{name}": value for name, value in typed.items()}
    page = "/registry/enter" if paper else "/registry/register/offering"
    data = OFFERING | {"credentials-0-kind": "bosaishi"} | typed
    told = text(send_page(clients(account), page, data), 422)
    assert sentence in told
    assert f'value="{typed["credentials-0-certificate_number"]}"' in told


def fields_of(page):
    """What the page would send again, as it stands."""
    import re

    found = dict(re.findall(r'<input[^>]* name="((?:credentials|learned)[^"]+)"[^>]* value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="(credentials[^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else ""
    return found


def test_the_wizard_shows_and_keeps_every_certificate_and_learning_record(clients):
    account = make_account()
    registrant = make_registrant(account)
    make_registration(registrant, "lecturer", status=RegistrationStatus.DRAFT)
    course = make_course()
    for number in ("111111", "222222", "333333"):
        make_credential(registrant, certificate_number=number, verification=Verification.VERIFIED)
        save(LearningRecord(registrant_id=registrant.id, course=f"講座{number}", fiscal_year=2024))
    save(
        LearningRecord(registrant_id=registrant.id, course=course.name, fiscal_year=2026, course_id=course.id)
    )
    browser = clients(account)
    before = [c.id for c in registrant.credentials], len(registrant.learning_records)
    sent = fields_of(text(browser.get("/registry/register/offering")))
    assert [sent[f"credentials-{n}-certificate_number"] for n in range(3)] == ["111111", "222222", "333333"]
    assert course.name not in sent.values()
    added = {
        "credentials-3-kind": "teaching_licence",
        "learned-3-course": "書道",
        "learned-3-fiscal_year": "R7",
    }
    assert send_page(browser, "/registry/register/offering", OFFERING | sent | added).status_code == 303
    db.session.expire_all()
    assert [c.id for c in registrant.credentials][:3] == before[0]
    assert len(registrant.credentials) == 4
    assert all(c.verification is Verification.VERIFIED for c in registrant.credentials[:3])
    assert len(registrant.learning_records) == before[1] + 1
    assert course.id in [row.course_id for row in registrant.learning_records]


COURSE = {"name": "救命講習", "kind": "life_support", "organiser": "熊本市消防局", "ward": "東区"}
COURSE |= {"first_day": "2026-09-20", "last_day": "2026-09-20"}


def test_a_course_from_its_entry_to_a_completion(clients):
    registrant = make_registration(programme="lecturer").registrant
    browser = clients(make_coordinator())
    entered = browser.post("/registry/courses/new", data=COURSE)
    address = entered.headers["Location"]
    assert browser.post(f"{address}/participants", data={"code": registrant.code}).status_code == 303
    new = {"name": "新人 花子", "kana": "しんじん はなこ", "email": "new@example.jp"}
    assert browser.post(f"{address}/participants", data=new).status_code == 303
    course = db.session.query(Course).one()
    page = text(browser.get(address))
    assert "（登録なし）" in page
    assert "普通救命講習の資格も記録します" in page
    wrong = course.participants[1]
    done = browser.post(f"{address}/completions", data={"participants": [course.participants[0].code]})
    assert done.status_code == 303
    assert browser.post(f"{address}/participants/{wrong.code}/remove").status_code == 303
    assert text(browser.get("/registry/courses")).count(">1人</td>") == 2
    assert db.session.query(Credential).one().kind == "basic_life_support"
    assert "救命講習（令和8年度）" in text(
        browser.get(f"/registry/registrations/{registrant.registrations[0].code}")
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "コードか氏名を入力してください"),
        ({"name": "新人"}, "ふりがなを入力してください"),
        ({"name": "新人", "kana": "SHINJIN"}, "ひらがなかカタカナ"),
        ({"name": "新人", "kana": "しんじん", "email": "new"}, "メールアドレスの形"),
        ({"code": "nobody"}, "登録者が見つかりません"),
    ],
)
def test_a_participant_who_cannot_be(clients, typed, sentence):
    course = make_course()
    told = clients(make_coordinator()).post(f"/registry/courses/{course.code}/participants", data=typed)
    assert sentence in text(told, 422)


def test_a_registrant_out_of_sight_is_not_found(clients):
    course = make_course()
    west = make_registration(make_registrant(ward="西区")).registrant
    browser = clients(make_coordinator(["東区"]))
    told = browser.post(f"/registry/courses/{course.code}/participants", data={"code": west.code})
    assert "登録者が見つかりません" in text(told, 422)


def test_a_course_typed_wrong_keeps_what_was_typed(clients):
    browser = clients(make_coordinator())
    told = text(browser.post("/registry/courses/new", data=COURSE | {"last_day": "2026-09-01"}), 422)
    assert "始まりの日から後の日" in told
    assert 'value="熊本市消防局"' in told
    course = make_course()
    assert "選択してください" in text(browser.post(f"/registry/courses/{course.code}/completions"), 422)
    tomorrow = make_course(last_day=date(2027, 1, 1))
    assert "修了を記録する" not in text(browser.get(f"/registry/courses/{tomorrow.code}"))


def test_another_measure_does_not_see_a_course(clients):
    course = make_course()
    account: Account = make_coordinator(["東区"], [2])
    assert clients(account).get(f"/registry/courses/{course.code}").status_code == 404
    assert course.name not in text(clients(account).get("/registry/courses"))


def test_a_long_list_of_participants_costs_no_more_statements(clients):
    people = [CourseParticipant(registrant=make_registration().registrant) for _ in range(6)]
    course, browser = make_course(*people), clients(make_coordinator())
    db.session.expire_all()
    with statements() as seen:
        text(browser.get(f"/registry/courses/{course.code}"))
    assert len(seen) <= 12
