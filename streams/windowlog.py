"""The window log: what a window table appends to its agent's log, and how the table is read back.

Record: version (1 byte), kind (1 byte), epoch (16 bytes, the offset of the epoch's barrier), stream time in ms
(8 bytes), number of keys (4 bytes), then their times (8 bytes each) and their digests (16 bytes each). All big-endian.
A barrier is a record without keys: the offset the log gives it names the epoch.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.log.ports import FencedLog, LogClient
from streams.windows import WindowState

SUBSCRIPTION = "window"
VERSION = 1
BARRIER, KEYS = 0, 1
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
class WindowLog:
    """One epoch's right to append, and what it remembers of the log so as to trim it."""

    client: LogClient
    topic: str
    partition: int
    fenced: FencedLog
    epoch: int = 0
    records: int = 0
    size: int = 0
    recovery_seconds: float = 0.0
    recovery_keys: int = 0
    _held: deque[tuple[int, int, int]] = field(default_factory=deque)
    _newest: int = 0

    @classmethod
    async def take(cls, client: LogClient, topic: str, partition: int, state: WindowState | None) -> WindowLog:
        """Fence whoever had the log, write the barrier that numbers the epoch, and read the table back up to it."""
        started = time.monotonic()
        log = cls(client, topic, partition, await client.fence(topic, partition))
        try:
            log.epoch = await log.fenced.append(encode(BARRIER, 0, 0))
            for record in await client.read_subscription(topic, partition, SUBSCRIPTION, log.epoch):
                kind, _, stream_ms, keys = decode(record.value)
                if state is not None and kind == KEYS:
                    state.advance_to(stream_ms)
                    state.mark(keys)
                log._remember(kind, record.offset, max([stream_ms, *(at for _, at in keys)]), len(record.value))
            if state is not None:
                log.recovery_keys = state.key_count
        except BaseException:
            await log.fenced.close()
            raise
        log.recovery_seconds = time.monotonic() - started
        return log

    async def append(self, stream_ms: int, keys: Sequence[tuple[bytes, int]]) -> None:
        """Write a batch's keys and wait for the receipt; raises OwnershipLost when fenced or overdue."""
        payload = encode(KEYS, self.epoch, stream_ms, keys)
        offset = await self.fenced.append(payload)
        self._remember(KEYS, offset, max([stream_ms, *(at for _, at in keys)]), len(payload))

    def _remember(self, kind: int, offset: int, newest_ms: int, size: int) -> None:
        self._held.append((offset, newest_ms, size))
        if kind == KEYS:
            self._newest = offset
        self.records += 1
        self.size += size

    async def trim(self, expired_ms: int) -> None:
        """Let the log forget records whose every key is at or before ``expired_ms``.

        The newest record of a batch stays, whatever its age: it alone knows the stream time.
        """
        last = None
        while len(self._held) > 1 and self._held[0][1] <= expired_ms and self._held[0][0] != self._newest:
            last, _, size = self._held.popleft()
            self.records -= 1
            self.size -= size
        if last is not None:
            await self.client.trim(self.topic, self.partition, SUBSCRIPTION, last)

    async def close(self) -> None:
        await self.fenced.close()
