"""One user's stream in this gateway: his position, and the connections of his devices that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from gateway.backoff import Backoff
from gateway.closes import Close
from gateway.connection import Connection
from gateway.frames import entry_frame
from gateway.limits import Limits
from gateway.metrics import LOST, REPAIRED
from gateway.releases import Releases
from gateway.resume import MAX_MISSED, Recovery, Step, may_reach, merge, plausible, recover, step
from gateway.withholding import Shown, Withholding
from infra.stores.ports import Inbox, PreferencesStore, PreferencesVersion, Summary
from schemas.errors import NotificationError
from schemas.records import InboxEntry, Position

logger = structlog.get_logger()

Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a task and keeps it alive; the hub ends those that are left."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What every stream of a gateway reads from, and what it needs besides; ``clock`` is the wall clock in ms."""

    inbox: Inbox
    preferences: PreferencesStore
    releases: Releases
    limits: Limits
    spawn: Spawn
    clock: Callable[[], int]


class UserStream:
    """Entries come live from fan-out (:meth:`offer`), or from the inbox when something is missing (:meth:`repair`).

    ``position`` is what every joined connection has been told, or further. It moves only in two places, which
    exclude each other: in :meth:`offer` while nobody reads the inbox for this user, and under the lock by whoever
    does. What arrives live meanwhile is held, a bounded number, and merged by offset afterwards.

    What is told is what the user's preferences let through at that moment, see :mod:`gateway.withholding`. While they
    have changed and were not read yet, nothing is told.
    """

    def __init__(self, user_id: str, sources: Sources) -> None:
        self.user_id = user_id
        self.connections: set[Connection] = set()
        self.position: Position | None = None
        self._inbox = sources.inbox
        self._preferences = sources.preferences
        self._releases = sources.releases
        self._limits = sources.limits
        self._spawn = sources.spawn
        self._withholding = Withholding(sources.clock)
        self._stale = False
        self._releasing = False
        self._lock = asyncio.Lock()
        self._held: list[InboxEntry] = []
        self._overflowed = False
        self._repairing = False
        self._wanted = False

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
                    if not self._tell_if_ready([entry]):
                        self.start_repair()
                case Step.READ:
                    self.start_repair()
                case Step.IGNORE:
                    pass

    def compare(self, top: Summary, newest: PreferencesVersion | None) -> None:
        """Read what is missing if the inbox is not where this stream is; and take what else was missed.

        Whoever reads the inbox right now may have looked before what is missing came, and is followed by another look.
        """
        self._withholding.adopt(newest)
        self._withholding.note(top)
        known = {*self._joined.values(), self.position} - {None, top.position}
        if known or self._lock.locked():
            self.start_repair()

    def preferences_changed(self) -> None:
        """Read them before anything else is told."""
        self._stale = True
        self.start_repair()

    def tick(self) -> None:
        """Release what was withheld, if quiet hours are over; called every second, and when anything changed."""
        if self._withholding.due and not self._releasing:
            self._releasing = True
            self._spawn(self._release_until_done())

    def start_repair(self) -> None:
        """Look at the inbox from now on: a look that is under way may have been too early, and is followed by one."""
        self._wanted = True
        if not self._repairing:
            self._repairing = True
            self._spawn(self._repair_until_done())

    async def join(
        self, connection: Connection, position: Position | None, welcome: Callable[[Summary, Recovery], None]
    ) -> None:
        """Read preferences and inbox for ``connection``, call ``welcome`` with what was found, and let it follow.

        ``welcome`` pushes the ``connected`` frame and what was missed. Raises ConnectionFailed.
        """
        async with self._lock:
            self._hold()
            try:
                await self._read_preferences()
                top, entries = await self._read(position)
                recovery = recover(position, top, entries)
                shown = self._withholding.show(recovery.entries)
                await self._keep_withheld(shown)
                if not connection.ended:
                    self._align(top.position)
                    self._withholding.note(top)
                    welcome(top, recovery._replace(entries=shown))
                    connection.position = top.position
                    self.tick()
            finally:
                # Whatever became of this one, what arrived meanwhile is the other connections' too.
                if not self._merge():
                    self.start_repair()

    def _align(self, top: Position) -> None:
        """Put the stream where the inbox is, if there is nobody to tell of what lies between.

        While the lock is held the stream stands still, and the inbox is never behind what it has published: whoever is
        past its top, or beside it, was told what it has lost.
        """
        self._lose(one for one, position in self._joined.items() if not may_reach(position, top))
        self._go_on_from_the_last()
        if not self._joined:
            self.position = top

    @property
    def _joined(self) -> dict[Connection, Position]:
        return {one: one.position for one in self.connections if one.position is not None and not one.ended}

    def _go_on_from_the_last(self) -> None:
        """Whoever was where the stream is may be gone, and the others ahead: nobody has missed what lies between.

        Else the inbox would be asked for more than anybody has missed, and that may be more than is replayed.
        """
        self.position = min(self._joined.values(), key=lambda position: position.offset, default=self.position)

    async def _repair_until_done(self) -> None:
        backoff = Backoff(*self._limits.reopen)
        try:
            while self._wanted and self.connections:
                self._wanted = False
                try:
                    if not await self.repair():
                        self._wanted = True
                except NotificationError as error:  # also what an operator must mend first: nobody else repairs it
                    logger.warning("inbox cannot be read, waiting to repair a position", error=str(error))
                    await asyncio.sleep(backoff.next())
                    self._wanted = True
        finally:
            self._repairing = False

    async def repair(self) -> bool:
        """Tell what the inbox has after the position; True when nothing is missing any more."""
        async with self._lock:
            self._hold()
            if self._stale:
                await self._read_preferences()
            if self.position is None:
                return True
            self._go_on_from_the_last()
            top, entries = await self._read(self.position)
            recovery = recover(self.position, top, entries)
            if not recovery.recovered:
                last = self.position.offset
                self._lose(one for one, position in self._joined.items() if position.offset <= last)
                if self._joined:  # ahead of these, and perhaps not too far from the top
                    return False
                self.position = top.position
            elif recovery.entries:
                if self._stale:  # again, while the inbox was read
                    return False
                shown = self._withholding.show(recovery.entries)
                await self._keep_withheld(shown)
                REPAIRED.inc(len(shown))
                self._tell(shown)
            # Whoever has not come to the top with the others is at an entry that the inbox no longer has.
            self._lose(one for one, position in self._joined.items() if position != top.position)
            self._withholding.note(top)
            return self._merge()

    async def _read(self, position: Position | None) -> tuple[Summary, list[InboxEntry]]:
        if position is None or not plausible(position):
            [top] = await self._inbox.summaries([self.user_id])
            return top, []
        return await self._inbox.entries(self.user_id, position.offset, MAX_MISSED)

    async def _read_preferences(self) -> None:
        """A change that is told of meanwhile makes them be read again."""
        stale, self._stale = self._stale, False
        try:
            newest = await self._preferences.newest([self.user_id])
        except BaseException:
            self._stale = self._stale or stale
            raise
        self._withholding.adopt(newest.get(self.user_id))
        self.tick()

    async def _keep_withheld(self, shown: Iterable[Shown]) -> None:
        """Keep in the inbox that a release is owed, before the first bare position is told: this gateway may die."""
        position = self._withholding.unkept(shown)
        if position is not None:
            await self._inbox.withhold(self.user_id, position)
            self._withholding.kept(position)

    async def _release_until_done(self) -> None:
        backoff = Backoff(*self._limits.reopen)
        try:
            while self.connections and self._withholding.due:
                try:
                    if not await self._releases.release(self.user_id):
                        self._withholding.settle()
                        self.start_repair()  # whoever was first may have died before it told the others
                    return
                except NotificationError as error:
                    logger.warning("what was withheld cannot be released, trying again", error=str(error))
                    await asyncio.sleep(backoff.next())
        finally:
            self._releasing = False

    def _hold(self) -> None:
        self._held = []
        self._overflowed = False

    def _merge(self) -> bool:
        """Apply what was held; False if the inbox must be read again."""
        held, self._held = self._held, []
        if self.position is None:
            return True
        merged = merge(self.position, held)
        return self._tell_if_ready(merged.entries) and merged.complete and not self._overflowed

    def _tell_if_ready(self, entries: Iterable[InboxEntry]) -> bool:
        """Tell live entries, unless something must be read or kept before: the repair that follows tells them then."""
        if self._stale:
            return False
        shown = self._withholding.show(entries)
        if self._withholding.unkept(shown) is not None:
            return False
        self._tell(shown)
        return True

    def _tell(self, entries: Iterable[Shown]) -> None:
        for entry in entries:
            last, self.position = self.position, entry.position
            self._withholding.told(entry)
            frame = None
            for connection, position in self._joined.items():
                if position == last:
                    frame = frame or entry_frame(entry)
                    connection.push(frame)
                    connection.position = entry.position
                elif position.offset <= entry.position.offset and position != entry.position:
                    self._lose([connection])  # of another history, though as far
                # Any other joined while the stream was behind, and was told this entry by its recovery.
            if frame is not None and frame.push is not None:
                frame.push.told()

    def _lose(self, connections: Iterable[Connection]) -> None:
        lost = list(connections)
        for connection in lost:
            connection.close(Close.POSITION_LOST)
            connection.position = None
        if lost:
            LOST.inc()
            logger.warning("a position cannot be continued, its clients reload", user=self.user_id)
