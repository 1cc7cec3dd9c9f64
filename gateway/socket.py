"""The session of one WebSocket on ``/v1/stream``: connecting, then live, then closed with a code that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.closes import Close
from gateway.connection import Connection
from gateway.frames import encode, entry_frame
from gateway.gateway import Gateway, of
from gateway.metrics import CONNECTIONS, RESUMES, count_close
from gateway.origin import allowed
from gateway.policy import Action, Caller, check
from gateway.problems import INTERNAL, Forbidden, Unauthorized, problem_response, public_problem
from gateway.rate import TokenBucket
from gateway.resume import Recovery
from gateway.tokens import Access, TokenExpired
from infra.stores.ports import Summary
from schemas.errors import NotificationError, Problem
from schemas.frames import (
    Connect,
    Connected,
    ErrorFrame,
    Mark,
    Marked,
    Ping,
    Pong,
    Refresh,
    Refreshed,
    decode_client_frame,
)
from schemas.records import NO_SESSION

logger = structlog.get_logger()

ABORT = "pavilion.abort"
"""The name under which our server puts the transport's ``abort`` into the scope's extensions."""


class State(Enum):
    CONNECTING = "connecting"
    LIVE = "live"


async def stream(websocket: WebSocket) -> None:
    """The endpoint: refuse before the handshake what may not connect, then run the session."""
    gateway = of(websocket)
    origins = gateway.settings.gateway.origins
    if not allowed(websocket.headers.get("origin"), websocket.headers.get("host"), origins):
        await _refuse(websocket, Problem("urn:pavilion:forbidden", "This origin may not open a stream", 403))
    elif gateway.draining:
        await _refuse(websocket, Problem("urn:pavilion:draining", "This gateway is going away", 503))
    else:
        await websocket.accept()
        await SocketSession(websocket, gateway).run()


async def _refuse(websocket: WebSocket, problem: Problem) -> None:
    await websocket.send_denial_response(problem_response(problem))


def _caller(access: Access) -> Caller:
    return Caller(access.role, access.user_id, access.session_id)


class SocketSession:
    """One task reads, one sends; deadlines are timers, so that an idle connection costs little."""

    def __init__(self, websocket: WebSocket, gateway: Gateway) -> None:
        self._websocket = websocket
        self._gateway = gateway
        self._limits = gateway.limits
        self._loop = asyncio.get_running_loop()
        abort: Callable[[], None] = websocket.scope.get("extensions", {}).get(ABORT, lambda: None)
        self._connection = Connection(self._limits, abort)
        self._rate = TokenBucket(self._limits.frames_per_second, self._limits.frame_burst, self._loop.time)
        self._state = State.CONNECTING
        self._access: Access | None = None
        self._busy = False
        self._deadlines: dict[str, asyncio.TimerHandle] = {}

    async def run(self) -> None:
        """Until either side closes. Never raises, short of cancellation."""
        self._deadline("connect", self._limits.connect, lambda: self._connection.close(Close.NO_CONNECT))
        reader = self._loop.create_task(self._read())
        code = 1006
        try:
            await self._connection.pump(self._websocket.send_text)
            code = await self._close()
        except (WebSocketDisconnect, RuntimeError, OSError):
            # Gone in the middle of a frame: cut for not reading, or left. Starlette says RuntimeError for a send
            # after the peer's close was seen.
            code = self._connection.closing or 1006
        finally:
            self._connection.left()
            for deadline in self._deadlines.values():
                deadline.cancel()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            if self._access is not None:
                self._gateway.hub.release(self._access.user_id, self._connection)
            if self._state is State.LIVE:
                CONNECTIONS.dec()
            count_close(code)

    async def _close(self) -> int:
        closing = self._connection.closing
        if closing is None or self._websocket.application_state is not WebSocketState.CONNECTED:
            return 1005
        await self._websocket.close(closing, closing.reason)
        return closing

    # -- reading

    async def _read(self) -> None:
        try:
            while not self._connection.ended:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    self._connection.left()
                    return
                if not self._rate.take():
                    self._connection.close(Close.TOO_MANY_FRAMES)
                    return
                self._busy = True
                await self._handle(message.get("text"))
                self._busy = False
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("socket session failed")
            self._connection.push(encode(ErrorFrame(problem=INTERNAL)))
            self._connection.close(Close.TRY_AGAIN_LATER, flush=True)

    async def _handle(self, text: str | None) -> None:
        try:
            if text is None:
                raise msgspec.DecodeError("frames are text")
            frame = decode_client_frame(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(str(error))
            return
        match self._state, frame:
            case State.CONNECTING, Connect():
                await self._connect(frame)
            case State.LIVE, Mark():
                await self._mark(frame)
            case State.LIVE, Refresh():
                await self._refresh(frame)
            case State.LIVE, Pong():
                self._deadline("pong", None)
            case State.CONNECTING, _:
                self._bad_frame("the first frame must be `connect`")
            case _:
                self._bad_frame("there was a `connect` frame before")

    def _bad_frame(self, reason: str) -> None:
        problem = Problem("urn:pavilion:bad-frame", "The frame is not valid", 422, reason)
        self._connection.push(encode(ErrorFrame(problem=problem)))
        self._connection.close(Close.BAD_FRAME, flush=True)

    # -- frames

    async def _connect(self, frame: Connect) -> None:
        self._deadline("connect", None)
        gateway, connection = self._gateway, self._connection
        try:
            access = await self._accept_token(frame.token)
            if access is None:
                return
            await gateway.hub.wait_ready()
            connection.session_id = access.session_id
            held = gateway.hub.hold(access.user_id, connection)
            self._access = access
            # Held first, then looked up: a session that ends in between is seen here or closed by its record.
            if not await self._stands(access):
                connection.close(Close.REVOKED)
                return
            await held.join(
                connection, frame.position, lambda top, recovery: self._welcome(frame, access, top, recovery)
            )
        except NotificationError as error:
            connection.push(encode(ErrorFrame(problem=public_problem(error))))
            connection.close(Close.TRY_AGAIN_LATER, flush=True)
            return
        if connection.ended:
            return
        self._state = State.LIVE
        CONNECTIONS.inc()
        if gateway.draining:
            connection.close(Close.DEPLOY, flush=True)
        self._expire(access)
        self._deadline("ping", self._limits.ping, self._ping)

    def _welcome(self, frame: Connect, access: Access, top: Summary, recovery: Recovery) -> None:
        result = "recovered" if recovery.recovered else "not_recovered"
        RESUMES.labels("new" if frame.position is None else result).inc()
        self._connection.push(
            encode(
                Connected(
                    user=access.user_id,
                    session=access.session_id,
                    position=top.position,
                    recovered=recovery.recovered,
                    unseen=top.unseen,
                    unread=top.unread,
                    ping_seconds=max(1, round(self._limits.ping)),
                    expires_in=self._seconds_left(access),
                )
            )
        )
        for entry in recovery.entries:
            self._connection.push(entry_frame(entry))

    async def _mark(self, frame: Mark) -> None:
        assert self._access is not None
        try:
            check(_caller(self._access), Action.MARK)
            await self._gateway.marks.apply(
                self._access.user_id, frame.id, frame.state, frame.notifications, frame.up_to, frame.position
            )
        except NotificationError as error:
            self._connection.push(encode(ErrorFrame(problem=public_problem(error), id=frame.id)))
        else:
            self._connection.push(encode(Marked(id=frame.id)))

    async def _refresh(self, frame: Refresh) -> None:
        assert self._access is not None
        try:
            access = await self._accept_token(frame.token)
            if access is None:
                return
            if access.user_id != self._access.user_id:
                self._connection.close(Close.BAD_TOKEN)
                return
            stands = await self._stands(access)
        except NotificationError as error:
            self._connection.push(encode(ErrorFrame(problem=public_problem(error))))
            return
        if not stands:
            self._connection.close(Close.REVOKED)
            return
        self._access = access
        self._connection.session_id = access.session_id
        self._expire(access)
        self._connection.push(encode(Refreshed(expires_in=self._seconds_left(access))))

    async def _accept_token(self, token: str) -> Access | None:
        """None for a token that may open no stream: the connection closes. Raises ConnectionFailed."""
        try:
            access = await self._gateway.auth.access(token, self._websocket)
            check(_caller(access), Action.STREAM)
            return access
        except TokenExpired:
            self._connection.close(Close.TOKEN_EXPIRED)
        except (Unauthorized, Forbidden):
            self._connection.close(Close.BAD_TOKEN)
        return None

    async def _stands(self, access: Access) -> bool:
        """Asks the store: a socket that is let in stays. A token of an outside issuer is good until it expires."""
        return access.session_id == NO_SESSION or await self._gateway.sessions.active(access.session_id)

    # -- deadlines

    def _deadline(self, name: str, seconds: float | None, action: Callable[[], None] | None = None) -> None:
        """Set, move or (without ``seconds``) clear the deadline ``name``."""
        earlier = self._deadlines.pop(name, None)
        if earlier is not None:
            earlier.cancel()
        if seconds is not None and action is not None:
            self._deadlines[name] = self._loop.call_later(seconds, action)

    def _expire(self, access: Access) -> None:
        left = max(0.0, self._gateway.tokens.seconds_left(access))
        self._deadline("expiry", left, lambda: self._connection.close(Close.TOKEN_EXPIRED))

    def _seconds_left(self, access: Access) -> int:
        return max(0, int(self._gateway.tokens.seconds_left(access)))

    def _ping(self) -> None:
        self._connection.push(encode(Ping()))
        self._deadline("ping", self._limits.ping, self._ping)
        if "pong" not in self._deadlines:
            self._deadline("pong", self._limits.pong, self._no_pong)

    def _no_pong(self) -> None:
        if self._busy:  # a pong may be waiting behind a mark that waits for a store
            self._deadline("pong", self._limits.pong, self._no_pong)
        else:
            self._connection.close(Close.NO_PONG)
