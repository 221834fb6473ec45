"""Dead mail is shown and sent again; /readyz tells what is behind; the daily mail can be stopped."""

from sqlalchemy.exc import OperationalError

from matching.kernel import outbox
from matching.kernel.db import db, transaction
from matching.kernel.occasions import WorkerBeat
from matching.kernel.permissions import Role
from matching.ops import jobs
from tests.factories import make_account, make_coordinator, make_dead_mail


def test_dead_mail_is_shown_masked_and_sent_again_once(clients, tmp_path):
    message = make_dead_mail(
        subject="登録されました: 女性人材リスト", last_error="SMTPServerDisconnected", body="ひみつの話"
    )
    waiting = make_dead_mail(attempts=2, recipient="other@example.jp")
    for browser in (clients(make_coordinator()), clients(make_account(Role.ADMIN))):
        shown = browser.get("/mail").get_data(as_text=True)
        assert "h***@example.jp" in shown
        assert "登録されました" in shown
        assert "SMTPServerDisconnected" in shown
        for hidden in ("hanako", "ひみつ", "女性人材", "other", waiting.code):
            assert hidden not in shown
    assert browser.post(f"/mail/{waiting.code}/resend").status_code == 409
    assert outbox.deliver(outbox.sender(f"file://{tmp_path}")) == 1  # the one that was waiting
    assert browser.post(f"/mail/{message.code}/resend").status_code == 303
    assert browser.post(f"/mail/{message.code}/resend").status_code == 409
    assert outbox.deliver(outbox.sender(f"file://{tmp_path}")) == 1
    assert "届かなかったメールはありません" in browser.get("/mail").get_data(as_text=True)


def test_readyz_names_what_is_not_as_it_should_be(client, app, monkeypatch):
    assert client.get("/readyz").status_code == 503
    app.test_cli_runner().invoke(args=["worker", "--once"])
    assert client.get("/readyz").json == {"status": "ok"}
    with transaction():
        db.session.delete(db.session.get_one(WorkerBeat, "digests"))
    assert client.get("/readyz").json["problems"] == ["worker: digests has not run"]
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["problems"]) == (503, ["migrations: missing"])

    def away(_connection):
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(jobs.MigrationContext, "configure", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["problems"]) == (503, ["database: unreachable"])


def test_a_coordinator_stops_the_daily_mail_and_takes_it_again(clients):
    account = make_coordinator()
    browser = clients(account)
    for value, wanted in (("no", False), ("no", False), ("yes", True)):
        assert browser.post("/digest", data={"digest": value}).status_code == 303
        db.session.rollback()
        assert account.digest is wanted
