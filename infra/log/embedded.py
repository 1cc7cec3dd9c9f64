"""The log of the embedded mode: an append-only SQLite log in this process, durable over kill -9.

It shares its database, and so its transactions, with the embedded inbox and history. One process has it at a time (the
composition holds a lock file), so exclusiveness and fencing are kept in memory and in the tables below.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import ClassVar

from infra.log.embedded_members import EmbeddedMembership
from infra.log.embedded_shared import EmbeddedShared, Taken
from infra.log.embedded_topics import SCHEMA, before_newest, clean, migrate, missing, subscriptions, topics
from infra.log.ports import (
    MAX_RECORD_BYTES,
    Backlog,
    FencedLog,
    Member,
    Membership,
    Outgoing,
    OwnershipLost,
    PartitionBusy,
    Publisher,
    Reader,
    Record,
    SharedSubscription,
    Subscription,
    TopicSpec,
    check_size,
)
from infra.sqlite import Database
from schemas.errors import ConnectionFailed, Dependency
from schemas.times import now_ms

__all__ = ["SCHEMA", "EmbeddedLog"]

BACKLOGS = """
SELECT c.topic, c.subscription, c.partition, count(*), min(publish_ms) FROM log_cursors c JOIN log_records r
ON r.topic = c.topic AND r.partition = c.partition AND r.offset > c.offset
LEFT JOIN log_acks a ON a.topic = c.topic AND a.subscription = c.subscription AND a.partition = c.partition
AND a.offset = r.offset LEFT JOIN log_due d ON d.topic = c.topic AND d.partition = c.partition AND d.offset = r.offset
WHERE coalesce(c.topic = ?, TRUE) AND coalesce(c.subscription = ?, TRUE)
AND a.offset IS NULL AND coalesce(d.due_ms <= ?, TRUE) GROUP BY 1, 2, 3
"""

READ_BYTES = 1024 * 1024
CLEANUP_SECONDS = 30.0
Place = tuple[str, int]


class EmbeddedLog:
    """A LogClient and a Provisioner on one :class:`infra.sqlite.Database` opened with ``SCHEMA``."""

    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock
        self._partitions: dict[str, int] = {}
        self._held: set[tuple[str, int, str]] = set()
        self._taken: defaultdict[tuple[str, str, int], Taken] = defaultdict(Taken)
        self._waiting: defaultdict[Place, set[asyncio.Event]] = defaultdict(set)
        self._members: defaultdict[str, dict[str, Member]] = defaultdict(dict)
        self._cleaner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._cleaner = asyncio.create_task(self._clean_for_ever(), name="embedded-log-cleanup")

    async def close(self) -> None:
        if self._cleaner is not None:
            self._cleaner.cancel()
            await asyncio.gather(self._cleaner, return_exceptions=True)

    # -- topics

    async def partitions(self, topic: str) -> int:
        if topic not in self._partitions:
            rows = await self._database.read(
                lambda db: db.execute("SELECT partitions FROM log_topics WHERE topic = ?", (topic,)).fetchall()
            )
            if not rows:
                reason = "there is no such topic, run `pavilion migrate`"
                raise ConnectionFailed("find topic", reason, {"topic": topic}, dependency="sqlite")
            self._partitions[topic] = rows[0][0]
        return self._partitions[topic]

    async def generation(self, topic: str) -> str:
        await self.partitions(topic)
        row = await self._database.read(
            lambda db: db.execute("SELECT generation FROM log_topics WHERE topic = ?", (topic,)).fetchone()
        )
        return str(row[0])

    async def migrate(self, topics: Sequence[TopicSpec]) -> list[str]:
        return await self._database.write(lambda db: [line for spec in topics for line in migrate(db, spec)])

    async def check(self, topics: Sequence[TopicSpec]) -> list[str]:
        return await self._database.read(lambda db: [line for spec in topics for line in missing(db, spec)])

    async def topics(self) -> dict[str, int]:
        return await self._database.read(topics)

    async def subscriptions(self, topic: str) -> list[str]:
        return await self._database.read(lambda db: subscriptions(db, topic))

    async def backlog(self, topic: str, subscription: str) -> dict[int, Backlog]:
        none = {partition: Backlog(0, 0.0) for partition in range(await self.partitions(topic))}
        found = await self.backlogs(topic, subscription)
        return none | {partition: backlog for (_, _, partition), backlog in found.items()}

    async def backlogs(
        self, topic: str | None = None, subscription: str | None = None, *, due: bool = False
    ) -> dict[tuple[str, str, int], Backlog]:
        """By topic, subscription and partition, those that are not empty: all as they were at one moment.

        With ``due``, what is not due yet does not count.
        """
        now = self._clock()
        given = (topic, subscription, now if due else 1 << 62)
        rows = await self._database.read(lambda db: db.execute(BACKLOGS, given).fetchall())
        return {(row[0], row[1], row[2]): Backlog(row[3], max(0, now - row[4]) / 1000) for row in rows}

    # -- writing

    def publisher(self, topic: str) -> Publisher:
        return _Publisher(self, topic)

    async def append(self, topic: str, records: Sequence[tuple[int, Outgoing]], fence: int | None = None) -> list[int]:
        """Append ``(partition, record)`` pairs in one transaction; raises OwnershipLost for an outdated ``fence``."""
        for _, record in records:
            check_size(topic, record)

        def job(db: sqlite3.Connection) -> list[int]:
            now, heads, offsets = self._clock(), dict[int, int](), list[int]()
            for partition in {partition for partition, _ in records}:
                head = db.execute(
                    "SELECT next, fence FROM log_heads WHERE topic = ? AND partition = ?", (topic, partition)
                ).fetchone()
                if fence is not None and head["fence"] != fence:
                    raise OwnershipLost(f"{topic}-{partition} was taken over", "fenced")
                heads[partition] = head["next"]
            for partition, _ in records:
                offsets.append(heads[partition])
                heads[partition] += 1
            db.executemany(
                "INSERT INTO log_records VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        topic,
                        partition,
                        offset,
                        record.key,
                        record.value,
                        json.dumps(dict(record.properties)),
                        now if record.published_ms is None else record.published_ms,
                    )
                    for (partition, record), offset in zip(records, offsets, strict=True)
                ],
            )
            db.executemany(
                "INSERT INTO log_due VALUES (?, ?, ?, ?)",
                [
                    (topic, partition, offset, record.due_ms)
                    for (partition, record), offset in zip(records, offsets, strict=True)
                    if record.due_ms is not None
                ],
            )
            db.executemany(
                "UPDATE log_heads SET next = ? WHERE topic = ? AND partition = ?",
                [(following, topic, partition) for partition, following in heads.items()],
            )
            return offsets

        offsets = await self._database.write(job)
        for partition in {partition for partition, _ in records}:
            self.wake((topic, partition))
        return offsets

    def wake(self, *places: Place) -> None:
        """Let those that wait look again: something was published, or (without ``places``) the clock was moved."""
        for place in places or tuple(self._waiting):
            for event in self._waiting[place]:
                event.set()

    async def fence(self, topic: str, partition: int) -> FencedLog:
        await self._check_partition(topic, partition)

        def job(db: sqlite3.Connection) -> int:
            db.execute("UPDATE log_heads SET fence = fence + 1 WHERE topic = ? AND partition = ?", (topic, partition))
            row = db.execute("SELECT fence FROM log_heads WHERE topic = ? AND partition = ?", (topic, partition))
            return int(row.fetchone()[0])

        return _FencedLog(self, topic, partition, await self._database.write(job))

    async def trim(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        await self.move_cursor(topic, partition, subscription, offset)

    async def move_cursor(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        """Forward only."""
        await self._database.write(
            lambda db: db.execute(
                "UPDATE log_cursors SET offset = max(offset, ?) WHERE topic = ? AND subscription = ? AND partition = ?",
                (offset, topic, subscription, partition),
            )
        )

    async def join(self, topic: str, member: Member) -> Membership:
        return EmbeddedMembership(self._members[topic], member)

    # -- reading

    async def subscribe(self, topic: str, partition: int, subscription: str) -> Subscription:
        await self._check_partition(topic, partition)
        holder = (topic, partition, subscription)
        if holder in self._held:
            raise PartitionBusy(f"{topic}-{partition} {subscription}")
        self._held.add(holder)  # before anything is awaited: of two that come together, one is told that it is busy
        try:
            start = await self.committed(topic, partition, subscription)
        except BaseException:
            self._held.discard(holder)
            raise
        return _Subscription(self, topic, partition, subscription, start)

    def release(self, holder: tuple[str, int, str]) -> None:
        self._held.discard(holder)

    async def share(self, topic: str, partition: int, subscription: str) -> SharedSubscription:
        await self._check_partition(topic, partition)
        await self.committed(topic, partition, subscription)
        place = (topic, subscription, partition)
        return EmbeddedShared(self._database, self._clock, place, self._taken[place], self._waiting[topic, partition])

    async def committed(self, topic: str, partition: int, subscription: str) -> int:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT offset FROM log_cursors WHERE topic = ? AND subscription = ? AND partition = ?",
                (topic, subscription, partition),
            ).fetchone()
        )
        if row is None:
            reason = f"{topic} has no subscription {subscription}, run `pavilion migrate`"
            raise ConnectionFailed("subscribe", reason, {"topic": topic}, dependency="sqlite")
        return int(row[0])

    async def read_subscription(
        self, topic: str, partition: int, subscription: str, until: int
    ) -> AsyncGenerator[list[Record], None]:
        after = await self.committed(topic, partition, subscription)
        while after < until and (found := await self.select(topic, partition, after, 1000, READ_BYTES)):
            after = found[-1].offset
            yield [record for record in found if record.offset <= until]

    async def reader(self, topic: str, partition: int, *, after: int | None = None) -> Reader:
        await self._check_partition(topic, partition)
        if after is None:
            row = await self._database.read(
                lambda db: db.execute(
                    "SELECT next FROM log_heads WHERE topic = ? AND partition = ?", (topic, partition)
                ).fetchone()
            )
            after = int(row[0]) - 1
        return _Reader(self, topic, partition, after)

    async def select(
        self, topic: str, partition: int, after: int, limit: int, max_bytes: int = 1 << 62
    ) -> list[Record]:
        """The records after offset ``after``, at least one if there is any, without waiting."""

        def query(db: sqlite3.Connection) -> list[Record]:
            records, size = list[Record](), 0
            for row in db.execute(
                "SELECT offset, key, value, properties, publish_ms FROM log_records"
                " WHERE topic = ? AND partition = ? AND offset > ? ORDER BY offset LIMIT ?",
                (topic, partition, after, limit),
            ):
                offset, key, value, properties, publish_ms = row
                size += len(value)
                if records and size > max_bytes:
                    break
                records.append(Record(topic, partition, offset, key, value, json.loads(properties), publish_ms))
            return records

        return await self._database.read(query)

    async def scan(self, topic: str, partition: int, *, since_ms: int = 0) -> AsyncIterator[Record]:
        await self._check_partition(topic, partition)
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT min(offset) FROM log_records WHERE topic = ? AND partition = ? AND publish_ms >= ?",
                (topic, partition, since_ms),
            ).fetchone()
        )
        after = 0 if row[0] is None else int(row[0]) - 1
        while records := await self.select(topic, partition, after, 1000):
            for record in records:
                if record.publish_ms >= since_ms:
                    yield record
            after = records[-1].offset

    async def newest(self, topic: str, partition: int, count: int) -> list[Record]:
        await self._check_partition(topic, partition)
        first = await self._database.read(lambda db: before_newest(db, topic, partition, count))
        return await self.select(topic, partition, first, count)

    async def wait_after(self, topic: str, partition: int, after: int, limit: int, max_bytes: int) -> list[Record]:
        """As :meth:`select`, but wait until there is something."""
        event = asyncio.Event()
        waiting = self._waiting[topic, partition]
        waiting.add(event)
        try:
            while not (records := await self.select(topic, partition, after, limit, max_bytes)):
                await event.wait()
                event.clear()
            return records
        finally:
            waiting.discard(event)

    async def _check_partition(self, topic: str, partition: int) -> None:
        partitions = await self.partitions(topic)
        if not 0 <= partition < partitions:
            raise ValueError(f"{topic} has no partition {partition}")

    # -- retention

    async def _clean_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CLEANUP_SECONDS)
            with contextlib.suppress(ConnectionFailed):  # the next round finds the same rows
                await self.clean(self._clock())

    async def clean(self, now: int) -> int:
        """Delete what every subscription has passed and retention no longer holds; returns the number of records."""
        return await self._database.write(lambda db: clean(db, now))


class _Publisher:
    def __init__(self, log: EmbeddedLog, topic: str) -> None:
        self._log = log
        self._topic = topic

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if records:
            partitions = await self._log.partitions(self._topic)
            await self._log.append(self._topic, [(record.place(partitions), record) for record in records])

    async def close(self) -> None:
        pass


class _FencedLog:
    def __init__(self, log: EmbeddedLog, topic: str, partition: int, fence: int) -> None:
        self._log = log
        self._topic = topic
        self._partition = partition
        self._fence = fence

    async def append(self, value: bytes) -> int:
        [offset] = await self._log.append(self._topic, [(self._partition, Outgoing("", value))], self._fence)
        return offset

    async def close(self) -> None:
        pass


class _Subscription:
    def __init__(self, log: EmbeddedLog, topic: str, partition: int, subscription: str, after: int) -> None:
        self._log = log
        self._place = (topic, partition)
        self._name = subscription
        self._after = after
        self._open = True

    async def receive(self, max_events: int, max_bytes: int) -> list[Record]:
        records = await self._log.wait_after(*self._place, self._after, max_events, max_bytes)
        self._after = records[-1].offset
        return records

    def connected(self) -> bool:
        return self._open

    async def acknowledge(self, record: Record) -> None:
        if not self._open:
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]} was released")
        await self._log.move_cursor(*self._place, self._name, record.offset)

    async def close(self) -> None:
        if self._open:
            self._open = False
            self._log.release((*self._place, self._name))


class _Reader:
    def __init__(self, log: EmbeddedLog, topic: str, partition: int, after: int) -> None:
        self._log = log
        self._place = (topic, partition)
        self._after = after

    async def read(self, max_events: int = 1000) -> list[Record]:
        records = await self._log.wait_after(*self._place, self._after, max_events, MAX_RECORD_BYTES)
        self._after = records[-1].offset
        return records

    def connected(self) -> bool:
        return True

    async def close(self) -> None:
        pass
