"""From a record's bytes to what a rule is called with, and the key and the time by which a table knows it.

Pure, and the same for whoever reads a record: its agent, a backfill, an explanation.
"""

from __future__ import annotations

from typing import Any

from infra.log.ports import Record
from schemas.errors import InvalidEventType
from schemas.events import CloudEvent, check_size, clamp_times
from schemas.records import NotificationRecord, decode_record
from streams.failures import first_publish_ms
from streams.plan import Dedup
from streams.windows import counted, digest


def decode_value(record: Record, value_type: Any, retention_ms: int) -> Any:
    """The record's value, an event with plausible times; raises InvalidEventType, naming the place that is wrong."""
    check_size(record.value)
    try:
        value = decode_record(record.value, value_type)
    except Exception as error:  # msgspec's errors and UnicodeDecodeError: both name the place
        raise InvalidEventType("decode", str(error)) from error
    if isinstance(value, CloudEvent):
        return clamp_times(value, first_publish_ms(record), retention_ms)
    return value


def identified(dedup: Dedup, value: Any, published_ms: int) -> tuple[bytes, int]:
    """The digest of the value's key, and the time that counts for it."""
    return digest(dedup.key(value)), counted(getattr(value, "time_ms", published_ms), published_ms)


def is_expired(record: NotificationRecord, retention_ms: int, now_ms: int) -> bool:
    """History keeps a notification from the first publish, the inbox from its own time: the earlier one counts."""
    since = min(record.notification.created_ms, record.published_ms)
    return since + retention_ms <= now_ms
