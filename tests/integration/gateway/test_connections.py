"""How many connections a user may have, over all gateways, and a gateway altogether."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from gateway.limits import Limits
from infra.stores.sockets import MemorySockets
from schemas.errors import ConnectionFailed
from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import QUIET, Client, Platform, Running, eventually, running


def at_most(per_user: int, connections: int = 1000) -> dict[str, Any]:
    return {"gateway": GatewaySettings(port=0, drain="300ms", connections_per_user=per_user, connections=connections)}


async def devices(stack: AsyncExitStack, server: Running, user: str, count: int) -> list[Client]:
    token = (await server.session(user))["access_token"]
    return [await stack.enter_async_context(server.client(user, token=token)) for _ in range(count)]


@pytest.mark.guarantee("G3")
async def test_a_further_connection_closes_the_oldest_on_whichever_gateway_it_is(platform: Platform, user: str) -> None:
    given = {"settings": at_most(3), "sockets": MemorySockets()}
    async with running(platform, **given) as one, running(platform, **given) as two, AsyncExitStack() as stack:
        [first, second] = await devices(stack, one, user, 2)
        [third] = await devices(stack, two, user, 1)
        [fourth] = await devices(stack, two, user, 1)
        assert await first.closed() == 4014
        [fifth] = await devices(stack, one, user, 1)
        assert await second.closed() == 4014
        [sixth] = await devices(stack, one, user, 1)
        assert await third.closed() == 4014
        # The others stay, and so do those of other users.
        [added] = await platform.deliver(user)
        for client in (fourth, fifth, sixth):
            assert (await client.next())["position"]["offset"] == added.position.offset
        # Whoever was replaced comes back with its position and has missed nothing.
        async with one.client(user, position=first.position) as again:
            assert again.connected["recovered"]
            assert (await again.next())["position"]["offset"] == added.position.offset


async def test_event_streams_count_as_connections(platform: Platform, user: str) -> None:
    async with running(platform, settings=at_most(2, connections=2)) as server:
        headers = {"accept": "text/event-stream", **await server.bearer(user)}
        async with server.http.stream("GET", "/v1/stream", headers=headers) as oldest:
            events = oldest.aiter_lines()
            assert await anext(events) == "event: connected"
            async with server.client(user):
                full = await server.http.get("/v1/stream", headers=headers)
                assert (full.status_code, full.headers["retry-after"]) == (503, "1")
    async with running(platform, settings=at_most(1)) as server:
        headers = {"accept": "text/event-stream", **await server.bearer(user)}
        async with server.http.stream("GET", "/v1/stream", headers=headers) as oldest:
            events = oldest.aiter_lines()
            assert await anext(events) == "event: connected"
            async with server.client(user) as newer:
                farewell = [line async for line in events]
                assert "event: error" in farewell
                assert "urn:pavilion:replaced" in "".join(farewell)
                await newer.silence()


async def test_connections_that_left_make_room(platform: Platform, user: str) -> None:
    sockets = MemorySockets()
    async with running(platform, settings=at_most(2), sockets=sockets) as server, AsyncExitStack() as stack:
        [staying] = await devices(stack, server, user, 1)
        for _ in range(6):  # one device that comes and goes
            async with server.client(user):
                pass
            await eventually(lambda: len(sockets._users[user]) == 1)
        await staying.silence()


async def test_connections_of_a_crashed_gateway_count_until_they_expire(platform: Platform, user: str) -> None:
    now = 1_800_000_000.0
    sockets = MemorySockets(lambda: now)
    for number in range(2):
        await sockets.enter(user, f"of a gateway that was killed {number}", 2)
    async with running(platform, settings=at_most(2), sockets=sockets) as server, AsyncExitStack() as stack:
        await devices(stack, server, user, 2)  # what is let go of is nobody's
        now += 60
        await server.gateway.connection_limit.keep()
        now += 100
        [third] = await devices(stack, server, user, 1)
        assert [client.closing for client in server.gateway.hub.connections].count(None) == 2
        await third.silence()


async def test_without_its_store_a_gateway_counts_its_own(platform: Platform, user: str) -> None:
    class Away:
        async def enter(self, user_id: str, connection_id: str, limit: int) -> Any:
            raise ConnectionFailed("limit", "refused", dependency="redis")

        async def keep(self, held: Any) -> None:
            raise ConnectionFailed("limit", "refused", dependency="redis")

        async def leave(self, user_id: str, connection_id: str) -> None:
            raise ConnectionFailed("limit", "refused", dependency="redis")

    limits = Limits(check=(0.05, 0.1))
    async with running(platform, limits, settings=at_most(2), sockets=Away()) as server, AsyncExitStack() as stack:
        first, second, third = await devices(stack, server, user, 3)
        assert await first.closed() == 4014
        await asyncio.sleep(0.3)
        for client in (second, third):
            await client.silence()


async def test_a_gateway_that_is_full_refuses_handshakes_with_503(platform: Platform, user: str) -> None:
    async with running(platform, QUIET, settings=at_most(20, connections=2)) as server:
        async with server.client(user), server.open():
            with pytest.raises(InvalidStatus) as refused:
                async with server.open():
                    pass
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["retry-after"] == "1"
            assert (await server.http.get("/readyz")).status_code == 200
        await eventually(lambda: server.gateway.streams == 0)
        async with server.client(user):
            pass
