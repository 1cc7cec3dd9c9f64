"""Server-Sent Events: the same stream over plain HTTP, how it is refused, and how it ends."""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.limits import Limits
from gateway.tokens import Tokens
from infra.stores.redis_client import Client as RedisClient
from schemas.settings import GatewaySettings
from tests.integration.gateway.event_client import STREAM, event_id, listening
from tests.integration.gateway.harness import SERVICE, Platform, Running, as_json, assert_problem, eventually, running


@pytest.mark.guarantee("G3")
async def test_listen_receive_and_mark_over_rest(platform: Platform, server: Running, user: str) -> None:
    session = await server.session(user)
    token = session["access_token"]
    async with listening(server, user, token=token) as client, server.client(user, token=token) as other:
        assert client.response.headers["content-type"].startswith("text/event-stream")
        assert client.response.headers["cache-control"] == "no-store"
        assert 500 <= client.retry_ms <= 3000
        assert (client.connected["user"], client.connected["session"]) == (user, session["session_id"])
        assert client.position == event_id(client.connected["position"])
        [added] = await platform.deliver(user, content="two\nlines\r and \u2028 three")
        frame = await client.next()
        assert frame == await other.next()
        assert frame["notification"] == as_json(added.notification)
        assert client.position == event_id(as_json(added.position))
        mark = {"id": "m: 1\n😀", "state": "read", "notifications": [added.notification.id]}
        response = await server.http.post(
            "/v1/notifications/mark", json=mark, headers={"authorization": f"Bearer {token}"}
        )
        assert response.status_code == 200
        frame = await client.next()
        assert (frame["type"], frame["id"], frame["unread"]) == ("state", "m: 1\n😀", 0)
    missed = await platform.deliver(user, 2)
    async with listening(server, user, client.position) as client:
        assert client.connected["recovered"] is True
        assert [frame["position"] for frame in await client.take(2)] == [as_json(one.position) for one in missed]


@pytest.mark.guarantee("G3")
async def test_a_stream_cut_before_what_was_missed_has_come_loses_nothing(
    platform: Platform, server: Running, user: str
) -> None:
    """The id of `connected` is where its device was: the top of the inbox would skip what has not come yet."""
    async with listening(server, user) as client:
        start = client.position
    await platform.deliver(user, 3)
    async with listening(server, user, start) as client:
        assert client.connected["position"]["offset"] == 3
        assert client.position == start
        await client.next()
    async with listening(server, user, client.position) as client:
        assert [frame["position"]["offset"] for frame in await client.take(2)] == [2, 3]


@pytest.mark.parametrize(
    "last_id", ["x", "a:b:c", "a:1", ":1:", "a:-1:b", "a:١:b", "a:99999999999999999999:b", "%:%:%"]
)
async def test_an_id_that_no_gateway_made_is_not_recovered(server: Running, user: str, last_id: str) -> None:
    headers = STREAM | await server.bearer(user)
    raw = [(name.encode(), value.encode()) for name, value in (*headers.items(), ("last-event-id", last_id))]
    async with server.http.stream("GET", "/v1/stream", headers=raw) as response:
        assert response.status_code == 200
        async for chunk in response.aiter_bytes():
            assert b'"recovered":false' in chunk
            break


async def test_what_is_refused(server: Running, user: str) -> None:
    session = await server.session(user)
    bearer = {"authorization": f"Bearer {session['access_token']}"}
    get = server.http.get
    assert_problem(await get("/v1/stream", headers=bearer), 406)
    assert_problem(await get("/v1/stream", headers=bearer | {"accept": "application/json"}), 406)
    assert_problem(await get("/v1/stream", headers=STREAM), 401)
    assert_problem(await get(f"/v1/stream?access_token={session['access_token']}", headers=STREAM), 401)
    assert_problem(await get("/v1/stream", headers=bearer | STREAM | {"origin": "https://evil.example.com"}), 403)
    assert_problem(await get("/v1/stream", headers=STREAM | SERVICE), 403)
    assert_problem(await server.http.request("GET", "/v1/stream", headers=bearer | STREAM, content=b"x"), 413)
    assert_problem(await server.http.post("/v1/stream", headers=bearer | STREAM), 405)
    head = await server.http.head("/v1/stream", headers=bearer | STREAM)
    assert (head.status_code, head.content) == (200, b"")
    old = Tokens("service-key-of-the-tests", now=lambda: 1_700_000_000).issue_access(user, session["session_id"])
    expired = await get("/v1/stream", headers=STREAM | {"authorization": f"Bearer {old}"})
    assert_problem(expired, 401)
    assert expired.json()["type"] == "urn:pavilion:token-expired"
    await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=bearer)
    assert_problem(await get("/v1/stream", headers=bearer | STREAM), 401)
    assert server.gateway.hub.users == 0


async def test_it_ends_when_the_token_expires(server: Running, user: str) -> None:
    session = await server.session(user)
    earlier = Tokens("service-key-of-the-tests", now=lambda: time.time() - 598.2)
    short = earlier.issue_access(user, session["session_id"])
    async with listening(server, user, token=short) as client:
        assert client.connected["expires_in"] <= 2
        assert await client.ended() == "token-expired"
    await eventually(lambda: server.gateway.hub.users == 0)


async def test_sign_out_ends_it(server: Running, user: str) -> None:
    session, another = await server.session(user), await server.session(user)
    async with (
        listening(server, user, token=session["access_token"]) as client,
        listening(server, user, token=another["access_token"]) as other,
    ):
        await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=SERVICE)
        assert await client.ended() == "session-ended"
        await other.silence()


@pytest.mark.guarantee("G3")
async def test_a_position_that_is_lost_ends_it(on_redis: Platform, redis: RedisClient, user: str) -> None:
    async with running(on_redis) as server:
        async with listening(server, user) as client:
            await on_redis.deliver(user, 3)
            await client.take(3)
            await redis.flushall()
            await on_redis.deliver(user)
            assert await client.ended() == "position-lost"
        async with listening(server, user, client.position) as client:
            assert client.connected["recovered"] is False


@pytest.mark.guarantee("G3")
async def test_a_drain_sends_it_to_another_gateway_and_nothing_is_missed(platform: Platform, user: str) -> None:
    gateway = GatewaySettings(port=0, drain="200ms")
    async with running(platform) as second:
        async with running(platform, settings={"gateway": gateway}) as first:
            token = (await first.session(user))["access_token"]
            async with listening(first, user, token=token) as client:
                await platform.deliver(user, 2)
                await client.take(2)
                first.stop.set()
                assert await client.next() == {"type": "reconnect", "after_ms": 100}
                assert_problem(
                    await first.http.get("/v1/stream", headers=STREAM | {"authorization": f"Bearer {token}"}), 503
                )
                await platform.deliver(user)
                assert (await client.next())["position"]["offset"] == 3
                assert await client.ended() == "draining"
            await asyncio.wait_for(first.done, 5)
        await platform.deliver(user, 2)
        async with listening(second, user, client.position, token) as client:
            assert [frame["position"]["offset"] for frame in await client.take(2)] == [4, 5]


async def test_a_forced_stop_ends_it(platform: Platform, user: str) -> None:
    """Of two streams the second has half an hour left: it is ended with the server, and not left to it."""
    gateway = GatewaySettings(port=0, drain="1h")
    async with (
        running(platform, settings={"gateway": gateway}) as server,
        listening(server, user) as one,
        listening(server, user) as two,
    ):
        server.stop.set()
        for client in (one, two):
            assert (await client.next())["type"] == "reconnect"
        server.force.set()
        await asyncio.wait_for(server.done, 2)
        assert [await client.ended() for client in (one, two)] == ["draining", "draining"]


async def test_pings_are_comments_and_transports_are_counted(platform: Platform, user: str) -> None:
    async with running(platform, Limits(ping=0.1, pong=0.2)) as server:
        async with listening(server, user) as client, server.client(user) as other:
            metrics = (await server.http.get("/metrics")).text
            assert "pavilion_gateway_connections 2.0" in metrics
            for transport in ("sse", "websocket"):
                assert f'pavilion_gateway_transport_connections{{transport="{transport}"}} 1.0' in metrics
            await other.silence(0.5)
            await platform.deliver(user)
            await client.next()
            assert client.pings >= 3
        await eventually(lambda: server.gateway.hub.users == 0)
        metrics = (await server.http.get("/metrics")).text
        assert 'pavilion_gateway_transport_connections{transport="sse"} 0.0' in metrics


async def test_devices_that_leave_or_send_nonsense_are_noticed(platform: Platform, server: Running, user: str) -> None:
    token = (await server.session(user))["access_token"]
    request = (
        f"GET /v1/stream HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n\r\n"
    )
    hub = server.gateway.hub
    for farewell in (None, b"\x00nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request.encode())
        assert b"connected" in await reader.readuntil(b'"type":"connected"')
        await eventually(lambda: len(hub.connections) == 1)
        if farewell is None:
            writer.transport.abort()
        else:
            writer.write(farewell)
            await asyncio.sleep(0.05)
            writer.close()
            await platform.deliver(user, 2)
        await eventually(lambda: not hub.connections)
