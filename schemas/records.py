"""The records of our own topics. Each carries a version ``v``, so that deploys can roll."""

from __future__ import annotations

import base64
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from schemas.decoding import decode_json
from schemas.events import VideoUploaded
from schemas.notifications import EntryState, Notification, Timestamp

SuppressionReason = Literal["own-action", "expired", "late", "opted-out"]
SUPPRESSION_REASONS: tuple[SuppressionReason, ...] = ("own-action", "expired", "late", "opted-out")


class Position(Struct, frozen=True):
    """Where a client is in a user's inbox log. ``offset`` counts entries from 1; ``tail`` is the id of that entry."""

    epoch: str
    offset: int
    tail: str


class NotificationRecord(Struct, frozen=True, kw_only=True):
    """``notifications`` and ``notifications-bulk``: one notification on its way to its recipient (the key).

    ``published_ms`` is the first publish time of the event behind it: it dates the write to history.
    """

    notification: Notification
    published_ms: int
    v: Literal[1] = 1


class AudiencePage(Struct, frozen=True, kw_only=True):
    """``audience-pages``: tell the followers of an upload's creator, from after ``cursor`` (a follower's id).

    ``published_ms``, the first publish time of the upload, is filled in when the page is emitted.
    """

    event: VideoUploaded
    published_ms: int = 0
    cursor: str = ""
    page: int = 1
    v: Literal[1] = 1

    @property
    def identity(self) -> str:
        return f"{self.event.identity}\n{self.cursor}"


class Added(Struct, frozen=True, kw_only=True, tag_field="kind", tag="added"):
    """``fan-out``: a notification took ``position``; ``before`` is the tail of the entry before it."""

    user_id: str
    position: Position
    before: str
    unseen: int
    unread: int
    notification: Notification
    v: Literal[1] = 1


class StateChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="state"):
    """``fan-out``: a mark or release took ``position``. Of ``notifications`` (ids) and ``up_to`` (an id) one is given.

    A release (``state`` is released) names what quiet hours withheld; it changes neither states nor counts.
    """

    user_id: str
    position: Position
    before: str
    unseen: int
    unread: int
    id: str
    state: EntryState
    at: Timestamp
    notifications: list[str] | None = None
    up_to: str | None = None
    v: Literal[1] = 1


NO_SESSION = ""
"""In the place of a session's id: the token is an outside issuer's, and has no session of ours."""


class Revoked(Struct, frozen=True, kw_only=True, tag_field="kind", tag="revoked"):
    """``fan-out``: a session was signed out; its sockets close with 4503. It takes no offset."""

    user_id: str
    session_id: str
    v: Literal[1] = 1


class PreferencesChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="preferences"):
    """``fan-out``: a user's preferences have changed; gateways that hold him read them again. It takes no offset."""

    user_id: str
    v: Literal[1] = 1


class Replaced(Struct, frozen=True, kw_only=True, tag_field="kind", tag="replaced"):
    """``fan-out``: a newer connection took the place of this one, which closes with 4014. It takes no offset."""

    user_id: str
    connection_id: str
    v: Literal[1] = 1


Control = Revoked | PreferencesChanged | Replaced
"""What gateways tell each other of a user, in the user's fan-out partition."""
FanOutRecord = Added | StateChanged | Control
InboxEntry = Added | StateChanged


class DeadLetter(Struct, frozen=True, kw_only=True):
    """``dead-letters``: what could not be processed, with its origin. ``payload`` is base64 of the original bytes.

    ``id`` is made of topic generation, partition and offset, so a replayed batch names the same letter.
    """

    id: str
    topic: str
    partition: int
    offset: str
    time: Timestamp
    agent: str
    error: str
    message: str
    payload: str
    key: str = ""
    attempts: int = 1
    published_ms: int = 0
    properties: dict[str, str] = {}
    v: Literal[1] = 1

    @property
    def payload_bytes(self) -> bytes:
        return base64.b64decode(self.payload)


RecordT = TypeVar("RecordT")

_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def encode_record(record: Any) -> bytes:
    return _encoder.encode(record)


def decode_record(payload: bytes, record_type: Any) -> Any:
    """Decode a record of ``record_type`` (a struct or a union of them); raises msgspec.DecodeError with the path."""
    decoder = _decoders.get(record_type)
    if decoder is None:
        decoder = _decoders[record_type] = msgspec.json.Decoder(record_type)
    return decode_json(decoder, payload)
