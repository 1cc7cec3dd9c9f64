"""The Redis client, from its URL: one server, Sentinel, or Cluster."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool
from redis.backoff import FullJitterBackoff
from redis.exceptions import ConnectionError, RedisClusterException, RedisError, TimeoutError

from infra.dependencies import failure
from infra.tls import client_tls
from schemas.settings import RedisSettings

POOL = 32
SECONDS = 5.0
RETRIES = 3

HUNG_UP = re.compile("(?i)reset by peer|connection closed|broken pipe")
HUNG_UP_HINT = "it may refuse our certificate, or misses one: check PAVILION_REDIS__TLS_CERT_PATH"
"""In TLS 1.3 a server refuses a certificate after the handshake, and its reset may overtake the alert that says so."""

Client = Redis | RedisCluster
ERRORS = (RedisError, RedisClusterException, OSError)
"""What a call may raise: redis-py's errors of a cluster are a family of their own."""


async def connect_redis(settings: RedisSettings) -> Client:
    """A client that answered a PING. Its replies are bytes.

    ``redis://HOST[:PORT][/DB]``; ``rediss://`` the same over TLS; ``redis+sentinel://HOST:PORT,HOST:PORT/SERVICE[/DB]``
    and ``redis+cluster://HOST:PORT,HOST:PORT``, each with ``?tls=true`` for TLS, to the sentinels too. Names and
    passwords stand in the URL or in the settings, which win. Raises ConnectionFailed, NotificationError if the user may
    not even PING, SettingsError for certificates that cannot be used, and ValueError for a URL that names no service or
    host.
    """
    client = _client(settings)
    try:
        await client.ping()
    except ERRORS as error:
        reason = await _of_sentinels(client) if isinstance(error, MasterNotFoundError) else None
        await close_redis(client)
        context = {"hosts": hosts_of(settings.url)}
        if settings.tls and HUNG_UP.search(str(reason or error)):
            context["hint"] = HUNG_UP_HINT
        raise failure("redis", "connect to redis", reason or error, context) from error
    return client


def quick_redis(settings: RedisSettings, *, pool: int, seconds: float) -> Client:
    """The same for what nobody should wait for: each attempt has ``seconds``, and there is one."""
    return _client(settings, pool=pool, seconds=seconds, retries=0)


async def close_redis(client: Client) -> None:
    """Close a client, and those with which it asked Sentinel for the master: redis-py leaves these open."""
    await client.aclose()
    if isinstance(client, Redis) and isinstance(client.connection_pool, SentinelConnectionPool):
        for sentinel in client.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def hosts_of(url: str) -> str:
    """The hosts of a URL, without the password that may stand before them."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _client(settings: RedisSettings, *, pool: int = POOL, seconds: float = SECONDS, retries: int = RETRIES) -> Client:
    parts = urlsplit(settings.url)
    options: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "health_check_interval": 30,
        "retry": Retry(FullJitterBackoff(cap=1.0, base=0.05), retries),
        "retry_on_error": [ConnectionError, TimeoutError],
    } | _credentials(settings)
    certificates = _certificates(settings)
    options |= certificates
    if parts.scheme in ("redis", "rediss"):
        # Waits for a free connection instead of failing, so the bound is a queue.
        url = parts._replace(netloc=hosts_of(settings.url)).geturl()
        blocking: Any = BlockingConnectionPool.from_url(url, max_connections=pool, timeout=seconds, **options)
        return Redis.from_pool(blocking)
    port = 26379 if parts.scheme == "redis+sentinel" else 6379
    nodes = [_node(text, port) for text in hosts_of(settings.url).split(",")]
    options |= {"ssl": True} if settings.tls else {}
    if parts.scheme == "redis+cluster":
        # Between its attempts the cluster's client pauses for a fixed quarter of a second, whatever it is given; it
        # makes as many as it is told, and the jitter then lies in what calls it again.
        startup = [ClusterNode(host, port) for host, port in nodes]
        return RedisCluster(startup_nodes=startup, max_connections=pool, **options)
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("PAVILION_REDIS__URL: no service, as in redis+sentinel://HOST:PORT/SERVICE")
    finder: Any = Sentinel
    asking = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout", "retry")}
    asking |= {"ssl": True, **certificates} if settings.tls else {}
    sentinel = finder(nodes, sentinel_kwargs=asking)
    master: Redis = sentinel.master_for(service, db=int(db or 0), max_connections=pool, **options)
    return master


async def _of_sentinels(client: Client) -> Exception | None:
    """What keeps us from asking the first sentinel: redis-py says of them all that they failed, not why."""
    assert isinstance(client, Redis)
    assert isinstance(client.connection_pool, SentinelConnectionPool)
    for sentinel in client.connection_pool.sentinel_manager.sentinels:
        try:
            await sentinel.ping()
        except ERRORS as error:
            return error
    return None


def _credentials(settings: RedisSettings) -> dict[str, str]:
    parts = urlsplit(settings.url)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    found = {"username": settings.username or unquote(user), "password": unquote(password)}
    if settings.password is not None:
        found["password"] = settings.password.get_secret_value()
    return {name: value for name, value in found.items() if value}


def _certificates(settings: RedisSettings) -> dict[str, Any]:
    """Raises SettingsError."""
    if not settings.tls:
        return {}
    tls = client_tls(settings)
    paths = {"ssl_ca_certs": tls.trust, "ssl_certfile": tls.cert, "ssl_keyfile": tls.key}
    given = {name: str(path) for name, path in paths.items() if path is not None}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **given}


def _node(text: str, port: int) -> tuple[str, int]:
    host, separator, given = text.rpartition(":")
    if not separator:
        host, given = text, str(port)
    if not host:
        raise ValueError(f"PAVILION_REDIS__URL: {text!r} is not HOST or HOST:PORT")
    return host.strip("[]"), int(given)
