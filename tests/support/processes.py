"""The product as processes of its own, which can be killed, on the database of the test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sqlalchemy import text

from matching.kernel.db import db

ROOT = Path(__file__).parent.parent.parent
SECRET = "a key for tests"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def environment(folder: Path) -> dict[str, str]:
    """An installation that keeps its files below `folder`."""
    return {
        **os.environ,
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "INSTANCE_PATH": str(folder / "instance"),
        "MAIL_URL": f"file://{folder / 'mail'}",
        "SECRET_KEY": SECRET,
    }


def flask(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`flask …`, running."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=quiet, stderr=quiet)


def waited(until: Callable[[], object], seconds: float = 180) -> object:
    """What `until` says at last; false: it did not come true in time."""
    end = time.monotonic() + seconds
    while not (true := until()) and time.monotonic() < end:
        time.sleep(0.01)  # looking more often takes the time of what is waited for
    return true


def nobody_else() -> bool:
    """Whether the database is ours alone: the connections of a killed process end a moment after it."""
    db.session.rollback()
    db.engine.dispose()  # the tests' own
    alone = db.engine.dialect.name == "sqlite" or db.session.scalar(text(OTHERS)) == 0
    db.session.rollback()
    return alone


class Server:
    """gunicorn on a port of this machine."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.folder = folder

    def start(self) -> None:
        """Answers when this returns."""
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        self.process = subprocess.Popen(
            [*command, "--no-control-socket", "wsgi:app"],
            cwd=ROOT,
            env=environment(self.folder) | {"PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert waited(self._answers), "the server did not start"

    def kill(self) -> None:
        """kill -9, master and workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
