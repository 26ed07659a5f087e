"""What an operator can set, read from LIBRARY_* variables; one message lists all that is missing or wrong."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from library.errors import Misconfigured

DEMO_SECRET = "demo-secret-not-for-a-real-library-0000"  # noqa: S105 - known to everyone on purpose, refused outside demo mode
MIN_SECRET = 32

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _has_a_port(address: SplitResult) -> bool:
    """Or none; what stands where a port stands is a number."""
    try:
        address.port  # noqa: B018 - asking for it is the check
    except ValueError:
        return False
    return True


def default_data_folder() -> Path:
    """`.data` beside the program; as root below /var/tmp, since PostgreSQL then runs as another user who must reach it."""
    here = Path.cwd()
    if os.geteuid() == 0:
        mark = hashlib.sha256(str(here).encode()).hexdigest()[:8]
        return Path("/var/tmp") / f"ward-library-{mark}"  # noqa: S108 - owned and mode-checked by us, survives a reboot
    return here / ".data"


class Settings(BaseSettings):
    """All settings. Times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="LIBRARY_", env_file=".env", extra="ignore")

    demo: bool = False
    library_name: str = "図書館"
    database_url: str | None = None
    data: Path = Field(default_factory=default_data_folder)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str | None = None
    secret_key: str | None = None
    timezone: str = "Asia/Tokyo"
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    metrics_from: Annotated[tuple[Network, ...], NoDecode] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    session_hours: int = Field(default=12, ge=1, le=24 * 30)
    session_idle_minutes: int = Field(default=120, ge=5)
    card_prefix: str = Field(default="10", pattern=r"^\d{1,4}$")  # of the card numbers that the service issues
    database_pool: int = Field(default=10, ge=2, le=200)
    card_letter: Literal["A", "B", "C", "D"] = "A"
    upload_limit_mb: int = Field(default=2048, ge=1)
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    worker_jobs: int = Field(default=4, ge=1, le=64)
    meilisearch_url: str | None = None  # without it every host searches its own copy
    meilisearch_search_key: str | None = None  # may search, and nothing else
    meilisearch_index_key: str | None = None  # may write documents, settings and indexes whose names begin with meilisearch_index
    meilisearch_ca: Path | None = None  # certificates (PEM) that sign the server's own, where no public authority does
    chat_url: str | None = None  # an OpenAI-compatible endpoint, as it stands before /chat/completions; without it our own rules understand
    chat_model: str | None = None
    chat_key: str | None = None
    meilisearch_index: str = Field(default="catalogue", pattern=r"^[A-Za-z0-9_]{1,100}$")

    @field_validator("trusted_proxies", "metrics_from", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str | None) -> str | None:
        """The message never repeats the address: it holds a password."""
        if value is None or value.startswith(("postgresql://", "postgres://")):
            try:
                urlsplit(value or "").port  # noqa: B018 - asking for it is the check
            except ValueError:
                raise ValueError("has a port that is no number") from None
            return value
        raise ValueError("does not begin with postgresql://")

    @field_validator("meilisearch_url")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        """Plain HTTP only within the machine or to a neighbour that is called by a single word."""
        if not value:
            return None
        parts = urlsplit(value)
        near = parts.hostname in {"127.0.0.1", "::1"} or "." not in (parts.hostname or ".")
        if parts.scheme == "https" or (parts.scheme == "http" and near):
            return value.rstrip("/")
        raise ValueError("does not begin with https://")

    @field_validator("meilisearch_ca")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as exc:
            raise ValueError(f"no time zone is called {value!r}") from exc
        return value

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @model_validator(mode="after")
    def _secrets_are_secret(self) -> Settings:
        if self.demo:
            return self
        if self.secret_key == DEMO_SECRET:
            raise ValueError("LIBRARY_SECRET_KEY is the demo's; a real library needs its own (32 random characters or more)")
        if self.secret_key is not None and len(self.secret_key) < MIN_SECRET:
            raise ValueError(f"LIBRARY_SECRET_KEY has {len(self.secret_key)} characters, needs {MIN_SECRET} or more")
        return self

    @model_validator(mode="after")
    def _both_keys_with_an_index_server(self) -> Settings:
        if self.meilisearch_url and not (self.meilisearch_search_key and self.meilisearch_index_key):
            raise ValueError("LIBRARY_MEILISEARCH_URL needs LIBRARY_MEILISEARCH_SEARCH_KEY and LIBRARY_MEILISEARCH_INDEX_KEY too")
        return self

    @model_validator(mode="after")
    def _a_model_with_a_chat_endpoint(self) -> Settings:
        if self.chat_url and not self.chat_model:
            raise ValueError("LIBRARY_CHAT_URL needs LIBRARY_CHAT_MODEL too")
        if self.chat_url:
            address = urlsplit(self.chat_url)
            if not address.hostname or any(sign.isspace() or not sign.isprintable() for sign in self.chat_url) or not _has_a_port(address):
                raise ValueError("LIBRARY_CHAT_URL is no web address")
            if address.scheme != "https" and not (address.scheme == "http" and address.hostname in ("127.0.0.1", "::1", "localhost")):
                raise ValueError("LIBRARY_CHAT_URL must begin with https:// (http:// on this very machine only)")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def key(self) -> bytes:
        """The secret every keyed digest and signature derives from; raises Misconfigured when a real library has none."""
        if self.demo:
            return (self.secret_key or DEMO_SECRET).encode()
        if self.secret_key is None:
            raise Misconfigured(
                "LIBRARY_SECRET_KEY is not set; make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return self.secret_key.encode()

    @property
    def secure_cookies(self) -> bool:
        return bool(self.public_url and self.public_url.startswith("https://"))

    def require_for_serving(self) -> None:
        """Raises Misconfigured with every reason at once why the service must not start as it is set."""
        missing = []
        if not self.demo:
            if self.secret_key is None:
                missing.append("LIBRARY_SECRET_KEY is not set")
            if self.database_url is None:
                missing.append("LIBRARY_DATABASE_URL is not set")
            if self.public_url is None:
                missing.append("LIBRARY_PUBLIC_URL is not set (the https:// address readers use)")
            elif not self.public_url.startswith("https://"):
                missing.append("LIBRARY_PUBLIC_URL does not begin with https://")
        if missing:
            raise Misconfigured("; ".join(missing))


def load(**overrides: object) -> Settings:
    """Settings from the environment; raises Misconfigured naming every variable that is wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as exc:
        raise Misconfigured("; ".join(_sentence(error) for error in exc.errors())) from exc


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    where = ".".join(str(part) for part in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"LIBRARY_{where.upper()}: {said}" if where else said
