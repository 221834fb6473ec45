"""The product as processes of its own, which can be killed, on the database of the test."""

import os
import subprocess
import sys
from pathlib import Path

from matching.kernel.db import db

ROOT = Path(__file__).parent.parent.parent


def environment(folder: Path) -> dict[str, str]:
    """An installation that keeps its files below `folder`."""
    return {
        **os.environ,
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "INSTANCE_PATH": str(folder / "instance"),
        "MAIL_URL": f"file://{folder / 'mail'}",
    }


def flask(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`flask …`, running."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=quiet, stderr=quiet)
