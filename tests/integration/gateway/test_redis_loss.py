"""Redis loses its data under a gateway with a live socket: the client is told, and reuses nothing of before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.limits import Limits
from infra.local import Redis
from infra.stores.redis_client import Client as RedisClient
from tests.integration.gateway.harness import QUIET, Client, Platform, Running, as_json, eventually, running

pytestmark = pytest.mark.guarantee("G3")


class Seen:
    """What a client was told at each offset of an epoch; never two things."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, int], str] = {}

    def note(self, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            key = (frame["position"]["epoch"], frame["position"]["offset"])
            assert self._at.setdefault(key, frame["notification"]["id"]) == frame["notification"]["id"]


async def listed(server: Running, user: str) -> list[str]:
    response = await server.http.get("/v1/notifications", headers=await server.bearer(user))
    return [one["id"] for one in response.json()["data"]]


async def come_back(server: Running, platform: Platform, user: str, client: Client, seen: Seen) -> None:
    """With the position of before: refused, and what the client then has is complete and goes on."""
    async with server.client(user, client.position) as again:
        connected = again.connected
        assert connected["recovered"] is False
        assert connected["position"]["epoch"] != client.position["epoch"]
        await again.silence(0.05)
        known = await listed(server, user)
        added = await platform.deliver(user, 3)
        frames = await again.take(3)
        seen.note(frames)
        offset = connected["position"]["offset"]
        assert [frame["position"]["offset"] for frame in frames] == [offset + 1, offset + 2, offset + 3]
        assert await listed(server, user) == [*(one.notification.id for one in added[::-1]), *known]


@pytest.mark.parametrize("noticed", ["by the next notification", "by comparing positions"])
async def test_a_flush_under_a_live_socket(on_redis: Platform, redis: RedisClient, user: str, noticed: str) -> None:
    seen = Seen()
    limits = QUIET if noticed == "by the next notification" else Limits(check=(0.1, 0.2))
    async with running(on_redis, limits) as server:
        async with server.client(user) as client:
            before = await on_redis.deliver(user, 5)
            seen.note(await client.take(5))
            await redis.flushall()
            if limits is QUIET:
                before += await on_redis.deliver(user)  # with offset 1, which this client has seen
            assert await client.closed() == 4010
        assert await listed(server, user) == [one.notification.id for one in before[::-1]]
        await come_back(server, on_redis, user, client, seen)


async def test_a_flush_while_the_client_is_away(on_redis: Platform, redis: RedisClient, user: str) -> None:
    """As many come as were lost: the offset that the client holds is there again, and is another's."""
    seen = Seen()
    async with running(on_redis) as server:
        async with server.client(user) as client:
            before = await on_redis.deliver(user, 5)
            seen.note(await client.take(5))
        await redis.flushall()
        after = await on_redis.deliver(user, 5)
        assert after[-1].position.offset == before[-1].position.offset
        assert await listed(server, user) == [one.notification.id for one in (*before, *after)[::-1]]
        await come_back(server, on_redis, user, client, seen)


async def test_a_promotion_under_a_live_socket(on_redis: Platform, redis: RedisClient, user: str) -> None:
    seen = Seen()
    async with running(on_redis) as server:
        async with server.client(user) as one, server.client(user) as two:
            await on_redis.deliver(user, 3)
            for client in (one, two):
                seen.note(await client.take(3))
            await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
            await redis.execute_command("REPLICAOF", "NO", "ONE")
            await on_redis.deliver(user)
            assert await asyncio.gather(one.closed(), two.closed()) == [4010, 4010]
        await come_back(server, on_redis, user, one, seen)


async def test_redis_dies_under_a_live_socket_and_comes_back(
    on_redis: Platform, redis_server: Redis, user: str
) -> None:
    """Its file has nearly everything, and nobody can tell what not: a new epoch."""
    seen = Seen()
    async with running(on_redis, Limits(check=(0.1, 0.2), reopen=(0.05, 0.2))) as server:
        async with server.client(user) as client:
            before = await on_redis.deliver(user, 4)
            seen.note(await client.take(4))
            await asyncio.to_thread(redis_server.kill)
            try:
                await client.silence(0.5)
                response = await server.http.get("/v1/counts", headers=await server.bearer(user))
                assert response.status_code == 503
            finally:
                await asyncio.to_thread(redis_server.start)
            assert await client.closed(20) == 4010
        await eventually(lambda: server.gateway.hub.ready)
        assert await listed(server, user) == [one.notification.id for one in before[::-1]]
        await come_back(server, on_redis, user, client, seen)


async def test_what_was_delivered_just_before_is_in_the_list_after(
    on_redis: Platform, redis: RedisClient, user: str
) -> None:
    """A flush strikes between two notifications of a burst, again and again: each is seen once, and none is hidden."""
    sent = []
    async with running(on_redis) as server:
        for _ in range(5):
            sent += await on_redis.deliver(user, 4)
            await redis.flushall()
        sent += await on_redis.deliver(user, 2)
        assert await listed(server, user) == [one.notification.id for one in sent[::-1]]
        async with server.client(user) as client:
            assert client.connected["unseen"] == len(sent)
            assert client.connected["position"] == as_json(sent[-1].position)
