"""The sample city in the database, and the worker that delivers."""

import json
import signal
import smtplib
import socketserver
import threading

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from matching.desk.queries import sample_accounts
from matching.indicators.verification import verify
from matching.kernel import clock, outbox
from matching.kernel.audit import AuditEvent
from matching.kernel.db import db, transaction
from matching.kernel.outbox import OutboxMessage
from matching.ledger.models import LedgerEntry
from matching.ops import commands, demo
from tests.conftest import NOW


def test_the_sample_city_is_whole_and_loading_it_again_changes_nothing(app, clients):
    instance = app.extensions["settings"].instance_path
    (instance / demo.NAMED).unlink(missing_ok=True)
    run = app.test_cli_runner().invoke
    first = run(args=["demo", "--size", "160"])
    assert first.exit_code == 0, first.output
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))
    with clock.frozen(NOW.replace(day=20)):
        again = run(args=["demo", "--size", "160"])
    assert again.exit_code == 0
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before
    assert run(args=["demo", "--if-empty"]).output == ""
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) > 100
    assert verify().ok
    account = sample_accounts()[1]
    browser = clients()
    assert account.email in browser.get("/").get_data(as_text=True)
    signed = browser.post("/sign-in", data={"email": account.email, "password": account.password})
    assert signed.status_code == 303
    assert browser.get("/requests?status=open").status_code == 200
    (instance / demo.NAMED).unlink()


def test_mail_follows_the_commit_and_is_delivered_once(app, tmp_path):
    with transaction():
        outbox.enqueue("a@example.jp", "件名", "本文\nhttps://example.jp/")
        outbox.enqueue(None, "件名", "だれにも送らない")
    send = outbox.sender(f"file://{tmp_path}")
    assert (outbox.deliver(send), outbox.deliver(send)) == (1, 0)
    assert "本文" in next(tmp_path.glob("*.eml")).read_text()


def test_a_failing_server_is_tried_again_later_with_the_same_name(app):
    with transaction():
        outbox.enqueue("a@example.jp", "件名", "本文")
    seen = []

    def refuse(mail):
        seen.append(mail["Message-ID"])
        raise smtplib.SMTPServerDisconnected

    assert outbox.deliver(refuse) == 0
    assert outbox.deliver(refuse) == 0  # not due yet
    with clock.frozen(NOW.replace(hour=12)):
        outbox.deliver(lambda mail: seen.append(mail["Message-ID"]))
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert db.session.scalars(select(OutboxMessage)).one().sent_at is not None


class Postman(socketserver.StreamRequestHandler):
    """Just enough SMTP to take one mail in."""

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline().strip().decode():
            self.server.heard.append(line)
            if line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                while (text := self.rfile.readline()) != b".\r\n":
                    self.server.heard.append(text.decode().strip())
            self.wfile.write(b"221 bye\r\n" if line.lower() == "quit" else b"250 ok\r\n")


def test_mail_goes_to_the_server_that_mail_url_names(app):
    with transaction():
        outbox.enqueue("a@example.jp", "件名", "本文です")
    with socketserver.TCPServer(("127.0.0.1", 0), Postman) as server:
        server.heard = []
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        address = f"smtp://127.0.0.1:{server.server_address[1]}/?from=manabi@city.example.jp"
        assert outbox.deliver(outbox.sender(address)) == 1
        thread.join()
    heard = "\n".join(server.heard)
    for told in ("MAIL FROM:<manabi@city.example.jp>", "RCPT TO:<a@example.jp>", "本文です"):
        assert told.casefold() in heard.casefold()
    assert outbox.deliver(outbox.sender("smtp://127.0.0.1:1")) == 0


def test_the_worker_once(app):
    with transaction():
        outbox.enqueue("b@example.jp", "件名", "本文")
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    db.session.rollback()
    assert db.session.scalars(select(OutboxMessage)).one().sent_at is not None


def test_rank_and_evaluate_from_the_command_line(app, tmp_path):
    run = app.test_cli_runner().invoke
    run(args=["demo", "--size", "160"])
    (app.extensions["settings"].instance_path / demo.NAMED).unlink()
    ranked = json.loads(run(args=["matcher", "rank", "--text", "ミシンの糸を通す手伝い", "--json"]).stdout)[
        "results"
    ]
    assert ranked
    for result in ranked:
        assert abs(result["score"] - sum(term["weight"] for term in result["terms"])) < 1e-9
    gated = json.loads(run(args=["matcher", "rank", "--request", "R-00001", "--json"]).stdout)["results"]
    assert {"name", "passed", "reason"} == set(gated[0]["gates"][0])
    assert run(args=["matcher", "rank", "--request", "nothing"]).exit_code == 1
    (tmp_path / "c.jsonl").write_text('{"_id": "d1", "title": "ミシン", "text": "縫い方"}\n')
    (tmp_path / "q.jsonl").write_text('{"_id": "q1", "text": "ミシンを教えて"}\n')
    (tmp_path / "r.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\n")
    files = [
        "--corpus",
        tmp_path / "c.jsonl",
        "--queries",
        tmp_path / "q.jsonl",
        "--qrels",
        tmp_path / "r.tsv",
    ]
    done = run(args=["matcher", "evaluate", *map(str, files), "--run", str(tmp_path / "run"), "--json"])
    assert json.loads(done.stdout)["ndcg@10"] == 1.0
    assert (tmp_path / "run").read_text().startswith("q1 Q0 d1 1 ")


def test_what_cannot_be_a_mail_keeps_nobody_elses_from_going_out(app, tmp_path):
    with transaction():
        outbox.enqueue("a@example.jp\nBcc: b@example.jp", "件名", "本文")
        outbox.enqueue("c@example.jp", "二行の\n件名", "本文")
    assert outbox.deliver(outbox.sender(f"file://{tmp_path}")) == 1
    assert "Bcc" not in next(tmp_path.glob("*.eml")).read_text()
    kept = db.session.scalars(select(OutboxMessage).filter_by(sent_at=None)).one()
    assert kept.last_error == "ValueError"


def test_the_worker_outlives_a_database_that_is_away_for_a_moment(app, monkeypatch):
    rounds = []

    def deliver(_send):
        rounds.append(1)
        if len(rounds) == 1:
            raise OperationalError("", {}, Exception())
        signal.raise_signal(signal.SIGTERM)
        return 0

    monkeypatch.setattr(outbox, "deliver", deliver)
    monkeypatch.setattr(commands, "PAUSE_SECONDS", 0)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert app.test_cli_runner().invoke(args=["worker"]).exit_code == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert len(rounds) == 2
