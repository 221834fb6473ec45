"""What several rooms of the services' tests stand on."""

import csv
import io
import json

import pytest

from matching.kernel.db import db
from tests.factories import make_coordinator


@pytest.fixture
def keeper(app):
    """The coordinator who keeps the alternates and asks."""
    return make_coordinator()


@pytest.fixture
def bring(app, tmp_path):
    """Run `flask GROUP import` on a file or on rows; returns (exit code, what --json printed)."""

    def run(group, source, *options, headers=None, encoding="utf-8"):
        path = source
        if isinstance(source, list):
            path = tmp_path / f"{group}.csv"
            path.write_bytes(table(source, headers).encode(encoding))
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=[group, "import", str(path), "--json", *options])
        db.session.rollback()
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        run.told = done.stderr
        return done.exit_code, json.loads(done.stdout)

    return run


def table(rows, headers):
    out = io.StringIO()
    names = list(rows[0])
    writer = csv.writer(out)
    writer.writerow([headers[name] for name in names])
    writer.writerows([[row.get(name, "") for name in names] for row in rows])
    return out.getvalue()
