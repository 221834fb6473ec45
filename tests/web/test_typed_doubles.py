"""While a clerk types a paper form: who looks the same, told to coordinators only, within their scope."""

import pytest
from sqlalchemy import func, select

from matching.kernel.audit import AuditEvent
from matching.kernel.db import db
from matching.registry import duplicates
from matching.registry.models import Registrant
from tests.factories import make_account, make_coordinator, make_registrant, make_registration, make_requester
from tests.support.statements import statements
from tests.support.versions import send_page

ASK = "/registry/enter/same"
TYPED = {"name": "中村　和子", "kana": "ナカムラ カズコ", "birth_year": "昭和30年", "phone": ""}
QUESTION = "この人ではありませんか"


def known(**values):
    person = {"name": "中村和子", "kana": "なかむら かずこ", "birth_year": 1955, "phone": "096-111-2222"}
    return make_registration(make_registrant(**person | values))


def test_a_clerk_is_told_who_looks_the_same(clients):
    there = known()
    answer = clients(make_coordinator()).post(ASK, data=TYPED)
    assert answer.status_code == 200 and QUESTION in answer.text
    assert f'href="/registry/registrations/{there.code}" target="_blank"' in answer.text
    assert "<html" not in answer.text and "096-111-2222" not in answer.text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"birth_year": ""}, True),  # not typed yet
        ({"birth_year": "1955"}, True),
        ({"birth_year": "R1"}, False),  # a namesake
        ({"name": "なかむ", "kana": "なか"}, False),
        ({"name": "別の人", "kana": "べつのひと", "phone": "０９６（１１１）２２２２"}, True),
        (dict.fromkeys(TYPED, ""), False),
        ({"name": "<script>alert(1)</script>", "kana": ""}, False),
    ],
)
def test_what_is_typed_so_far_decides(clients, changed, told):
    known()
    answer = clients(make_coordinator()).post(ASK, data=TYPED | changed)
    assert answer.status_code == 200
    assert (QUESTION in answer.text) is told
    assert bool(answer.text) is told  # nobody: an empty piece


def test_of_somebody_elsewhere_only_that_there_is_one(clients):
    there = known(ward="西区", name="中村 和子郎")
    answer = clients(make_coordinator(wards=["東区"])).post(ASK, data=TYPED)
    assert "（1件）。管理者にお尋ねください" in answer.text
    for hidden in (there.code, there.registrant.name, "西区"):
        assert hidden not in answer.text


@pytest.mark.parametrize(
    ("make", "status"), [(lambda: None, 303), (make_account, 403), (make_requester, 403)]
)
def test_nobody_else_is_told_anything(clients, make, status):
    known()
    answer = clients(make()).post(ASK, data=TYPED)
    assert answer.status_code == status
    assert QUESTION not in answer.text and "中村和子" not in answer.text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"birth_year": "195"}, "1956、昭和31年、S31"),
        ({"birth_year": "1200"}, "1868年から後"),
        ({"name": "あ" * 101}, "100文字以内"),
        ({"phone": "9" * 41}, "40文字以内"),
        ({"kana": "a\nb"}, "使えない文字"),
        ({"name": "\x00"}, "使えない文字"),
    ],
)
def test_what_cannot_be_read_is_refused(clients, changed, sentence):
    known()
    answer = clients(make_coordinator()).post(ASK, data=TYPED | changed)
    assert answer.status_code == 422 and sentence in answer.text
    assert QUESTION not in answer.text


def test_it_is_asked_by_the_form_itself_and_never_by_an_address(clients):
    known()
    browser = clients(make_coordinator())
    assert browser.post(ASK, data=TYPED, csrf=False).status_code == 400
    assert browser.get(ASK, query_string=TYPED).status_code in (404, 405)


def test_asking_writes_nothing_and_takes_few_statements(clients):
    known()
    browser = clients(make_coordinator())
    with statements() as said:
        assert QUESTION in browser.post(ASK, data=TYPED).text
    assert len(said) <= 6
    assert all(statement.startswith("SELECT") for statement in said)
    for model, rows in ((Registrant, 1), (AuditEvent, 0)):
        assert db.session.scalar(select(func.count()).select_from(model)) == rows


def test_what_was_typed_is_in_no_log(clients, caplog, capfd, monkeypatch):
    browser = clients(make_coordinator())
    typed = {"name": "かなりあ", "kana": "かなりあ", "birth_year": "1955", "phone": "096-7777-8888"}
    browser.post(ASK, data=typed)
    browser.post(ASK, data=typed | {"birth_year": "かなりあ"})
    monkeypatch.setattr(duplicates, "likely", lambda *typed: 1 / 0)
    assert browser.post(ASK, data=typed).status_code == 500
    said = caplog.text + "".join(capfd.readouterr())
    assert "ZeroDivisionError" in said
    assert "かなりあ" not in said and "7777" not in said


PERSON = {
    "kind": "person",
    "name": "中村和子",
    "kana": "なかむらかずこ",
    "birth_year": "1955",
    "ward": "東区",
}
STEPS = {
    "person": PERSON | {"phone": "096-111-2222"},
    "offering": {
        "programmes": ["school_support"],
        "title": "見守り",
        "description": "朝の通学路に立ちます。",
    },
    "availability": {},
    "consents": {"consents": ["school_support:rules_of_conduct", "school_support:confidentiality"]},
    "check": {},
}


def test_a_resident_learns_nothing_and_the_coordinator_sees_the_double(clients):
    """A form that said "already registered" would tell a stranger who is."""
    there = known()
    resident = clients(make_account())
    for step, data in STEPS.items():
        path = f"/registry/register/{step}"
        shown = resident.get(path).text
        answer = send_page(resident, path, data, follow_redirects=True)
        for page in (shown, answer.text):
            assert "data-same" not in page and ".js" not in page
            assert QUESTION not in page and "同じ方" not in page and there.code not in page
    mine = db.session.scalars(select(Registrant).where(Registrant.id != there.registrant_id)).one()
    (application,) = mine.registrations
    coordinator = clients(make_coordinator())
    address = f"/registry/registrations/{application.code}"
    assert address in coordinator.get("/registry/queue").text
    page = coordinator.get(address).text
    assert "同じ方かもしれない登録があります" in page
    assert f"/registry/registrations/{there.code}" in page
