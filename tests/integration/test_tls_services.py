"""TLS to Pulsar, Redis and CQL: each side proves who it is, and who does not is refused with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from infra.log.ports import Outgoing, TopicSpec
from infra.log.pulsar import PulsarLog
from infra.stores.redis_client import close_redis, connect_redis
from infra.stores.scylla import ScyllaSession
from schemas.errors import ConnectionFailed
from schemas.settings import RedisSettings, ScyllaSettings, Settings
from tests.integration.secured import Certificates, Pair, SecureCassandra, SecurePulsar, SecureRedis


@dataclass
class Secured:
    certificates: Certificates
    pulsar: SecurePulsar
    cassandra: SecureCassandra
    redis: SecureRedis


@pytest_asyncio.fixture(scope="module")
async def secured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    directory = tmp_path_factory.mktemp("secured")
    certificates = Certificates(directory / "certificates")
    services = Secured(
        certificates,
        SecurePulsar(directory / "pulsar", certificates),
        SecureCassandra(directory / "cassandra", certificates),
        SecureRedis(directory / "redis", certificates),
    )
    parts = (services.pulsar, services.cassandra, services.redis)
    try:
        await asyncio.gather(*(asyncio.to_thread(part.start) for part in parts))
        yield services
    finally:
        await asyncio.gather(*(asyncio.to_thread(part.stop) for part in parts))


def paths(trust: Path, pair: Pair | None, prefix: str = "tls_") -> dict[str, Any]:
    given = {} if pair is None else {f"{prefix}cert_path": pair.cert, f"{prefix}key_path": pair.key}
    return {f"{prefix}trust_path": trust, **given}


# -- Pulsar


def broker(secured: Secured, trust: Path, pair: Pair | None, host: str = "127.0.0.1") -> PulsarLog:
    return PulsarLog(
        Settings(
            broker={
                "url": f"pulsar+ssl://{host}:{secured.pulsar.tls_port}",
                "admin_url": f"https://{host}:{secured.pulsar.tls_admin_port}",
                "operation_timeout": "10s",
            },
            tls={"enabled": True, **paths(trust, pair, "")},
        )
    )


async def test_pulsar_and_its_admin_api_are_used_with_a_client_certificate(secured: Secured) -> None:
    log = broker(secured, secured.certificates.trust, secured.certificates.client)
    await log.start()
    try:
        await log.admin.migrate([TopicSpec("secured", 1, ("reader",))])
        publisher = log.publisher("secured")
        await publisher.publish([Outgoing("key", b"in private")])
        await publisher.close()
        assert [record.value async for record in log.scan("secured", 0)] == [b"in private"]
    finally:
        await log.close()


@pytest.mark.parametrize(
    ("trust", "pair", "host", "reason"),
    [
        ("other_trust", "client", "127.0.0.1", "PAVILION_TLS__TRUST_PATH"),
        ("trust", "client", "localhost", "Hostname mismatch"),
        ("trust", None, "127.0.0.1", "misses one: check PAVILION_TLS__CERT_PATH"),
        ("trust", "stranger", "127.0.0.1", "refuses our certificate.*PAVILION_TLS__CERT_PATH"),
    ],
)
async def test_pulsar_and_we_refuse_who_is_not_trusted(
    secured: Secured, trust: str, pair: str | None, host: str, reason: str
) -> None:
    certificates = secured.certificates
    log = broker(secured, getattr(certificates, trust), getattr(certificates, pair) if pair else None, host)
    try:
        with pytest.raises(ConnectionFailed, match=reason) as of_the_broker:
            await log.start()
        assert str(secured.pulsar.tls_port) in str(of_the_broker.value)
        with pytest.raises(ConnectionFailed, match=reason):
            await log.admin.partitions("secured")
    finally:
        await log.close()


# -- Redis


def redis_url(secured: Secured, form: str, host: str = "127.0.0.1") -> str:
    redis = secured.redis
    return {
        "single": f"rediss://{host}:{redis.single.port}/0",
        "sentinel": f"redis+sentinel://{host}:{redis.sentinel.port}/inbox?tls=true",
        "cluster": f"redis+cluster://{host}:{redis.cluster.port}?tls=true",
    }[form]


async def assign_slots(secured: Secured) -> None:
    url = f"rediss://127.0.0.1:{secured.redis.cluster.port}/0"
    client: Any = await connect_redis(
        RedisSettings(url=url, **paths(secured.certificates.trust, secured.certificates.client))
    )
    if int((await client.execute_command("CLUSTER INFO"))["cluster_slots_assigned"]) == 0:
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    while (await client.execute_command("CLUSTER INFO"))["cluster_state"] != "ok":
        await asyncio.sleep(0.05)
    await close_redis(client)


@pytest.mark.parametrize("form", ["single", "sentinel", "cluster"])
async def test_redis_is_used_with_a_client_certificate(secured: Secured, form: str) -> None:
    if form == "cluster":
        await assign_slots(secured)
    certificates = secured.certificates
    settings = RedisSettings(url=redis_url(secured, form), **paths(certificates.trust, certificates.client))
    client: Any = await connect_redis(settings)
    await client.set("secured", form)
    assert await client.get("secured") == form.encode()
    await close_redis(client)


REFUSED = [
    ("other_trust", "client", "127.0.0.1", "PAVILION_REDIS__TLS_TRUST_PATH"),
    ("trust", "client", "localhost", "Hostname mismatch"),
    ("trust", None, "127.0.0.1", "our certificate, or misses one: check PAVILION_REDIS__TLS_CERT_PATH"),
    ("trust", "stranger", "127.0.0.1", "refuses? our certificate.*PAVILION_REDIS__TLS_CERT_PATH"),
]


@pytest.mark.parametrize(
    ("form", "trust", "pair", "host", "reason"),
    [
        (form, *case)
        for form in ("single", "sentinel", "cluster")
        for case in REFUSED
        if (form, case[2]) != ("cluster", "localhost")  # its client takes that name for the address
    ],
)
async def test_redis_and_we_refuse_who_is_not_trusted(
    secured: Secured, form: str, trust: str, pair: str | None, host: str, reason: str
) -> None:
    certificates = secured.certificates
    own = paths(getattr(certificates, trust), getattr(certificates, pair) if pair else None)
    with pytest.raises(ConnectionFailed, match=reason):
        await connect_redis(RedisSettings(url=redis_url(secured, form, host), **own))


# -- CQL


def cql(secured: Secured, trust: Path, pair: Pair | None) -> ScyllaSession:
    return ScyllaSession(
        ScyllaSettings(contact_points=[secured.cassandra.contact_point], tls_enabled=True, **paths(trust, pair))
    )


async def test_cql_is_used_with_a_client_certificate(secured: Secured) -> None:
    session = cql(secured, secured.certificates.trust, secured.certificates.client)
    await session.open()
    assert session.hosts() == 1
    assert await session.run("SELECT key FROM system.local")
    await session.close()


@pytest.mark.parametrize(
    ("trust", "pair", "reason"),
    [
        ("other_trust", "client", "PAVILION_SCYLLA__TLS_TRUST_PATH"),
        ("trust", None, "PAVILION_SCYLLA__TLS_CERT_PATH"),
        ("trust", "stranger", "PAVILION_SCYLLA__TLS_CERT_PATH"),
    ],
)
async def test_a_cql_server_and_we_refuse_who_is_not_trusted(
    secured: Secured, trust: str, pair: str | None, reason: str
) -> None:
    certificates = secured.certificates
    session = cql(secured, getattr(certificates, trust), getattr(certificates, pair) if pair else None)
    with pytest.raises(ConnectionFailed, match=reason):
        await session.open()
