"""An answer that changes, as Server-Sent Events: an event a second, each the whole answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.problems import PLAIN
from schemas.errors import NotificationError

MEDIA_TYPE = "text/event-stream"
INTERVAL = 1.0
SHARED = 0.8
"""For so much of the interval an answer serves others, too."""
MOST = 64
"""Streams that a process has at once."""


class TooMany(NotificationError):
    """All places for live statistics are taken."""

    slug, title, status = "too-many-streams", "Too many live views are open: close one, or come back", 503


def wanted(request: Request) -> bool:
    return MEDIA_TYPE in request.headers.get("accept", "")


class LiveViews:
    """Those of one process. An answer is made once for all who look at the same path."""

    def __init__(self) -> None:
        self.open = 0
        self._answers: dict[str, tuple[float, bytes]] = {}

    def respond(
        self, request: Request, answer: Callable[[], Awaitable[Any]], ended: Callable[[], bool], expires: int = 0
    ) -> Response:
        """Send ``answer()`` until the client leaves, ``ended()``, or the clock passes ``expires`` (seconds; 0: never).

        Raises TooMany where :data:`MOST` streams are open.
        """
        headers = {**PLAIN, "x-accel-buffering": "no"}
        if request.method == "HEAD":
            return Response(media_type=MEDIA_TYPE, headers=headers)
        if self.open >= MOST:
            raise TooMany("watch statistics", f"{MOST} streams are open")

        async def body() -> bytes:
            at, made = self._answers.get(request.url.path, (0.0, b""))
            if not made or time.monotonic() - at > INTERVAL * SHARED:
                made = msgspec.json.encode(await answer())
                self._answers[request.url.path] = (time.monotonic(), made)
            return made

        return StreamingResponse(self._events(body, ended, expires), media_type=MEDIA_TYPE, headers=headers)

    async def _events(
        self, body: Callable[[], Awaitable[bytes]], ended: Callable[[], bool], expires: int
    ) -> AsyncIterator[bytes]:
        """Starlette reads on when the client has taken the last event, and cancels when it has left."""
        self.open += 1
        try:
            yield b"retry: 2000\n\n"
            while not ended() and not 0 < expires <= time.time():
                yield b"data: " + await body() + b"\n\n"
                await asyncio.sleep(INTERVAL)
        finally:
            self.open -= 1
