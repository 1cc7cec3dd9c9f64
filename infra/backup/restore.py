"""Makes topics again from a backup: records in their partitions and order, and every cursor where it was.

Ids and generations are new, since the broker gives them. An inbox remembers the last source that was applied by topic
*and generation*: topics that kept their generation would begin below it, and all their news would pass for known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pulsar
import pulsar.asyncio as pulsar_asyncio

from infra.backup.archive import Archive
from infra.backup.format import Manifest, Part, Stored, Topic
from infra.backup.store import Store
from infra.backup.take import AT_ONCE, PIECE_BYTES, Progress, side_by_side
from infra.dependencies import failure
from infra.log.offsets import decode_offset, encode_offset
from infra.log.ports import Outgoing
from infra.log.pulsar import PulsarLog
from infra.log.pulsar_publish import close_quietly, send_run
from infra.log.pulsar_record import build_message
from schemas.errors import ConnectionFailed, NotificationError

RUN_RECORDS, RUN_BYTES = 1000, 4 * 1024 * 1024
ACKNOWLEDGED_AT_ONCE = 1000
RECORD_BYTES = 200
"""What a record takes beside its value, at a guess."""


async def restore(
    log: PulsarLog, store: Store, backup: str, manifest: Manifest, *, replace: bool, progress: Progress
) -> None:
    """Raises NotificationError if the broker has one of the topics and they are not to be replaced.

    Until everything is there, workers and `pavilion migrate` refuse the topics.
    """
    archive, names = Archive(log.admin), [topic.name for topic in manifest.topics]
    await log.admin.policies()  # that there is a namespace
    there = await archive.existing(names)
    if there and not replace:
        raise NotificationError(
            "restore",
            f"{log.admin.namespace} already has {', '.join(there)}; restore into an empty namespace, or give --replace,"
            " which deletes these topics first",
        )
    for name in there:
        await archive.delete(name)
    await archive.make(manifest.topics)
    free = asyncio.Semaphore(AT_ONCE)

    async def restore_part(topic: Topic, part: Part) -> None:
        async with free:
            await _Part(log, archive, store, backup, topic, part).restore()
        progress(topic.name, part.records)

    await side_by_side(restore_part(topic, part) for topic in manifest.topics for part in topic.parts)
    for topic in manifest.topics:
        await archive.put_schemas(topic)
    await archive.open(names)


class _Part:
    def __init__(
        self, log: PulsarLog, archive: Archive, store: Store, backup: str, topic: Topic, part: Part
    ) -> None:
        self._log, self._archive, self._store, self._backup = log, archive, store, backup
        self._topic, self._part = topic.name, part
        self._last: dict[str, int] = {}
        self._single: dict[str, list[int]] = {name: [] for name in part.cursors}

    async def restore(self) -> None:
        if self._part.records:
            # Unbatched: a cursor stands between entries, and so between any two records.
            producer = await self._log.producer(self._topic, self._part.partition, batching_enabled=False)
            try:
                async for run in self._runs():
                    await self._send(producer, run)
            finally:
                await close_quietly(producer, self._log.timeout)
        for subscription, last in self._last.items():
            await self._archive.place(self._topic, self._part.partition, subscription, last)
        for subscription, offsets in self._single.items():
            if offsets:
                await self._acknowledge(subscription, offsets)

    async def _runs(self) -> AsyncIterator[list[Stored]]:
        """Records that are sent together: none but the last of a run is one whose new id matters."""
        run, size = list[Stored](), 0
        async for records in _in_thread(self._records()):
            for record in records:
                if run and self._matters(run[-1], record):
                    yield run
                    run, size = [], 0
                run.append(record)
                size += len(record.value)
                if len(run) >= RUN_RECORDS or size >= RUN_BYTES:
                    yield run
                    run, size = [], 0
        if run:
            yield run

    def _records(self) -> Iterator[Stored]:
        for segment in self._part.segments:
            yield from self._store.records(self._backup, segment)

    def _matters(self, record: Stored, following: Stored) -> bool:
        """Whether the record is the last below a cursor, or was acknowledged by itself."""
        return any(
            record.offset < cursor.before <= following.offset
            or (record.offset >= cursor.before and cursor.covers(record.offset))
            or (following.offset >= cursor.before and cursor.covers(following.offset))
            for cursor in self._part.cursors.values()
        )

    async def _send(self, producer: Any, run: Sequence[Stored]) -> None:
        place = {"topic": self._topic, "partition": self._part.partition}
        messages = [
            build_message(
                Outgoing(one.key, one.value, one.properties, due_ms=one.due_ms, published_ms=one.published_ms)
            )
            for one in run
        ]
        try:
            made = await asyncio.wait_for(send_run(producer, messages), self._log.timeout)
        except TimeoutError as error:
            reason = f"no receipt within {self._log.timeout:g} s"
            raise ConnectionFailed("restore", reason, place, dependency="pulsar") from error
        except pulsar_asyncio.PulsarException as error:
            raise failure("pulsar", "restore", error, place) from error
        offset, last = encode_offset(made.ledger_id(), made.entry_id(), made.batch_index()), run[-1].offset
        for subscription, cursor in self._part.cursors.items():
            if last < cursor.before:
                self._last[subscription] = offset
            elif cursor.covers(last):
                self._single[subscription].append(offset)

    async def _acknowledge(self, subscription: str, offsets: Sequence[int]) -> None:
        """On a shared subscription records are acknowledged by themselves; each is an entry, so an id is enough."""
        consumer = await self._log.consumer(
            self._topic,
            self._part.partition,
            subscription,
            consumer_type=pulsar.ConsumerType.Shared,
            receiver_queue_size=1,
        )
        try:
            for start in range(0, len(offsets), ACKNOWLEDGED_AT_ONCE):
                async with asyncio.timeout(self._log.timeout):
                    await asyncio.gather(
                        *(
                            consumer.acknowledge(pulsar.MessageId(self._part.partition, *decode_offset(offset)))
                            for offset in offsets[start : start + ACKNOWLEDGED_AT_ONCE]
                        )
                    )
        except (pulsar_asyncio.PulsarException, TimeoutError) as error:
            context = {"topic": self._topic, "subscription": subscription}
            raise failure("pulsar", "restore", error, context) from error
        finally:
            await close_quietly(consumer, self._log.timeout)


async def _in_thread(records: Iterator[Stored]) -> AsyncIterator[list[Stored]]:
    """What a blocking iterator gives, in pieces of about 1 MiB."""

    def some() -> list[Stored]:
        found, size = list[Stored](), 0
        while size < PIECE_BYTES and (record := next(records, None)) is not None:
            found.append(record)
            size += len(record.value) + RECORD_BYTES
        return found

    while found := await asyncio.to_thread(some):
        yield found
