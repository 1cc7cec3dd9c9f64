"""The ids by which log lines and spans name what a record is about."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from schemas.events import CloudEvent
from schemas.records import AudiencePage, NotificationRecord

MAX_ID = 200
"""Characters of an id that are told: whoever sends events chooses theirs."""


class _Id(Struct):
    id: str = ""
    source: str = ""
    type: str = ""


class _Any(_Id):
    event: _Id | None = None
    notification: _Id | None = None


_decoder = msgspec.json.Decoder(_Any)


def names_of(value: Any) -> dict[str, str]:
    """Of an event, of a page of an upload's audience, or of a notification: never what it says."""
    if isinstance(value, AudiencePage):
        value = value.event
    if isinstance(value, CloudEvent):
        return _of_event(value.id, value.source, value.type)
    if isinstance(value, NotificationRecord):
        return {"notification_id": value.notification.id}
    return {}


def names_in(payload: bytes) -> dict[str, str]:
    """The same of bytes that may be anything: what of it can be read."""
    try:
        found = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if found.notification is not None:
        return {"notification_id": found.notification.id[:MAX_ID]}
    event = found.event or found
    return _of_event(event.id, event.source, event.type) if event.id else {}


def _of_event(id: str, source: str, type: str) -> dict[str, str]:
    return {"event_id": id[:MAX_ID], "event_source": source[:MAX_ID], "event_type": type[:MAX_ID]}
