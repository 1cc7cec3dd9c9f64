"""Peers that are slow, silent, loud or malformed: each is cut, memory stays bounded, others are served meanwhile."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from gateway.limits import Limits
from gateway.protocols import HttpProtocol, StreamProtocol
from tests.integration.gateway.harness import Platform, Running, eventually, running
from tests.integration.gateway.raw import BINARY, PING, PONG, TEXT, Raw, frame, handshake, tcp, websocket

FEW = 40
QUICK = Limits(check=(60.0, 60.0), head=0.4, body=0.4, unread=0.4, connect=0.4, close=0.3, silent=FEW, unconnected=FEW)
PATIENT = Limits(check=(60.0, 60.0), silent=FEW, unconnected=FEW, close=0.3)
"""Nothing is cut for its time, so that a test sees what is cut for its number or its kind."""


@pytest_asyncio.fixture(scope="module")
async def quick(platform: Platform) -> AsyncIterator[Running]:
    async with running(platform, QUICK) as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def patient(platform: Platform) -> AsyncIterator[Running]:
    async with running(platform, PATIENT) as server:
        yield server


async def serves(server: Running, user: str) -> None:
    """Others are served: over REST, and with what comes live."""
    assert (await server.http.get("/healthz")).status_code == 200
    async with server.client(user) as client:
        [added] = await server.platform.deliver(user)
        assert (await client.next())["position"]["offset"] == added.position.offset


def protocols(server: Running, kind: type[Any]) -> list[Any]:
    """What uvicorn holds of connections."""
    found = [one for one in gc.get_objects() if type(one) is kind and one.transport is not None]
    return [one for one in found if one.app.state.gateway is server.gateway and not one.transport.is_closing()]


def open_protocols(server: Running, kind: type[Any]) -> int:
    return len(protocols(server, kind))


class TestSlowRequests:
    async def test_connections_that_say_nothing_are_closed(self, quick: Running) -> None:
        async with tcp(quick.port) as raw:
            assert (await raw.rest()).startswith(b"HTTP/1.1 408")

    async def test_headers_that_drip(self, quick: Running, user: str) -> None:
        async with tcp(quick.port) as raw:
            await raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
            dripping = asyncio.create_task(_drip(raw, b"X-A: b\r\n"))
            await serves(quick, user)
            assert (await raw.rest()).startswith(b"HTTP/1.1 408")
            dripping.cancel()

    async def test_a_body_that_drips(self, quick: Running, user: str) -> None:
        async with tcp(quick.port) as raw:
            await raw.send(b"POST /v1/sessions/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
            dripping = asyncio.create_task(_drip(raw, b"{"))
            await serves(quick, user)
            assert (await raw.rest()).startswith(b"HTTP/1.1 408")
            dripping.cancel()

    async def test_a_second_request_that_drips(self, quick: Running) -> None:
        async with tcp(quick.port) as raw:
            await raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await raw.head()).startswith("HTTP/1.1 200")
            await raw.send(b"GET /healthz HTTP/1.1\r\nHost")
            dripping = asyncio.create_task(_drip(raw, b"x"))
            assert b"HTTP/1.1 408" in await raw.rest()
            dripping.cancel()

    async def test_a_handshake_that_drips(self, quick: Running) -> None:
        async with tcp(quick.port) as raw:
            await raw.send(handshake(quick.port)[:-2])
            assert (await raw.rest()).startswith(b"HTTP/1.1 408")

    async def test_answers_that_nobody_reads(self, quick: Running, platform: Platform, user: str) -> None:
        await platform.deliver(user, 200, fan_out=False, padding=7000)
        bearer = (await quick.bearer(user))["authorization"]
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, ("127.0.0.1", quick.port))
        request = f"GET /v1/notifications?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n\r\n"
        # One answer fits into the system's buffers, many do not.
        await loop.sock_sendall(slow, request.encode() * 10)
        await eventually(lambda: any(one.flow.write_paused for one in protocols(quick, HttpProtocol)))
        await serves(quick, user)
        await eventually(lambda: not any(one.flow.write_paused for one in protocols(quick, HttpProtocol)))
        slow.close()

    @pytest.mark.parametrize(
        "request_head",
        [
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000,
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 2000,
            b"NOT HTTP\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ],
        ids=["line", "header", "headers", "no-http", "tls", "negative-length", "two-lengths"],
    )
    async def test_heads_that_are_too_large_or_none(self, patient: Running, user: str, request_head: bytes) -> None:
        async with tcp(patient.port) as raw:
            await raw.send(request_head)
            assert (await raw.rest()).startswith(b"HTTP/1.1 400")
        await serves(patient, user)


async def _drip(raw: Raw, piece: bytes) -> None:
    while True:
        await asyncio.sleep(0.05)
        await raw.send(piece)


class TestFloods:
    async def test_silent_connections(self, patient: Running, user: str) -> None:
        """The oldest give way, and whoever has something to say is let in."""
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(tcp(patient.port)) for _ in range(5 * FEW)]
            await eventually(lambda: open_protocols(patient, HttpProtocol) <= FEW + 1)
            await serves(patient, user)
            assert await opened[0].rest() == b""
            await opened[-1].send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await opened[-1].head()).startswith("HTTP/1.1 200")

    async def test_websockets_that_never_connect(self, patient: Running, user: str) -> None:
        tasks = len(asyncio.all_tasks())
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(websocket(patient.port)) for _ in range(5 * FEW)]
            assert len(patient.gateway.unconnected) == FEW
            await serves(patient, user)
            assert [await raw.closed() for raw in opened[:3]] == [1013] * 3
            # Whoever of them says who it is goes on.
            token = (await patient.session(user))["access_token"]
            assert (await opened[-1].connect(token))["type"] == "connected"
            await eventually(lambda: patient.gateway.streams <= FEW + 1)
            await eventually(lambda: open_protocols(patient, StreamProtocol) <= FEW + 1)
            # A reading and a sending task for each, and the endpoint's own.
            assert len(asyncio.all_tasks()) <= tasks + 3 * (FEW + 2)
        await eventually(lambda: patient.gateway.streams == 0)
        assert len(patient.gateway.unconnected) == 0

    async def test_websockets_that_never_connect_end_by_themselves(self, quick: Running, user: str) -> None:
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(websocket(quick.port)) for _ in range(10)]
            await serves(quick, user)
            assert [await raw.closed() for raw in opened] == [4502] * 10

    async def test_half_open_floods_of_both_kinds_leave_nothing_behind(self, quick: Running, user: str) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(3 * FEW):
                await stack.enter_async_context(tcp(quick.port))
                await stack.enter_async_context(websocket(quick.port))
            await serves(quick, user)
            await eventually(lambda: quick.gateway.streams == 0)
            await eventually(lambda: open_protocols(quick, HttpProtocol) <= 1)
            await eventually(lambda: open_protocols(quick, StreamProtocol) == 0)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"x" * 65_537), 1009),
        (frame(TEXT)[:1] + struct.pack("!BQ", 0xFF, 2**62) + b"mask" + b"x" * 70_000, 1009),
        (frame(TEXT, b"x" * 60_000, final=False) + frame(0, b"x" * 6000, final=False), 1009),
        (frame(TEXT, final=False) + frame(0, final=False) * 600, 4013),
        (frame(PING) * 600, 4013),
        (frame(PONG) * 600, 4013),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, final=False), 1002),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(TEXT, b"\xc3"), 1007),
        (frame(TEXT, b"{}", masked=False), 1002),
        (frame(TEXT, b"{}", reserved=4), 1002),
        (frame(3, b"{}"), 1002),
        (frame(0, b"{}"), 1002),
        (frame(TEXT, b"{", final=False) + frame(TEXT, b"}"), 1002),
        (frame(TEXT), 4501),
        (frame(BINARY, b"{}"), 4501),
        (frame(TEXT, b"[" * 60_000), 4501),
        (frame(TEXT, b'{"type":"connect","token":' + b"[" * 30_000), 4501),
    ],
    ids=[
        "large",
        "declared-large",
        "large-in-fragments",
        "endless-fragments",
        "pings",
        "pongs",
        "long-ping",
        "ping-in-fragments",
        "no-utf8",
        "half-a-character",
        "unmasked",
        "reserved-bit",
        "unknown-kind",
        "fragment-of-nothing",
        "frame-in-fragments",
        "empty",
        "binary",
        "deep",
        "deep-token",
    ],
)
async def test_frames_that_no_client_sends(patient: Running, user: str, sent: bytes, code: int) -> None:
    async with websocket(patient.port) as raw:
        raw.writer.write(sent)
        assert await raw.closed() == code
    await serves(patient, user)
    await eventually(lambda: patient.gateway.streams == 0)


class Slow:
    """An inbox that answers only when it is let."""

    def __init__(self, inbox: Any) -> None:
        self._inbox = inbox
        self.asked, self.given_up = 0, 0
        self.free = asyncio.Event()

    async def summaries(self, user_ids: Any) -> Any:
        self.asked += 1
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return await self._inbox.summaries(user_ids)


async def test_nobody_reads_on_for_clients_that_gave_up(platform: Platform) -> None:
    """They come again and again while a store is slow, and would stand in line many times."""
    slow = Slow(platform.stores.inbox)
    async with running(platform, PATIENT, inbox=slow) as server:
        tokens = [(await server.session(str(uuid4())))["access_token"] for _ in range(5)]
        for _ in range(4):
            async with AsyncExitStack() as stack:
                for token in tokens:
                    raw = await stack.enter_async_context(websocket(server.port))
                    await raw.send(frame(TEXT, json.dumps({"type": "connect", "token": token}).encode()))
                await eventually(lambda: server.gateway.streams == len(tokens) == slow.asked - slow.given_up)
            await eventually(lambda: server.gateway.streams == 0)
        assert slow.given_up == slow.asked == 20
        assert server.gateway.hub.users == 0
        slow.free.set()
        async with websocket(server.port) as raw:
            assert (await raw.connect(tokens[0]))["type"] == "connected"


async def test_nobody_reads_on_for_event_streams_that_gave_up(platform: Platform, user: str) -> None:
    slow = Slow(platform.stores.inbox)
    async with running(platform, PATIENT, inbox=slow) as server:
        request = event_stream((await server.bearer(user))["authorization"])
        for number in range(1, 4):
            async with tcp(server.port) as raw:
                await raw.send(request)
                await eventually(lambda: slow.asked == number)  # noqa: B023
            await eventually(lambda: slow.given_up == slow.asked and server.gateway.streams == 0)
        assert server.gateway.hub.users == 0
        slow.free.set()
        async with tcp(server.port) as raw:
            await raw.send(request)
            assert (await raw.head()).startswith("HTTP/1.1 200")


def event_stream(authorization: str) -> bytes:
    lines = ["GET /v1/stream HTTP/1.1", "Host: x", "Accept: text/event-stream", f"Authorization: {authorization}"]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_store_that_is_too_slow_closes_1013(platform: Platform, user: str) -> None:
    limits = Limits(check=(60.0, 60.0), join=0.2)
    async with running(platform, limits, inbox=Slow(platform.stores.inbox)) as server, websocket(server.port) as raw:
        answer = await raw.connect((await server.session(user))["access_token"])
        assert (answer["type"], answer["problem"]["status"]) == ("error", 503)
        assert await raw.closed() == 1013
        async with tcp(server.port) as listening:
            await listening.send(event_stream((await server.bearer(user))["authorization"]))
            assert (await listening.head()).startswith("HTTP/1.1 503")


async def test_a_frame_that_never_ends_cannot_outlast_the_ping(platform: Platform, user: str) -> None:
    limits = Limits(check=(60.0, 60.0), ping=0.1, pong=0.2, close=0.3)
    async with running(platform, limits) as server, websocket(server.port) as raw:
        await raw.connect((await server.session(user))["access_token"])
        await raw.send(frame(TEXT, b"x" * 1000)[:-900])
        assert await raw.closed() == 4012


async def test_pings_of_a_peer_that_does_not_read_wait_nowhere(patient: Running, user: str) -> None:
    """A pong that cannot be written is not kept."""
    async with websocket(patient.port) as raw:
        await raw.connect((await patient.session(user))["access_token"])
        [protocol] = protocols(patient, StreamProtocol)
        protocol.writable.clear()  # as uvicorn does when the peer's buffers are full
        raw.writer.write(frame(PING, b"x" * 100) * 400)
        await asyncio.sleep(0.2)
        assert protocol.transport.get_write_buffer_size() == 0
        protocol.writable.set()
        await raw.send(frame(PING, b"one"))
        assert await raw.frame() == (PONG, b"one")


async def test_pings_are_answered(patient: Running, user: str) -> None:
    async with websocket(patient.port) as raw:
        await raw.connect((await patient.session(user))["access_token"])
        for number in range(5):
            await raw.send(frame(PING, b"%d" % number))
            assert await raw.frame() == (PONG, b"%d" % number)


async def test_compression_is_not_agreed_to(patient: Running) -> None:
    async with tcp(patient.port) as raw:
        await raw.send(handshake(patient.port, extensions="permessage-deflate; client_max_window_bits"))
        head = await raw.head()
        assert head.startswith("HTTP/1.1 101")
        assert "sec-websocket-extensions" not in head.lower()
        await raw.send(frame(TEXT, b"\xcaH\xcd\xc9\xc9\x07\x00", reserved=4))
        assert await raw.closed() == 1002


async def test_frames_in_fragments_are_taken_within_reason(patient: Running, user: str) -> None:
    async with websocket(patient.port) as raw:
        token = (await patient.session(user))["access_token"].encode()
        payload = b'{"type":"connect","token":"' + token + b'"}'
        pieces = [payload[start : start + 10] for start in range(0, len(payload), 10)]
        first, *middle, last = pieces
        await raw.send(frame(TEXT, first, final=False))
        for piece in middle:
            await raw.send(frame(0, piece, final=False))
        await raw.send(frame(0, last))
        assert b'"connected"' in (await raw.frame())[1]
