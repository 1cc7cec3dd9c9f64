"""Server frames of inbox entries, encoded once however many devices they go to."""

from __future__ import annotations

from typing import NamedTuple

from gateway.tracing import Push, Traced
from gateway.withholding import Shown, Withheld
from schemas.frames import NotificationFrame, PositionFrame, ServerFrame, StateFrame, encode_frame
from schemas.records import Added, Position


class Encoded(NamedTuple):
    """A frame's ``type`` and its JSON text; ``position`` is where a device is that has taken it, ``push`` its
    trace.
    """

    type: str
    text: str
    position: Position | None = None
    push: Push | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, at most."""
        return len(self.text) if self.text.isascii() else 4 * len(self.text)


def encode(frame: ServerFrame) -> Encoded:
    return Encoded(str(frame.__struct_config__.tag), encode_frame(frame), getattr(frame, "position", None))


def entry_frame(entry: Shown) -> Encoded:
    """The ``notification``, ``state`` or ``position`` frame that tells of ``entry``."""
    if isinstance(entry, Withheld):
        return encode(PositionFrame(position=entry.position))
    if isinstance(entry, Added):
        push = entry.push if isinstance(entry, Traced) else None
        frame = NotificationFrame(
            position=entry.position,
            unseen=entry.unseen,
            unread=entry.unread,
            notification=entry.notification,
            traceparent=None if push is None else push.traceparent,
        )
        return encode(frame)._replace(push=push)
    return encode(
        StateFrame(
            position=entry.position,
            unseen=entry.unseen,
            unread=entry.unread,
            id=entry.id,
            state=entry.state,
            at=entry.at,
            notifications=entry.notifications,
            up_to=entry.up_to,
        )
    )
