"""People at browsers: on a phone or at a desk, what they do there, and what every page they see must keep."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page

from matching.accounts.models import Account
from matching.kernel import clock
from tests.conftest import Client

PHONE, DESK = WIDTHS = 360, 1280
# Only what is wrong comes back: the list of all that was looked at is long.
FINDINGS = """axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(
    wrong => [wrong.id, wrong.nodes.map(node => node.html.slice(0, 200))]))"""


class Person:
    """Somebody at a browser of their own, as wide as what they hold. No pictures: None."""

    def __init__(self, browser: Browser, address: str, pictures: Path | None, width: int) -> None:
        self.address, self.pictures, self.width = address, pictures, width
        self.context = browser.new_context(
            locale="ja-JP", viewport={"width": width, "height": 900}, has_touch=width == PHONE
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("request", self._watch)

    def open(self, path: str) -> "Person":
        self.page.goto(self.address + path)
        return self

    def sign_in(self, browser: Client) -> "Person":
        """As whoever is signed in there."""
        cookie = browser.get_cookie("manabi")
        self.context.add_cookies([{"name": "manabi", "value": cookie.value, "url": self.address}])
        return self

    def fill(self, **values: str) -> "Person":
        """Type, choose or tick, as the field asks for."""
        for name, value in values.items():
            field = self.page.locator(f'main [name="{name}"]')
            kind = field.first.evaluate("field => field.type")
            if kind in ("radio", "checkbox"):
                self.page.check(f'main [name="{name}"][value="{value}"]')
            elif kind == "select-one":
                field.select_option(value)
            else:
                field.fill(value)
        return self

    def press(self, label: str) -> "Person":
        return self.go_by(self.page.locator("main").get_by_role("button", name=label, exact=True))

    def follow(self, label: str) -> "Person":
        return self.go_by(self.page.locator("main").get_by_role("link", name=label))

    def go_by(self, way: Locator) -> "Person":
        """Click, and stand on the page that answers: a click alone returns before a slow answer is there."""
        with self.page.expect_navigation():
            way.first.click()
        return self

    def sees(self, text: str) -> bool:
        return text in self.page.inner_text("main")

    def check(self, name: str) -> None:
        """What `look` asks, and no axe finding at either width."""
        self.page.evaluate(AXE_SCRIPT)
        for width in WIDTHS:
            self._look(name, width)
            found = self.page.evaluate(FINDINGS)
            assert not found, found
        self._stand_back()

    def look(self, name: str) -> "Person":
        """No overflow at either width, no foreign address, no console error; a picture if one is wanted."""
        for width in WIDTHS:
            self._look(name, width)
        self._stand_back()
        return self

    def _look(self, name: str, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})
        overflow = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow}px too wide at {width}px"
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)

    def _stand_back(self) -> None:
        self.page.set_viewport_size({"width": self.width, "height": 900})
        assert not self.complaints, self.complaints

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"foreign address: {request.url}")


class Windows:
    """Browsers of people who are signed in."""

    def __init__(self, person: Any, clients: Any) -> None:
        self.person, self.clients = person, clients
        self.opened: list[tuple[Person, Account]] = []

    def __call__(self, account: Account, width: int = DESK) -> Person:
        self.opened.append((self.person(width), account))
        return self.opened[-1][0].sign_in(self.clients(account))

    @contextmanager
    def later(self, moment: datetime) -> Iterator[None]:
        """The clock at this moment; sign-ins have ended meanwhile, and everybody has signed in again."""
        with clock.frozen(moment):
            for somebody, account in self.opened:
                somebody.sign_in(self.clients(account))
            yield
