"""The list of registrations, the renewal round's pages, and the mailed link."""

from datetime import date

from sqlalchemy import select

from matching.kernel import paging
from matching.kernel.codes import token_hash
from matching.kernel.db import db
from matching.registry.models import RegistrationStatus
from matching.registry.models_renewal import NoticeChannel, RenewalAnswer, RenewalNotice
from tests.factories import make_coordinator, make_registrant, make_registration, make_renewal_notice

ENDS = date(2027, 3, 31)


def text(response):
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_list_is_paged_filtered_and_in_scope(clients, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 2)
    for number, kana in enumerate(("あ い", "か き", "さ し")):
        make_registration(make_registrant(name=f"東の人{number}", kana=kana), valid_until=ENDS)
    make_registration(make_registrant(name="西の人", ward="西区"))
    make_registration(make_registrant(name="下書きの人"), status=RegistrationStatus.DRAFT)
    make_registration(make_registrant(name="期限の人"), "lecturer", status=RegistrationStatus.EXPIRED)
    browser = clients(make_coordinator(wards=["東区"]))
    first = text(browser.get("/registry/registrations"))
    assert "4件のうち、1 / 2ページ" in first
    assert first.index("東の人0") < first.index("東の人1")
    assert "東の人2" not in first
    assert "2027年3月31日" in first
    second = text(browser.get("/registry/registrations?page=2"))
    assert "東の人2" in second
    assert "期限の人" in second
    for page in ("99", "0", "x", "１", "9" * 400):
        assert browser.get("/registry/registrations", query_string={"page": page}).status_code == 200
    expired = text(browser.get("/registry/registrations?status=expired&programme=lecturer"))
    assert "1件" in expired
    assert "期限の人" in expired
    assert "下書きの人" not in first + second
    assert "西の人" not in first + second


def test_a_coordinator_opens_a_round_prints_letters_and_records_answers(clients):
    make_registration(make_registrant(name="文の人"), valid_until=ENDS)
    by_letter = make_registration(make_registrant(name="紙の人", email=""), valid_until=ENDS)
    browser = clients(make_coordinator(measures=[3]))
    assert "期限になる登録: 2件" in text(browser.get("/registry/renewals"))
    path = "/registry/renewals/school_support"
    assert "まだ尋ねていない登録（2件）" in text(browser.get(path))
    assert browser.post(path, data={"renews_until": "2027-03-31"}).status_code == 422
    assert browser.post(path, data={"renews_until": "2028-03-31"}).status_code == 303
    assert "尋ねた登録（2件）" in text(browser.get(path))
    letters = text(browser.get(f"{path}/letters"))
    assert "紙の人 様" in letters
    assert "文の人" not in letters
    notice = db.session.scalars(select(RenewalNotice).filter_by(channel=NoticeChannel.LETTER)).one()
    answer = f"/registry/renewal-notices/{notice.code}/answer"
    assert browser.post(answer, data={"answer": "maybe"}).status_code == 422
    assert browser.post(answer, data={"answer": "renew"}).status_code == 303
    db.session.rollback()
    assert by_letter.valid_until == date(2028, 3, 31)
    assert "印刷する手紙はありません" in text(browser.get(f"{path}/letters"))
    assert browser.get("/registry/renewals/no-such").status_code == 404
    assert browser.get("/registry/renewals/aiport").status_code == 404  # of another measure
    elsewhere = clients(make_coordinator(wards=["西区"]))
    assert "紙の人" not in text(elsewhere.get(path))


def test_the_round_is_paged_and_letters_are_offered_on_every_page(clients, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 2)
    for number, kana in enumerate(("あ い", "か き", "さ し")):
        make_registration(make_registrant(name=f"人{number}", kana=kana, email=""), valid_until=ENDS)
    browser, path = clients(make_coordinator(measures=[3])), "/registry/renewals/school_support"
    first, last = text(browser.get(path)), text(browser.get(f"{path}?page=2"))
    assert "まだ尋ねていない登録（3件）" in first
    assert [f"人{n}" in first for n in range(3)] == [True, True, False]
    assert [f"人{n}" in last for n in range(3)] == [False, False, True]
    browser.post(path, data={"renews_until": "2028-03-31"})
    for page in ("1", "2"):
        shown = text(browser.get(f"{path}?page={page}"))
        assert "尋ねた登録（3件）" in shown
        assert "3件のうち、" in shown
        assert "手紙を印刷する" in shown
    assert "人0" not in shown
    assert "人2" in shown


def test_the_mailed_link_renews_by_one_press_and_opening_it_does_nothing(client):
    registration = make_registration(valid_until=ENDS)
    notice = make_renewal_notice(registration, token_hash=token_hash("secret"))
    assert "更新する" in text(client.get("/renew/secret"))
    db.session.rollback()
    assert notice.answer is None
    assert client.post("/renew/secret").status_code == 422
    assert client.post("/renew/secret", data={"answer": "renew"}, csrf=False).status_code == 400
    for _ in range(2):
        assert client.post("/renew/secret", data={"answer": "renew"}).status_code == 303
    db.session.rollback()
    assert (notice.answer, registration.valid_until) == (RenewalAnswer.RENEW, date(2028, 3, 31))
    assert "更新しました" in text(client.get("/renew/secret"))
    assert client.post("/renew/secret", data={"answer": "end"}).status_code == 409
    assert registration.registrant.name not in text(client.get("/renew/secret"))


def test_a_link_of_an_ended_registration_says_so(client):
    registration = make_registration(valid_until=ENDS, status=RegistrationStatus.REVOKED)
    make_renewal_notice(registration, token_hash=token_hash("secret"))
    assert "担当者にご連絡ください" in text(client.get("/renew/secret"))
    assert client.post("/renew/secret", data={"answer": "renew"}).status_code == 409
