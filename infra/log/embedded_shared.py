"""A shared subscription of the embedded log: records when they are due, acknowledged one by one.

The cursor stands before the first record that is not acknowledged; what is acknowledged after it is in ``log_acks``.
Which records a consumer holds is known in memory alone: after the death of the process they come again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Sequence

from infra.log.ports import Record
from infra.sqlite import Database
from schemas.errors import ConnectionFailed

LONGEST_WAIT = 60.0
"""Seconds until a consumer looks at the clock again, which may have been set."""

DUE = """
SELECT r.offset, key, value, properties, publish_ms FROM log_records r JOIN log_cursors c
ON c.topic = r.topic AND c.partition = r.partition AND c.subscription = ?2 AND r.offset > c.offset
LEFT JOIN log_acks a ON a.topic = r.topic AND a.subscription = ?2 AND a.partition = r.partition AND a.offset = r.offset
LEFT JOIN log_due d ON d.topic = r.topic AND d.partition = r.partition AND d.offset = r.offset
WHERE r.topic = ?1 AND r.partition = ?3 AND a.offset IS NULL AND coalesce(d.due_ms <= ?4, TRUE)
ORDER BY coalesce(d.due_ms, publish_ms), r.offset LIMIT ?5
"""

ADVANCE = """
UPDATE log_cursors SET offset = max(offset, coalesce(
    (SELECT min(r.offset) - 1 FROM log_records r
     WHERE r.topic = ?1 AND r.partition = ?3 AND r.offset > log_cursors.offset AND NOT EXISTS
     (SELECT 1 FROM log_acks a
      WHERE a.topic = ?1 AND a.subscription = ?2 AND a.partition = ?3 AND a.offset = r.offset)),
    (SELECT max(a.offset) FROM log_acks a WHERE a.topic = ?1 AND a.subscription = ?2 AND a.partition = ?3),
    offset))
WHERE topic = ?1 AND subscription = ?2 AND partition = ?3
"""


class Taken:
    """The offsets that the consumers of one shared subscription hold, all together.

    Looking for what is due and holding it, and acknowledging and letting go, each happen in one piece: else one
    consumer may find what another has acknowledged since it looked.
    """

    def __init__(self) -> None:
        self.offsets: set[int] = set()
        self.lock = asyncio.Lock()


class EmbeddedShared:
    """``place`` is topic, subscription and partition."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], int],
        place: tuple[str, str, int],
        taken: Taken,
        waiting: set[asyncio.Event],
    ) -> None:
        self._database = database
        self._clock = clock
        self._place = place
        self._taken = taken
        self._waiting = waiting
        self._mine: set[int] = set()
        self._open = True

    async def receive(self, max_events: int) -> list[Record]:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while True:
                if not self._open:
                    raise ConnectionFailed("receive", "the subscription is closed", {"topic": self._place[0]})
                records, seconds = await self._take(max_events)
                if records:
                    return records
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(seconds, LONGEST_WAIT)):  # wait_for may swallow a cancel
                        await event.wait()
                event.clear()
        finally:
            self._waiting.discard(event)

    async def _take(self, max_events: int) -> tuple[list[Record], float]:
        async with self._taken.lock:
            found, seconds = await self._due(max_events + len(self._taken.offsets))
            free = [record for record in found if record.offset not in self._taken.offsets]
            records = free[:max_events] if self._open else []  # closed meanwhile: nobody would let go of them
            offsets = {record.offset for record in records}
            self._taken.offsets |= offsets
            self._mine |= offsets
        return records, seconds

    async def _due(self, limit: int) -> tuple[list[Record], float]:
        """What is due, and the seconds until something else is."""
        topic, subscription, partition = self._place
        now = self._clock()

        def query(db: sqlite3.Connection) -> tuple[list[Record], float]:
            rows = db.execute(DUE, (topic, subscription, partition, now, limit)).fetchall()
            following = db.execute(
                "SELECT min(due_ms) FROM log_due WHERE topic = ? AND partition = ? AND due_ms > ?",
                (topic, partition, now),
            ).fetchone()[0]
            records = [
                Record(topic, partition, offset, key, value, json.loads(properties), publish_ms)
                for offset, key, value, properties, publish_ms in rows
            ]
            return records, LONGEST_WAIT if following is None else (following - now) / 1000

        return await self._database.read(query)

    async def acknowledge(self, records: Sequence[Record]) -> None:
        offsets = {record.offset for record in records}

        def job(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT OR IGNORE INTO log_acks VALUES (?, ?, ?, ?)", [(*self._place, offset) for offset in offsets]
            )
            db.execute(ADVANCE, self._place)
            db.execute(
                "DELETE FROM log_acks WHERE topic = ?1 AND subscription = ?2 AND partition = ?3 AND offset <="
                " (SELECT offset FROM log_cursors WHERE topic = ?1 AND subscription = ?2 AND partition = ?3)",
                self._place,
            )

        async with self._taken.lock:
            await self._database.write(job)
            self._let_go(offsets)

    def _let_go(self, offsets: set[int]) -> None:
        self._taken.offsets -= offsets
        self._mine -= offsets

    async def close(self) -> None:
        self._open = False
        self._let_go(set(self._mine))
        for event in self._waiting:
            event.set()
