from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import BlockingConnectionPool, RedisCluster
from redis.asyncio.connection import SSLConnection
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import FullJitterBackoff

from infra.stores.redis_client import POOL, RETRIES, _client, close_redis, hosts_of
from schemas.settings import RedisSettings


def pool_of(client: Any) -> Any:
    return client.connection_pool


async def test_one_server() -> None:
    settings = RedisSettings(url="redis://ada:p%40ss@cache.example:6380/3")
    pool = pool_of(_client(settings))
    assert isinstance(pool, BlockingConnectionPool)
    assert pool.max_connections == POOL
    given = pool.connection_kwargs
    assert [given[name] for name in ("host", "port", "db", "username", "password")] == [
        "cache.example",
        6380,
        3,
        "ada",
        "p@ss",
    ]


async def test_settings_win_over_the_url() -> None:
    settings = RedisSettings(url="rediss://ada:one@cache.example", username="bob", password=SecretStr("two"))
    pool = pool_of(_client(settings))
    assert pool.connection_class is SSLConnection
    assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("bob", "two")


async def test_sentinel() -> None:
    client = _client(RedisSettings(url="redis+sentinel://:one@a.example,b.example:26380/main/2?tls=true"))
    pool = pool_of(client)
    assert isinstance(pool, SentinelConnectionPool)
    assert (pool.service_name, pool.connection_kwargs["db"], pool.connection_kwargs["password"]) == ("main", 2, "one")
    addresses = [pool_of(each).connection_kwargs for each in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"]) for each in addresses] == [("a.example", 26379), ("b.example", 26380)]
    await close_redis(client)


async def test_cluster() -> None:
    client = _client(RedisSettings(url="redis+cluster://a.example,[::1]:7001?tls=true"))
    assert isinstance(client, RedisCluster)
    nodes = client.nodes_manager.startup_nodes
    assert sorted(nodes) == ["::1:7001", "a.example:6379"]
    await close_redis(client)


@pytest.mark.parametrize("url", ["redis://a.example", "redis+sentinel://a.example,b.example/main"])
async def test_connections_are_made_again_with_full_jitter(url: str) -> None:
    client = _client(RedisSettings(url=url))
    pools = [pool_of(client)]
    if isinstance(pools[0], SentinelConnectionPool):
        pools += map(pool_of, pools[0].sentinel_manager.sentinels)
    for pool in pools:
        retry = pool.make_connection().retry
        assert (retry.get_retries(), type(retry._backoff)) == (RETRIES, FullJitterBackoff)
    await close_redis(client)


@pytest.mark.parametrize("url", ["redis+sentinel://a.example", "redis+cluster://"])
def test_what_is_missing_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="PAVILION_REDIS__URL"):
        _client(RedisSettings(url=url))


def test_hosts_never_show_a_password() -> None:
    assert hosts_of("redis+cluster://ada:p@ss@a.example:1,b.example/0") == "a.example:1,b.example"
