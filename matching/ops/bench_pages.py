"""`flask bench-pages`: how long lists and detail pages take while several people open them at once.

The server is one that runs already, on this machine; the sample city tells whom to sign in as.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import click
import numpy as np
from flask.cli import with_appcontext
from sqlalchemy import select

from matching.desk.queries import sample_accounts
from matching.kernel.db import Base, db
from matching.matches.models import Match
from matching.organisations.models import Organisation
from matching.registry.models import Registration, RegistrationStatus
from matching.requests.models import RequestStatus, SupportRequest

COORDINATOR = "tanto@"
LOOPBACK = {"127.0.0.1", "localhost"}
LISTS = (
    *("/", "/requests", "/requests?status=open", "/registry/registrations", "/registry/queue", "/matches"),
    *("/organisations", "/stages", "/drills", "/registry/credentials", "/registry/renewals", "/words"),
    "/indicators",
)
DETAILS = 20  # of each kind, drawn with a fixed seed
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@click.command("bench-pages")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="A server on this machine.")
@click.option("--clients", default=8, show_default=True, type=click.IntRange(1, 64))
@click.option("--times", default=80, show_default=True, type=click.IntRange(1, 10_000), help="Of each page.")
@click.option("--limit", default=300.0, show_default=True, help="Milliseconds the 95th percentile may take.")
@with_appcontext
def bench_pages(url: str, clients: int, times: int, limit: float) -> None:
    """Open lists and detail pages from several clients at once; exit code 1 above the limit."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise click.UsageError("この機械のサーバー（127.0.0.1）だけを測れます。")
    known = next((a for a in sample_accounts() if a.email.startswith(COORDINATOR)), None)
    if known is None:
        raise click.ClickException("見本の都市がありません。flask demo で入れてください。")
    pages = dict(_pages())
    db.session.rollback()
    slow = []
    with ThreadPoolExecutor(clients) as pool:
        browsers = list(pool.map(lambda _: _signed_in(url, known.email, known.password), range(clients)))
        click.echo("| ページ | 中央値 | 95%点 |\n| --- | --- | --- |")
        for name, paths in pages.items():
            taken = _taken(pool, browsers, [url + path for path in paths], times)
            p50, p95 = np.percentile(taken, [50, 95])
            click.echo(f"| {name} | {p50:.0f} | {p95:.0f} |")
            slow += [name] if p95 > limit else []
    if slow:
        raise click.ClickException(f"{limit:.0f} ミリ秒をこえました: {'、'.join(slow)}")


def _pages() -> Iterator[tuple[str, list[str]]]:
    """Name → the addresses that are opened in turn."""
    yield from ((path, [path]) for path in LISTS)
    open_ = _codes(SupportRequest, SupportRequest.status == RequestStatus.OPEN)
    done = _codes(SupportRequest, SupportRequest.status == RequestStatus.CLOSED)
    yield "募集中の依頼", [f"/requests/{code}" for code in open_]
    yield "候補", [f"/requests/{code}/candidates" for code in open_]
    yield "終わった依頼", [f"/requests/{code}" for code in done]
    yield "組み合わせ", [f"/matches/{code}" for code in _codes(Match)]
    approved = _codes(Registration, Registration.status == RegistrationStatus.APPROVED)
    yield "登録", [f"/registry/registrations/{code}" for code in approved]
    yield "団体", [f"/organisations/{code}" for code in _codes(Organisation)]


def _codes(model: type[Base], *conditions: object) -> list[str]:
    codes = db.session.scalars(select(model.code).where(*conditions).order_by(model.id)).all()  # type: ignore[attr-defined, arg-type]
    return random.Random(1).sample(codes, min(DETAILS, len(codes)))  # noqa: S311 – a sample, not a secret


def _signed_in(url: str, email: str, password: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{url}/sign-in", timeout=60) as page:
        token = TOKEN.search(page.read().decode())
    assert token is not None, "the sign-in page has no form"
    form = {"csrf_token": token.group(1), "email": email, "password": password}
    with browser.open(f"{url}/sign-in", urlencode(form).encode(), timeout=60) as page:
        page.read()
    return browser


def _taken(
    pool: ThreadPoolExecutor, browsers: Sequence[OpenerDirector], urls: Sequence[str], times: int
) -> list[float]:
    """Milliseconds of each opening; the clients share the work evenly, after one opening each."""

    def client(number: int) -> list[float]:
        opening = _opener(browsers[number])
        opening(urls[number % len(urls)])
        mine = range(number, times, len(browsers))
        return [opening(urls[n % len(urls)]) for n in mine]

    return [taken for each in pool.map(client, range(len(browsers))) for taken in each]


def _opener(browser: OpenerDirector) -> Callable[[str], float]:
    def opening(url: str) -> float:
        started = time.perf_counter()
        with browser.open(url, timeout=60) as page:  # an answer of 4xx or 5xx raises
            page.read()
        return 1000 * (time.perf_counter() - started)

    return opening
