"""Socket frames of ``/v1/stream``: JSON text, one object each, ``type`` first."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from schemas.decoding import decode_json
from schemas.errors import Problem
from schemas.notifications import EntryState, MarkState, Notification, Timestamp
from schemas.records import Position

MAX_FRAME_BYTES = 64 * 1024
MAX_MARKED_IDS = 200

MarkId = Annotated[str, Meta(min_length=1, max_length=128)]


class Connect(Struct, frozen=True, kw_only=True, tag_field="type", tag="connect"):
    """First, within 10 s. ``position`` comes from an earlier frame, unchanged; ``device`` is a name of the client's."""

    token: str
    position: Position | None = None
    device: str | None = None


class Mark(Struct, frozen=True, kw_only=True, tag_field="type", tag="mark"):
    """Change the state of ``notifications`` (ids), of all up to the notification ``up_to``, or of all up to what was
    told at ``position``; one of the three.
    """

    id: MarkId
    state: MarkState
    notifications: Annotated[list[str], Meta(min_length=1, max_length=MAX_MARKED_IDS)] | None = None
    up_to: str | None = None
    position: Position | None = None


class Refresh(Struct, frozen=True, kw_only=True, tag_field="type", tag="refresh"):
    """A new access token of the same user, before the old one expires."""

    token: str


class Pong(Struct, frozen=True, tag_field="type", tag="pong"):
    """The answer to ``ping``, within 10 s."""


ClientFrame = Connect | Mark | Refresh | Pong


class Connected(Struct, frozen=True, kw_only=True, tag_field="type", tag="connected"):
    """The answer to ``connect``: missed entries follow if ``recovered``, then live ones.

    ``position`` and the counts are those of the inbox now. ``expires_in`` is how many seconds the token is good for.
    """

    user: str
    session: str
    position: Position
    recovered: bool
    unseen: int
    unread: int
    ping_seconds: int
    expires_in: int


class NotificationFrame(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="notification", omit_defaults=True
):
    """A new notification; the counts are exact after it.

    ``traceparent`` (W3C Trace Context) is there if the event behind it is traced, for a client that traces, too.
    """

    position: Position
    unseen: int
    unread: int
    notification: Notification
    traceparent: str | None = None


class StateFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="state"):
    """A mark, made on any device of the user; ``id`` is the mark's, and the counts are exact after it.

    With the state released: quiet hours ended, and what they withheld (``notifications``, or everything up to
    ``up_to``) is to be loaded over REST.
    """

    position: Position
    unseen: int
    unread: int
    id: str
    state: EntryState
    at: Timestamp
    notifications: list[str] | None = None
    up_to: str | None = None


class PositionFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="position"):
    """An entry that is withheld: only its position is told."""

    position: Position


class Marked(Struct, frozen=True, kw_only=True, tag_field="type", tag="marked"):
    """The mark ``id`` is done, and durable."""

    id: str


class Refreshed(Struct, frozen=True, kw_only=True, tag_field="type", tag="refreshed"):
    """The answer to ``refresh``: the socket stays for so many seconds more."""

    expires_in: int


class Ping(Struct, frozen=True, tag_field="type", tag="ping"):
    """Every ``ping_seconds``; answer with ``pong``."""


class Reconnect(Struct, frozen=True, kw_only=True, tag_field="type", tag="reconnect"):
    """The gateway is going away: come back after so many milliseconds."""

    after_ms: int


class ErrorFrame(Struct, frozen=True, kw_only=True, tag_field="type", tag="error", omit_defaults=True):
    """``id`` is that of the mark that failed; without one the problem is the connection's."""

    problem: Problem
    id: str | None = None


ServerFrame = (
    Connected | NotificationFrame | StateFrame | PositionFrame | Marked | Refreshed | Ping | Reconnect | ErrorFrame
)

_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode_client_frame(text: str | bytes) -> ClientFrame:
    """Raises msgspec.DecodeError with the path of what is wrong."""
    try:
        frame: ClientFrame = decode_json(_decoder, text.encode() if isinstance(text, str) else text)
        return frame
    except UnicodeEncodeError as error:
        raise msgspec.DecodeError("the text has no UTF-8 form") from error


def encode_frame(frame: ServerFrame) -> str:
    return _encoder.encode(frame).decode()
