"""An organisation kept by its own people: page, joining, hand-over, districts of other wards."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.kernel.errors import Invalid, RuleViolation
from matching.kernel.outbox import OutboxMessage
from matching.kernel.permissions import Role
from matching.organisations import members, queries, services
from matching.organisations.models import HandOver, Membership, MembershipRequest
from matching.requests.models import RequestStatus
from tests.factories import (
    make_account,
    make_coordinator,
    make_membership_request,
    make_organisation,
    make_request,
    make_requester,
    save,
)


def told():
    return [m.recipient for m in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


def speaks_for(account):
    return [organisation.name for organisation in queries.own(account)]


@pytest.fixture
def contact(app):
    return make_requester(email="old@example.jp", name="前任 花子")


@pytest.fixture
def school(contact):
    return make_organisation(contact, name="出水中学校", kind="junior_high_school")


def test_its_own_people_edit_its_page_and_a_stale_edit_loses_nothing(clients, contact, school):
    browser, address = clients(contact), f"/organisations/{school.code}/edit"
    page = browser.get(address).get_data(as_text=True)
    assert 'name="version" value="1"' in page
    changed = {"name": "出水南中学校", "districts": ["健軍", "一新"], "version": "1"}
    assert browser.post(address, data=changed).status_code == 303
    db.session.refresh(school)
    assert (school.name, school.districts) == ("出水南中学校", ["一新", "健軍"])
    stale = browser.post(address, data={**changed, "name": "別の名前"})
    assert stale.status_code == 409
    page = stale.get_data(as_text=True)
    assert "出水南中学校" in page
    assert "別の名前" in page
    db.session.refresh(school)
    assert school.name == "出水南中学校"


def test_only_schools_that_reach_further_have_districts_of_other_wards(app):
    coordinator = make_coordinator()
    with transaction():
        reaching = services.enter_organisation(
            coordinator, "出水中学校", "junior_high_school", "東区", ["健軍", "一新"]
        )
    assert reaching.districts == ["一新", "健軍"]
    with pytest.raises(Invalid, match="東区にある校区"), transaction():
        services.enter_organisation(coordinator, "出水小学校", "elementary_school", "東区", ["一新"])
    with pytest.raises(Invalid, match="一覧から"), transaction():
        services.enter_organisation(coordinator, "遠い中学校", "junior_high_school", "東区", ["火星"])


def test_two_organisations_do_not_become_one_by_renaming(clients, contact, school):
    make_organisation(name="健軍中学校", kind="junior_high_school")
    data = {"name": "健軍中学校", "districts": ["健軍"], "version": "1"}
    response = clients(contact).post(f"/organisations/{school.code}/edit", data=data)
    assert response.status_code == 422
    assert "すでにあります" in response.get_data(as_text=True)


def test_somebody_asks_and_the_contact_approves(clients, contact, school):
    asker = make_account(name="新任 太郎")
    browser = clients(asker)
    found = browser.get("/organisations/join?q=出水").get_data(as_text=True)
    assert "出水中学校の担当者になりたい" in found
    assert contact.email not in found
    for _ in range(2):
        assert browser.post("/organisations/join", data={"organisation": school.code}).status_code == 303
    assert told() == [contact.email]
    assert browser.get(f"/organisations/{school.code}").status_code == 404
    page = clients(contact).get(f"/organisations/{school.code}").get_data(as_text=True)
    assert "新任 太郎" in page
    address = f"/organisations/{school.code}/asking/{asker.code}"
    assert clients(contact).post(address, data={"answer": "yes"}).status_code == 303
    db.session.expire_all()
    assert speaks_for(asker) == ["出水中学校"]
    assert Role.REQUESTER in asker.roles
    assert told() == [contact.email, asker.email]


def test_refused_and_asked_again(app, contact, school):
    asker = make_account()
    with transaction():
        members.ask_to_join(asker, school)
        members.decide(contact, school, asker, approved=False)
        members.decide(contact, school, asker, approved=False)
    with pytest.raises(RuleViolation), transaction():
        members.decide(contact, school, asker, approved=True)  # decided already
    assert speaks_for(asker) == []
    with transaction():
        members.ask_to_join(asker, school)
    assert db.session.scalars(select(MembershipRequest)).one().decided_at is None


def test_coordinators_are_asked_where_there_is_no_contact_and_nobody_approves_themselves(app):
    here, _elsewhere = make_coordinator(wards=["東区"]), make_coordinator(wards=["西区"])
    school = make_organisation()
    with transaction():
        members.ask_to_join(here, school)
    assert told() == [here.email]
    with pytest.raises(RuleViolation, match="ほかの方"), transaction():
        members.decide(here, school, here, approved=True)


def test_a_member_does_not_ask_to_join(app, contact, school):
    with pytest.raises(RuleViolation), transaction():
        members.ask_to_join(contact, school)


def test_one_person_speaks_for_several(clients, contact, school):
    make_organisation(contact, name="出水PTA", kind="pta")
    page = clients(contact).get("/requests/new").get_data(as_text=True)
    choices = re.search(r'<select[^>]*name="organisation".*?</select>', page, re.S).group()
    assert re.findall(r">(出水[^<]+)<", choices) == ["出水PTA", "出水中学校"]
    index = clients(contact).get("/organisations").get_data(as_text=True)
    assert "出水PTA" in index
    assert "出水中学校" in index


def follow(clients, email):
    mails = db.session.scalars(select(OutboxMessage).filter_by(recipient=email)).all()
    token = re.search(r"/sign-up/(\S+)", mails[-1].body).group(1)
    form = {"name": "後任 一郎", "password": "a long password 1"}
    return clients(None).post(f"/sign-up/{token}", data=form)


def test_in_april_the_old_contact_hands_over(clients, contact, school):
    open_ = make_request(school, date(2027, 5, 11), contact_email=contact.email, contact_name=contact.name)
    ended = make_request(school, date(2026, 5, 12), contact_email=contact.email, status=RequestStatus.CLOSED)
    elsewhere = make_organisation(contact, name="出水PTA", kind="pta")
    browser = clients(contact)
    address = f"/organisations/{school.code}/hand-over"
    assert browser.post(address, data={"email": contact.email}).status_code == 422
    assert browser.post(address, data={"email": "new@example.jp"}).status_code == 303
    assert speaks_for(contact) == ["出水PTA", "出水中学校"]  # until the other side has come
    assert follow(clients, "new@example.jp").status_code == 303
    db.session.expire_all()
    taker = db.session.scalars(select(Membership).filter_by(organisation_id=school.id, ended_at=None)).one()
    assert taker.account.email == "new@example.jp"
    assert speaks_for(contact) == [elsewhere.name]
    assert (open_.contact_email, open_.contact_name) == ("new@example.jp", "後任 一郎")
    assert ended.contact_email == contact.email
    assert clients(contact).get(f"/organisations/{school.code}").status_code == 404


def test_a_hand_over_named_anew_ends_with_the_last_named(clients, contact, school):
    with transaction():
        members.hand_over(contact, school, "wrong@example.jp")
        members.hand_over(contact, school, "right@example.jp")
    assert db.session.scalars(select(HandOver.email)).all() == ["right@example.jp"]
    assert follow(clients, "wrong@example.jp").status_code == 303
    db.session.expire_all()
    assert speaks_for(contact) == ["出水中学校"]
    assert db.session.scalars(select(Membership.account_id)).all() == [contact.id]


def test_who_is_no_member_hands_nothing_over(app, school):
    former = make_requester()
    save(
        Membership(
            organisation_id=school.id,
            account_id=former.id,
            created_at=clock.now(),
            ended_at=clock.now(),
        )
    )
    with pytest.raises(RuleViolation), transaction():
        members.hand_over(former, school, "new@example.jp")


def test_a_colleague_takes_over_at_once(clients, contact, school):
    colleague = make_requester()
    save(Membership(organisation_id=school.id, account_id=colleague.id, created_at=clock.now()))
    open_ = make_request(school, contact_email=contact.email.upper())
    answer = clients(contact).post(f"/organisations/{school.code}/hand-over", data={"email": colleague.email})
    assert answer.status_code == 303
    db.session.expire_all()
    assert (speaks_for(contact), speaks_for(colleague)) == ([], ["出水中学校"])
    assert open_.contact_email == colleague.email


def test_nobody_with_a_closed_account_takes_over(clients, contact, school):
    colleague = make_requester(disabled_at=clock.now())
    save(Membership(organisation_id=school.id, account_id=colleague.id, created_at=clock.now()))
    answer = clients(contact).post(f"/organisations/{school.code}/hand-over", data={"email": colleague.email})
    assert answer.status_code == 422
    assert "停止されています" in answer.get_data(as_text=True)
    assert speaks_for(contact) == ["出水中学校"]


def test_a_colleague_who_takes_over_ends_the_invitation_before(clients, contact, school):
    colleague = make_requester()
    save(Membership(organisation_id=school.id, account_id=colleague.id, created_at=clock.now()))
    with transaction():
        members.hand_over(contact, school, "first@example.jp")
    with transaction():
        assert members.hand_over(contact, school, colleague.email)
    assert db.session.scalars(select(HandOver)).all() == []
    assert follow(clients, "first@example.jp").status_code == 303
    assert not db.session.scalars(
        select(Membership).join(Membership.account).filter_by(email="first@example.jp")
    ).all()


def test_an_answer_about_a_member_names_its_button(clients, contact, school):
    asked = make_membership_request(school)
    address = f"/organisations/{school.code}/asking/{asked.account.code}"
    assert clients(contact).post(address, data={}).status_code == 422
    db.session.expire_all()
    assert asked.decided_at is None


def test_nobody_with_a_closed_account_is_asked_to_approve_a_member(app, contact, school):
    contact.disabled_at = clock.now()
    db.session.commit()
    assert contact.email not in queries.answerers(school)
