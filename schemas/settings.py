"""All settings: environment variables with the prefix ``PAVILION_``, nested by ``__``; durations as ``10s`` or ``7d``.

A wrong value stops the start with one line that names the variable, see :func:`load_settings`.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

import pydantic_settings
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.durations import DURATION, RATE, Rate, parse_duration, parse_rate
from schemas.origins import normal_origin
from schemas.telemetry import LogSettings, TracingSettings

ENCRYPTION_KEY_BYTES = 32


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("it is not JSON") from None


def _key_set_url(value: str) -> str:
    """Keys that somebody on the way could replace would let him sign for anyone."""
    try:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        good = bool(parts.hostname) and (parts.scheme == "https" or local) and parts.username is None
    except ValueError:
        good = False
    if not good:
        raise ValueError("neither an https URL nor an http one of this machine")
    return value


def _networks(values: list[str]) -> list[str]:
    return [str(ipaddress.ip_network(value)) for value in values]


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": ["10s", "5m", "7d"]}),
]
Limit = Annotated[
    Rate,
    NoDecode,
    BeforeValidator(parse_rate),
    WithJsonSchema({"type": "string", "pattern": f"^{RATE.pattern}$", "examples": ["600/1m"]}),
]
Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Origins = Annotated[Names, AfterValidator(lambda values: [normal_origin(value) for value in values])]
Networks = Annotated[Names, AfterValidator(_networks)]
Secrets = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)]
Port = Annotated[int, Field(ge=0, le=65535)]
Key = Annotated[SecretStr | None, BeforeValidator(lambda value: value or None)]
"""An empty one is none: from a key that everybody knows anybody could derive what signs tokens."""
Algorithm = Literal["EdDSA", "Ed25519", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
"""Signatures with a public key: with a shared secret, whoever may check a token could make one."""
TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]


class _Section(BaseModel):
    model_config = {"extra": "forbid", "frozen": True}


class BrokerSettings(_Section):
    url: str = Field("embedded://", pattern=r"^(pulsar|pulsar\+ssl|embedded)://")
    """``pulsar://HOST:PORT``, ``pulsar+ssl://HOST:PORT``, or ``embedded://`` for one process on ``DATA_DIR``."""
    admin_url: str = Field("http://127.0.0.1:8080", pattern=r"^https?://")
    tenant: TopicName = "public"
    namespace: TopicName = "default"
    token: SecretStr | None = None
    operation_timeout: Duration = timedelta(seconds=30)
    connection_timeout: Duration = timedelta(seconds=10)

    @property
    def embedded(self) -> bool:
        return self.url.startswith("embedded://")


class TlsSettings(_Section):
    """TLS to the broker: a client certificate (``cert_path``, ``key_path``) and the authority to trust."""

    enabled: bool = False
    cert_path: Path | None = None
    key_path: Path | None = None
    trust_path: Path | None = None


class TopicSettings(_Section):
    video_events: TopicName = "video-events"
    comment_events: TopicName = "comment-events"
    user_events: TopicName = "user-events"
    notifications: TopicName = "notifications"
    notifications_bulk: TopicName = "notifications-bulk"
    audience_pages: TopicName = "audience-pages"
    fan_out: TopicName = "fan-out"
    dead_letter: TopicName = "dead-letters"
    retry_queue: TopicName = "retry"
    partitions: int = Field(16, ge=1, le=1024)
    event_retention: Duration = timedelta(days=7)
    fan_out_retention: Duration = timedelta(hours=1)
    dead_letter_retention: Duration = timedelta(days=30)

    @property
    def events(self) -> dict[str, str]:
        """The topic of each group of events: ``video``, ``comment`` and ``user``."""
        return {"video": self.video_events, "comment": self.comment_events, "user": self.user_events}

    def of_group(self, group: str) -> str:
        """The topic of any group of events: ``report-events`` of a group ``report`` that was added."""
        return self.events.get(group, f"{group}-events")


class DeduplicationSettings(_Section):
    enabled: bool = True
    window: Duration = timedelta(minutes=10)


class RetrySettings(_Section):
    max_retries: int = Field(5, ge=0, le=100)
    delay: Duration = timedelta(seconds=1)
    backoff_factor: float = Field(2.0, ge=1.0, le=10.0)


class RedisSettings(_Section):
    url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^(rediss?|redis\+sentinel|redis\+cluster)://")
    username: str | None = None
    password: SecretStr | None = None
    tls_trust_path: Path | None = None
    """The authority to trust, PEM; without it those that the system trusts."""
    tls_cert_path: Path | None = None
    tls_key_path: Path | None = None

    @property
    def tls(self) -> bool:
        """As the URL says: ``rediss://``, or ``?tls=true``."""
        parts = urlsplit(self.url)
        return parts.scheme == "rediss" or parse_qs(parts.query).get("tls") == ["true"]


class InboxSettings(_Section):
    items: int = Field(500, ge=1, le=10_000)
    days: int = Field(7, ge=1, le=90)


class ScyllaSettings(_Section):
    contact_points: Names = ["127.0.0.1:9042"]
    """``HOST`` or ``HOST:PORT``, separated by commas."""
    keyspace: str = Field("pavilion", pattern=r"^[a-z][a-z0-9_]{0,47}$")
    datacenter: str = "datacenter1"
    username: str | None = None
    password: SecretStr | None = None
    tls_enabled: bool = False
    tls_trust_path: Path | None = None
    """The authority to trust, PEM; without it those that the system trusts."""
    tls_cert_path: Path | None = None
    tls_key_path: Path | None = None
    max_connections: int = Field(8, ge=1, le=128)
    max_idle_connections: int = Field(2, ge=1, le=128)
    connect_timeout: Duration = timedelta(seconds=5)
    timeout: Duration = timedelta(seconds=2)
    max_retries: int = Field(3, ge=0, le=20)
    retry_interval: Duration = timedelta(milliseconds=100)


class EncryptionSettings(_Section):
    keys: Secrets = []
    """``ID:BASE64`` of 32 bytes each, separated by commas: the first wraps new data keys, all of them unwrap."""

    @field_validator("keys")
    @classmethod
    def _ids_and_keys(cls, keys: list[SecretStr]) -> list[SecretStr]:
        found = [read_encryption_key(key.get_secret_value()) for key in keys]
        for what, values in zip(("ids", "keys"), zip(*found, strict=True), strict=False):
            if len(set(values)) < len(values):
                raise ValueError(f"two of its {what} are the same")
        return keys

    @property
    def by_id(self) -> dict[str, bytes]:
        """The keys by their ids, in the order in which they are given."""
        return dict(read_encryption_key(key.get_secret_value()) for key in self.keys)


def read_encryption_key(text: str) -> tuple[str, bytes]:
    """The id and the 32 bytes of ``ID:BASE64``; raises ValueError, which does not tell the key."""
    identifier, _, encoded = text.partition(":")
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", identifier) is None:
        raise ValueError("each key is ID:BASE64, and an ID has up to 64 letters, digits, dots and dashes")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {identifier}: is not base64") from None
    if len(key) != ENCRYPTION_KEY_BYTES:
        raise ValueError(f"the key {identifier} has {len(key)} bytes, not {ENCRYPTION_KEY_BYTES}")
    return identifier, key


class GatewaySettings(_Section):
    host: str = "127.0.0.1"
    port: Port = 8000
    origins: Origins = []
    """Browser origins allowed to open sockets and use REST, besides the gateway's own: ``https://app.example.com``."""
    drain: Duration = timedelta(seconds=10)
    trusted_proxies: Networks = []
    """Networks whose ``X-Forwarded-For`` is believed, such as ``10.0.0.0/8``."""
    connections: int = Field(50_000, ge=1, le=1_000_000)
    connections_per_user: int = Field(20, ge=1, le=1000)
    """Over all gateways; a further one closes the user's oldest."""
    tls_cert_path: Path | None = None
    """PEM, with the certificates of the authorities in between."""
    tls_key_path: Path | None = None


class LimitSettings(_Section):
    """How many requests who may make, over all gateways."""

    user: Limit = Rate(3000, timedelta(minutes=1))
    service: Limit = Rate(60_000, timedelta(minutes=1))
    operator: Limit = Rate(6000, timedelta(minutes=1))
    """Of the operator, support and admin keys, each."""
    address: Limit = Rate(3000, timedelta(minutes=1))
    """Of an address, without credentials or with ones that are not valid."""
    handshakes: Limit = Rate(60_000, timedelta(minutes=1))
    """Of an address: sockets that it opens."""


OWN_ISSUER = "pavilion"
"""What our own tokens say in ``iss``."""


class IssuerSettings(_Section):
    """Somebody else who signs access tokens for our users."""

    issuer: str = Field(min_length=1, max_length=500)
    jwks_url: Annotated[str, AfterValidator(_key_set_url)]
    audience: str = Field(min_length=1, max_length=500)
    algorithms: list[Algorithm] = Field(["EdDSA"], min_length=1)
    user_claim: str = Field("sub", min_length=1)
    """The claim that holds the user's id, a UUID."""
    role_claim: str | None = Field(None, min_length=1)
    """The claim that may name ``support``, ``operator`` or ``admin``; without it all are users."""
    max_age: Duration = timedelta(minutes=10)
    """A token is good for so long after it was issued, whatever it says of its end: nobody can revoke it."""


class TokenSettings(_Section):
    rotation: Duration = timedelta(days=30)
    """After so long the gateways sign with the next key."""
    issuers: Annotated[list[IssuerSettings], NoDecode, BeforeValidator(_json)] = []

    @field_validator("rotation")
    @classmethod
    def _longer_than_tokens_live(cls, rotation: timedelta) -> timedelta:
        if rotation < timedelta(hours=1):
            raise ValueError("shorter than 1h: tokens would outlive their key")
        return rotation

    @field_validator("issuers")
    @classmethod
    def _each_once(cls, issuers: list[IssuerSettings]) -> list[IssuerSettings]:
        names = [OWN_ISSUER, *(one.issuer for one in issuers)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the issuer {name!r} is there twice, or is our own")
        return issuers


class WorkerSettings(_Section):
    host: str = "127.0.0.1"
    port: Port = 6066
    batch_max_events: int = Field(1000, ge=1, le=10_000)
    batch_max_bytes: int = Field(1024 * 1024, ge=1024)
    processing_deadline: Duration = timedelta(minutes=5)
    """A partition on which nothing was finished for so long, with no dependency away, is given up."""
    standbys: int = Field(0, ge=0, le=3)
    """How many other workers keep a second copy of each window table in memory, to take over in seconds."""


class BackupSettings(_Section):
    url: str | None = None
    """A directory, or ``s3://BUCKET/PREFIX`` and what else fsspec opens: where `pavilion maintain backup` writes."""
    keep: int = Field(4, ge=1, le=1000)
    """How many complete backups stay there."""


class Settings(BaseSettings):
    """Read from the environment; ``Settings()`` raises pydantic's ValidationError, :func:`load_settings` one line."""

    model_config = SettingsConfigDict(
        env_prefix="PAVILION_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    enabled: bool = True
    data_dir: Path = Path(".pavilion")
    demo: bool = True
    retention_days: int = Field(90, ge=1, le=3650)
    audit_days: int = Field(365, ge=1, le=3650)
    service_key: Key = None
    previous_service_key: Key = None
    operator_key: Key = None
    support_key: Key = None
    admin_key: Key = None
    broker: BrokerSettings = BrokerSettings()
    tls: TlsSettings = TlsSettings()
    topics: TopicSettings = TopicSettings()
    deduplication: DeduplicationSettings = DeduplicationSettings()
    retry: RetrySettings = RetrySettings()
    redis: RedisSettings = RedisSettings()
    inbox: InboxSettings = InboxSettings()
    scylla: ScyllaSettings = ScyllaSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    gateway: GatewaySettings = GatewaySettings()
    tokens: TokenSettings = TokenSettings()
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()
    tracing: TracingSettings = TracingSettings()
    log: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()

    @model_validator(mode="after")
    def _inbox_within_retention(self) -> Settings:
        if self.inbox.days > self.retention_days:
            raise ValueError("PAVILION_INBOX__DAYS must not exceed PAVILION_RETENTION_DAYS")
        return self

    @model_validator(mode="after")
    def _tls_as_the_url_says(self) -> Settings:
        if self.tls.enabled and self.broker.url.startswith("pulsar://"):
            raise ValueError("PAVILION_TLS__ENABLED: PAVILION_BROKER__URL must then be pulsar+ssl://")
        return self

    @model_validator(mode="after")
    def _no_certificate_in_vain(self) -> Settings:
        """Paths without TLS would be ignored, by a service that its operator believes to be encrypted."""
        for section, tls, how in (
            ("redis", self.redis.tls, "PAVILION_REDIS__URL must then be rediss://, or have ?tls=true"),
            ("scylla", self.scylla.tls_enabled, "PAVILION_SCYLLA__TLS_ENABLED must then be true"),
        ):
            for name in ("tls_trust_path", "tls_cert_path", "tls_key_path"):
                if getattr(getattr(self, section), name) is not None and not tls:
                    raise ValueError(f"PAVILION_{section}__{name}: ".upper() + how)
        return self

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.retention_days)

    @property
    def audit_kept(self) -> timedelta:
        return timedelta(days=self.audit_days)

    @property
    def database(self) -> Path:
        """The one SQLite file of the embedded mode."""
        return self.data_dir / "pavilion.db"


class SettingsError(ValueError):
    """One line that names the variable and says what is wrong with it."""


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; raises SettingsError for the first wrong value."""
    known = set(variable_names()) | {f"PAVILION_{name}".upper() for name in Settings.model_fields}
    for variable in os.environ:
        if variable.upper().startswith("PAVILION_") and variable.upper() not in known:
            raise SettingsError(f"{variable}: there is no such setting")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        # A list is one variable, whatever in it is wrong.
        place = list(first["loc"])
        inside = next((index for index, part in enumerate(place) if isinstance(part, int)), len(place))
        name = "PAVILION_" + "__".join(str(part) for part in place[:inside]).upper()
        message = str(first["msg"]).removeprefix("Value error, ")
        if place[inside + 1 :]:
            message = f"{'.'.join(str(part) for part in place[inside + 1 :])} of entry {place[inside]}: {message}"
        raise SettingsError(message if not first["loc"] else f"{name}: {message}") from None
    except pydantic_settings.SettingsError as error:  # a whole section as JSON, PAVILION_BROKER, that is none
        section = re.search(r'field "(\w+)"', str(error))
        raise SettingsError(f"PAVILION_{section[1].upper()}: not a JSON object" if section else str(error)) from None


def variable_names() -> list[str]:
    """The names of all environment variables that are settings."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        variable = f"PAVILION_{name}".upper()
        names += [variable] if inner is None else [f"{variable}__{part}".upper() for part in inner]
    return names
