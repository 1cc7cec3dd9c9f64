"""The history on ScyllaDB: partitions per user and month, newest first; the user's marks in tables of their own.

What a replay writes again carries the time of the first publish, and what a user did carries the time of the action.
Cells of either kind win by their time alone, so neither the order nor the number of writes matters.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from infra.stores.bodies import PLAIN, Bodies
from infra.stores.inbox_rules import DAY_MS
from infra.stores.marks import (
    MAX_ROWS,
    Floor,
    Kept,
    States,
    check_mark,
    covering,
    fill_page,
    implied,
    time_of,
)
from infra.stores.ports import Filter, Mark
from infra.stores.scylla import ScyllaSession
from schemas.errors import Dependency, InvalidNotification
from schemas.notifications import Notification
from schemas.records import NotificationRecord
from schemas.times import now_ms

INSERT = (
    "INSERT INTO $ks.notifications (user_id, month, id, published_ms, body) VALUES (?, ?, ?, ?, ?) "
    "USING TTL ? AND TIMESTAMP ?"
)
INSERT_MONTH = "INSERT INTO $ks.months (user_id, month) VALUES (?, ?) USING TTL ?"
SELECT_MONTHS = "SELECT month FROM $ks.months WHERE user_id = ?"
SELECT_BELOW = "SELECT id, published_ms, body FROM $ks.notifications WHERE user_id = ? AND month = ? AND id < ? LIMIT ?"
SELECT_ONE = "SELECT id, published_ms, body FROM $ks.notifications WHERE user_id = ? AND month = ? AND id = ?"
SELECT_MARKS = (
    "SELECT id, seen, read, unread, archived, deleted FROM $ks.marks "
    "WHERE user_id = ? AND month = ? AND id >= ? AND id <= ?"
)
INSERT_FLOOR = "INSERT INTO $ks.floors (user_id, state, up_to, at_ms) VALUES (?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?"
DELETE_FLOORS = "DELETE FROM $ks.floors USING TIMESTAMP ? WHERE user_id = ? AND state = ? AND up_to < ?"
DELETE_ALL_FLOORS = "DELETE FROM $ks.floors USING TIMESTAMP ? WHERE user_id = ?"
DELETE_NOTIFICATIONS = "DELETE FROM $ks.notifications USING TIMESTAMP ? WHERE user_id = ? AND month = ?"
DELETE_MARKS = "DELETE FROM $ks.marks USING TIMESTAMP ? WHERE user_id = ? AND month = ?"
SELECT_FLOORS = "SELECT state, up_to, at_ms FROM $ks.floors WHERE user_id = ?"

KNOWN_MONTHS = 100_000
LAST_GENERATION = 999
"""Stamps count microseconds, publish times milliseconds: so much room is between two of them."""
LAST_MS = 253_402_300_799_999  # the end of the year 9999
ABOVE_ALL = "g"  # sorts above every hexadecimal id

Rows = Callable[[str | None, int], Awaitable[list[Kept]]]


def month_of(ms: int) -> int:
    """``202611`` for a time in November 2026 (UTC)."""
    moment = datetime.fromtimestamp(min(ms, LAST_MS) // 1000, UTC)
    return moment.year * 100 + moment.month


class ScyllaHistory:
    """Every notification until ``retention`` after its first publish."""

    dependency: ClassVar[Dependency] = "scylla"

    def __init__(
        self,
        session: ScyllaSession,
        *,
        retention: timedelta,
        clock: Callable[[], int] = now_ms,
        bodies: Bodies = PLAIN,
    ) -> None:
        self._session = session
        self._bodies = bodies
        self._retention_ms = retention // timedelta(milliseconds=1)
        self._clock = clock
        self._months: OrderedDict[tuple[str, int], None] = OrderedDict()

    async def insert(self, records: Sequence[NotificationRecord]) -> None:
        now = self._clock()
        kept = [record for record in records if self._seconds(record, now) > 0]
        rows = []
        for record, body in zip(kept, await self._bodies.encode([one.notification for one in kept]), strict=True):
            notification = record.notification
            month = month_of(_time(notification.id))
            # Of two writes of one notification the one under the later data key stays.
            stamp = record.published_ms * 1000 + min(body.generation, LAST_GENERATION)
            whose = (notification.user_id, month, notification.id)
            rows.append((*whose, record.published_ms, body.data, self._seconds(record, now), stamp))
        # The month first: a partition that no month names is never read.
        await self._add_months({(row[0], row[1]) for row in rows})
        await self._session.execute_all(INSERT, rows)

    def _seconds(self, record: NotificationRecord, now: int) -> int:
        return (record.published_ms + self._retention_ms - now) // 1000

    async def _add_months(self, wanted: set[tuple[str, int]]) -> None:
        new = [each for each in wanted if each not in self._months]
        # Its last notification is created at the end of the month, published one retention later at most, and kept
        # for another.
        seconds = (2 * self._retention_ms + 32 * DAY_MS) // 1000
        await self._session.execute_all(INSERT_MONTH, [(*each, seconds) for each in new])
        for each in new:
            self._months[each] = None
        while len(self._months) > KNOWN_MONTHS:
            self._months.popitem(last=False)

    async def mark(self, mark: Mark) -> None:
        check_mark(mark)
        seconds = (mark.at_ms + self._retention_ms - self._clock()) // 1000
        if seconds <= 0:
            return
        stamp = mark.at_ms * 1000
        if mark.up_to is not None:
            whose = (mark.user_id, mark.state, mark.up_to)
            await self._session.execute(INSERT_FLOOR, (*whose, mark.at_ms, seconds, stamp))
            # Takes the floors that are no higher and no later: these say nothing that the new one does not.
            await self._session.execute(DELETE_FLOORS, (stamp, *whose))
            return
        columns = implied(mark.state)
        query = (
            f"UPDATE $ks.marks USING TTL ? AND TIMESTAMP ? SET {', '.join(f'{column} = ?' for column in columns)} "
            "WHERE user_id = ? AND month = ? AND id = ?"
        )
        times = [mark.at_ms] * len(columns)
        rows = [
            (seconds, stamp, *times, mark.user_id, month_of(created), identifier)
            for identifier in dict.fromkeys(mark.notifications or ())
            if (created := time_of(identifier)) is not None
        ]
        await self._session.execute_all(query, rows)

    async def page(self, user_id: str, before: str | None, limit: int, filter: Filter) -> list[Notification]:
        return await fill_page(await self._rows(user_id), before, limit, filter)

    async def newest(self, user_id: str, limit: int) -> list[Kept]:
        """The newest notifications, deleted ones included, newest first: what an inbox is rebuilt from."""
        return await (await self._rows(user_id))(None, limit)

    async def get(self, user_id: str, notification_id: str) -> Notification | None:
        kept = await self.kept(user_id, notification_id)
        return None if kept is None or kept.states.deleted or not kept.readable else kept.shown

    async def kept(self, user_id: str, notification_id: str) -> Kept | None:
        created = time_of(notification_id)
        if created is None:
            return None
        month = month_of(created)
        rows = await self._session.execute(SELECT_ONE, (user_id, month, notification_id))
        if not rows:
            return None
        kept = await self._kept(user_id, month, rows, await self._floors(user_id))
        return kept[0]

    async def erase(self, user_id: str, before_ms: int) -> None:
        # What was published in the last millisecond before was written with a stamp of up to 999 above it. The months
        # stay: processes that have named one do not name it again, and they expire by themselves.
        stamp = before_ms * 1000 - 1
        months = await self._session.execute(SELECT_MONTHS, (user_id,))
        for statement in (DELETE_NOTIFICATIONS, DELETE_MARKS):
            await self._session.execute_all(statement, [(stamp, user_id, month) for (month,) in months])
        await self._session.execute(DELETE_ALL_FLOORS, (stamp, user_id))

    async def renew(self, user_id: str, generations: Collection[int]) -> int:
        renewed = 0
        for (month,) in await self._session.execute(SELECT_MONTHS, (user_id,)):
            below = ABOVE_ALL
            while rows := await self._session.execute(SELECT_BELOW, (user_id, month, below, MAX_ROWS)):
                stale = await self._bodies.under(user_id, rows, generations)
                await self.insert(stale)
                renewed += len(stale)
                below = rows[-1][0]
        return renewed

    async def _rows(self, user_id: str) -> Rows:
        """A reader of one user's notifications below an id, over the months that exist."""
        floors, found = await asyncio.gather(self._floors(user_id), self._session.execute(SELECT_MONTHS, (user_id,)))
        months = sorted((row[0] for row in found), reverse=True)

        async def rows(below: str | None, count: int) -> list[Kept]:
            created = None if below is None else time_of(below)
            newest = months[0] if months and created is None else month_of(created or 0)
            kept: list[Kept] = []
            for month in months:
                if month > newest:
                    continue
                below_month = (user_id, month, below or ABOVE_ALL, count - len(kept))
                read = await self._session.execute(SELECT_BELOW, below_month)
                kept += await self._kept(user_id, month, read, floors)
                if len(kept) == count:
                    break
            return kept

        return rows

    async def _floors(self, user_id: str) -> list[Floor]:
        return [Floor(*row) for row in await self._session.execute(SELECT_FLOORS, (user_id,))]

    async def _kept(
        self, user_id: str, month: int, rows: Sequence[tuple[str, int, bytes]], floors: Sequence[Floor]
    ) -> list[Kept]:
        """Merge the marks into rows of one partition, newest first."""
        if not rows:
            return []
        marks = await self._session.execute(SELECT_MARKS, (user_id, month, rows[-1][0], rows[0][0]))
        states = {identifier: States(*(time or 0 for time in times)) for identifier, *times in marks}
        found = [
            (identifier, body, states.get(identifier, States()).merged(covering(floors, identifier, published_ms)))
            for identifier, published_ms, body in rows
        ]
        return await self._bodies.decode(user_id, found)


def _time(notification_id: str) -> int:
    created = time_of(notification_id)
    if created is None:
        raise InvalidNotification("history", f"{notification_id!r} is not a notification id")
    return created
