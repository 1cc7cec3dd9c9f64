"""One open connection's outgoing side: a bounded queue that the connection owns, and its way to the end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from gateway.closes import Close
from gateway.frames import Encoded
from gateway.limits import Limits
from gateway.metrics import FRAMES
from schemas.records import Position


class Connection:
    """Frames are pushed without waiting and sent by :meth:`pump`. A queue that overflows closes with 4008.

    Until the inbox was read for it, a connection is held for its user (revocations reach it) but gets no entries:
    ``position`` is None. Afterwards it is that up to which this connection was told everything, so that an entry that
    its recovery has covered is not told again when it arrives live.
    """

    def __init__(self, limits: Limits, abort: Callable[[], None]) -> None:
        self.id = uuid4().hex
        self.session_id = ""
        self.since_ms = 0
        """Its age among its user's, once it is counted there."""
        self.position: Position | None = None
        self.closing: Close | None = None
        """Why this side closes; None while open, or when the peer has left."""
        self._limits = limits
        self._abort = abort
        self._queue: deque[Encoded] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._ended = False

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def ended(self) -> bool:
        """No further frame is taken: the connection closes, or is gone."""
        return self._ended

    def fits(self, frames: Sequence[Encoded]) -> bool:
        """Whether all of them may wait here, together with one more."""
        size = sum(frame.size for frame in frames)
        return (
            len(self._queue) + len(frames) < self._limits.queue_frames and self._bytes + size < self._limits.queue_bytes
        )

    def push(self, frame: Encoded) -> None:
        if self._ended:
            return
        self._queue.append(frame)
        self._bytes += frame.size
        if len(self._queue) > self._limits.queue_frames or self._bytes > self._limits.queue_bytes:
            self.close(Close.TOO_SLOW)
        self._wake.set()

    def close(self, code: Close, *, flush: bool = False) -> None:
        """Close with ``code``; what is queued is dropped, or with ``flush`` sent first. The first reason stays."""
        if self._ended:
            return
        self.closing = code
        self._end(flush)
        # A peer that has stopped reading never takes the close frame, and its full socket would keep the sender (and
        # what the transport still holds) for as long as the peer likes. Cutting a closed transport does nothing.
        asyncio.get_running_loop().call_later(self._limits.close, self._abort)

    def left(self) -> None:
        """The peer has gone."""
        if not self._ended:
            self._end(flush=False)

    async def pump(self, send: Callable[[Encoded], Awaitable[None]]) -> None:
        """Send what is pushed, in order, until the connection ends."""
        while True:
            while self._queue:
                frame = self._queue.popleft()
                self._bytes -= frame.size
                await send(frame)
                FRAMES.labels(frame.type).inc()
                if frame.push is not None:
                    frame.push.sent()
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()

    def _end(self, flush: bool) -> None:
        self._ended = True
        if not flush:
            self._queue.clear()
            self._bytes = 0
        self._wake.set()
