"""`flask bench-pages`: how long pages take while several people open them at once.

The server is one that runs already, on this machine; the sample city tells whom to sign in as.
"""

import math
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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

LOOPBACK = {"127.0.0.1", "localhost"}
# Who opens a page: the sample account whose address begins so.
COORDINATOR, REQUESTER, RESIDENT = "tanto@", "school@", "resident@"
LISTS = {
    COORDINATOR: (
        *("/", "/requests", "/requests?status=open", "/registry/registrations", "/registry/queue"),
        *("/matches", "/organisations", "/stages", "/drills", "/registry/credentials", "/registry/courses"),
        *("/registry/renewals", "/registry/ended", "/words", "/mail", "/indicators"),
    ),
    REQUESTER: ("/", "/requests", "/matches", "/organisations"),
    RESIDENT: ("/", "/registry", "/registry/me", "/matches", "/stages"),
}
MATCHER_MILLISECONDS = 800.0  # may the ranking of one request or one person take; the plan has no limit
DETAILS = 20  # of each kind, drawn with a fixed seed
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """Addresses of one kind, opened in turn by `who`. `most`: milliseconds the 95th percentile may take."""

    who: str
    name: str
    paths: Sequence[str]
    most: float


@click.command("bench-pages")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="A server on this machine.")
@click.option("--clients", default=8, show_default=True, type=click.IntRange(1, 64))
@click.option("--times", default=80, show_default=True, type=click.IntRange(1, 10_000), help="Of each page.")
@click.option(
    "--limit", default=300.0, show_default=True, help="Milliseconds (p95) of a list or detail page."
)
@with_appcontext
def bench_pages(url: str, clients: int, times: int, limit: float) -> None:
    """Open pages from several clients at once, signed in as each role; exit code 1 above the limit."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise click.UsageError("この機械のサーバー（127.0.0.1）だけを測れます。")
    known = {account.email: account for account in sample_accounts()}
    if not known:
        raise click.ClickException("見本の都市がありません。flask demo で入れてください。")
    tables = {"一覧とくわしいページ": [*_lists(limit), *_details(limit)], "引き合わせのページ": _matching()}
    db.session.rollback()
    slow = []
    with ThreadPoolExecutor(clients) as pool:
        browsers = {}
        for who in LISTS:
            account = next(known[email] for email in known if email.startswith(who))
            entering = [pool.submit(_signed_in, url, account.email, account.password) for _ in range(clients)]
            browsers[who] = [entered.result() for entered in entering]
        for title, pages in tables.items():
            click.echo(f"{title}\n\n| だれが | ページ | 中央値 | 95%点 |\n| --- | --- | --- | --- |")
            for page in pages:
                taken = _taken(pool, browsers[page.who], [url + path for path in page.paths], times)
                p50, p95 = np.percentile(taken, [50, 95])
                click.echo(f"| {page.who} | {page.name} | {p50:.0f} | {p95:.0f} |")
                slow += [f"{page.name}（{page.who} {page.most:.0f} ミリ秒）"] if p95 > page.most else []
            click.echo()
    if slow:
        raise click.ClickException(f"限りをこえました: {'、'.join(slow)}")


def _lists(most: float) -> Iterator[Page]:
    for who, paths in LISTS.items():
        yield from (Page(who, path, [path], most) for path in paths)


def _details(most: float) -> Iterator[Page]:
    open_, done, approved = (
        SupportRequest.status == RequestStatus.OPEN,
        SupportRequest.status == RequestStatus.CLOSED,
        Registration.status == RegistrationStatus.APPROVED,
    )
    for name, address, codes in (
        ("募集中の依頼", "/requests", _codes(SupportRequest, open_)),
        ("終わった依頼", "/requests", _codes(SupportRequest, done)),
        ("組み合わせ", "/matches", _codes(Match)),
        ("登録", "/registry/registrations", _codes(Registration, approved)),
        ("団体", "/organisations", _codes(Organisation)),
    ):
        yield Page(COORDINATOR, name, [f"{address}/{code}" for code in codes], most)


def _matching() -> Iterator[Page]:
    """The pages that rank; the plan of all requests at once is shown without a limit."""
    open_ = _codes(SupportRequest, SupportRequest.status == RequestStatus.OPEN)
    candidates = [f"/requests/{code}/candidates" for code in open_]
    yield Page(COORDINATOR, "候補", candidates, MATCHER_MILLISECONDS)
    yield Page(RESIDENT, "/openings", ["/openings"], MATCHER_MILLISECONDS)
    yield Page(COORDINATOR, "/plan", ["/plan"], math.inf)


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
