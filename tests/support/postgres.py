"""A throw-away PostgreSQL cluster: no network, no durability, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

DEBIAN = Path("/usr/lib/postgresql/15/bin")
OTHER_USERS = ("postgres", "nobody")  # initdb refuses root


class Cluster:
    """A running cluster, reached by its socket."""

    def __init__(self, folder: Path, admin: psycopg.Connection) -> None:
        self.folder, self._admin = folder, admin

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://manabi@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> None:
        """A copy of the template's files: page by page through the log it would take twice as long."""
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def drop(self, name: str) -> None:
        self._say(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        self._admin.execute(statement)


@contextmanager
def throwaway_cluster() -> Iterator[Cluster]:
    """Start a cluster as another user than root, and stop it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="manabi-pg-"))
    user = _other_user()
    if user is not None:
        shutil.chown(folder, user)
    data = str(folder / "data")
    as_user = ["runuser", "-u", user, "--"] if user else []
    try:
        make = ["-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", "manabi"]
        _run([*as_user, _program("initdb"), "-D", data, *make])
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
        )
        control = [*as_user, _program("pg_ctl"), "-D", data, "-s"]
        _run([*control, "-w", "-l", str(folder / "log"), "-o", options, "start"])
        try:
            where = {"host": str(folder), "user": "manabi", "dbname": "postgres"}
            with psycopg.connect(**where, autocommit=True) as admin:
                yield Cluster(folder, admin)
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in OTHER_USERS if user in known)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=DEBIAN)
    if found is None:
        raise RuntimeError(f"{name} is missing: apt-get install postgresql-15")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr or done.stdout}")
