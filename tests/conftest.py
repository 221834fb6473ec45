"""One application per database kind; each test has a fresh copy of the migrated database."""

import contextvars
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Engine, create_engine, event

from matching import POSTGRESQL, SQLITE, create_app
from matching.accounts.models import Account
from matching.accounts.services import open_sign_in
from matching.config import Settings
from matching.engine.meaning import HOME, Meaning
from matching.kernel import clock
from matching.kernel.db import db, transaction
from matching.matcher import gateway
from tests.support import soak
from tests.support.postgres import Cluster, throwaway_cluster
from tests.support.processes import SECRET

# No property is held against the clock: another test beside it may take the machine.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
NOW = datetime(2026, 10, 1, 10, 0, tzinfo=clock.TOKYO)
ON_POSTGRESQL = POSTGRESQL | {"max_overflow": 100}  # a race lets many run at once


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in soak.lines():
        terminalreporter.write_line(line)


class Client(FlaskClient):
    """A browser: its requests run outside the test's own application context; posts carry a CSRF token."""

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> Any:
        if csrf and kwargs.get("method") == "POST":
            kwargs["data"] = {"csrf_token": self.csrf_token(), **(kwargs.get("data") or {})}
        if has_app_context():  # the test's own reading must not hide what the request writes
            db.session.rollback()
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return response

    def twin(self) -> "Client":
        """Another window of the same browser, for a thread of its own."""
        other: Client = self.application.test_client()
        other._cookies = dict(self._cookies)
        return other

    def sign_in(self, account: Account) -> "Client":
        """Become somebody without the form (its own tests go through the form)."""
        with transaction():
            token = open_sign_in(account)
        with self.session_transaction() as session:
            session["_user_id"], session["_fresh"] = token, True
        return self

    def csrf_token(self) -> str:
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw))


def without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    """As PostgreSQL's cluster does without: what a test writes need not outlive the machine."""
    connection.execute("PRAGMA synchronous = OFF")


class Installation:
    """An application on one kind of database, and how a fresh copy of that database is made."""

    def __init__(self, folder: Path, cluster: Cluster | None) -> None:
        self.folder, self.cluster, self.copies = folder, cluster, 0
        url = cluster.url("template") if cluster else f"sqlite:///{folder / 'template.sqlite3'}"
        if cluster:
            cluster.create("template")
        self.app = create_app(
            Settings(
                instance_path=folder,
                database_url=url,
                secret_key=SECRET,
                base_url="http://127.0.0.1:8000",
                mail_url=f"file://{folder / 'mail'}",
            )
        )
        self.app.testing = False  # errors become pages, as in use
        self.app.test_client_class = Client
        with self.app.app_context():
            flask_migrate.upgrade()
            db.engine.dispose()
            self.dialect, self.compiled = db.engine.dialect, {}
            if not cluster:
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def fresh_copy(self) -> Iterator[Engine]:
        """The engine of a new copy of the migrated database, which is gone afterwards."""
        self.copies += 1
        name = f"copy_{self.copies}"
        path = self.folder / f"{name}.sqlite3"
        if self.cluster:
            self.cluster.create(name, template="template")
            engine = create_engine(self.cluster.url(name), **ON_POSTGRESQL)
        else:
            shutil.copyfile(self.folder / "template.sqlite3", path)
            engine = create_engine(f"sqlite:///{path}", **SQLITE)
            event.listen(engine, "connect", without_waiting_for_the_disk)
        # All copies speak one dialect, which keeps its compiled statements: half are the same in every test.
        engine.dialect = self.dialect
        engine.update_execution_options(compiled_cache=self.compiled)
        yield engine
        db.session.remove()
        engine.dispose()
        if self.cluster:
            self.cluster.drop(name)
        else:
            for file in self.folder.glob(f"{path.name}*"):
                file.unlink()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with throwaway_cluster() as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp(request.param)
    on = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    return Installation(folder, on)


@pytest.fixture(autouse=True)
def by_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranking without word vectors, which tests can say by heart; `by_meaning` is for those about them."""
    monkeypatch.setattr(gateway, "meaning", lambda: None)


@pytest.fixture
def by_meaning(monkeypatch: pytest.MonkeyPatch) -> Meaning:
    """Ranking with the installation's vectors."""
    found = Meaning.load(HOME)
    assert found is not None, "flask matcher prepare makes the vectors"
    monkeypatch.setattr(gateway, "meaning", lambda: found)
    return found


@pytest.fixture
def app(installation: Installation) -> Iterator[Flask]:
    """The application on a fresh database, its context pushed, the clock at NOW."""
    app = installation.app
    with clock.frozen(NOW), app.app_context(), installation.fresh_copy() as engine:
        db.engines[None] = engine
        yield app


@pytest.fixture
def client(app: Flask) -> Client:
    return app.test_client()


@pytest.fixture
def clients(app: Flask) -> Any:
    """A factory of browsers, one for each account given (None: anonymous)."""

    def make(account: Account | None = None) -> Client:
        browser: Client = app.test_client()
        return browser.sign_in(account) if account else browser

    return make
