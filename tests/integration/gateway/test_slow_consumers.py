"""Devices that do not read, on the real server and both loops: what waits for one is bounded, and holds up nobody."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvloop
from websockets.asyncio.client import ClientConnection

from gateway.connection import Connection
from gateway.limits import Limits
from tests.integration.gateway.event_client import STREAM, listening
from tests.integration.gateway.harness import Client, Platform, Running, as_json, eventually, open_platform, running

LIMITS = Limits(queue_frames=50, queue_bytes=512 * 1024, close=0.5, check=(60.0, 60.0))
PADDING = 7000
HIGH_WATER = 64 * 1024
"""Of the transport's own buffer; with more than that in it, sending waits."""
ONE_FRAME = 9 * 1024


def small_socket(server: Running) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", server.port))
    sock.setblocking(False)
    return sock


async def slow_websocket(server: Running, token: str) -> ClientConnection:
    """Connected, and then it reads nothing: its buffers are small and its queue holds one frame."""
    websocket = await server.open(sock=small_socket(server), max_queue=1, close_timeout=0.1)
    client = Client(websocket)
    await client.send(type="connect", token=token)
    await client.next()
    return websocket


@asynccontextmanager
async def slow_device(server: Running, token: str, carried: str) -> AsyncIterator[socket.socket | None]:
    if carried == "websocket":
        websocket = await slow_websocket(server, token)
        yield None
        await websocket.close()
        return
    with small_socket(server) as sock:
        headers = {"host": "x", "authorization": f"Bearer {token}", **STREAM}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await asyncio.get_running_loop().sock_sendall(sock, f"GET /v1/stream HTTP/1.1\r\n{lines}\r\n".encode())
        await eventually(lambda: bool(server.gateway.hub.connections))
        yield sock


async def flood(platform: Platform, user: str, connection: Connection) -> None:
    """Deliver until the connection ends, within reason."""
    for _ in range(200):
        if connection.ended:
            break
        await platform.deliver(user, 10, padding=PADDING)
        await asyncio.sleep(0.01)


async def the_rest(sock: socket.socket) -> bytes:
    """What the kernel still had for a device that was cut."""
    loop, data = asyncio.get_running_loop(), b""
    while chunk := await loop.sock_recv(sock, 65536):
        data += chunk
    return data


def transport_of(connection: Connection) -> asyncio.Transport:
    transport: asyncio.Transport = connection._abort.__self__  # type: ignore[attr-defined]
    return transport


async def scenario(directory: Path, carried: str) -> None:
    user, another = str(uuid4()), str(uuid4())
    async with open_platform(directory) as platform, running(platform, LIMITS) as server:
        token = (await server.session(user))["access_token"]
        async with slow_device(server, token, carried) as sock:
            [slow] = server.gateway.hub.connections
            transport = transport_of(slow)
            async with server.client(user, token=token) as quick, server.client(another) as stranger:
                queued = buffered = 0
                for _ in range(200):
                    for device, whose in ((quick, user), (stranger, another)):
                        for entry in await platform.deliver(whose, 10, padding=PADDING):
                            assert (await device.next())["position"]["offset"] == entry.position.offset
                    queued = max(queued, slow.queued)
                    buffered = max(buffered, transport.get_write_buffer_size())
                    if slow.ended:
                        break
                assert slow.ended
                assert slow.queued == 0
                assert 0 < queued <= LIMITS.queue_frames
                assert 0 < buffered <= HIGH_WATER + ONE_FRAME
                # It never reads, so it is cut when its time to take the close is over; nothing is left of it.
                await eventually(lambda: slow not in server.gateway.hub.connections)
                assert transport.is_closing()
                assert transport.get_write_buffer_size() == 0
                await quick.silence(0.05)
            if sock is not None:
                await comes_back(platform, user, await the_rest(sock))


async def comes_back(platform: Platform, user: str, read: bytes) -> None:
    """The kernel kept what was sent before the cut: the last whole event in it is where the device goes on."""
    assert not read.endswith(b"0\r\n\r\n")
    ids = re.findall(rb"\nid: (\S+)\n", read[: read.rindex(b"\n\n")])
    offset = int(ids[-1].split(b":")[1])
    [top] = await platform.stores.inbox.summaries([user])
    async with running(platform) as server, listening(server, user, ids[-1].decode()) as events:
        assert events.connected["recovered"] is True
        missed = await events.take(top.position.offset - offset)
        assert [frame["position"]["offset"] for frame in missed] == [*range(offset + 1, top.position.offset + 1)]


@pytest.mark.guarantee("G3")
@pytest.mark.parametrize("carried", ["websocket", "sse"])
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_one_that_never_reads_is_cut(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop], carried: str
) -> None:
    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(work)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run, scenario(tmp_path, carried)).result()


async def test_one_that_reads_on_sees_4008(platform: Platform, user: str) -> None:
    limits = Limits(queue_frames=20, close=10.0)
    async with running(platform, limits) as server:
        slow = await slow_websocket(server, (await server.session(user))["access_token"])
        [connection] = server.gateway.hub.connections
        await flood(platform, user, connection)
        assert connection.ended
        assert connection.queued == 0
        assert await Client(slow).closed() == 4008


async def test_one_that_reads_on_is_told_by_an_event(platform: Platform, user: str) -> None:
    limits = Limits(queue_frames=20, close=10.0)
    async with running(platform, limits) as server:
        token = (await server.session(user))["access_token"]
        async with slow_device(server, token, "sse") as sock:
            assert sock is not None
            [connection] = server.gateway.hub.connections
            await flood(platform, user, connection)
            data, loop = b"", asyncio.get_running_loop()
            while not data.endswith(b"0\r\n\r\n"):
                data += await asyncio.wait_for(loop.sock_recv(sock, 65536), 5)
            assert b'"type":"urn:pavilion:too-slow"' in data[-400:]


@pytest.mark.guarantee("G3")
async def test_what_was_missed_is_more_than_may_wait(platform: Platform, user: str) -> None:
    """It would be cut as too slow each time that it comes back: it is told to reload instead."""
    limits = Limits(queue_bytes=100 * 1024)
    async with running(platform, limits) as server:
        async with server.client(user) as client:
            start = client.position
        added = await platform.deliver(user, 20, padding=PADDING)
        async with server.client(user, start) as client:
            assert client.connected["recovered"] is False
            assert client.connected["position"]["offset"] == 20
            await client.silence(0.05)
        async with server.client(user, as_json(added[9].position)) as client:
            assert client.connected["recovered"] is True
            await client.take(10)


def test_the_time_to_take_a_close_is_five_seconds() -> None:
    assert Limits().close == 5.0
