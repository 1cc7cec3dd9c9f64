"""Bodies: how the stores keep a notification, plain as JSON or encrypted under its user's data key.

Encrypted is what is personal: content, metadata, actor and subject. In clear beside it stay the type, the priority and
the times; the ids are the row's. Plain and encrypted bodies live side by side: what was written before the keys were
configured, or by a process without them, is read as ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from prometheus_client import Counter

from infra.crypto.envelope import Damaged, DataKey, generation_of, is_sealed, seal, unseal
from infra.crypto.user_keys import UserKeys
from infra.stores.marks import Kept, States
from schemas.errors import EncryptionKeyMissing
from schemas.notifications import Actor, Notification, Priority, Timestamp, id_time_ms
from schemas.records import NotificationRecord
from schemas.times import format_ms

logger = structlog.get_logger()

UNREADABLE = Counter(
    "pavilion_unreadable_bodies",
    "Stored notifications that were left out when they were read: erased, or damaged.",
    ["reason"],
)
for _reason in ("erased", "damaged"):
    UNREADABLE.labels(_reason)  # Prometheus sees a first one only as a rise

_decoder = msgspec.json.Decoder(Notification)
_encoder = msgspec.json.Encoder()


class Body(NamedTuple):
    """``generation`` is the data key's, 0 for a plain body."""

    data: bytes
    generation: int


class _Clear(msgspec.Struct, frozen=True, array_like=True):
    type: str
    priority: Priority
    created_at: Timestamp
    expires_at: Timestamp | None


class _Secret(msgspec.Struct, frozen=True, array_like=True):
    content: str
    metadata: dict[str, Any]
    actor: Actor | None
    subject: str


_clear_decoder = msgspec.json.Decoder(_Clear)
_secret_decoder = msgspec.json.Decoder(_Secret)


class Bodies:
    """Without ``keys`` everything is written plain, and what is encrypted raises EncryptionKeyMissing.

    Raises ConnectionFailed where data keys cannot be had.
    """

    def __init__(self, keys: UserKeys | None = None) -> None:
        self._keys = keys

    async def encode(self, notifications: Sequence[Notification]) -> list[Body]:
        """Bodies without states, which are kept apart; one look-up of keys for all of them."""
        if self._keys is None or not self._keys.enabled:
            return [Body(encode_plain(notification), 0) for notification in notifications]
        keys = await self._keys.current(notification.user_id for notification in notifications)
        return [_encrypted(keys[notification.user_id], notification) for notification in notifications]

    async def decode(self, user_id: str, rows: Sequence[tuple[str, bytes, States]]) -> list[Kept]:
        """What one user's rows of id, body and states hold; one look-up of keys for all of them.

        A body that was erased or does not open is not ``readable``; it is counted, and logged if it is damaged.
        """
        newest = max((generation for _, body, _ in rows if (generation := _generation(body))), default=0)
        if newest and self._keys is None:
            raise EncryptionKeyMissing("open bodies", "they are encrypted, and there are no data keys here")
        keys = await self._keys.opening(user_id, newest) if newest and self._keys is not None else {}
        return [self._kept(keys, user_id, *row) for row in rows]

    async def under(
        self, user_id: str, rows: Sequence[tuple[str, int, bytes]], generations: Collection[int]
    ) -> list[NotificationRecord]:
        """The records of those rows of id, publish time and body that are encrypted under one of ``generations``."""
        stale = [row for row in rows if _generation(row[2]) in generations]
        kept = await self.decode(user_id, [(identifier, body, States()) for identifier, _, body in stale])
        return [
            NotificationRecord(notification=one.notification, published_ms=published_ms)
            for one, (_, published_ms, _) in zip(kept, stale, strict=True)
            if one.readable
        ]

    def _kept(
        self, keys: Mapping[int, DataKey], user_id: str, notification_id: str, body: bytes, states: States
    ) -> Kept:
        try:
            if not is_sealed(body):
                return Kept(_decoder.decode(body), states)
            key = keys.get(generation_of(body))
            if key is not None:
                return Kept(_decrypted(key, user_id, notification_id, body), states)
            UNREADABLE.labels("erased").inc()
        except (Damaged, msgspec.DecodeError) as error:
            UNREADABLE.labels("damaged").inc()
            logger.error("damaged body", user_id=user_id, notification_id=notification_id, cause=str(error))
        blank = Notification(
            id=notification_id, user_id=user_id, type="", content="", created_at=format_ms(id_time_ms(notification_id))
        )
        return Kept(blank, states, readable=False)


def encode_plain(notification: Notification) -> bytes:
    """JSON of a notification without its states."""
    return _encoder.encode(
        msgspec.structs.replace(notification, seen_at=None, read_at=None, archived_at=None)
        if notification.seen_at or notification.read_at or notification.archived_at
        else notification
    )


def _encrypted(key: DataKey, of: Notification) -> Body:
    clear = _encoder.encode(_Clear(of.type, of.priority, of.created_at, of.expires_at))
    secret = _encoder.encode(_Secret(of.content, of.metadata, of.actor, of.subject))
    return Body(seal(key, of.user_id, of.id, clear, secret), key.generation)


def _decrypted(key: DataKey, user_id: str, notification_id: str, body: bytes) -> Notification:
    opened = unseal(key, user_id, notification_id, body)
    clear, secret = _clear_decoder.decode(opened[0]), _secret_decoder.decode(opened[1])
    return Notification(
        id=notification_id,
        user_id=user_id,
        type=clear.type,
        content=secret.content,
        metadata=secret.metadata,
        actor=secret.actor,
        subject=secret.subject,
        priority=clear.priority,
        created_at=clear.created_at,
        expires_at=clear.expires_at,
    )


def _generation(body: bytes) -> int:
    try:
        return generation_of(body)
    except Damaged:
        return 0


PLAIN = Bodies()
