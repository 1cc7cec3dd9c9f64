"""An answer that changes, as Server-Sent Events: an event a second, each the whole answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.problems import PLAIN
from schemas.errors import NotificationError

logger = structlog.get_logger()

MEDIA_TYPE = "text/event-stream"
INTERVAL = 1.0
MOST = 64
"""Streams that a process has at once: each costs an answer a second."""

_open = 0


class TooMany(NotificationError):
    """All places for live statistics are taken."""

    slug, title, status = "too-many-streams", "Too many live views are open: close one, or come back", 503


def wanted(request: Request) -> bool:
    return MEDIA_TYPE in request.headers.get("accept", "")


def live(
    request: Request, answer: Callable[[], Awaitable[Any]], ended: Callable[[], bool], expires: int = 0
) -> Response:
    """Send ``answer()`` until the client leaves, ``ended()``, or the clock passes ``expires`` (seconds; 0: never).

    Raises TooMany where :data:`MOST` streams are open.
    """
    headers = {**PLAIN, "x-accel-buffering": "no"}
    if request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE, headers=headers)
    if _open >= MOST:
        raise TooMany("watch statistics", f"{MOST} streams are open")
    return StreamingResponse(_events(answer, ended, expires), media_type=MEDIA_TYPE, headers=headers)


async def _events(
    answer: Callable[[], Awaitable[Any]], ended: Callable[[], bool], expires: int
) -> AsyncIterator[bytes]:
    """Starlette reads on when the client has taken the last event, and cancels when it has left."""
    global _open
    _open += 1
    try:
        yield b"retry: 2000\n\n"
        while not ended() and not 0 < expires <= time.time():
            yield b"data: " + msgspec.json.encode(await answer()) + b"\n\n"
            await asyncio.sleep(INTERVAL)
    finally:
        _open -= 1
