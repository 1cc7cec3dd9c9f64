"""Settings: their names are a contract, and a wrong one is refused in one line that names it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from schemas.durations import Rate, format_duration, parse_duration
from schemas.settings import Settings, SettingsError, load_settings, variable_names


def secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


# One of each, with a value that is not its default.
CONTRACT: dict[str, tuple[str, Callable[[Settings], Any], Any]] = {
    "PAVILION_ENABLED": ("false", lambda s: s.enabled, False),
    "PAVILION_DATA_DIR": ("elsewhere", lambda s: s.data_dir, Path("elsewhere")),
    "PAVILION_DEMO": ("0", lambda s: s.demo, False),
    "PAVILION_RETENTION_DAYS": ("30", lambda s: s.retention, timedelta(days=30)),
    "PAVILION_AUDIT_DAYS": ("30", lambda s: s.audit_kept, timedelta(days=30)),
    "PAVILION_SERVICE_KEY": ("key", lambda s: secret(s.service_key), "key"),
    "PAVILION_PREVIOUS_SERVICE_KEY": ("key", lambda s: secret(s.previous_service_key), "key"),
    "PAVILION_OPERATOR_KEY": ("key", lambda s: secret(s.operator_key), "key"),
    "PAVILION_SUPPORT_KEY": ("key", lambda s: secret(s.support_key), "key"),
    "PAVILION_ADMIN_KEY": ("key", lambda s: secret(s.admin_key), "key"),
    "PAVILION_BROKER__URL": ("pulsar+ssl://b:6651", lambda s: s.broker.url, "pulsar+ssl://b:6651"),
    "PAVILION_BROKER__ADMIN_URL": ("https://b", lambda s: s.broker.admin_url, "https://b"),
    "PAVILION_BROKER__TENANT": ("t", lambda s: s.broker.tenant, "t"),
    "PAVILION_BROKER__NAMESPACE": ("n", lambda s: s.broker.namespace, "n"),
    "PAVILION_BROKER__TOKEN": ("key", lambda s: secret(s.broker.token), "key"),
    "PAVILION_BROKER__OPERATION_TIMEOUT": ("3s", lambda s: s.broker.operation_timeout, timedelta(seconds=3)),
    "PAVILION_BROKER__CONNECTION_TIMEOUT": ("3s", lambda s: s.broker.connection_timeout, timedelta(seconds=3)),
    "PAVILION_TLS__ENABLED": ("true", lambda s: s.tls.enabled, True),
    "PAVILION_TLS__CERT_PATH": ("/c", lambda s: s.tls.cert_path, Path("/c")),
    "PAVILION_TLS__KEY_PATH": ("/k", lambda s: s.tls.key_path, Path("/k")),
    "PAVILION_TLS__TRUST_PATH": ("/t", lambda s: s.tls.trust_path, Path("/t")),
    "PAVILION_TOPICS__VIDEO_EVENTS": ("v2", lambda s: s.topics.video_events, "v2"),
    "PAVILION_TOPICS__COMMENT_EVENTS": ("c2", lambda s: s.topics.comment_events, "c2"),
    "PAVILION_TOPICS__USER_EVENTS": ("u2", lambda s: s.topics.user_events, "u2"),
    "PAVILION_TOPICS__NOTIFICATIONS": ("n2", lambda s: s.topics.notifications, "n2"),
    "PAVILION_TOPICS__NOTIFICATIONS_BULK": ("b2", lambda s: s.topics.notifications_bulk, "b2"),
    "PAVILION_TOPICS__AUDIENCE_PAGES": ("a2", lambda s: s.topics.audience_pages, "a2"),
    "PAVILION_TOPICS__FAN_OUT": ("f2", lambda s: s.topics.fan_out, "f2"),
    "PAVILION_TOPICS__DEAD_LETTER": ("d2", lambda s: s.topics.dead_letter, "d2"),
    "PAVILION_TOPICS__RETRY_QUEUE": ("r2", lambda s: s.topics.retry_queue, "r2"),
    "PAVILION_TOPICS__PARTITIONS": ("3", lambda s: s.topics.partitions, 3),
    "PAVILION_TOPICS__EVENT_RETENTION": ("1d", lambda s: s.topics.event_retention, timedelta(days=1)),
    "PAVILION_TOPICS__FAN_OUT_RETENTION": ("1d", lambda s: s.topics.fan_out_retention, timedelta(days=1)),
    "PAVILION_TOPICS__DEAD_LETTER_RETENTION": ("1d", lambda s: s.topics.dead_letter_retention, timedelta(days=1)),
    "PAVILION_DEDUPLICATION__ENABLED": ("no", lambda s: s.deduplication.enabled, False),
    "PAVILION_DEDUPLICATION__WINDOW": ("1h", lambda s: s.deduplication.window, timedelta(hours=1)),
    "PAVILION_RETRY__MAX_RETRIES": ("2", lambda s: s.retry.max_retries, 2),
    "PAVILION_RETRY__DELAY": ("250ms", lambda s: s.retry.delay, timedelta(milliseconds=250)),
    "PAVILION_RETRY__BACKOFF_FACTOR": ("1.5", lambda s: s.retry.backoff_factor, 1.5),
    "PAVILION_REDIS__URL": ("rediss://r:6380/1", lambda s: s.redis.url, "rediss://r:6380/1"),
    "PAVILION_REDIS__USERNAME": ("u", lambda s: s.redis.username, "u"),
    "PAVILION_REDIS__PASSWORD": ("key", lambda s: secret(s.redis.password), "key"),
    "PAVILION_REDIS__TLS_TRUST_PATH": ("/t", lambda s: s.redis.tls_trust_path, Path("/t")),
    "PAVILION_REDIS__TLS_CERT_PATH": ("/c", lambda s: s.redis.tls_cert_path, Path("/c")),
    "PAVILION_REDIS__TLS_KEY_PATH": ("/k", lambda s: s.redis.tls_key_path, Path("/k")),
    "PAVILION_INBOX__ITEMS": ("100", lambda s: s.inbox.items, 100),
    "PAVILION_INBOX__DAYS": ("3", lambda s: s.inbox.days, 3),
    "PAVILION_SCYLLA__CONTACT_POINTS": ("a, b:9043,", lambda s: s.scylla.contact_points, ["a", "b:9043"]),
    "PAVILION_SCYLLA__KEYSPACE": ("k", lambda s: s.scylla.keyspace, "k"),
    "PAVILION_SCYLLA__DATACENTER": ("dc", lambda s: s.scylla.datacenter, "dc"),
    "PAVILION_SCYLLA__USERNAME": ("u", lambda s: s.scylla.username, "u"),
    "PAVILION_SCYLLA__PASSWORD": ("key", lambda s: secret(s.scylla.password), "key"),
    "PAVILION_SCYLLA__TLS_ENABLED": ("true", lambda s: s.scylla.tls_enabled, True),
    "PAVILION_SCYLLA__TLS_TRUST_PATH": ("/t", lambda s: s.scylla.tls_trust_path, Path("/t")),
    "PAVILION_SCYLLA__TLS_CERT_PATH": ("/c", lambda s: s.scylla.tls_cert_path, Path("/c")),
    "PAVILION_SCYLLA__TLS_KEY_PATH": ("/k", lambda s: s.scylla.tls_key_path, Path("/k")),
    "PAVILION_SCYLLA__MAX_CONNECTIONS": ("4", lambda s: s.scylla.max_connections, 4),
    "PAVILION_SCYLLA__MAX_IDLE_CONNECTIONS": ("4", lambda s: s.scylla.max_idle_connections, 4),
    "PAVILION_SCYLLA__CONNECT_TIMEOUT": ("9s", lambda s: s.scylla.connect_timeout, timedelta(seconds=9)),
    "PAVILION_SCYLLA__TIMEOUT": ("9s", lambda s: s.scylla.timeout, timedelta(seconds=9)),
    "PAVILION_SCYLLA__MAX_RETRIES": ("0", lambda s: s.scylla.max_retries, 0),
    "PAVILION_SCYLLA__RETRY_INTERVAL": ("9s", lambda s: s.scylla.retry_interval, timedelta(seconds=9)),
    "PAVILION_GATEWAY__HOST": ("::", lambda s: s.gateway.host, "::"),
    "PAVILION_GATEWAY__PORT": ("0", lambda s: s.gateway.port, 0),
    "PAVILION_GATEWAY__ORIGINS": ("https://a,https://b", lambda s: s.gateway.origins, ["https://a", "https://b"]),
    "PAVILION_GATEWAY__DRAIN": ("1m", lambda s: s.gateway.drain, timedelta(minutes=1)),
    "PAVILION_TOKENS__ROTATION": ("7d", lambda s: s.tokens.rotation, timedelta(days=7)),
    "PAVILION_TOKENS__ISSUERS": (
        '[{"issuer": "i", "jwks_url": "https://i/k", "audience": "a"}]',
        lambda s: [(one.issuer, one.algorithms, one.user_claim, one.role_claim) for one in s.tokens.issuers],
        [("i", ["EdDSA"], "sub", None)],
    ),
    "PAVILION_GATEWAY__TRUSTED_PROXIES": (
        "10.0.0.0/8, 2001:DB8::/32",
        lambda s: s.gateway.trusted_proxies,
        ["10.0.0.0/8", "2001:db8::/32"],
    ),
    "PAVILION_GATEWAY__CONNECTIONS": ("9", lambda s: s.gateway.connections, 9),
    "PAVILION_GATEWAY__CONNECTIONS_PER_USER": ("9", lambda s: s.gateway.connections_per_user, 9),
    "PAVILION_GATEWAY__TLS_CERT_PATH": ("/c", lambda s: s.gateway.tls_cert_path, Path("/c")),
    "PAVILION_GATEWAY__TLS_KEY_PATH": ("/k", lambda s: s.gateway.tls_key_path, Path("/k")),
    "PAVILION_BACKUP__URL": ("s3://b/p", lambda s: s.backup.url, "s3://b/p"),
    "PAVILION_BACKUP__KEEP": ("8", lambda s: s.backup.keep, 8),
    "PAVILION_LIMITS__USER": ("5/1s", lambda s: s.limits.user, Rate(5, timedelta(seconds=1))),
    "PAVILION_LIMITS__SERVICE": ("5/1s", lambda s: s.limits.service, Rate(5, timedelta(seconds=1))),
    "PAVILION_LIMITS__OPERATOR": ("5/1s", lambda s: s.limits.operator, Rate(5, timedelta(seconds=1))),
    "PAVILION_LIMITS__ADDRESS": ("5/1s", lambda s: s.limits.address, Rate(5, timedelta(seconds=1))),
    "PAVILION_LIMITS__HANDSHAKES": ("5/1.5s", lambda s: s.limits.handshakes, Rate(5, timedelta(seconds=1.5))),
    "PAVILION_ENCRYPTION__KEYS": (
        f"b:{'A' * 43}=, a:{'B' * 43}=",
        lambda s: list(s.encryption.by_id),
        ["b", "a"],
    ),
    "PAVILION_TRACING__ENDPOINT": ("http://c:4318", lambda s: s.tracing.endpoint, "http://c:4318"),
    "PAVILION_TRACING__HEADERS": ("a=b", lambda s: s.tracing.headers.get_secret_value(), "a=b"),
    "PAVILION_TRACING__SAMPLE_RATIO": ("0.5", lambda s: s.tracing.sample_ratio, 0.5),
    "PAVILION_TRACING__PER_SECOND": ("9", lambda s: s.tracing.per_second, 9),
    "PAVILION_LOG__FORMAT": ("json", lambda s: s.log.format, "json"),
    "PAVILION_LOG__LEVEL": ("debug", lambda s: s.log.level, "debug"),
    "PAVILION_WORKER__HOST": ("::", lambda s: s.worker.host, "::"),
    "PAVILION_WORKER__PORT": ("0", lambda s: s.worker.port, 0),
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("PAVILION_"):
            monkeypatch.delenv(name)


def refused(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    return str(caught.value)


NEEDED_BY_CERTIFICATES = {
    "PAVILION_REDIS__TLS_": "PAVILION_REDIS__URL",
    "PAVILION_SCYLLA__TLS_": "PAVILION_SCYLLA__TLS_ENABLED",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_every_setting_is_read_from_the_variable_of_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, read, expected = CONTRACT[name]
    defaults = Settings()
    for section, needed in NEEDED_BY_CERTIFICATES.items():
        if name.startswith(section):
            monkeypatch.setenv(needed, CONTRACT[needed][0])
    monkeypatch.setenv(name, value)
    settings = load_settings()
    assert read(settings) == expected
    assert settings != defaults


def test_all_settings_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (value, _, _) in CONTRACT.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert {name: read(settings) for name, (_, read, _) in CONTRACT.items()} == {
        name: expected for name, (_, _, expected) in CONTRACT.items()
    }


def test_the_contract_names_all_but_the_tuning_of_workers() -> None:
    assert set(variable_names()) - set(CONTRACT) == {
        "PAVILION_WORKER__BATCH_MAX_EVENTS",
        "PAVILION_WORKER__BATCH_MAX_BYTES",
        "PAVILION_WORKER__PROCESSING_DEADLINE",
        "PAVILION_WORKER__STANDBYS",
    }
    assert set(CONTRACT) <= set(variable_names())


def test_defaults_are_those_of_one_process_on_this_machine() -> None:
    settings = load_settings()
    assert settings.enabled
    assert settings.demo
    assert settings.broker.embedded
    assert settings.database == Path(".pavilion/pavilion.db")
    assert (settings.gateway.host, settings.gateway.port) == ("127.0.0.1", 8000)
    assert (settings.inbox.items, settings.inbox.days) == (500, 7)
    assert settings.topics.partitions == 16
    assert settings.topics.event_retention == timedelta(days=7)
    assert settings.topics.fan_out_retention == timedelta(hours=1)
    assert settings.topics.dead_letter_retention == timedelta(days=30)
    assert settings.service_key is settings.operator_key is None


@pytest.mark.parametrize(
    "name",
    [
        "PAVILION_NOTHING",
        "PAVILION_",
        "PAVILION_BROKER_URL",
        "PAVILION_BROKER__NOTHING",
        "PAVILION_BROKER__",
        "PAVILION_BROKER__URL__HOST",
        "PAVILION_ENABLED__X",
        "pavilion_nothing",
    ],
)
def test_an_unknown_variable_is_refused_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, **{name: "1"}) == f"{name}: there is no such setting"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAVILION_ENABLED", "maybe"),
        ("PAVILION_RETENTION_DAYS", "0"),
        ("PAVILION_RETENTION_DAYS", ""),
        ("PAVILION_RETENTION_DAYS", "ten"),
        ("PAVILION_BROKER__URL", "kafka://b:9092"),
        ("PAVILION_BROKER__ADMIN_URL", "b:8080"),
        ("PAVILION_BROKER__OPERATION_TIMEOUT", "30"),
        ("PAVILION_TOPICS__VIDEO_EVENTS", "video events"),
        ("PAVILION_TOPICS__PARTITIONS", "0"),
        ("PAVILION_RETRY__DELAY", "0s"),
        ("PAVILION_RETRY__DELAY", "99999999999999999999d"),
        ("PAVILION_RETRY__BACKOFF_FACTOR", "0.5"),
        ("PAVILION_REDIS__URL", "memcached://r"),
        ("PAVILION_INBOX__ITEMS", "0"),
        ("PAVILION_SCYLLA__KEYSPACE", "Drop table"),
        ("PAVILION_GATEWAY__PORT", "65536"),
        ("PAVILION_GATEWAY__ORIGINS", "https://a.example/path"),
        ("PAVILION_GATEWAY__ORIGINS", "https://a.example,*"),
        ("PAVILION_GATEWAY__ORIGINS", "null"),
        ("PAVILION_GATEWAY__TRUSTED_PROXIES", "10.0.0.1/8"),
        ("PAVILION_GATEWAY__TRUSTED_PROXIES", "proxy"),
        ("PAVILION_GATEWAY__CONNECTIONS", "0"),
        ("PAVILION_LIMITS__USER", "600"),
        ("PAVILION_LIMITS__USER", "0/1m"),
        ("PAVILION_LIMITS__USER", "600/1"),
        ("PAVILION_BROKER", "pulsar://b"),
        ("PAVILION_BROKER", "[1]"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, **{name: value}).startswith(f"{name}: ")


def test_the_inbox_is_no_longer_than_history(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refused(monkeypatch, PAVILION_RETENTION_DAYS="3", PAVILION_INBOX__DAYS="7")
    assert line == "PAVILION_INBOX__DAYS must not exceed PAVILION_RETENTION_DAYS"


def test_a_section_may_be_given_as_json_and_one_of_its_settings_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAVILION_BROKER", '{"url": "pulsar://b:6650", "tenant": "t"}')
    monkeypatch.setenv("PAVILION_BROKER__TENANT", "other")
    assert (load_settings().broker.url, load_settings().broker.tenant) == ("pulsar://b:6650", "other")


def test_a_rate_comes_back_from_its_text() -> None:
    for text in ("600/1m", "1/250ms", "60000/1h"):
        assert str(load_settings(limits={"user": text}).limits.user) == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://App.Example.com", "https://app.example.com"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:8443", "https://a.example:8443"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(given: str, kept: str) -> None:
    assert load_settings(gateway={"origins": given}).gateway.origins == [kept]


def test_secrets_are_not_shown() -> None:
    settings = load_settings(service_key="hidden", broker={"token": "hidden"}, redis={"password": "hidden"})
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("5m", 300), ("1.5h", 5400), ("7d", 604_800), ("250ms", 0.25), (" 1s ", 1)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    ["", "0s", "0.0000001s", "10", "10 s", "-1s", "1e3s", "s", "1w", "٣s", 10, None, timedelta(0), timedelta(-1)],
)
def test_what_is_not_a_duration(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(value)


@given(st.integers(1, 10**12))
def test_a_duration_comes_back_from_its_text(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("text", ["10s", "5m", "90m", "1h", "7d", "250ms"])
def test_a_duration_is_written_in_its_largest_whole_unit(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


@pytest.mark.parametrize("name", [name for name in CONTRACT if re.search("(REDIS|SCYLLA)__TLS_.*_PATH", name)])
def test_a_certificate_that_nothing_would_use_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, **{name: "/some.pem"}).startswith(f"{name}: PAVILION_")
