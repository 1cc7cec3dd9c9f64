"""Server-Sent Events on ``GET /v1/stream``: the WebSocket's stream for devices that only listen, over plain HTTP.

An event's ``event`` is the frame's type, its ``data`` the frame, and its ``id`` the position of a device that has taken
it: what a device sends back in ``Last-Event-ID``, where it goes on. Marks and new tokens go over REST. As nothing
answers pings, a device that is gone is found out by what cannot be written to it, or when its access token expires.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.closes import Close
from gateway.device import ABORT, WHEN_LOST, Device, refusal
from gateway.frames import Encoded, encode
from gateway.gateway import Gateway, of
from gateway.policy import Action, Caller
from gateway.problems import NotAcceptable, Unauthorized, problem_response
from gateway.routes import Query, read_body, route
from gateway.tokens import Access
from schemas.errors import Problem
from schemas.frames import ErrorFrame, Ping
from schemas.records import Position

MEDIA_TYPE = "text/event-stream"

RETRY_MS = (500, 3000)
"""When a device comes back whose stream has ended: at random between these, so that many do not come at once."""

UNKNOWN = Position("", -1, "")
"""A position that no inbox can go on from."""

FAREWELLS = {
    Close.DEPLOY: Problem("urn:pavilion:draining", "This gateway is going away: come back", 503),
    Close.TOKEN_EXPIRED: Problem("urn:pavilion:token-expired", "The access token has expired: refresh it", 401),
    Close.TOO_SLOW: Problem("urn:pavilion:too-slow", "Too much was waiting to be read: come back", 408),
    Close.POSITION_LOST: Problem("urn:pavilion:position-lost", "The inbox cannot go on from here: reload", 410),
    Close.REPLACED: Problem("urn:pavilion:replaced", "A newer connection took the place of this one", 409),
    Close.REVOKED: Problem("urn:pavilion:session-ended", "The session was ended", 401),
}
"""What the last event says where a WebSocket would be closed with a code."""

ENDED = Problem("urn:pavilion:stream-ended", "The stream was ended: come back", 503)


async def open_stream(request: Request, caller: Caller) -> Response:
    """Follow the user's inbox as Server-Sent Events, from `Last-Event-ID` or from now on."""
    gateway = of(request)
    if MEDIA_TYPE not in request.headers.get("accept", ""):
        raise NotAcceptable("open a stream", f"ask for {MEDIA_TYPE}, or open a WebSocket")
    refused = refusal(request, gateway)
    if refused is not None:
        return problem_response(refused)
    await read_body(request, limit=0)
    if request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE, headers=HEADERS)
    extensions = request.scope.get("extensions", {})
    stream = EventStream(gateway, extensions.get(ABORT, lambda: None))
    last = request.headers.get("last-event-id")
    access = Access(caller.user_id, caller.session_id, caller.expires, caller.role)
    connecting = asyncio.create_task(stream.connect(access, read_event_id(last) if last else None))
    # When stores are slow and devices give up, nobody reads on for those that have left.
    extensions.get(WHEN_LOST, lambda _: None)(connecting.cancel)
    try:
        await asyncio.wait({connecting})
    finally:
        connecting.cancel()
    if connecting.cancelled():
        raise ClientDisconnect
    connecting.result()
    return stream


STREAM_ROUTES = [
    route(
        "GET",
        "/v1/stream",
        Action.STREAM,
        open_stream,
        answer=str,
        headers=(Query("Last-Event-ID", str, "The `id` of the last event that was applied: it goes on from there."),),
        problems=(406, 413),
        media=MEDIA_TYPE,
    )
]

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream(Response):
    """Connect it, then let it answer: it sends until either side ends, and cannot outlive its request."""

    def __init__(self, gateway: Gateway, abort: Callable[[], None]) -> None:
        self.status_code = 200
        self.media_type = MEDIA_TYPE
        self.background = None
        self.init_headers(HEADERS)
        self._gateway = gateway
        self._device = Device(gateway, "sse", abort)
        self._connection = self._device.connection

    async def connect(self, access: Access, position: Position | None) -> None:
        """Raises Unauthorized for a session that has ended, and NotificationError for what is away."""
        try:
            await self._device.connect(access, position)
            if self._connection.closing is Close.REVOKED:
                raise Unauthorized("open a stream", "the session has ended")
        except BaseException:
            self._device.gone(self._connection.closing or 1006)
            raise
        self._device.deadline("ping", self._gateway.limits.ping, self._ping)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def body(data: bytes, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": more})

        watcher = asyncio.create_task(self._watch(receive))
        code = 1006
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._connection.pump(lambda frame: body(event(frame)))
            code = self._connection.closing or 1005
            await body(event(farewell(self._connection.closing)) if self._connection.closing else b"", more=False)
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
            self._device.gone(code)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._connection.left()

    def _ping(self) -> None:
        self._connection.push(encode(Ping()))
        self._device.deadline("ping", self._gateway.limits.ping, self._ping)


def event(frame: Encoded) -> bytes:
    """The frame as one event; a ping is a comment, which no client sees."""
    if frame.type == "ping":
        return b": ping\n\n"
    text = f"event: {frame.type}\n"
    if frame.type == "connected":
        text += f"retry: {random.randint(*RETRY_MS)}\n"
    if frame.position is not None:
        text += f"id: {event_id(frame.position)}\n"
    return f"{text}data: {frame.text}\n\n".encode()


def farewell(close: Close) -> Encoded:
    return encode(ErrorFrame(problem=FAREWELLS.get(close, ENDED)))


def event_id(position: Position) -> str:
    """Clients take it for a text without meaning. A tail may be a client's own mark id, and have any characters."""
    return f"{quote(position.epoch, safe='')}:{position.offset}:{quote(position.tail, safe='')}"


def read_event_id(text: str) -> Position:
    """The position of an id; UNKNOWN for what no gateway has made, so that its holder is told to reload."""
    epoch, _, rest = text.partition(":")
    offset, separator, tail = rest.partition(":")
    if not separator or not (offset.isascii() and offset.isdecimal()) or len(offset) > 16:
        return UNKNOWN
    return Position(unquote(epoch), int(offset), unquote(tail))
