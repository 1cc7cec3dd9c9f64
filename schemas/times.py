"""Time on the wire: RFC 3339 in UTC with milliseconds; inside, integers of milliseconds since 1970."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
CLOCK_SKEW_MS = 5 * 60 * 1000


def now_ms() -> int:
    """The wall clock, in milliseconds."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """An aware datetime as milliseconds, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def format_ms(ms: int) -> str:
    """``1763820000000`` as ``2025-11-22T14:00:00.000Z``."""
    moment = from_ms(ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def parse_ms(text: str) -> int:
    """RFC 3339 text as milliseconds; raises ValueError without a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return to_ms(moment)


def clamp_created_ms(time_ms: int, first_publish_ms: int, retention_ms: int) -> int:
    """A time outside [publish - retention, publish + 5 min] is replaced by the first publish time."""
    if first_publish_ms - retention_ms <= time_ms <= first_publish_ms + CLOCK_SKEW_MS:
        return time_ms
    return first_publish_ms
