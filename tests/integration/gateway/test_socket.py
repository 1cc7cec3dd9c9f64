"""How a socket is refused, kept and closed."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from gateway.limits import Limits
from gateway.tokens import Tokens
from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import SERVICE, Client, Platform, Running, running


async def close_code(server: Running, *frames: Any) -> int:
    async with server.open() as websocket:
        for frame in frames:
            await websocket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))
        return await Client(websocket).closed()


async def test_bad_tokens_close_4500(server: Running, user: str) -> None:
    other_key = Tokens("another service key").issue_access(user, user)
    session = await server.session(user)
    for token in ("", "x", "a.b.c", other_key, session["refresh_token"], session["access_token"][:-4] + "AAAA"):
        assert await close_code(server, {"type": "connect", "token": token}) == 4500, token


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        '{"type":"unknown"}',
        '{"type":"connect"}',
        '{"type":"connect","token":"x","position":{"epoch":"e","offset":"1","tail":""}}',
        '{"type":"mark","id":"1","state":"read","up_to":"x"}',
        '{"type":"pong"}',
        b"\x00\x01",
        "[" * 60_000,
    ],
    ids=["text", "array", "unknown", "no-token", "bad-position", "mark-first", "pong-first", "binary", "deep"],
)
async def test_bad_first_frames_close_4501(server: Running, frame: str | bytes) -> None:
    assert await close_code(server, frame) == 4501


async def test_a_second_connect_closes_4501_and_says_why(server: Running, user: str) -> None:
    async with server.client(user) as client:
        await client.send(type="connect", token="x")
        error = await client.next()
        assert error["type"] == "error"
        assert error["problem"]["type"] == "urn:pavilion:bad-frame"
        assert await client.closed() == 4501


async def test_large_frames_close_the_socket(server: Running, user: str) -> None:
    async with server.client(user) as client:
        await client.socket.send('{"type":"pong","x":"' + "x" * 65_536 + '"}')
        assert await client.closed() == 1009


async def test_no_connect_in_time_closes_4502(platform: Platform) -> None:
    async with running(platform, Limits(connect=0.1)) as server:
        assert await close_code(server) == 4502


async def test_no_pong_closes_4012_and_a_pong_keeps(platform: Platform, user: str) -> None:
    async with running(platform, Limits(ping=0.1, pong=0.15)) as server:
        async with server.client(user) as silent:
            assert await silent.closed() == 4012
        async with server.client(user) as answering:
            await answering.silence(0.6)
            assert answering.socket.close_code is None


async def test_too_many_frames_close_4013(platform: Platform, user: str) -> None:
    limits = Limits(frames_per_second=1, frame_burst=5)
    async with running(platform, limits) as server, server.client(user) as client:
        for _ in range(10):
            await client.send(type="pong")
        assert await client.closed() == 4013


async def test_expired_tokens_close_4005(server: Running, user: str) -> None:
    session = await server.session(user)
    old = Tokens("service-key-of-the-tests", now=lambda: 1_700_000_000).issue_access(user, session["session_id"])
    assert await close_code(server, {"type": "connect", "token": old}) == 4005


async def test_a_token_that_expires_meanwhile_closes_4005_unless_refreshed(server: Running, user: str) -> None:
    session = await server.session(user)
    issued_earlier = Tokens("service-key-of-the-tests", now=lambda: time.time() - 598.2)
    short = issued_earlier.issue_access(user, session["session_id"])
    started = time.monotonic()
    async with server.client(user, token=short) as leaving, server.client(user, token=short) as staying:
        assert leaving.connected["expires_in"] <= 2
        fresh = await server.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})
        await staying.send(type="refresh", token=fresh.json()["access_token"])
        refreshed = await staying.next()
        assert refreshed["type"] == "refreshed"
        assert 590 < refreshed["expires_in"] <= 600
        assert await leaving.closed() == 4005
        assert time.monotonic() - started < 4
        await staying.silence()


@pytest.mark.guarantee("G9")
async def test_refreshing_with_another_users_token_closes_4500(server: Running, user: str) -> None:
    other = await server.session("b" * 8 + user[8:])
    async with server.client(user) as client:
        await client.send(type="refresh", token=other["access_token"])
        assert await client.closed() == 4500


async def test_sign_out_closes_4503_on_every_socket_of_the_session(server: Running, user: str) -> None:
    session, another = await server.session(user), await server.session(user)
    token = session["access_token"]
    async with (
        server.client(user, token=token) as one,
        server.client(user, token=token) as two,
        server.client(user, token=another["access_token"]) as other_session,
    ):
        bearer = {"authorization": f"Bearer {token}"}
        response = await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=bearer)
        assert response.status_code == 204
        assert await one.closed() == 4503
        assert await two.closed() == 4503
        await other_session.silence()
    # Nor is its access token good for anything any more.
    assert (await server.http.get("/v1/counts", headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert await close_code(server, {"type": "connect", "token": token}) == 4503


async def test_reuse_of_a_refresh_token_closes_4503(
    server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await server.session(user)
    body = {"refresh_token": session["refresh_token"]}
    async with server.client(user, token=session["access_token"]) as client:
        first = await server.http.post("/v1/sessions/refresh", json=body)
        again = await server.http.post("/v1/sessions/refresh", json=body)
        assert first.status_code == again.status_code == 200
        assert first.json()["refresh_token"] == again.json()["refresh_token"]
        monkeypatch.setattr("gateway.sessions.RETRY_MS", -1)
        late = await server.http.post("/v1/sessions/refresh", json=body)
        assert late.status_code == 401
        assert await client.closed() == 4503
    newest = await server.http.post("/v1/sessions/refresh", json={"refresh_token": first.json()["refresh_token"]})
    assert newest.status_code == 401


async def test_marks_that_fail_are_answered_and_the_connection_lives(server: Running, user: str) -> None:
    async with server.client(user) as client:
        for frame in (
            {"state": "read"},
            {"state": "read", "notifications": ["not-an-id"]},
            {"state": "read", "up_to": "not-an-id"},
            {"state": "read", "up_to": user, "notifications": [user]},
        ):
            await client.send(type="mark", id="m", **frame)
            error = await client.next()
            assert (error["type"], error["id"], error["problem"]["status"]) == ("error", "m", 422)
        await client.send(type="mark", id="good", state="seen", up_to=user)
        assert {frame["type"] for frame in await client.take(2)} == {"marked", "state"}


async def test_origins(server: Running, user: str) -> None:
    own = f"http://127.0.0.1:{server.port}"
    for origin in (None, own, "https://app.example.com"):
        async with server.open(origin=origin) as websocket:
            assert websocket.response is not None
    other_port = f"http://127.0.0.1:{server.port + 1}"
    for origin in ("https://evil.example.com", "null", other_port, "https://app.example.com.x"):
        with pytest.raises(InvalidStatus) as refused:
            async with server.open(origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_drain_tells_then_closes_1012(platform: Platform, user: str) -> None:
    gateway = GatewaySettings(port=0, drain="600ms")
    async with running(platform, settings={"gateway": gateway}) as server:
        token = (await server.session(user))["access_token"]
        async with (
            server.client(user, token=token) as one,
            server.client(user, token=token) as two,
            server.client(user, token=token) as three,
        ):
            server.stop.set()
            frames = [await client.next() for client in (one, two, three)]
            assert {frame["type"] for frame in frames} == {"reconnect"}
            assert sorted(frame["after_ms"] for frame in frames) == [100, 300, 500]
            ready = await server.http.get("/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
            with pytest.raises(InvalidStatus) as refused:
                async with server.open():
                    pass
            assert refused.value.response.status_code == 503
            assert [await client.closed() for client in (one, two, three)] == [1012, 1012, 1012]
        await asyncio.wait_for(server.done, 5)


async def test_a_forced_stop_does_not_wait_for_the_drain(platform: Platform, user: str) -> None:
    gateway = GatewaySettings(port=0, drain="1h")
    async with running(platform, settings={"gateway": gateway}) as server, server.client(user), server.client(user):
        server.stop.set()
        await asyncio.sleep(0.05)
        server.force.set()
        await asyncio.wait_for(server.done, 2)


async def test_an_ended_session_cannot_be_refreshed_by_a_service_either(server: Running, user: str) -> None:
    session = await server.session(user)
    response = await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=SERVICE)
    assert response.status_code == 204
    body = {"refresh_token": session["refresh_token"]}
    assert (await server.http.post("/v1/sessions/refresh", json=body)).status_code == 401
