"""One WebSocket to ``/v1/stream``: frames in and out, each with a limit, and its end as an exception."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from gateway.client.errors import ProtocolError
from schemas.frames import ServerFrame
from schemas.records import Position

OPEN_SECONDS = 10.0
SEND_SECONDS = 10.0
_PASSING = (408, 429)


class Gone(Exception):
    """The connection has ended, or was not to be had. ``code`` is the close code, 1006 without one."""

    def __init__(self, code: int, reason: str, *, retry_after: float = 0.0) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


class Unknown(Struct):
    """A frame that this version does not know, or of which it does not know a value.

    If it has a position, it took an offset, and the position counts.
    """

    type: str
    position: Position | None = None
    unseen: int | None = None
    unread: int | None = None


_frames = msgspec.json.Decoder(ServerFrame)
_unknown = msgspec.json.Decoder(Unknown)


class Wire:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def receive(self, seconds: float) -> ServerFrame | Unknown:
        """Raises Gone, also if nothing comes for so long: the gateway pings, so then nobody is there."""
        try:
            async with asyncio.timeout(seconds):
                text = await self._socket.recv()
        except TimeoutError:
            raise Gone(1006, f"nothing came for {seconds:g} s") from None
        except ConnectionClosed as error:
            close = error.rcvd
            raise Gone(1006 if close is None else close.code, "" if close is None else close.reason) from None
        return decode(text)

    async def send(self, text: str) -> None:
        """Raises Gone."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send(text)
        except (TimeoutError, ConnectionClosed) as error:
            raise Gone(1006, f"a frame could not be sent: {error}") from None

    async def close(self) -> None:
        await self._socket.close()


def decode(text: str | bytes) -> ServerFrame | Unknown:
    """Raises ProtocolError for what is no frame at all."""
    try:
        frame: ServerFrame = _frames.decode(text)
        return frame
    except msgspec.ValidationError:
        try:
            return _unknown.decode(text)
        except msgspec.ValidationError as error:
            raise ProtocolError(f"the gateway sent what is no frame: {error}") from error
    except msgspec.DecodeError as error:
        raise ProtocolError(f"the gateway sent what is no JSON: {error}") from error


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Wire]:
    """Raises Gone if there is no gateway, or not now; ProtocolError if it refuses for good."""
    target = f"ws{url.removeprefix('http')}/v1/stream"
    try:
        socket = await connect(
            target,
            compression=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=1.0,
            # The application's own ping and pong watch the connection.
            ping_interval=None,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status < 500 and status not in _PASSING:
            raise ProtocolError(f"{target} answers {status}") from refused
        raise Gone(1006, f"the gateway answers {status}", retry_after=_seconds(refused)) from None
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise Gone(1006, f"no connection: {error}") from None
    except InvalidURI as error:
        raise ProtocolError(str(error)) from None
    try:
        yield Wire(socket)
    finally:
        await socket.close()


def _seconds(refused: InvalidStatus) -> float:
    try:
        seconds = float(refused.response.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
