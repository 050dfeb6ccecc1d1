"""Settings: every name and alias, what production refuses, and the secret that development makes for itself."""

import os
import secrets
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mewayz.backend import settings as module
from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import sqlite_path
from mewayz.backend.settings import Settings, load_settings, read_settings
from tests.services import SECRET


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env and no data of anybody."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults(empty_folder: Path) -> None:
    settings = read_settings()
    assert (settings.env, settings.host, settings.port, settings.workers) == ("development", "127.0.0.1", 3000, 1)
    assert settings.data_dir == empty_folder / "data"
    assert sqlite_path(settings.database_url) == str(empty_folder / "data" / "mewayz.db")
    assert settings.upload_dir == empty_folder / "data" / "uploads"
    assert settings.max_file_size == 5_242_880
    assert (settings.redis_url, settings.smtp_url) == (None, None)
    assert (settings.rate_limit_anonymous, settings.rate_limit_signed_in, settings.rate_limit_sign_in) == (100, 5_000, 5)
    assert (settings.registration, settings.mail_from, settings.secret_key_previous) == ("open", "", ())
    assert not (empty_folder / "data").exists()


@pytest.mark.parametrize("name", ["with space", "50%20off", "100%", "what?", "hash#tag", "ümlaut"])
def test_any_folder_name_leads_to_the_same_file(empty_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MEWAYZ_DATA_DIR", name)
    assert sqlite_path(read_settings().database_url) == str(empty_folder / name / "mewayz.db")


def test_names_of_the_earlier_system_are_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "JWT_SECRET": SECRET,
        "REDIS_HOST": "cache.example",
        "REDIS_PORT": "6380",
        "REDIS_PASSWORD": "p@ss/word",
        "ALLOWED_ORIGINS": "https://a.example/, https://b.example",
        "MAX_FILE_SIZE": "1000",
        "UPLOAD_PATH": "/srv/uploads",
        "EMAIL_HOST": "mail.example",
        "EMAIL_USER": "me@example.com",
        "EMAIL_PASS": "a:b",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.secret_key.get_secret_value() == SECRET
    assert settings.redis_url == "redis://:p%40ss%2Fword@cache.example:6380/0"
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.max_file_size == 1000
    assert settings.upload_dir == Path("/srv/uploads")
    assert settings.smtp_url == "smtp://me%40example.com:a%3Ab@mail.example:587"


def test_own_names_win_over_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MAX_FILE_SIZE": "1", "MEWAYZ_MAX_FILE_SIZE": "2", "REDIS_HOST": "a", "MEWAYZ_REDIS_URL": "redis://b/1"}.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.max_file_size, settings.redis_url) == (2, "redis://b/1")


def test_secrets_of_before_are_a_list_that_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWAYZ_SECRET_KEY_PREVIOUS", f" {SECRET} ,, another-{SECRET},")
    settings = read_settings()
    assert [secret.get_secret_value() for secret in settings.secret_key_previous] == [SECRET, f"another-{SECRET}"]
    assert SECRET not in repr(settings)


def test_limits_registration_and_sender_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"RATE_LIMIT_ANONYMOUS": 7, "RATE_LIMIT_SIGNED_IN": 8, "RATE_LIMIT_SIGN_IN": 9, "REGISTRATION": "closed"}
    for name, value in {**values, "MAIL_FROM": "shop@example.com"}.items():
        monkeypatch.setenv(f"MEWAYZ_{name}", str(value))
    settings = read_settings()
    assert (settings.rate_limit_anonymous, settings.rate_limit_signed_in, settings.rate_limit_sign_in) == (7, 8, 9)
    assert (settings.registration, settings.mail_from) == ("closed", "shop@example.com")


def test_a_dotenv_file_is_read_and_the_environment_wins(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_folder / ".env").write_text("MEWAYZ_PORT=4000\nMEWAYZ_HOST=0.0.0.0\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("MEWAYZ_PORT", "5000")
    monkeypatch.setenv("MEWAYZ_WORKERS", "")
    settings = read_settings()
    assert (settings.host, settings.port, settings.workers) == ("0.0.0.0", 5000, 1)


def test_secrets_are_not_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWAYZ_SECRET_KEY", SECRET)
    monkeypatch.setenv("REDIS_PASSWORD", "hunter2hunter2")
    assert SECRET not in repr(read_settings())
    assert "hunter2hunter2" not in repr(read_settings())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MEWAYZ_PORT", "http", "MEWAYZ_PORT"),
        ("MEWAYZ_PORT", "70000", "MEWAYZ_PORT"),
        ("MEWAYZ_WORKERS", "0", "MEWAYZ_WORKERS"),
        ("MEWAYZ_ENV", "staging", "MEWAYZ_ENV"),
        ("MEWAYZ_DATABASE_URL", "mysql://localhost/x", "MEWAYZ_DATABASE_URL"),
        ("MAX_FILE_SIZE", "-1", "MAX_FILE_SIZE"),
        ("MEWAYZ_REGISTRATION", "maybe", "MEWAYZ_REGISTRATION"),
        ("MEWAYZ_RATE_LIMIT_ANONYMOUS", "0", "MEWAYZ_RATE_LIMIT_ANONYMOUS"),
        ("MEWAYZ_RATE_LIMIT_SIGN_IN", "many", "MEWAYZ_RATE_LIMIT_SIGN_IN"),
    ],
)
def test_a_malformed_value_is_one_sentence_that_names_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said) as raised:
        read_settings()
    assert "\n" not in raised.value.message


def test_the_old_spelling_of_postgres_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWAYZ_DATABASE_URL", "postgres://u:p@h/n")
    assert read_settings().database_url == "postgresql://u:p@h/n"


@pytest.mark.parametrize(
    ("secret", "url", "said"),
    [
        (None, "https://shop.example", "SECRET_KEY"),
        ("short", "https://shop.example", "SECRET_KEY"),
        ("your-super-secret-jwt-key-here", "https://shop.example", "SECRET_KEY"),
        ("a" * 64, "https://shop.example", "SECRET_KEY"),
        (SECRET, "", "PUBLIC_URL"),
        (SECRET, "http://shop.example", "PUBLIC_URL"),
    ],
)
def test_production_refuses_what_is_weak_or_missing(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str | None, url: str, said: str
) -> None:
    monkeypatch.setenv("MEWAYZ_ENV", "production")
    monkeypatch.setenv("MEWAYZ_PUBLIC_URL", url)
    if secret is not None:
        monkeypatch.setenv("MEWAYZ_SECRET_KEY", secret)
    with pytest.raises(ConfigError, match=said):
        load_settings()
    assert not (empty_folder / "data").exists()


def test_production_trusts_exactly_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENV": "production", "PUBLIC_URL": "https://shop.example/", "SECRET_KEY": SECRET}.items():
        monkeypatch.setenv(f"MEWAYZ_{name}", value)
    settings = read_settings()
    assert settings.production
    assert settings.origins == ("https://shop.example",)


def test_development_trusts_its_own_port() -> None:
    assert "http://localhost:3000" in read_settings().origins


def test_the_secret_is_made_once_and_only_its_owner_reads_it(empty_folder: Path) -> None:
    before = os.umask(0)
    try:
        first = load_settings()
    finally:
        os.umask(before)
    path = empty_folder / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.secret_key.get_secret_value()) >= 32
    assert load_settings().secret_key == first.secret_key
    assert sorted(entry.name for entry in (empty_folder / "data").iterdir()) == ["secret.key"]


def test_simultaneous_starts_agree_on_one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = secrets.token_urlsafe

    def slow(size: int) -> str:
        time.sleep(0.05)  # until all have seen that there is none
        return genuine(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slow)
    with ThreadPoolExecutor(16) as threads:
        found = {settings.secret_key.get_secret_value() for settings in threads.map(lambda _: load_settings(), range(48))}
    assert len(found) == 1
    assert found != {""}


def test_an_empty_secret_is_refused(empty_folder: Path) -> None:
    (empty_folder / "data").mkdir()
    (empty_folder / "data" / "secret.key").touch()
    with pytest.raises(ConfigError, match="empty"):
        load_settings()


def test_a_folder_that_cannot_be_written_is_one_sentence(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_folder / "file").touch()
    monkeypatch.setenv("MEWAYZ_DATA_DIR", str(empty_folder / "file" / "data"))
    with pytest.raises(ConfigError, match="MEWAYZ_DATA_DIR") as raised:
        load_settings()
    assert "\n" not in raised.value.message


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError):
        read_settings().port = 1


def test_the_build_reads_settings_without_making_files(empty_folder: Path) -> None:
    module.build_settings.cache_clear()
    try:
        assert isinstance(module.build_settings(), Settings)
    finally:
        module.build_settings.cache_clear()
    assert list(empty_folder.iterdir()) == []
