"""The window log: what a window table appends to its agent's log, and how the table is read back.

Record: version (1 byte), kind (1 byte), epoch (16 bytes, the offset of the epoch's barrier), stream time in ms
(8 bytes), number of keys (4 bytes), then their times (8 bytes each) and their digests (16 bytes each). All big-endian.
A barrier is a record without keys: the offset the log gives it names the epoch.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from infra.log.ports import FencedLog, LogClient, Record
from schemas.errors import ConnectionFailed
from streams.windows import WindowState

logger = structlog.get_logger()

SUBSCRIPTION = "window"
VERSION = 1
BARRIER, KEYS = 0, 1
PROGRESS_SECONDS = 2.0
TAIL_SECONDS = 30.0
"""The limit of the wait for each piece of what a standby had not read yet."""
_HEADER = struct.Struct(">BB16sQI")


class UnknownVersion(Exception):
    """The log was written by a newer release: do not guess, do not own."""


def encode(kind: int, epoch: int, stream_ms: int, keys: Sequence[tuple[bytes, int]] = ()) -> bytes:
    header = _HEADER.pack(VERSION, kind, epoch.to_bytes(16, "big"), stream_ms, len(keys))
    times = struct.pack(f">{len(keys)}Q", *[moment for _, moment in keys])
    return header + times + b"".join([key for key, _ in keys])


def decode(payload: bytes) -> tuple[int, int, int, list[tuple[bytes, int]]]:
    """Kind, epoch, stream time, and the keys with their times; raises UnknownVersion."""
    if not payload or payload[0] != VERSION:
        raise UnknownVersion(f"a window log record has version {payload[:1].hex()}, this release reads {VERSION}")
    _, kind, epoch, stream_ms, count = _HEADER.unpack_from(payload)
    times = struct.unpack_from(f">{count}Q", payload, _HEADER.size)
    start = _HEADER.size + 8 * count
    keys = [payload[start + 16 * n : start + 16 * (n + 1)] for n in range(count)]
    return kind, int.from_bytes(epoch, "big"), stream_ms, list(zip(keys, times, strict=True))


@dataclass
class Replica:
    """What was read of a log: the table, and which records it no longer needs when. Without a table, only the records.

    ``position`` is the offset of the last record read; ``stream_ms`` the latest stream time that the log tells of.
    """

    state: WindowState | None
    position: int = 0
    stream_ms: int = 0
    records: int = 0
    size: int = 0
    _held: deque[tuple[int, int, int]] = field(default_factory=deque)
    _newest: int = 0

    def replay(self, record: Record) -> None:
        """Raises UnknownVersion."""
        kind, _, stream_ms, keys = decode(record.value)
        if self.state is not None and kind == KEYS:
            self.state.advance_to(stream_ms)
            self.state.mark(keys)
        self.remember(kind, record.offset, stream_ms, keys, len(record.value))

    def remember(self, kind: int, offset: int, stream_ms: int, keys: Sequence[tuple[bytes, int]], size: int) -> None:
        newest_ms = max(stream_ms, max((moment for _, moment in keys), default=0))
        self._held.append((offset, newest_ms, size))
        if kind == KEYS:
            self._newest = offset
            self.stream_ms = max(self.stream_ms, stream_ms)
        self.position = offset
        self.records += 1
        self.size += size

    def forget(self, expired_ms: int) -> int | None:
        """Drop records whose every key is at or before ``expired_ms``; the offset of the last one dropped.

        The newest record of a batch stays, whatever its age: it alone knows the stream time.
        """
        last = None
        while len(self._held) > 1 and self._held[0][1] <= expired_ms and self._held[0][0] != self._newest:
            last, _, size = self._held.popleft()
            self.records -= 1
            self.size -= size
        return last


@dataclass
class Recovery:
    """How far the reading of a log is, or was when it ended. ``warm`` says that a standby had read the rest before."""

    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    records: int = 0
    keys: int = 0
    warm: bool = False

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started

    def snapshot(self) -> dict[str, Any]:
        return {
            "seconds": round(self.seconds, 3),
            "records": self.records,
            "keys": self.keys,
            "keys_per_second": round(self.keys / self.seconds) if self.seconds else 0,
            "warm": self.warm,
            "done": self.ended is not None,
        }


@dataclass
class WindowLog:
    """One epoch's right to append, and what it remembers of the log so as to trim it."""

    client: LogClient
    topic: str
    partition: int
    fenced: FencedLog
    replica: Replica
    epoch: int = 0
    _appending: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def take(
        cls, client: LogClient, topic: str, partition: int, replica: Replica, recovery: Recovery
    ) -> WindowLog:
        """Fence whoever had the log, write the barrier that numbers the epoch, and read the table up to it.

        A ``replica`` that a standby has kept is read on from its position.
        """
        log = cls(client, topic, partition, await client.fence(topic, partition), replica)
        try:
            log.epoch = await log.fenced.append(encode(BARRIER, 0, 0))
            said = time.monotonic()
            async with contextlib.aclosing(log._read()) as chunks:
                async for records in chunks:
                    for record in records:
                        replica.replay(record)
                    recovery.records += len(records)
                    recovery.keys = replica.state.key_count if replica.state is not None else 0
                    if time.monotonic() - said > PROGRESS_SECONDS:
                        said = time.monotonic()
                        logger.info("recovering", log=topic, partition=partition, **recovery.snapshot())
        except BaseException:
            await log.fenced.close()
            raise
        recovery.ended = time.monotonic()
        return log

    def _read(self) -> AsyncGenerator[list[Record], None]:
        """What the replica lacks, up to the barrier."""
        if self.replica.position:
            return self._read_tail()
        return self.client.read_subscription(self.topic, self.partition, SUBSCRIPTION, self.epoch)

    async def _read_tail(self) -> AsyncGenerator[list[Record], None]:
        reader = await self.client.reader(self.topic, self.partition, after=self.replica.position)
        try:
            while self.replica.position < self.epoch:
                async with asyncio.timeout(TAIL_SECONDS):
                    records = await reader.read()
                yield [record for record in records if record.offset <= self.epoch]
        except TimeoutError as error:
            context = {"topic": self.topic, "partition": self.partition}
            raise ConnectionFailed("read log", "its end did not come", context) from error
        finally:
            await reader.close()

    async def append(self, stream_ms: int, keys: Sequence[tuple[bytes, int]]) -> None:
        """Write a batch's keys and wait for the receipt; raises OwnershipLost when fenced or overdue.

        One at a time, whatever lane it is for: what is trimmed goes by the order of what was appended.
        """
        payload = encode(KEYS, self.epoch, stream_ms, keys)
        async with self._appending:
            offset = await self.fenced.append(payload)
            self.replica.remember(KEYS, offset, stream_ms, keys, len(payload))

    async def trim(self, expired_ms: int) -> None:
        """Let the log forget records whose every key is at or before ``expired_ms``."""
        last = self.replica.forget(expired_ms)
        if last is not None:
            await self.client.trim(self.topic, self.partition, SUBSCRIPTION, last)

    async def close(self) -> None:
        await self.fenced.close()
