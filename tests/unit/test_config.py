"""Settings: the three spellings of a PostgreSQL address, what is refused by name, the secret made once."""

import stat

import pytest

from matching.config import Settings, driver_url

DRIVER = "postgresql+psycopg://u@h/d"
NAMES = ("DATABASE_URL", "SECRET_KEY", "BASE_URL", "MAIL_URL", "PORT")


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "instance"))
    return monkeypatch


@pytest.mark.parametrize("spelled", ["postgres://u@h/d", "postgresql://u@h/d", DRIVER])
def test_every_spelling_means_the_driver_we_ship(spelled):
    assert driver_url(spelled) == DRIVER


def test_everything_is_optional(environment, tmp_path):
    environment.setenv("PORT", "8123")
    settings = Settings.from_environment()
    assert settings.base_url == "http://127.0.0.1:8123"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/manabi.sqlite3"
    assert settings.mail_url == f"file://{tmp_path}/instance/mail"
    assert settings.on_loopback
    assert not settings.https


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "mysql://h/d"), ("BASE_URL", "ftp://h"), ("MAIL_URL", "http://h")],
)
def test_what_cannot_be_right_is_refused_by_name(environment, name, value):
    environment.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        Settings.from_environment()


def test_the_secret_is_made_once_for_its_owner_only(environment, tmp_path):
    first = Settings.from_environment().secret_key
    assert len(first) == 64
    assert Settings.from_environment().secret_key == first
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600
