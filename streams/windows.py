"""Window tables: "was this key seen less than W ago?", on stream time, with a bounded memory.

Stream time is the highest event time that the partition has seen, each clamped to its publish time plus or minus an
allowed skew. Lateness and expiry compare with it, never with the wall clock, so that a backlog of hours is caught up
as it would have been live. Keys are digests of 128 bits, kept with their time in rotating buckets: a whole bucket is
dropped at once, and the time decides exactly at the window's edge.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from schemas.times import format_ms

LatePolicy = Literal["accept", "drop", "dead-letter"]

BUCKETS_PER_WINDOW = 4
ALLOWED_SKEW_MS = 5 * 60 * 1000
BYTES_PER_KEY = sys.getsizeof(bytes(16)) + sys.getsizeof(1 << 40) + 100  # its share of the dict included


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
    buckets: dict[int, dict[bytes, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._width = max(1, self.window_ms // BUCKETS_PER_WINDOW)

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
        """Whether ``key`` was marked less than the window ago. Several buckets are asked: one would miss its edges."""
        after = self.stream_ms - self.window_ms
        for bucket in self.buckets.values():
            moment = bucket.get(key)
            if moment is not None and moment > after:
                return True
        return False

    def mark(self, keys: Iterable[tuple[bytes, int]]) -> None:
        after, width, buckets = self.stream_ms - self.window_ms, self._width, self.buckets
        for key, moment in keys:
            if moment > after:
                number = moment // width
                bucket = buckets.get(number)
                if bucket is None:
                    bucket = buckets[number] = {}
                # An expired time may stand in this very bucket, so the later one decides.
                if bucket.get(key, -1) < moment:
                    bucket[key] = moment

    def live_keys(self) -> dict[bytes, int]:
        """Every key that :meth:`seen` would find, with its time."""
        after = self.stream_ms - self.window_ms
        return {key: at for bucket in self.buckets.values() for key, at in bucket.items() if at > after}

    @property
    def key_count(self) -> int:
        """Keys held, among them some that have expired and are not yet dropped. Not a length: none is not no table."""
        return sum(map(len, self.buckets.values()))

    def snapshot(self) -> dict[str, Any]:
        return {
            "keys": self.key_count,
            "bytes": self.key_count * BYTES_PER_KEY,
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
