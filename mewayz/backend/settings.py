"""Environment → one frozen Settings, validated at start."""

import contextlib
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mewayz.backend.errors import ConfigError

MIN_SECRET_LENGTH = 32


def _env(name: str, *aliases: str) -> AliasChoices:
    """`MEWAYZ_<NAME>` first, then the names that the earlier system used."""
    return AliasChoices(f"MEWAYZ_{name}", *aliases)


class Settings(BaseSettings):
    """All that can be configured; see docs/configuration.md for the meaning of each name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    env: Literal["development", "production"] = Field("development", validation_alias=_env("ENV"))
    data_dir: Path = Field(Path("data"), validation_alias=_env("DATA_DIR"))
    database_url: str = Field("", validation_alias=_env("DATABASE_URL"))
    redis_url: str | None = Field(None, validation_alias=_env("REDIS_URL"))
    redis_host: str | None = Field(None, validation_alias=_env("REDIS_HOST", "REDIS_HOST"))
    redis_port: int = Field(6379, ge=1, le=65535, validation_alias=_env("REDIS_PORT", "REDIS_PORT"))
    redis_password: SecretStr | None = Field(None, validation_alias=_env("REDIS_PASSWORD", "REDIS_PASSWORD"))
    secret_key: SecretStr = Field(SecretStr(""), validation_alias=_env("SECRET_KEY", "JWT_SECRET"))
    secret_key_previous: Annotated[tuple[SecretStr, ...], NoDecode] = Field((), validation_alias=_env("SECRET_KEY_PREVIOUS"))
    public_url: str = Field("", validation_alias=_env("PUBLIC_URL"))
    host: str = Field("127.0.0.1", validation_alias=_env("HOST"))
    port: int = Field(3000, ge=1, le=65535, validation_alias=_env("PORT"))
    workers: int = Field(1, ge=1, le=64, validation_alias=_env("WORKERS"))
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field((), validation_alias=_env("ALLOWED_ORIGINS", "ALLOWED_ORIGINS"))
    trusted_proxy_hops: int = Field(0, ge=0, le=10, validation_alias=_env("TRUSTED_PROXY_HOPS"))
    smtp_url: str | None = Field(None, validation_alias=_env("SMTP_URL"))
    email_host: str | None = Field(None, validation_alias=_env("EMAIL_HOST", "EMAIL_HOST"))
    email_port: int = Field(587, ge=1, le=65535, validation_alias=_env("EMAIL_PORT", "EMAIL_PORT"))
    email_user: str | None = Field(None, validation_alias=_env("EMAIL_USER", "EMAIL_USER"))
    email_password: SecretStr | None = Field(None, validation_alias=_env("EMAIL_PASS", "EMAIL_PASS"))
    mail_from: str = Field("", validation_alias=_env("MAIL_FROM"))
    registration: Literal["open", "closed"] = Field("open", validation_alias=_env("REGISTRATION"))
    rate_limit_anonymous: int = Field(100, ge=1, validation_alias=_env("RATE_LIMIT_ANONYMOUS"))
    rate_limit_signed_in: int = Field(5_000, ge=1, validation_alias=_env("RATE_LIMIT_SIGNED_IN"))
    rate_limit_sign_in: int = Field(5, ge=1, validation_alias=_env("RATE_LIMIT_SIGN_IN"))
    max_file_size: int = Field(5_242_880, ge=1, validation_alias=_env("MAX_FILE_SIZE", "MAX_FILE_SIZE"))
    upload_dir: Path = Field(Path(""), validation_alias=_env("UPLOAD_DIR", "UPLOAD_PATH"))

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _exact_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("*" in origin for origin in value):
            raise ValueError("name each origin; a * would let every site act for whoever is signed in")
        return value

    @field_validator("secret_key_previous", mode="before")
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(SecretStr(part.strip()) for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith("postgres://"):
            value = "postgresql://" + value.removeprefix("postgres://")
        if value and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @model_validator(mode="after")
    def _derive(self) -> "Settings":
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        data_dir = self.data_dir.expanduser().absolute()
        put("data_dir", data_dir)
        if not self.database_url:
            put("database_url", f"sqlite:///{quote(str(data_dir / 'mewayz.db'))}")
        if self.upload_dir == Path(""):
            put("upload_dir", data_dir / "uploads")
        if not self.redis_url and self.redis_host:
            password = f":{quote(self.redis_password.get_secret_value(), safe='')}@" if self.redis_password else ""
            put("redis_url", f"redis://{password}{self.redis_host}:{self.redis_port}/0")
        if not self.smtp_url and self.email_host:
            user = quote(self.email_user or "", safe="")
            password = f":{quote(self.email_password.get_secret_value(), safe='')}" if self.email_password else ""
            put("smtp_url", f"smtp://{user}{password}{'@' if user or password else ''}{self.email_host}:{self.email_port}")
        put("public_url", self.public_url.rstrip("/"))
        return self

    @property
    def production(self) -> bool:
        """Whether the strict rules of production hold."""
        return self.env == "production"

    @property
    def origins(self) -> tuple[str, ...]:
        """The exact origins that may open the websocket or send a cookie-authenticated write."""
        found = list(self.allowed_origins)
        if self.public_url:
            found.append(self.public_url)
        if not self.production:
            found += [f"http://{host}:{self.port}" for host in ("localhost", "127.0.0.1", "[::1]")]
        return tuple(dict.fromkeys(found))


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = str(problem["loc"][0]) if problem["loc"] else "settings"
    name = place if place.isupper() else f"MEWAYZ_{place.upper()}"
    return f"{name} is not valid: {problem['msg'].removeprefix('Value error, ')}."


def read_settings() -> Settings:
    """Read the environment without touching the disk.

    Raises:
        ConfigError: a value is malformed, or production has a weak secret.
    """
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        raise ConfigError(_first_problem(error)) from None
    if settings.production:
        secret = settings.secret_key.get_secret_value()
        if len(secret) < MIN_SECRET_LENGTH or len(set(secret)) < 10:
            raise ConfigError(f"MEWAYZ_SECRET_KEY must be at least {MIN_SECRET_LENGTH} random characters in production.")
        if not settings.public_url.startswith("https://"):
            raise ConfigError("MEWAYZ_PUBLIC_URL must be the https:// address of this installation in production.")
    return settings


def load_settings() -> Settings:
    """Settings that can be run with: the data folder exists and is writable, the secret is there.

    Raises:
        ConfigError: as read_settings, or the data folder cannot be written.
    """
    settings = read_settings()
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # password hashes are in it
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
        if not settings.secret_key.get_secret_value():
            settings = settings.model_copy(update={"secret_key": SecretStr(_kept_secret(settings.data_dir / "secret.key"))})
    except OSError as error:
        raise ConfigError(
            f"The data folder {settings.data_dir} cannot be written ({error.strerror}). Set MEWAYZ_DATA_DIR to a folder that can."
        ) from None
    return settings


def _kept_secret(path: Path) -> str:
    """The development secret, made once. A link to a finished file: two starts agree on one, and neither reads half of it."""
    if not path.exists():
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    secret = path.read_text().strip()
    if not secret:
        raise ConfigError(f"The secret key in {path} is empty. Delete this file, and the next start makes a new one.")
    return secret


@lru_cache(maxsize=1)
def build_settings() -> Settings:
    """What the Reflex build reads: the same names, without making files."""
    return read_settings()
