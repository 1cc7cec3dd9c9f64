"""The notification: its id, its content, and its JSON form (the same on the socket and over REST)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import regex
from msgspec import Meta, Struct

from schemas.errors import InvalidNotification
from schemas.times import format_ms

MAX_CONTENT_GRAPHEMES = 280
MAX_CONTENT_CODE_POINTS = 16 * MAX_CONTENT_GRAPHEMES
MAX_METADATA_BYTES = 8 * 1024

Priority = Literal["low", "normal", "high"]
MarkState = Literal["seen", "read", "unread", "archived", "deleted"]
EntryState = Literal["seen", "read", "unread", "archived", "deleted", "released"]
"""What a ``state`` entry of an inbox says: a mark, or that quiet hours ended and what they withheld is released."""
Timestamp = Annotated[str, Meta(description="RFC 3339, UTC, milliseconds")]

_grapheme = regex.compile(r"\X")


class Actor(Struct, frozen=True):
    """Who caused a notification; ``name`` is null when nobody told it."""

    id: str
    name: str | None = None


class Notification(Struct, frozen=True, kw_only=True):
    """What a user is told. Ids are UUID text in lower case; ``metadata`` is at most 8 KiB as JSON."""

    id: str
    user_id: str
    type: str
    content: str
    metadata: dict[str, Any] = {}
    actor: Actor | None = None
    subject: str = ""
    priority: Priority = "normal"
    created_at: Timestamp
    expires_at: Timestamp | None = None
    seen_at: Timestamp | None = None
    read_at: Timestamp | None = None
    archived_at: Timestamp | None = None

    @property
    def created_ms(self) -> int:
        return id_time_ms(self.id)


def notification_id(created_ms: int, subject_key: str, recipient: UUID | str, family: str) -> str:
    """The id that the same fact always gets: 48 bits of milliseconds, then a hash, as UUID version 8 (RFC 9562)."""
    fact = "\0".join((subject_key, str(recipient), family)).encode()
    tail = int.from_bytes(hashlib.blake2b(fact, digest_size=10).digest(), "big")
    number = (created_ms << 80) | tail
    number = (number & ~(0xF << 76)) | (8 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=number))


def id_time_ms(identifier: str) -> int:
    """The milliseconds in the leading bits of a notification id; raises ValueError for what is not a UUID."""
    return UUID(identifier).int >> 80


def truncate_content(text: str, limit: int = MAX_CONTENT_GRAPHEMES) -> str:
    """At most ``limit`` user-perceived characters (UAX 29), the last an ellipsis if anything was cut.

    One such character can be a letter under any number of accents: what would reach past 4,480 code points, 16 for each
    of 280, is cut too, before the character that reaches there.
    """
    if limit < 1:
        raise ValueError(f"limit {limit} is below 1")
    if len(text) <= limit:  # a grapheme is at least one code point
        return text
    last_kept = 0
    for count, grapheme in enumerate(_grapheme.finditer(text), start=1):
        if count > limit or grapheme.end() > MAX_CONTENT_CODE_POINTS:
            return text[:last_kept] + "…"
        if count < limit and grapheme.end() < MAX_CONTENT_CODE_POINTS:
            last_kept = grapheme.end()
    return text


def make_notification(
    *,
    recipient: UUID | str,
    type: str,
    content: str,
    subject: str,
    subject_key: str,
    family: str,
    created_ms: int,
    actor: Actor | None = None,
    metadata: dict[str, Any] | None = None,
    priority: Priority = "normal",
    expires_ms: int | None = None,
) -> Notification:
    """Build a notification with its deterministic id; raises InvalidNotification if its metadata is over 8 KiB."""
    metadata = metadata or {}
    size = len(msgspec.json.encode(metadata))
    if size > MAX_METADATA_BYTES:
        raise InvalidNotification("make notification", f"metadata has {size} bytes, more than {MAX_METADATA_BYTES}")
    return Notification(
        id=notification_id(created_ms, subject_key, recipient, family),
        user_id=str(recipient),
        type=type,
        content=truncate_content(content),
        metadata=metadata,
        actor=actor,
        subject=subject,
        priority=priority,
        created_at=format_ms(created_ms),
        expires_at=None if expires_ms is None else format_ms(expires_ms),
    )
