"""Signing up, in and out: the same answers for everybody, links that work once, sessions that end."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from matching.accounts.models import Account
from matching.accounts.services import hash_password
from matching.kernel import clock
from matching.kernel.db import db
from matching.kernel.outbox import OutboxMessage
from matching.kernel.permissions import Role
from tests.conftest import NOW
from tests.factories import make_account, make_coordinator, make_organisation

PASSWORD = "いつもの道に犬がいる"


@pytest.fixture
def hanako(app):
    account = make_account(email="hanako@example.jp")
    account.password_hash = hash_password(PASSWORD)
    db.session.commit()
    return account


def sign_in(browser, email="hanako@example.jp", password=PASSWORD, query=""):
    return browser.post(f"/sign-in{query}", data={"email": email, "password": password})


def link(recipient):
    bodies = select(OutboxMessage.body).filter_by(recipient=recipient).order_by(OutboxMessage.id.desc())
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", db.session.scalars(bodies).first())[1]


def is_in(browser):
    return browser.get("/registry").status_code == 200


def test_signing_in_and_out(clients, hanako):
    browser = clients()
    assert sign_in(browser).status_code == 303
    assert is_in(browser)
    copied = browser.twin()
    assert browser.post("/sign-out").status_code == 303
    assert not is_in(browser)
    assert not is_in(copied)  # a copied cookie dies with the sign-in


def test_every_sign_in_has_its_own_secret(clients, hanako):
    browser = clients()
    sign_in(browser)
    before = browser.twin()
    sign_in(browser)
    assert is_in(browser)
    assert not is_in(before)


@pytest.mark.parametrize(
    ("email", "password"), [("hanako@example.jp", "wrong password"), ("nobody@example.jp", PASSWORD)]
)
def test_wrong_address_and_wrong_password_look_alike(clients, hanako, email, password):
    response = sign_in(clients(), email, password)
    assert response.status_code == 422
    assert "メールアドレスかパスワードが違います" in response.get_data(as_text=True)


def test_sign_up_and_reset_tell_nobody_who_is_known(clients, hanako):
    for path in ("/sign-up", "/reset"):
        pages = [
            clients().post(path, data={"email": email}).get_data(as_text=True)
            for email in ("hanako@example.jp", "nobody@example.jp")
        ]
        assert pages[0] == pages[1]


def test_guessing_is_slowed_down_but_never_locks_for_good(clients, hanako):
    for _ in range(10):
        sign_in(clients(), password="a wrong guess")
    assert "15分ほどお待ちください" in sign_in(clients()).get_data(as_text=True)
    with clock.frozen(NOW + timedelta(minutes=16)):
        assert sign_in(clients()).status_code == 303


def test_a_sign_up_link_works_once_and_only_on_its_button(clients, app):
    clients().post("/sign-up", data={"email": "new@example.jp"})
    path, browser = link("new@example.jp"), clients()
    assert browser.get(path).status_code == 200
    assert browser.get(path).status_code == 200
    data = {"name": "新しい人", "password": PASSWORD}
    assert browser.post(path, data=data | {"password": "short"}).status_code == 422
    assert browser.post(path, data=data).status_code == 303
    assert is_in(browser)
    assert clients().post(path, data=data).status_code == 410
    assert len(db.session.scalars(select(Account).filter_by(email="new@example.jp")).all()) == 1


def test_links_expire(clients, hanako):
    clients().post("/sign-up", data={"email": "new@example.jp"})
    clients().post("/reset", data={"email": "hanako@example.jp"})
    with clock.frozen(NOW + timedelta(minutes=31)):
        assert clients().get(link("hanako@example.jp")).status_code == 410
    with clock.frozen(NOW + timedelta(hours=25)):
        assert clients().get(link("new@example.jp")).status_code == 410


def test_a_new_password_ends_every_other_sign_in(clients, hanako):
    elsewhere, browser = clients(), clients()
    sign_in(elsewhere)
    clients().post("/reset", data={"email": "hanako@example.jp"})
    path = link("hanako@example.jp")
    assert browser.post(path, data={"password": "べつの長い合言葉です"}).status_code == 303
    assert is_in(browser)
    assert not is_in(elsewhere)
    assert sign_in(clients()).status_code == 422
    assert clients().post(path, data={"password": "べつの長い合言葉です"}).status_code == 410


@pytest.mark.parametrize(
    ("roles", "minutes", "still"),
    [((), 119, True), ((), 121, False), ((Role.COORDINATOR,), 29, True), ((Role.COORDINATOR,), 31, False)],
)
def test_an_idle_sign_in_ends(clients, roles, minutes, still):
    browser = clients(make_account(*roles))
    with clock.frozen(NOW + timedelta(minutes=minutes)):
        assert is_in(browser) is still


def test_no_sign_in_outlives_twelve_hours(clients):
    browser = clients(make_account())
    for hours in range(1, 12):
        with clock.frozen(NOW + timedelta(hours=hours)):
            assert is_in(browser)
    with clock.frozen(NOW + timedelta(hours=12, minutes=1)):
        assert not is_in(browser)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
    ]
    + [
        "///evil.example",
        "/ /evil",
        "http:evil",
        "/no/such/page",
        "/requests/../../x",
        "%2f%2fevil",
        "/sign-out",
        " //e",
    ]
    + ["/static/../../etc/passwd"],
)
def test_nobody_is_sent_away_after_sign_in(clients, hanako, target):
    response = clients().post(
        "/sign-in", query_string={"next": target}, data={"email": "hanako@example.jp", "password": PASSWORD}
    )
    assert response.headers["Location"] == "/"


def test_after_sign_in_the_page_that_was_asked_for(clients, hanako):
    away = clients().get("/registry")
    assert away.headers["Location"] == "/sign-in?next=/registry"
    assert sign_in(clients(), query="?next=/registry").headers["Location"] == "/registry"


def test_an_administrator_makes_and_stops_a_coordinator(clients):
    admin = clients(make_account(Role.ADMIN))
    person = {"email": "tanto@example.jp", "name": "担当", "role": "coordinator"}
    assert admin.post("/accounts", data=person).status_code == 422  # no ward, no measure
    scope = {"wards": ["東区"], "measures": ["3"]}
    assert admin.post("/accounts", data=person | scope).status_code == 303
    browser = clients()
    browser.post(link("tanto@example.jp"), data={"name": "担当 花子", "password": PASSWORD})
    assert browser.get("/registry/queue").status_code == 200
    account = db.session.scalars(select(Account).filter_by(email="tanto@example.jp")).one()
    assert (account.name, account.wards, account.measures) == ("担当 花子", {"東区"}, {3})
    assert (
        admin.post(f"/accounts/{account.code}", data={"wards": ["西区"], "measures": ["1"]}).status_code
        == 303
    )
    assert not is_in(browser)  # a changed scope is a new sign-in
    assert sign_in(browser, "tanto@example.jp").status_code == 303
    assert admin.post(f"/accounts/{account.code}/disable").status_code == 303
    assert not is_in(browser)
    assert sign_in(clients(), "tanto@example.jp").status_code == 422


def test_an_invited_member_speaks_for_the_organisation(clients):
    school, coordinator = make_organisation(), clients(make_coordinator())
    invited = coordinator.post(
        f"/organisations/{school.code}/invitations", data={"email": "kyoto@example.jp"}
    )
    assert invited.status_code == 303
    member = clients()
    assert (
        member.post(link("kyoto@example.jp"), data={"name": "教頭", "password": PASSWORD}).status_code == 303
    )
    assert member.get("/requests/new").status_code == 200
    account = db.session.scalars(select(Account).filter_by(email="kyoto@example.jp")).one()
    coordinator.post(f"/organisations/{school.code}/memberships/{account.code}/end")
    assert member.get(f"/organisations/{school.code}").status_code == 404


def test_somebody_with_an_account_confirms_an_invitation(clients, hanako):
    school = make_organisation()
    clients(make_coordinator()).post(
        f"/organisations/{school.code}/invitations", data={"email": "hanako@example.jp"}
    )
    assert clients().post(link("hanako@example.jp")).status_code == 303
    member = clients()
    sign_in(member)
    assert member.get(f"/organisations/{school.code}").status_code == 200


def test_the_command_line_makes_accounts(app):
    run = app.test_cli_runner().invoke
    line = [
        "accounts",
        "create",
        "--email",
        "a@example.jp",
        "--name",
        "管理",
        "--role",
        "admin",
        "--password-stdin",
    ]
    assert run(args=line, input=f"{PASSWORD}\n").exit_code == 0
    assert run(args=line, input=f"{PASSWORD}\n").exit_code == 1
    line = ["accounts", "create", "--email", "c@example.jp", "--name", "担当", "--role", "coordinator"]
    assert run(args=[*line, "--ward", "火星区"]).exit_code == 1
    assert run(args=line).exit_code == 0
    account = db.session.scalars(select(Account).filter_by(email="c@example.jp")).one()
    assert (len(account.wards), account.measures) == (5, {1, 2, 3, 4})
    assert "/sign-up/" in link("c@example.jp")
