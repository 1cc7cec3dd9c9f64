"""uvicorn's two protocols, with a limit on everything that a peer may do slowly, often or without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import events
from wsproto.connection import ConnectionState

from gateway.closes import Close
from gateway.device import ABORT, WHEN_LOST
from gateway.limits import Limits
from gateway.metrics import GAVE_WAY
from gateway.rate import TokenBucket
from gateway.waiting import Waiting

TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Config(uvicorn.Config):
    """uvicorn makes the protocols itself, and hands them this."""

    def __init__(self, *arguments: Any, limits: Limits, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.limits = limits
        self.silent = Waiting(limits.silent, "request")


class HttpProtocol(H11Protocol):
    """uvicorn waits for a request, its body, and for the answer to be read, for as long as the peer likes."""

    config: Config

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = self.config.limits
        self._late: asyncio.TimerHandle | None = None
        self._awaited = ""
        self._unread: asyncio.TimerHandle | None = None
        self._when_lost: Callable[[], object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.config.silent.add(self, transport.abort)
        self._await("head")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            return  # it has become a WebSocket
        match self.conn.their_state:
            case h11.IDLE:
                self._await("head")  # more of it, or of the next one
            case h11.SEND_BODY:
                self._await("body")
            case _:
                self._await("")

    def handle_events(self) -> None:
        super().handle_events()
        if self.scope is not None:
            # The task that takes a request's scope was made, but has not run yet.
            extensions = self.scope.setdefault("extensions", {})
            extensions[ABORT] = self.transport.abort  # type: ignore[assignment]
            extensions[WHEN_LOST] = self._on_lost  # type: ignore[assignment]

    def _on_lost(self, action: Callable[[], object]) -> None:
        self._when_lost = action

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._await("")
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._await("")
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)
        if self._when_lost is not None:
            self._when_lost()

    def _await(self, part: str) -> None:
        """From now on ``part`` of a request (head, body or nothing) has to come; what is awaited already goes on."""
        if part == self._awaited:
            return
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if self._awaited == "head":
            self.config.silent.remove(self)
        self._awaited = part
        if part:
            seconds = self._limits.head if part == "head" else self._limits.body
            self._late = self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        GAVE_WAY.labels("request" if self._awaited == "head" else "body").inc()
        if self.cycle is None or self._awaited == "head" or not self.cycle.response_started:
            self.transport.write(TIMED_OUT)
        self._close()

    def _close(self) -> None:
        # A peer that does not read what is left keeps a closing transport for as long as it likes.
        self.transport.close()
        self.loop.call_later(self._limits.close, self.transport.abort)

    # -- answers

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._limits.unread, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self.loop.call_later(self._limits.unread, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._close()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(msg)
        self._close()


class StreamProtocol(WSProtocol):
    """What the session never sees is counted here: pings, pongs, and the fragments of frames that may never end."""

    config: Config

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        limits = self.config.limits
        self._pieces = TokenBucket(limits.pieces_per_second, limits.piece_burst, self.loop.time)
        self._when_lost: Callable[[], object] | None = None

    def handle_connect(self, event: events.Request) -> None:
        super().handle_connect(event)
        extensions = self.scope["extensions"]
        assert extensions is not None
        # ASGI has no way to cut a peer that does not read: its close waits for the peer.
        extensions[ABORT] = self.transport.abort  # type: ignore[assignment]
        extensions[WHEN_LOST] = self._on_lost  # type: ignore[assignment]

    def _on_lost(self, action: Callable[[], object]) -> None:
        self._when_lost = action

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._when_lost is not None:
            self._when_lost()

    def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
        if event.frame_finished and not event.message_finished and not self._take():
            return
        super().handle_message(event)
        if self.close_sent:
            self._cut_later()

    def handle_ping(self, event: events.Ping) -> None:
        # A pong that the peer does not read would wait in memory.
        if self._take() and self.writable.is_set():
            super().handle_ping(event)

    def handle_pong(self, event: events.Pong) -> None:
        self._take()

    def handle_close(self, event: events.CloseConnection) -> None:
        if not self.close_sent and self.conn.state is ConnectionState.OPEN:
            # Not the peer's: its bytes are no frames, and uvicorn would not tell it so.
            self._end(event.code, event.reason or "")
        else:
            super().handle_close(event)

    def _take(self) -> bool:
        if self.close_sent:
            return False
        if self._pieces.take():
            return True
        self._end(Close.TOO_MANY_FRAMES, Close.TOO_MANY_FRAMES.reason)
        return False

    def _end(self, code: int, reason: str) -> None:
        """As uvicorn does for a frame that is too large."""
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if not self.transport.is_closing():
            self.transport.write(self.conn.send(events.CloseConnection(code=code, reason=reason)))
            self.transport.close()
        self._cut_later()

    def _cut_later(self) -> None:
        self.loop.call_later(self.config.limits.close, self.transport.abort)
