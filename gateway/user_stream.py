"""One user's stream in this gateway: his position, and the connections of his devices that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog

from gateway.backoff import Backoff
from gateway.closes import Close
from gateway.connection import Connection
from gateway.frames import entry_frame
from gateway.limits import Limits
from gateway.metrics import LOST, REPAIRED
from gateway.resume import MAX_MISSED, Recovery, Step, merge, plausible, recover, step
from infra.stores.ports import Inbox, Summary
from schemas.errors import NotificationError
from schemas.records import InboxEntry, Position

logger = structlog.get_logger()

Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a task and keeps it alive; the hub ends those that are left."""


class UserStream:
    """Entries come live from fan-out (:meth:`offer`), or from the inbox when something is missing (:meth:`repair`).

    ``position`` is what every joined connection has been told, or further. It moves only in two places, which
    exclude each other: in :meth:`offer` while nobody reads the inbox for this user, and under the lock by whoever
    does. What arrives live meanwhile is held, a bounded number, and merged by offset afterwards.
    """

    def __init__(self, user_id: str, inbox: Inbox, limits: Limits, spawn: Spawn) -> None:
        self.user_id = user_id
        self.connections: set[Connection] = set()
        self.position: Position | None = None
        self._inbox = inbox
        self._limits = limits
        self._spawn = spawn
        self._lock = asyncio.Lock()
        self._held: list[InboxEntry] = []
        self._overflowed = False
        self._repairing = False

    def offer(self, entry: InboxEntry) -> None:
        """A live entry: the next is sent, an older one changes nothing, a gap makes the inbox be read."""
        if self._lock.locked():
            if len(self._held) < self._limits.held_entries:
                self._held.append(entry)
            else:
                self._overflowed = True
        elif self.position is not None:
            match step(self.position, entry):
                case Step.SEND:
                    self._tell([entry])
                case Step.READ:
                    self.start_repair()
                case Step.IGNORE:
                    pass

    def compare(self, top: Summary) -> None:
        """Read what is missing if the inbox is not where this stream is."""
        if self.position is not None and self.position != top.position:
            self.start_repair()

    def start_repair(self) -> None:
        if not self._repairing:
            self._repairing = True
            self._spawn(self._repair_until_done())

    async def join(
        self, connection: Connection, position: Position | None, welcome: Callable[[Summary, Recovery], None]
    ) -> None:
        """Read the inbox for ``connection``, call ``welcome`` with what was found, and let it follow.

        ``welcome`` pushes the ``connected`` frame and what was missed. Raises ConnectionFailed.
        """
        async with self._lock:
            self._hold()
            try:
                top, entries = await self._read(position)
                recovery = recover(position, top, entries)
                if not connection.ended:
                    self._align(top.position)
                    welcome(top, recovery)
                    connection.offset = top.position.offset
            finally:
                # Whatever became of this one, what arrived meanwhile is the other connections' too.
                if not self._merge():
                    self.start_repair()

    def _align(self, top: Position) -> None:
        """Put the stream where the inbox is, if it cannot go on from where it was (or has nobody to tell)."""
        last = self.position
        joined = [other for other in self.connections if other.offset is not None]
        # While the lock is held the stream stands still, and the inbox is never behind what it has published: a top
        # below the stream, or beside it, means that the inbox has lost what these connections were told.
        if (
            last is None
            or not joined
            or last.epoch != top.epoch
            or last.offset > top.offset
            or (last.offset == top.offset and last.tail != top.tail)
        ):
            self._lose(joined)
            self.position = top

    async def _repair_until_done(self) -> None:
        backoff = Backoff(*self._limits.reopen)
        try:
            while self.connections:
                try:
                    if await self.repair():
                        return
                except NotificationError as error:  # also what an operator must mend first: nobody else repairs it
                    logger.warning("inbox cannot be read, waiting to repair a position", error=str(error))
                    await asyncio.sleep(backoff.next())
        finally:
            self._repairing = False

    async def repair(self) -> bool:
        """Tell what the inbox has after the position; True when nothing is missing any more."""
        async with self._lock:
            self._hold()
            if self.position is None:
                return True
            top, entries = await self._read(self.position)
            recovery = recover(self.position, top, entries)
            if not recovery.recovered:
                self._lose([connection for connection in self.connections if connection.offset is not None])
                self.position = top.position
            elif recovery.entries:
                REPAIRED.inc(len(recovery.entries))
                self._tell(recovery.entries)
            return self._merge()

    async def _read(self, position: Position | None) -> tuple[Summary, list[InboxEntry]]:
        if position is None or not plausible(position):
            [top] = await self._inbox.summaries([self.user_id])
            return top, []
        return await self._inbox.entries(self.user_id, position.offset, MAX_MISSED)

    def _hold(self) -> None:
        self._held = []
        self._overflowed = False

    def _merge(self) -> bool:
        """Apply what was held; False if the inbox must be read again."""
        held, self._held = self._held, []
        if self.position is None:
            return True
        merged = merge(self.position, held)
        self._tell(merged.entries)
        return merged.complete and not self._overflowed

    def _tell(self, entries: Iterable[InboxEntry]) -> None:
        for entry in entries:
            self.position = entry.position
            frame = None
            for connection in self.connections:
                # A connection that joined while the stream was behind was told this one by its recovery.
                if connection.offset is not None and connection.offset < entry.position.offset:
                    frame = frame or entry_frame(entry)
                    connection.push(frame)
                    connection.offset = entry.position.offset

    def _lose(self, connections: Iterable[Connection]) -> None:
        lost = list(connections)
        for connection in lost:
            connection.close(Close.POSITION_LOST)
            connection.offset = None
        if lost:
            LOST.inc()
            logger.warning("a position cannot be continued, its clients reload", user=self.user_id)
