"""What both inboxes share: their limits, their epochs, and how their answers become records."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from infra.stores.marks import Kept, check_mark
from infra.stores.ports import Delivery, Mark, Placed, Summary
from schemas.frames import MAX_MARKED_IDS
from schemas.notifications import EntryState, Timestamp
from schemas.records import Added, Position, StateChanged
from schemas.times import format_ms

LOG_ENTRIES = 1000
MAX_CALL = 200
MAX_RELEASED_IDS = MAX_MARKED_IDS
"""A release names so many ids; of more it says up to which."""
DAY_MS = 86_400_000


class MarkBody(msgspec.Struct, frozen=True):
    """What the log keeps of a mark, or a release, besides its id."""

    state: EntryState
    at: Timestamp
    notifications: list[str] | None = None
    up_to: str | None = None


class Answer(NamedTuple):
    """Where one delivery stands; ``offset`` None for what has no place in this epoch's log."""

    offset: int | None
    before: str
    known: bool


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(MarkBody)


def new_epoch() -> str:
    """Random, so that no epoch ever comes back."""
    return secrets.token_hex(8)


def id_floor(ms: int) -> str:
    """Text that sorts below every notification id of ``ms`` or later, and above every earlier one."""
    digits = f"{max(ms, 0):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def calls(deliveries: Sequence[Delivery]) -> Iterable[Sequence[Delivery]]:
    """``deliveries`` in runs of at most 200."""
    return (deliveries[start : start + MAX_CALL] for start in range(0, len(deliveries), MAX_CALL))


def placed(deliveries: Sequence[Delivery], answers: Sequence[Answer], tops: dict[str, Summary]) -> list[Placed]:
    """Answers as the port gives them; ``tops`` by user id hold the epoch, and the counts after the call."""
    result = []
    for delivery, answer in zip(deliveries, answers, strict=True):
        notification = delivery.record.notification
        top = tops[notification.user_id]
        position = None
        if answer.offset is not None:
            position = Position(epoch=top.position.epoch, offset=answer.offset, tail=notification.id)
        result.append(Placed(position, answer.before, top.unseen, top.unread, answer.known))
    return result


def encode_mark(mark: Mark) -> bytes:
    """The log's JSON of a mark; raises InvalidNotification for one that breaks a rule."""
    check_mark(mark)
    notifications = None if mark.notifications is None else list(mark.notifications)
    return _encoder.encode(MarkBody(mark.state, format_ms(mark.at_ms), notifications, mark.up_to))


def release_id(epoch: str, owed: int) -> str:
    """The id of the release of what was withheld from the offset ``owed`` on: there is one in an epoch."""
    return f"released-{epoch}-{owed}"


def encode_release(at_ms: int, ids: Sequence[str]) -> bytes:
    """The log's JSON of a release of the notifications ``ids``, in the order they were added."""
    if len(ids) > MAX_RELEASED_IDS:
        return _encoder.encode(MarkBody("released", format_ms(at_ms), up_to=max(ids)))
    return _encoder.encode(MarkBody("released", format_ms(at_ms), notifications=list(ids)))


def state_entry(user_id: str, mark_id: str, offset: int, before: str, body: bytes | str, top: Summary) -> StateChanged:
    mark = _decoder.decode(body)
    fields: dict[str, Any] = msgspec.structs.asdict(mark)
    position = Position(epoch=top.position.epoch, offset=offset, tail=mark_id)
    return StateChanged(
        user_id=user_id, position=position, before=before, unseen=top.unseen, unread=top.unread, id=mark_id, **fields
    )


def added_entry(kept: Kept, offset: int, before: str, top: Summary) -> Added:
    notification = kept.shown
    return Added(
        user_id=notification.user_id,
        position=Position(epoch=top.position.epoch, offset=offset, tail=notification.id),
        before=before,
        unseen=top.unseen,
        unread=top.unread,
        notification=notification,
    )
