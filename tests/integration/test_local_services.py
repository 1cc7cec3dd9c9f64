"""Each local service really starts, answers, and keeps its data over a restart and over SIGKILL."""

import contextlib
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from infra.local import Cassandra, Proxies, Pulsar, Redis, Toxiproxy
from infra.local.processes import free_ports

with warnings.catch_warnings():
    # The client imports what its C library deprecates.
    warnings.simplefilter("ignore")
    import pulsar as client
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import DCAwareRoundRobinPolicy


@pytest.fixture
def topic(pulsar: Pulsar) -> Iterator[str]:
    """A topic of two partitions with a subscription, as `pavilion migrate` makes them."""
    name = f"services-{uuid.uuid4().hex}"
    with httpx.Client(base_url=f"{pulsar.admin_url}/admin/v2/persistent/public/default/{name}", timeout=30) as admin:
        admin.put("/partitions", json=2).raise_for_status()
        admin.put("/subscription/reader", json="earliest").raise_for_status()
        yield f"persistent://public/default/{name}"
        with contextlib.suppress(httpx.HTTPError):
            admin.delete("/partitions", params={"force": True})


@contextlib.contextmanager
def connected(service: Pulsar) -> Iterator[Any]:
    connection = client.Client(service.url, logger=client.ConsoleLogger(client.LoggerLevel.Error))
    try:
        yield connection
    finally:
        connection.close()


def receive(service: Pulsar, topic: str, count: int) -> set[bytes]:
    with connected(service) as connection:
        consumer = connection.subscribe(topic, "reader", initial_position=client.InitialPosition.Earliest)
        return {consumer.receive(timeout_millis=10_000).data() for _ in range(count)}


def test_pulsar_keeps_messages_over_a_restart_and_a_kill(pulsar: Pulsar, topic: str) -> None:
    with connected(pulsar) as connection:
        producer = connection.create_producer(topic)
        for number in range(5):
            producer.send(b"%d" % number)
    pulsar.restart()
    assert receive(pulsar, topic, 5) == {b"0", b"1", b"2", b"3", b"4"}
    with connected(pulsar) as connection:
        connection.create_producer(topic).send(b"5")
    pulsar.kill()
    pulsar.start()
    assert receive(pulsar, topic, 6) == {b"0", b"1", b"2", b"3", b"4", b"5"}


def test_pulsar_acknowledges_inside_a_batch(pulsar: Pulsar, topic: str) -> None:
    with connected(pulsar) as connection:
        producer = connection.create_producer(
            f"{topic}-partition-0", batching_enabled=True, batching_max_publish_delay_ms=200
        )
        for number in range(10):
            producer.send_async(b"%d" % number, callback=None)
        producer.flush()
        consumer = connection.subscribe(f"{topic}-partition-0", "reader", batch_index_ack_enabled=True)
        messages = [consumer.receive(timeout_millis=10_000) for _ in range(10)]
        assert {message.message_id().entry_id() for message in messages} == {0}
        consumer.acknowledge_cumulative(messages[3])
        consumer.close()
        again = connection.subscribe(f"{topic}-partition-0", "reader", batch_index_ack_enabled=True)
        assert again.receive(timeout_millis=10_000).data() == b"4"


def test_pulsar_takes_policies_of_a_topic(pulsar: Pulsar, topic: str) -> None:
    path = f"/admin/v2/persistent/public/default/{topic.rpartition('/')[2]}/retention"
    policy = {"retentionTimeInMinutes": 60, "retentionSizeInMB": -1}
    with httpx.Client(base_url=pulsar.admin_url, timeout=30) as admin:
        admin.post(path, json=policy).raise_for_status()
        assert admin.get(path).json() == policy


def test_pulsar_makes_no_topic_by_itself(pulsar: Pulsar) -> None:
    with connected(pulsar) as connection, pytest.raises(client.PulsarException):
        connection.create_producer(f"persistent://public/default/unknown-{uuid.uuid4().hex}")


def rows(service: Cassandra, statement: str) -> list[Any]:
    host, _, port = service.contact_point.partition(":")
    profile = ExecutionProfile(
        load_balancing_policy=DCAwareRoundRobinPolicy(local_dc=service.datacenter), request_timeout=30
    )
    cluster = Cluster(
        [host],
        port=int(port),
        protocol_version=4,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        connect_timeout=20,
    )
    try:
        return list(cluster.connect().execute(statement))
    finally:
        cluster.shutdown()


def test_cassandra_keeps_rows_over_a_restart_and_a_kill(cassandra: Cassandra) -> None:
    keyspace = f"services_{uuid.uuid4().hex}"
    replication = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"
    rows(cassandra, f"CREATE KEYSPACE {keyspace} WITH replication = {replication}")
    rows(cassandra, f"CREATE TABLE {keyspace}.kept (id int PRIMARY KEY, word text)")
    rows(cassandra, f"INSERT INTO {keyspace}.kept (id, word) VALUES (1, 'restart')")
    cassandra.restart()
    rows(cassandra, f"INSERT INTO {keyspace}.kept (id, word) VALUES (2, 'kill')")
    cassandra.kill()
    cassandra.start()
    assert {row.word for row in rows(cassandra, f"SELECT word FROM {keyspace}.kept")} == {"restart", "kill"}


def test_redis_keeps_keys_over_a_restart_and_a_kill(redis_server: Redis) -> None:
    key = f"services-{uuid.uuid4().hex}"
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.set(f"{key}-1", "restart")
    redis_server.restart()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.set(f"{key}-2", "kill")
    redis_server.kill()
    redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        assert connection.mget(f"{key}-1", f"{key}-2") == [b"restart", b"kill"]


def test_redis_is_set_up_as_deployed(redis_server: Redis) -> None:
    with redis.Redis.from_url(redis_server.url) as connection:
        settings = connection.config_get("append*", "maxmemory-policy", "save")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["save"] == ""


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    with Toxiproxy(tmp_path_factory.mktemp("toxiproxy")) as service, Proxies(service.url) as api:
        yield api


@pytest.fixture
def link(proxies: Proxies, redis_server: Redis) -> Iterator[tuple[str, redis.Redis]]:
    """The name of a proxy before Redis, and a client behind it that gives up after half a second."""
    name, (port,) = uuid.uuid4().hex, free_ports(1)
    proxies.create(name, port, redis_server.port)
    with redis.Redis(port=port, socket_timeout=0.5, retry=None) as connection:
        assert connection.ping()
        yield name, connection


def test_toxiproxy_delays_a_link(proxies: Proxies, link: tuple[str, redis.Redis]) -> None:
    name, connection = link
    proxies.latency(name, 100)
    began = time.monotonic()
    assert connection.ping()
    assert time.monotonic() - began >= 0.2
    proxies.lift(name)
    assert connection.ping()


def test_toxiproxy_cuts_a_link_without_telling(proxies: Proxies, link: tuple[str, redis.Redis]) -> None:
    name, connection = link
    proxies.blackhole(name)
    with pytest.raises(redis.TimeoutError):
        connection.ping()
    proxies.lift(name)
    assert connection.ping()


def test_toxiproxy_resets_a_link(proxies: Proxies, link: tuple[str, redis.Redis]) -> None:
    name, connection = link
    proxies.reset_peer(name)
    with pytest.raises(redis.ConnectionError):
        connection.ping()
    proxies.lift(name)
    assert connection.ping()


def test_a_client_of_pulsar_stays_behind_the_proxy_of_its_listener(proxies: Proxies, tmp_path: Path) -> None:
    """Lookups lead back to the proxy: what is sent waits while that is cut, and nobody else does."""
    with contextlib.ExitStack() as stack:
        pulsar = Pulsar(tmp_path, listeners=["behind-proxy"])
        [pulsar.proxied["behind-proxy"]] = free_ports(1)
        port = pulsar.proxied["behind-proxy"]
        proxies.create("pulsar", port, pulsar.listener_ports["behind-proxy"])
        stack.enter_context(pulsar)
        with httpx.Client(base_url=f"{pulsar.admin_url}/admin/v2/persistent/public/default/there", timeout=30) as admin:
            admin.put("/partitions", json=1).raise_for_status()
        sent = []
        quiet = client.ConsoleLogger(client.LoggerLevel.Error)
        for url in (f"pulsar://127.0.0.1:{port}", pulsar.url):
            connection = client.Client(url, logger=quiet)
            stack.callback(connection.close)
            sent.append(connection.create_producer("persistent://public/default/there", send_timeout_millis=1000))
            sent[-1].send(b"before")
        proxies.blackhole("pulsar")
        with pytest.raises(client.Timeout):
            sent[0].send(b"cut")
        sent[1].send(b"direct")
        proxies.lift("pulsar")
