"""A step of a registration that was typed on what no longer stands brings nothing back and loses nothing."""

import re

import pytest
from sqlalchemy import func, select

from matching.kernel.db import db
from matching.registry.models import ConsentPurpose, Registrant, Registration, RegistrationStatus
from tests.factories import make_account, make_registrant, make_registration
from tests.services.test_races import posting, together
from tests.support.versions import send_page, version_on

STEP = "/registry/register/"
PERSON = {
    "kind": "person",
    "name": "山田 花子",
    "kana": "やまだ はなこ",
    "ward": "東区",
    "birth_year": "1956",
}
TICKED = {"consents": ["lecturer:rules_of_conduct", "lecturer:contact_sharing"]}


@pytest.fixture
def writing(clients):
    """Somebody in the middle of the steps, and their browser."""
    account = make_account()
    registrant = make_registrant(account, email="")
    return clients(account), make_registration(registrant, "lecturer", status=RegistrationStatus.DRAFT)


def stands(page):
    """The part of the page that says what stands: [(label, what)]."""
    told = page.get_data(as_text=True).split('id="now"')[1].split("</section>")[0]
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", told)


def shares(registration):
    db.session.rollback()
    return db.session.get_one(Registration, registration.id).consented(ConsentPurpose.CONTACT_SHARING)


def test_a_consent_taken_back_stays_taken_back(writing):
    browser, registration = writing
    open_step = version_on(browser.get(STEP + "consents"))
    browser.post(f"/registry/registrations/{registration.code}/consents/contact_sharing/withdraw")
    stale = browser.post(STEP + "consents", data=TICKED | {"version": open_step})
    assert stale.status_code == 409
    assert not shares(registration)
    assert stands(stale) == [("同意", "講師登録：行動規範を守ります")]
    assert stale.get_data(as_text=True).count(" checked ") == 2  # what was ticked is still ticked
    again = browser.post(STEP + "consents", data=TICKED | {"version": version_on(stale)})
    assert (again.status_code, shares(registration)) == (303, True)


def test_what_differs_is_told_and_what_was_typed_stays_to_be_sent_again(writing):
    browser, _ = writing
    version = version_on(browser.get(STEP + "person"))
    send_page(browser, STEP + "person", PERSON | {"phone": "096-328-2111", "ward": "西区"})
    typed = PERSON | {"name": "山田 華子", "version": version}
    stale = browser.post(STEP + "person", data=typed)
    assert stands(stale) == [("氏名（団体は団体名）", "山田 花子"), ("区", "西区"), ("電話", "096-328-2111")]
    assert 'value="山田 華子"' in stale.get_data(as_text=True)
    assert browser.post(STEP + "person", data=typed | {"version": version_on(stale)}).status_code == 303
    person = db.session.scalars(select(Registrant)).one()
    assert (person.name, person.phone, person.ward) == ("山田 華子", "", "東区")


def test_rows_that_differ_are_told_one_by_one(writing):
    browser, _ = writing
    version = version_on(browser.get(STEP + "offering"))
    first = {"programmes": ["lecturer", "aiport"], "title": "話", "description": "話します。"}
    first |= {"credentials-0-kind": "bosaishi", "credentials-0-certificate_number": "200123"}
    first |= {"credentials-0-issued_on": "2020-05-01"}
    assert send_page(browser, STEP + "offering", first | {"capacity": "30"}).status_code == 303
    typed = first | {"credentials-0-certificate_number": "200124", "learned-0-course": "書道"}
    typed |= {"learned-0-fiscal_year": "R5", "programmes": ["lecturer"], "version": version}
    told = dict(stands(browser.post(STEP + "offering", data=typed)))
    assert told.pop("登録区分").count("：") == 2
    assert told == {
        "資格": "資格: 防災士、番号: 200123、発行日: 2020-05-01",
        "受講した講座": "（空）",
        "一度に受け入れられる人数": "30",
    }


@pytest.mark.parametrize("name", ["person", "offering", "availability", "consents"])
@pytest.mark.parametrize("version", ["", "0", "-1", "x", "99999999999", "none"])
def test_a_version_that_is_none_is_refused(writing, name, version):
    browser, _ = writing
    data = {
        "person": PERSON,
        "offering": {"programmes": ["lecturer"], "title": "話", "description": "話します。"},
        "availability": {"areas": ["東区"]},
        "consents": TICKED | {"consents": TICKED["consents"][:1]},
    }[name]
    assert browser.post(STEP + name, data=data | {"version": version}).status_code == 409


@pytest.mark.parametrize("version", ["", "0", "1", "x"])
def test_nobody_begins_on_a_version_of_somebody(clients, version):
    browser = clients(make_account())
    stale = browser.post(STEP + "person", data=PERSON | {"version": version})
    assert stale.status_code == 409
    assert db.session.scalar(select(func.count()).select_from(Registrant)) == 0
    assert browser.post(STEP + "person", data=PERSON | {"version": version_on(stale)}).status_code == 303


def test_the_same_sent_twice_goes_on(clients):
    browser = clients(make_account())
    step = {
        "person": PERSON,
        "offering": {"programmes": ["lecturer"], "title": "話", "description": "話します。"},
        "availability": {"hours-1-starts": "09:00", "hours-1-ends": "10:00", "monthly_limit": "3"},
        "consents": TICKED,
    }
    for name, data in step.items():
        sent = data | {"version": version_on(browser.get(STEP + name))}
        first, second = (browser.post(STEP + name, data=sent) for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize("begun", [False, True])
def test_of_two_windows_at_once_one_writes(clients, begun):
    account = make_account()
    if begun:
        make_registrant(account, email="")
    browser = clients(account)
    version = version_on(browser.get(STEP + "person"))
    names = [f"山田 {n}子" for n in "一二三四五六"]
    sent = [PERSON | {"name": name, "version": version} for name in names]
    codes = together(*(posting(browser, STEP + "person", data) for data in sent))
    assert codes == {303: 1, 409: len(names) - 1}
    assert db.session.scalars(select(Registrant)).one().name in names
