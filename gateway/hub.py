"""Reads every fan-out partition and routes what concerns a user with open connections here.

Readers are not durable: what they miss is found by comparing positions with the inbox, at once after a reader was
disconnected and otherwise every 25-40 s (nobody tells when a broker's reader has come back at a later point).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from typing import get_args

import msgspec
import structlog

from gateway.backoff import Backoff
from gateway.connection import Connection
from gateway.limits import Limits
from gateway.metrics import MISDIRECTED, READERS
from gateway.releases import Releases
from gateway.tasks import Tasks
from gateway.tracing import traced
from gateway.user_stream import Sources, UserStream
from infra.log.offsets import format_offset
from infra.log.ports import LogClient, Reader, Record
from infra.stores.ports import Inbox, PreferencesStore
from infra.tracing import OFF, Tracing
from schemas.errors import ConnectionFailed
from schemas.records import Added, Control, FanOutRecord, decode_record

logger = structlog.get_logger()

COMPARED_AT_ONCE = 500

CONTROLS = tuple(f'{{"kind":"{kind.__struct_config__.tag}"'.encode() for kind in get_args(Control))
"""How control records begin, as `encode_record` writes them."""


class Hub:
    """Started before the first socket is accepted; :meth:`hold` registers a connection for its user."""

    def __init__(
        self,
        log: LogClient,
        topic: str,
        inbox: Inbox,
        preferences: PreferencesStore,
        releases: Releases,
        limits: Limits,
        clock: Callable[[], int],
        tracing: Tracing = OFF,
    ) -> None:
        self._log = log
        self._tracing = tracing
        self._tasks = Tasks()
        self._topic = topic
        self._inbox = inbox
        self._preferences = preferences
        self._limits = limits
        self._sources = Sources(inbox, preferences, releases, limits, self._tasks.spawn, clock)
        self._users: dict[str, UserStream] = {}
        self._handlers: list[Callable[[Control], None]] = []
        self._open: set[int] = set()
        self._read_up_to: dict[int, int] = {}
        self._partitions = 0
        self._all_open = asyncio.Event()
        self._compare_now = asyncio.Event()

    async def start(self) -> None:
        """Raises ConnectionFailed if the topic is not there or the log cannot be reached."""
        self._partitions = await self._log.partitions(self._topic)
        for partition in range(self._partitions):
            self._tasks.spawn(self._follow(partition))
        self._tasks.spawn(self._compare_for_ever())
        self._tasks.spawn(self._tick_for_ever())

    async def stop(self) -> None:
        await self._tasks.stop()

    @property
    def ready(self) -> bool:
        """Whether every partition has an open reader."""
        return 0 < self._partitions == len(self._open)

    async def wait_ready(self) -> None:
        """Raises ConnectionFailed if not every partition has a reader within ``limits.start`` seconds.

        Readers are opened before any inbox is read: an entry is then in what is read, or arrives live.
        """
        try:
            await asyncio.wait_for(self._all_open.wait(), self._limits.start)
        except TimeoutError:
            missing = self._partitions - len(self._open)
            raise ConnectionFailed("read fan-out", f"{missing} partitions have no reader") from None

    # -- connections

    @property
    def users(self) -> int:
        return len(self._users)

    @property
    def connections(self) -> list[Connection]:
        return [connection for stream in self._users.values() for connection in stream.connections]

    @property
    def held(self) -> dict[str, set[Connection]]:
        """The connections of each user."""
        return {user_id: stream.connections for user_id, stream in self._users.items()}

    def connections_of(self, user_id: str) -> list[Connection]:
        stream = self._users.get(user_id)
        return [] if stream is None else list(stream.connections)

    def hold(self, user_id: str, connection: Connection) -> UserStream:
        """Register the connection: from now on a revocation of its session reaches it."""
        stream = self._users.get(user_id)
        if stream is None:
            stream = self._users[user_id] = UserStream(user_id, self._sources)
        stream.connections.add(connection)
        return stream

    def release(self, user_id: str, connection: Connection) -> None:
        stream = self._users.get(user_id)
        if stream is not None:
            stream.connections.discard(connection)
            if not stream.connections:
                del self._users[user_id]

    def preferences_changed(self, user_id: str) -> None:
        """A user's preferences are others now: they are read again before he is told anything."""
        stream = self._users.get(user_id)
        if stream is not None:
            stream.preferences_changed()

    # -- routing

    def on_control(self, handler: Callable[[Control], None]) -> None:
        """Call ``handler`` with every control record, of users who are not here too."""
        self._handlers.append(handler)

    def route(self, records: Sequence[Record]) -> None:
        """Look at each key first: most records are of users who are not here, and decoding is what costs."""
        for record in records:
            stream = self._users.get(record.key)
            if stream is None and not record.value.startswith(CONTROLS):
                continue
            try:
                decoded = decode_record(record.value, FanOutRecord)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                place = {"partition": record.partition, "offset": format_offset(record.offset), "user": record.key}
                logger.error("fan-out record cannot be decoded", **place, error=str(error))
                if stream is not None:
                    stream.start_repair()  # whatever it said, the inbox has it
                continue
            if decoded.user_id != record.key:
                MISDIRECTED.inc()
                logger.error("fan-out record names another user than its key", partition=record.partition)
            elif isinstance(decoded, Control):
                for handler in self._handlers:
                    handler(decoded)
            elif stream is not None:
                if record.properties and self._tracing.enabled and isinstance(decoded, Added):
                    decoded = traced(self._tracing, record, decoded)
                stream.offer(decoded)

    async def compare(self) -> None:
        """Compare every held user's position with the inbox and repair what differs; take preferences that changed.

        Raises ConnectionFailed.
        """
        streams = list(self._users.values())
        for start in range(0, len(streams), COMPARED_AT_ONCE):
            chunk = streams[start : start + COMPARED_AT_ONCE]
            users = [stream.user_id for stream in chunk]
            tops = await self._inbox.summaries(users)
            newest = await self._preferences.newest(users)
            for stream, top in zip(chunk, tops, strict=True):
                stream.compare(top, newest.get(stream.user_id))

    async def _compare_for_ever(self) -> None:
        backoff = Backoff(*self._limits.reopen)
        pause = random.uniform(*self._limits.check)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._compare_now.wait(), pause)
            # Cleared before the inbox is read: a reader that is opened during the reading asks for another round.
            self._compare_now.clear()
            try:
                await self.compare()
            except ConnectionFailed as error:
                pause = backoff.next()
                logger.warning("positions cannot be compared now, trying again", error=str(error))
            except Exception:
                pause = backoff.next()
                logger.exception("comparing positions failed, trying again")
            else:
                backoff.reset()
                pause = random.uniform(*self._limits.check)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._limits.tick)
            for stream in list(self._users.values()):
                stream.tick()

    # -- reading

    async def _follow(self, partition: int) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(*self._limits.reopen)
        first = True
        while True:
            try:
                reader = await self._log.reader(self._topic, partition, after=self._read_up_to.get(partition))
                self._opened(partition)
                opened = loop.time()
                if not first:
                    # What was published while nobody read is compared for, now that a new reader is in place.
                    self._compare_now.set()
                first = False
                try:
                    await self._read(reader, partition)
                finally:
                    self._closed(partition)
                    await reader.close()
                    # Opening is not success yet: readers that are cut as soon as they are open back off too.
                    if loop.time() - opened > self._limits.reopen[1]:
                        backoff.reset()
                logger.warning("fan-out reader was disconnected, opening it again", partition=partition)
            except ConnectionFailed as error:
                logger.warning("fan-out cannot be read, trying again", partition=partition, error=str(error))
            except Exception:
                logger.exception("fan-out reader failed, opening it again", partition=partition)
            await asyncio.sleep(backoff.next())

    async def _read(self, reader: Reader, partition: int) -> None:
        """Route what arrives until the reader is seen disconnected; raises what reading raises.

        A reader that reconnects by itself may do so at a later point, so one that was disconnected is not used again.
        """
        reading: asyncio.Task[list[Record]] | None = None
        try:
            while reader.connected():
                reading = reading or asyncio.ensure_future(reader.read())
                done, _ = await asyncio.wait({reading}, timeout=self._limits.watch)
                if done:
                    records = reading.result()
                    reading = None
                    self.route(records)
                    self._read_up_to[partition] = records[-1].offset
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    def _opened(self, partition: int) -> None:
        self._open.add(partition)
        READERS.set(len(self._open))
        if self.ready:
            self._all_open.set()

    def _closed(self, partition: int) -> None:
        self._open.discard(partition)
        READERS.set(len(self._open))
        self._all_open.clear()
