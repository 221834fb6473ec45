"""The running index follows the database: other processes, a saved start, another analyser."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.engine import text as words_of
from matching.engine.asked import Wish
from matching.kernel import events
from matching.kernel.db import db, transaction
from matching.matcher import gateway, queries, texts
from matching.matcher.gateway import SNAPSHOT, Running
from matching.matcher.models import IndexedText, Kind
from matching.registry.models import Offering
from matching.requests import services as requests
from matching.requests.models import RequestStatus
from tests.factories import make_candidate, make_coordinator, make_request

ROOT = Path(__file__).parents[2]
SEWING = Wish("ミシンを手伝ってほしい")
CHILD = """
import json, sys
from matching import create_app
from matching.engine.asked import Wish
from matching.kernel import events
from matching.kernel.db import db, transaction
from matching.matcher import gateway, queries
from matching.registry.models import Offering
gateway.meaning = lambda: None
app = create_app()
for line in sys.stdin:
    verb, text = line.strip().split(" ", 1)
    with app.app_context():
        if verb == "rename":
            with transaction():
                offering = db.session.query(Offering).first()
                offering.title = text
                events.offering_changed.send(offering)
            print("done", flush=True)
        else:
            print(json.dumps([f.offering for f in queries.rank(Wish(text))]), flush=True)
"""


def change(offering: Offering, title: str) -> None:
    with transaction():
        offering.title, offering.description = title, f"{title}を教えます。"
        events.offering_changed.send(offering)


def found(running: Running, wish: Wish = SEWING) -> list[str]:
    codes = set(db.session.scalars(select(Offering.code)))
    running.catch_up()
    return [code for code, _ in running.ranked(wish, 100, codes)]


@pytest.fixture
def file(tmp_path):
    return tmp_path / SNAPSHOT


@pytest.fixture
def sewing(app):
    return make_candidate().offerings[0]


def test_two_processes_see_each_others_committed_changes(app, sewing, tmp_path):
    """A second program, started once and asked again and again, as gunicorn's workers are."""
    env = os.environ | {
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "INSTANCE_PATH": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as other:

        def say(line: str) -> str:
            other.stdin.write(line + "\n")
            other.stdin.flush()
            return other.stdout.readline()

        assert json.loads(say("ask ミシン")) == [sewing.code]
        change(sewing, "将棋")
        assert json.loads(say("ask ミシン")) == []
        assert json.loads(say("ask 将棋")) == [sewing.code]
        assert [f.offering for f in queries.rank(Wish("囲碁"))] == []
        assert say("rename 囲碁").strip() == "done"
        db.session.rollback()
        assert [f.offering for f in queries.rank(Wish("囲碁"))] == [sewing.code]
        other.stdin.close()


def test_what_is_undone_is_never_seen(app, sewing):
    with pytest.raises(RuntimeError), transaction():
        sewing.title = "囲碁"
        events.offering_changed.send(sewing)
        raise RuntimeError
    assert [f.offering for f in queries.rank(Wish("囲碁"))] == []
    assert [f.offering for f in queries.rank(SEWING)] == [sewing.code]


@pytest.mark.parametrize("at_once", [gateway.AT_ONCE, 1])
def test_a_process_starts_from_what_was_kept_and_catches_up(app, sewing, file, monkeypatch, at_once):
    """One by one where little has changed, else by going through all; the same stays as it is."""
    monkeypatch.setattr(gateway, "AT_ONCE", at_once)
    first = Running(file)
    assert found(first) == [sewing.code]
    first.keep()
    others = [make_candidate().offerings[0] for _ in range(2)]
    for other in others:
        change(other, "囲碁")
    put = []
    real = gateway.TfidfIndex.put
    monkeypatch.setattr(
        gateway.TfidfIndex, "put", lambda self, id, *rest: put.append(id) or real(self, id, *rest)
    )
    second = Running(file)
    assert found(second) == [sewing.code]
    assert found(second, Wish("囲碁")) == put == sorted(other.code for other in others)


def test_what_was_kept_by_another_database_is_not_believed(app, sewing, file):
    """The same revision and codes, but other texts: a database that was restored."""
    first = Running(file)
    assert found(first) == [sewing.code]
    first.keep()
    with transaction():
        row = db.session.get_one(IndexedText, (Kind.OFFERING, sewing.code))
        sewing.title, sewing.description = "囲碁", "囲碁を教えます。"
        row.words, row.stamp = [["囲碁", "囲碁"]], "another"
    assert found(Running(file)) == []


@pytest.mark.parametrize("content", [b"", b"no index", None])
def test_a_damaged_file_is_made_anew_and_said(app, sewing, file, caplog, content):
    first = Running(file)
    found(first)
    first.keep()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data) if content is None else content)
    with caplog.at_level(logging.WARNING):
        assert found(Running(file)) == [sewing.code]
    assert "made anew" in caplog.text


def test_another_analyser_finds_the_words_anew(app, sewing, monkeypatch):
    request = make_request()
    with transaction():
        events.request_changed.send(request)
    monkeypatch.setattr(words_of, "analyser_version", lambda: "another")
    assert [f.offering for f in queries.rank(SEWING)] == [sewing.code]  # before the worker has been there
    assert texts.find_anew() == 2
    assert set(db.session.scalars(select(IndexedText.analyser))) == {"another"}
    assert texts.find_anew() == 0
    assert [f.offering for f in queries.rank(SEWING)] == [sewing.code]


def test_requests_that_look_for_people_tell_what_is_ordinary(app, file):
    request = make_request(status=RequestStatus.SUBMITTED, description="囲碁の相手をしてほしい。")
    with transaction():
        requests.open_request(None, request)
    assert db.session.get_one(IndexedText, (Kind.REQUEST, request.code)).words
    running = Running(file)
    found(running)
    assert running._index.requests["囲碁"] == 1
    with transaction():
        values = replace(requests.values_of(request), description="将棋の相手をしてほしい。")
        requests.rewrite(None, request, values)
    found(running)
    assert running._index.requests["囲碁"] == 0


def test_without_vectors_the_page_says_so(clients, app, sewing):
    page = clients(make_coordinator()).get(f"/requests/{make_request().code}/candidates")
    assert "同じ言葉だけで順位をつけています" in page.get_data(as_text=True)


def test_with_vectors_words_meet_that_are_not_the_same(by_meaning, app, sewing):
    other = make_candidate().offerings[0]
    change(other, "合唱")
    change(sewing, "ミシン")
    best = queries.rank(Wish("電動の縫う機械で困っています"))[0]
    assert best.offering == sewing.code
    hit = gateway.running().explained(Wish("電動の縫う機械で困っています"), [sewing.code])[sewing.code]
    assert sum(term.weight for term in hit.terms) == pytest.approx(hit.score, abs=1e-9)
    assert ("ミシン", "縫う") in {(term.via, term.surface) for term in hit.terms}


def test_requests_from_before_the_first_offering_are_not_forgotten(app, file):
    running = Running(file)
    for _ in range(2):
        request = make_request(description="囲碁の相手をしてほしい。")
        with transaction():
            events.request_changed.send(request)
        found(running)
    assert len(running._index.request_terms) == 2
