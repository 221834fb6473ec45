"""A real Chromium against the application served from this process, so that tests can set its clock."""

import email
import email.policy
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from matching.kernel import outbox
from matching.kernel.db import db
from tests.e2e.people import DESK, Person, Windows


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def by_words_alone(by_meaning: object) -> None:
    """People see the ranking as it is in use."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def person(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A factory of people; pictures of what they see go below PICTURES, a folder for each test."""
    wanted = os.environ.get("PICTURES")
    pictures = Path(wanted, request.node.originalname.removeprefix("test_")) if wanted else None
    people: list[Person] = []

    def make(width: int = DESK) -> Person:
        people.append(Person(chromium, address, pictures, width))
        return people[-1]

    yield make
    for somebody in people:
        somebody.context.close()


@pytest.fixture
def window(person: Any, clients: Any) -> Windows:
    return Windows(person, clients)


@pytest.fixture
def spool(app: Flask, tmp_path: Path) -> Any:
    """Deliver what is due to a spool and return the newest mail's link for this address."""

    def newest_link(recipient: str) -> str:
        db.session.rollback()
        outbox.deliver(outbox.sender(f"file://{tmp_path}/mail"))
        db.session.rollback()
        mails = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted((tmp_path / "mail").glob("*.eml"), key=lambda p: p.stat().st_mtime_ns)
        ]
        body = [mail for mail in mails if mail["To"] == recipient][-1].get_content()
        return str(re.search(r"http://127\.0\.0\.1:8000(/\S+)", body)[1])

    return newest_link
