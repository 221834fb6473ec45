"""Settings from the environment, checked once at start. Every one is optional on a developer's machine."""

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
DRIVER = "postgresql+psycopg://"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one installation may set."""

    instance_path: Path
    database_url: str
    secret_key: str
    base_url: str
    mail_url: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """ValueError, naming the setting, where one cannot be right."""
        instance = Path(os.environ.get("INSTANCE_PATH", ROOT / "instance")).resolve()
        instance.mkdir(parents=True, exist_ok=True)
        base_url = os.environ.get("BASE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError("BASE_URL must begin with http:// or https://")
        mail_url = os.environ.get("MAIL_URL", f"file://{instance / 'mail'}")
        if urlsplit(mail_url).scheme not in ("file", "smtp", "smtps"):
            raise ValueError("MAIL_URL must begin with file://, smtp:// or smtps://")
        return cls(
            instance_path=instance,
            database_url=driver_url(
                os.environ.get("DATABASE_URL", f"sqlite:///{instance / 'manabi.sqlite3'}")
            ),
            secret_key=os.environ.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
            base_url=base_url.rstrip("/"),
            mail_url=mail_url,
        )

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def on_loopback(self) -> bool:
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")


def driver_url(url: str) -> str:
    """The same database with the driver we ship: postgres:// and postgresql:// mean psycopg 3."""
    for spelling in ("postgres://", "postgresql://"):
        if url.startswith(spelling):
            return DRIVER + url.removeprefix(spelling)
    if not url.startswith((DRIVER, "sqlite:///")):
        raise ValueError("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _kept_secret(path: Path) -> str:
    """Made once and kept, readable by the owner only; of several processes starting at once one wins."""
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(name)
        Path(name).unlink()
    return path.read_text()
