"""The session of one WebSocket on ``/v1/stream``: connecting, then live, then closed with a code that says why."""

from __future__ import annotations

import asyncio
from enum import Enum

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.closes import Close
from gateway.device import ABORT, WHEN_LOST, Device, refusal
from gateway.frames import Encoded, encode
from gateway.gateway import Gateway, of
from gateway.policy import Action, Caller, check
from gateway.problems import INTERNAL, Forbidden, Unauthorized, problem_response, public_problem
from gateway.rate import TokenBucket
from gateway.rate_limits import Policy, RateLimited, add_fields
from gateway.tokens import Access, TokenExpired
from schemas.errors import NotificationError, Problem
from schemas.frames import (
    Connect,
    ErrorFrame,
    Mark,
    Marked,
    Ping,
    Pong,
    Refresh,
    Refreshed,
    decode_client_frame,
)

logger = structlog.get_logger()


class State(Enum):
    CONNECTING = "connecting"
    LIVE = "live"


async def stream(websocket: WebSocket) -> None:
    """The endpoint: refuse before the handshake what may not connect, then run the session."""
    gateway = of(websocket)
    refused = refusal(websocket, gateway)
    if refused is None:
        try:
            await gateway.rates.count_address(websocket, Policy.HANDSHAKES)
        except RateLimited as error:
            refused = public_problem(error)
    if refused is None:
        await websocket.accept()
        await SocketSession(websocket, gateway).run()
    else:
        response = problem_response(refused)
        add_fields(websocket, response)
        await websocket.send_denial_response(response)


def _caller(access: Access) -> Caller:
    return Caller(access.role, access.user_id, access.session_id, access.expires)


class SocketSession:
    """One task reads, one sends."""

    def __init__(self, websocket: WebSocket, gateway: Gateway) -> None:
        self._websocket = websocket
        self._gateway = gateway
        self._limits = gateway.limits
        self._loop = asyncio.get_running_loop()
        extensions = websocket.scope.get("extensions", {})
        self._device = Device(gateway, "websocket", extensions.get(ABORT, lambda: None))
        extensions.get(WHEN_LOST, lambda _: None)(self._lost)
        self._connection = self._device.connection
        self._rate = TokenBucket(self._limits.frames_per_second, self._limits.frame_burst, self._loop.time)
        self._state = State.CONNECTING
        self._busy = False

    async def run(self) -> None:
        """Until either side closes. Never raises, short of cancellation."""
        self._device.deadline("connect", self._limits.connect, lambda: self._connection.close(Close.NO_CONNECT))
        self._gateway.unconnected.add(self, lambda: self._connection.close(Close.TRY_AGAIN_LATER))
        reader = self._loop.create_task(self._read())
        code = 1006
        try:
            await self._connection.pump(self._send)
            code = await self._close()
        except (WebSocketDisconnect, RuntimeError, OSError):
            # Gone in the middle of a frame: cut for not reading, or left. Starlette says RuntimeError for a send
            # after the peer's close was seen.
            code = self._connection.closing or 1006
        finally:
            self._connection.left()
            self._gateway.unconnected.remove(self)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            self._device.gone(code)

    def _lost(self) -> None:
        """The peer has gone while its inbox is being read, so nobody reads on for it.

        When stores are slow and clients give up and come again, those that wait would otherwise wait behind those that
        have left. A mark is finished all the same: it is to happen whole.
        """
        if self._state is State.CONNECTING:
            self._connection.left()

    async def _send(self, frame: Encoded) -> None:
        await self._websocket.send_text(frame.text)

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
                self._device.deadline("pong", None)
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
        self._device.deadline("connect", None)
        self._gateway.unconnected.remove(self)
        try:
            access = await self._accept_token(frame.token)
            if access is None:
                return
            await self._device.connect(access, frame.position)
        except NotificationError as error:
            self._connection.push(encode(ErrorFrame(problem=public_problem(error))))
            self._connection.close(Close.TRY_AGAIN_LATER, flush=True)
            return
        if self._device.live:
            self._state = State.LIVE
            self._device.deadline("ping", self._limits.ping, self._ping)

    async def _mark(self, frame: Mark) -> None:
        access = self._device.access
        assert access is not None
        try:
            check(_caller(access), Action.MARK)
            await self._gateway.marks.apply(
                access.user_id, frame.id, frame.state, frame.notifications, frame.up_to, frame.position
            )
        except NotificationError as error:
            self._connection.push(encode(ErrorFrame(problem=public_problem(error), id=frame.id)))
        else:
            self._connection.push(encode(Marked(id=frame.id)))

    async def _refresh(self, frame: Refresh) -> None:
        current = self._device.access
        assert current is not None
        try:
            access = await self._accept_token(frame.token)
            if access is None:
                return
            if access.user_id != current.user_id:
                self._connection.close(Close.BAD_TOKEN)
                return
            stands = await self._device.stands(access)
        except NotificationError as error:
            self._connection.push(encode(ErrorFrame(problem=public_problem(error))))
            return
        if not stands:
            self._connection.close(Close.REVOKED)
            return
        self._device.stay(access)
        self._connection.push(encode(Refreshed(expires_in=self._device.seconds_left(access))))

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

    # -- pings

    def _ping(self) -> None:
        self._connection.push(encode(Ping()))
        self._device.deadline("ping", self._limits.ping, self._ping)
        if not self._device.waits_for("pong"):
            self._device.deadline("pong", self._limits.pong, self._no_pong)

    def _no_pong(self) -> None:
        if self._busy:  # a pong may be waiting behind a mark that waits for a store
            self._device.deadline("pong", self._limits.pong, self._no_pong)
        else:
            self._connection.close(Close.NO_PONG)
