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
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from matching.kernel import outbox
from matching.kernel.db import db

WIDTHS = (360, 1280)


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


class Person:
    """Somebody at a browser of their own. Every page they see is checked as it is."""

    def __init__(self, browser: Browser, address: str, pictures: Path) -> None:
        self.address, self.pictures = address, pictures
        self.context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("request", self._watch)

    def open(self, path: str) -> "Person":
        self.page.goto(self.address + path)
        return self

    def fill(self, **values: str) -> "Person":
        for name, value in values.items():
            self.page.fill(f'[name="{name}"]', value)
        return self

    def press(self, label: str) -> "Person":
        self.page.locator("main").get_by_role("button", name=label, exact=True).first.click()
        return self

    def follow(self, label: str) -> "Person":
        self.page.locator("main").get_by_role("link", name=label).first.click()
        return self

    def sees(self, text: str) -> bool:
        return text in self.page.inner_text("main")

    def check(self, name: str) -> None:
        """No axe finding, no overflow at either width, no foreign address, no console error; a picture."""
        self.page.wait_for_load_state()  # a button's answer may still be on its way
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            overflow = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} is {overflow}px too wide at {width}px"
            self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)
            found = Axe().run(self.page).response["violations"]
            assert not found, [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
        assert not self.complaints, self.complaints

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"foreign address: {request.url}")


@pytest.fixture
def person(chromium: Browser, address: str, tmp_path: Path) -> Iterator[Any]:
    """A factory of people; pictures go to PICTURES or a temporary folder."""
    pictures = Path(os.environ.get("PICTURES", tmp_path))
    people: list[Person] = []

    def make() -> Person:
        people.append(Person(chromium, address, pictures))
        return people[-1]

    yield make
    for somebody in people:
        somebody.context.close()


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
