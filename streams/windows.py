"""Window tables: "was this key seen less than W ago?", on stream time, with a bounded memory.

Stream time is the highest event time that the partition has seen, each clamped to its publish time plus or minus an
allowed skew. Lateness and expiry compare with it, never with the wall clock, so that a backlog of hours is caught up
as it would have been live. Keys are digests of 128 bits, kept with their time in rotating buckets (:mod:`keytable
<streams.keytable>`): a whole bucket is dropped at once, and the time decides exactly at the window's edge.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from schemas.times import format_ms
from streams.keytable import KeyTable

LatePolicy = Literal["accept", "drop", "dead-letter"]

BUCKETS_PER_WINDOW = 4
ALLOWED_SKEW_MS = 5 * 60 * 1000
WIDEST_MS = 2**32 - 2
"""Of a bucket: times are kept from its start, in four bytes."""


@dataclass(frozen=True)
class WindowTable:
    """A declared table. ``window`` None takes ``PAVILION_DEDUPLICATION__WINDOW``.

    ``late`` says what happens to an event older than the window: ``accept`` processes it (its ids still bound the
    effect), ``drop`` counts and suppresses it, ``dead-letter`` keeps it for an operator.
    """

    name: str
    window: timedelta | None = None
    late: LatePolicy = "accept"


def digest(key: str) -> bytes:
    """128 bits: two different keys never share one in practice, so no notification is swallowed by another's key."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def counted(event_ms: int, publish_ms: int) -> int:
    """The time that counts for an event: its own, within the allowed skew of its publish."""
    return min(max(event_ms, publish_ms - ALLOWED_SKEW_MS), publish_ms + ALLOWED_SKEW_MS)


@dataclass
class WindowState:
    """A table's part for one partition."""

    window_ms: int
    stream_ms: int = 0
    hits: int = 0
    misses: int = 0
    late: int = 0
    buckets: dict[int, KeyTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._width = min(max(1, self.window_ms // BUCKETS_PER_WINDOW), WIDEST_MS)

    def advance(self, event_ms: int, publish_ms: int) -> int:
        """Move stream time by an event and return the time that counts for it."""
        moment = counted(event_ms, publish_ms)
        self.advance_to(moment)
        return moment

    def advance_to(self, stream_ms: int) -> None:
        if stream_ms > self.stream_ms:
            self.stream_ms = stream_ms
            oldest = (stream_ms - self.window_ms) // self._width
            for number in [number for number in self.buckets if number < oldest]:
                del self.buckets[number]

    def is_late(self, moment: int) -> bool:
        return moment <= self.stream_ms - self.window_ms

    def seen(self, key: bytes) -> bool:
        """Whether ``key`` was marked less than the window ago."""
        [moment] = self.moments([key])
        return moment > 0 and not self.is_late(moment)

    def moments(self, keys: Sequence[bytes]) -> list[int]:
        """When each was marked last, 0 for never: it was seen if that is less than the window ago.

        All buckets are asked: one alone would miss what was marked beyond its edges. Of those that have a key, the
        last one has the latest time.
        """
        moments = [0] * len(keys)
        for number in sorted(self.buckets):
            before = number * self._width - 1
            for place, time in enumerate(self.buckets[number].find(keys)):
                if time:
                    moments[place] = before + time
        return moments

    def mark(self, keys: Iterable[tuple[bytes, int]]) -> None:
        after, width = self.stream_ms - self.window_ms, self._width
        parts: defaultdict[int, tuple[list[bytes], list[int]]] = defaultdict(lambda: ([], []))
        for key, moment in keys:
            if moment > after:
                digests, times = parts[moment // width]
                digests.append(key)
                times.append(moment % width + 1)
        for number, (digests, times) in parts.items():
            if number not in self.buckets:
                self.buckets[number] = KeyTable()
            self.buckets[number].mark(digests, times)

    def live_keys(self) -> dict[bytes, int]:
        """Every key that :meth:`seen` would find, with its time."""
        after = self.stream_ms - self.window_ms
        found: dict[bytes, int] = {}
        for number in sorted(self.buckets):
            before = number * self._width - 1
            found |= {key: before + time for key, time in self.buckets[number].items() if before + time > after}
        return found

    @property
    def key_count(self) -> int:
        """Keys held, among them some that have expired and are not yet dropped. Not a length: none is not no table."""
        return sum(map(len, self.buckets.values()))

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return sum(bucket.size for bucket in self.buckets.values())

    def snapshot(self) -> dict[str, Any]:
        return {
            "keys": self.key_count,
            "bytes": self.size,
            "hits": self.hits,
            "misses": self.misses,
            "late": self.late,
            "stream_time": format_ms(self.stream_ms) if self.stream_ms else None,
            "buckets": [
                {
                    "from": format_ms(number * self._width),
                    "to": format_ms((number + 1) * self._width),
                    "keys": len(bucket),
                }
                for number, bucket in sorted(self.buckets.items())
            ],
        }
