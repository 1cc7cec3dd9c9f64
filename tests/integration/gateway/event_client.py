"""A client of the event stream, which reads it as the HTML standard says: events end at blank lines, ids stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx

from tests.integration.gateway.harness import Running

STREAM = {"accept": "text/event-stream"}


class EventClient:
    """``position`` is the ``Last-Event-ID`` with which it may come back."""

    def __init__(self, response: httpx.Response, last_id: str | None) -> None:
        self.response = response
        self.connected: dict[str, Any] = {}
        self.position = last_id
        self.retry_ms = 0
        self.pings = 0
        self._chunks = response.aiter_bytes()
        self._buffer = b""

    async def next(self, timeout: float = 5.0) -> dict[str, Any]:
        """The next event's data; raises EOFError at the end of the stream."""
        async with asyncio.timeout(timeout):
            while True:
                block, separator, rest = self._buffer.partition(b"\n\n")
                if not separator:
                    try:
                        self._buffer += await anext(self._chunks)
                    except StopAsyncIteration:
                        assert not self._buffer
                        raise EOFError from None
                    continue
                self._buffer = rest
                fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
                if set(fields) == {""}:
                    self.pings += 1
                    continue
                data: dict[str, Any] = json.loads(fields.pop("data"))
                assert fields.pop("event") == data["type"]
                self.position = fields.pop("id", self.position)
                self.retry_ms = int(fields.pop("retry", self.retry_ms))
                assert not fields
                return data

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]

    async def silence(self, seconds: float = 0.2) -> None:
        """Nothing comes for so long. Only for the last look at a stream: it cannot be read on after a timeout."""
        try:
            frame = await self.next(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"unexpected {frame}")

    async def ended(self, timeout: float = 5.0) -> str:
        """The name of the problem in the last event, without its prefix; empty if the stream just ended."""
        last: dict[str, Any] = {}
        try:
            while True:
                last = await self.next(timeout)
        except EOFError:
            return str(last["problem"]["type"]).removeprefix("urn:pavilion:") if last.get("type") == "error" else ""


def event_id(position: dict[str, Any]) -> str:
    """What a gateway would have given as the id of an event at ``position``."""
    return f"{quote(position['epoch'], safe='')}:{position['offset']}:{quote(position['tail'], safe='')}"


@asynccontextmanager
async def listening(
    server: Running, user: str, last_id: str | None = None, token: str = ""
) -> AsyncIterator[EventClient]:
    """A device that listens: its ``connected`` event is read."""
    token = token or (await server.session(user))["access_token"]
    headers = STREAM | {"authorization": f"Bearer {token}"} | ({"last-event-id": last_id} if last_id else {})
    async with server.http.stream("GET", "/v1/stream", headers=headers, timeout=None) as response:
        assert response.status_code == 200, await response.aread()
        client = EventClient(response, last_id)
        client.connected = await client.next()
        assert client.connected["type"] == "connected", client.connected
        yield client
