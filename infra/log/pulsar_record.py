"""A message of Pulsar's client as a Record, and a Record to publish as its message.

Two properties are the adapter's own, and are never seen outside: when a message is due, which the client does not tell
of one that it received, and when it was published first, since the broker dates anew what is restored from a backup.
"""

from __future__ import annotations

from typing import Any

import _pulsar

from infra.log.offsets import encode_offset
from infra.log.ports import Outgoing, Record

DUE, PUBLISHED = "pavilion-due", "pavilion-published"
"""In ms."""


def record_of(message: Any, topic: str, partition: int) -> Record:
    identifier, properties = message.message_id(), message.properties()
    published, due = _ms(properties.pop(PUBLISHED, "")), _ms(properties.pop(DUE, ""))
    return Record(
        topic,
        partition,
        encode_offset(identifier.ledger_id(), identifier.entry_id(), identifier.batch_index()),
        message.partition_key(),
        message.data(),
        properties,
        message.publish_timestamp() if published is None else published,
        message,
        due,
    )


def build_message(record: Outgoing) -> Any:
    builder = _pulsar.MessageBuilder()
    builder.content(record.value)
    if record.key:
        builder.partition_key(record.key)
    for name, value in record.properties.items():
        builder.property(name, value)
    if record.due_ms is not None:
        builder.deliver_at(record.due_ms)
        builder.property(DUE, str(record.due_ms))
    if record.published_ms is not None:
        builder.property(PUBLISHED, str(record.published_ms))
    return builder.build()


def _ms(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
