"""The history on SQLite, for the embedded mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import ClassVar

from infra.crypto.envelope import RANK_BYTES
from infra.sqlite import Database
from infra.stores.bodies import PLAIN, Bodies
from infra.stores.marks import (
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
from schemas.errors import Dependency
from schemas.notifications import Notification
from schemas.records import NotificationRecord
from schemas.times import now_ms

SCHEMA = """
CREATE TABLE IF NOT EXISTS history (
    user_id TEXT NOT NULL, id TEXT NOT NULL, published_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_expiry ON history (expires_ms);
CREATE TABLE IF NOT EXISTS history_marks (
    user_id TEXT NOT NULL, id TEXT NOT NULL, expires_ms INTEGER NOT NULL, seen INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_marks_expiry ON history_marks (expires_ms);
CREATE TABLE IF NOT EXISTS history_floors (
    user_id TEXT NOT NULL, state TEXT NOT NULL, up_to TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, state, up_to)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_floors_age ON history_floors (at_ms);
"""

# Of two bodies the one under the later data key stays, and one that is encrypted rather than one that is not.
INSERT = (
    "INSERT INTO history VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body "
    f"WHERE substr(excluded.body, 1, {RANK_BYTES}) > substr(body, 1, {RANK_BYTES})"
)

PORTION = 1000


class SqliteHistory:
    """Every notification until ``retention`` after its first publish."""

    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(
        self,
        database: Database,
        *,
        retention: timedelta,
        clock: Callable[[], int] = now_ms,
        bodies: Bodies = PLAIN,
    ) -> None:
        self._database = database
        self._bodies = bodies
        self._retention_ms = retention // timedelta(milliseconds=1)
        self._clock = clock

    async def insert(self, records: Sequence[NotificationRecord]) -> None:
        now = self._clock()
        kept = [record for record in records if record.published_ms + self._retention_ms > now]
        bodies = await self._bodies.encode([record.notification for record in kept])
        rows = [
            (
                record.notification.user_id,
                record.notification.id,
                record.published_ms,
                record.published_ms + self._retention_ms,
                body.data,
            )
            for record, body in zip(kept, bodies, strict=True)
        ]
        await self._database.write(lambda connection: connection.executemany(INSERT, rows))

    async def mark(self, mark: Mark) -> None:
        check_mark(mark)
        if mark.up_to is not None:
            await self._database.write(lambda connection: _set_floor(connection, mark, mark.up_to or ""))
            return
        columns = implied(mark.state)
        expires_ms = mark.at_ms + self._retention_ms
        rows = [
            (mark.user_id, identifier, expires_ms, *[mark.at_ms] * len(columns))
            for identifier in mark.notifications or ()
            if time_of(identifier) is not None
        ]
        names = ", ".join(columns)
        latest = ", ".join(f"{name} = max({name}, excluded.{name})" for name in ("expires_ms", *columns))
        statement = (
            f"INSERT INTO history_marks (user_id, id, expires_ms, {names}) VALUES (?, ?, ?{', ?' * len(columns)}) "
            f"ON CONFLICT DO UPDATE SET {latest}"
        )
        await self._database.write(lambda connection: connection.executemany(statement, rows))

    async def page(self, user_id: str, before: str | None, limit: int, filter: Filter) -> list[Notification]:
        async def rows(below: str | None, count: int) -> list[Kept]:
            # "g" sorts above every hexadecimal id.
            where = "h.id < ? ORDER BY h.id DESC LIMIT ?"
            return await self._read(user_id, where, below or "g", count)

        return await fill_page(rows, before, limit, filter)

    async def get(self, user_id: str, notification_id: str) -> Notification | None:
        kept = await self.kept(user_id, notification_id)
        return None if kept is None or kept.states.deleted or not kept.readable else kept.shown

    async def kept(self, user_id: str, notification_id: str) -> Kept | None:
        kept = await self._read(user_id, "h.id = ?", notification_id)
        return kept[0] if kept else None

    async def newest(self, user_id: str, limit: int) -> list[Kept]:
        """The newest notifications, deleted ones included, newest first: what an inbox is rebuilt from."""
        return await self._read(user_id, "true ORDER BY h.id DESC LIMIT ?", limit)

    async def _read(self, user_id: str, where: str, *arguments: str | int) -> list[Kept]:
        now = self._clock()

        def job(connection: sqlite3.Connection) -> list[tuple[str, bytes, States]]:
            floors = [
                Floor(*row)
                for row in connection.execute(
                    "SELECT state, up_to, at_ms FROM history_floors WHERE user_id = ?", (user_id,)
                )
            ]
            rows = connection.execute(
                "SELECT h.id, h.published_ms, h.body, m.seen, m.read, m.unread, m.archived, m.deleted FROM history h "
                "LEFT JOIN history_marks m ON m.user_id = h.user_id AND m.id = h.id "
                f"WHERE h.user_id = ? AND h.expires_ms > ? AND {where}",
                (user_id, now, *arguments),
            ).fetchall()
            return [
                (
                    identifier,
                    body,
                    States(*(time or 0 for time in times)).merged(covering(floors, identifier, published_ms)),
                )
                for identifier, published_ms, body, *times in rows
            ]

        return await self._bodies.decode(user_id, await self._database.read(job))

    async def erase(self, user_id: str, before_ms: int) -> None:
        def job(connection: sqlite3.Connection) -> None:
            whose = (user_id, before_ms)
            connection.execute("DELETE FROM history WHERE user_id = ? AND published_ms < ?", whose)
            connection.execute(
                "DELETE FROM history_marks WHERE user_id = ? AND max(seen, read, unread, archived, deleted) < ?", whose
            )
            connection.execute("DELETE FROM history_floors WHERE user_id = ? AND at_ms < ?", whose)

        await self._database.write(job)

    async def renew(self, user_id: str, generations: Collection[int]) -> int:
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT id, published_ms, body FROM history WHERE user_id = ?", (user_id,)
            ).fetchall()
        )
        stale = await self._bodies.under(user_id, [tuple(row) for row in rows], generations)
        await self.insert(stale)
        return len(stale)

    async def cleanup(self, now_ms: int) -> int:
        """Delete what is past retention, in portions that leave room for other writers; how many rows that were."""
        total = 0
        for statement, bound in (
            ("DELETE FROM history WHERE (user_id, id) IN (SELECT user_id, id FROM history", now_ms),
            ("DELETE FROM history_marks WHERE (user_id, id) IN (SELECT user_id, id FROM history_marks", now_ms),
        ):
            total += await self._delete(f"{statement} WHERE expires_ms <= ? LIMIT {PORTION})", bound)
        return total + await self._delete(
            "DELETE FROM history_floors WHERE (user_id, state, up_to) IN "
            f"(SELECT user_id, state, up_to FROM history_floors WHERE at_ms <= ? LIMIT {PORTION})",
            now_ms - self._retention_ms,
        )

    async def _delete(self, statement: str, bound: int) -> int:
        total = 0
        while count := await self._database.write(lambda connection: connection.execute(statement, (bound,)).rowcount):
            total += count
        return total


def _set_floor(connection: sqlite3.Connection, mark: Mark, up_to: str) -> None:
    """Keep a floor unless an earlier kept one reaches as far and is as late, and drop those that this one outdoes."""
    whose = (mark.user_id, mark.state, up_to, mark.at_ms)
    outdone = connection.execute(
        "SELECT 1 FROM history_floors WHERE user_id = ? AND state = ? AND up_to >= ? AND at_ms >= ?", whose
    ).fetchone()
    if outdone is None:
        connection.execute(
            "DELETE FROM history_floors WHERE user_id = ? AND state = ? AND up_to <= ? AND at_ms <= ?", whose
        )
        connection.execute("INSERT INTO history_floors VALUES (?, ?, ?, ?)", whose)
