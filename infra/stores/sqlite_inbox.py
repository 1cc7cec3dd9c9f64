"""The inbox on SQLite, for the embedded mode. One database holds everything, so an inbox is never cold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar

from infra.sqlite import Database
from infra.stores.bodies import PLAIN, Bodies
from infra.stores.inbox_rules import (
    DAY_MS,
    Answer,
    added_entry,
    calls,
    encode_mark,
    encode_release,
    id_floor,
    placed,
    release_id,
    state_entry,
)
from infra.stores.marks import Kept, States, fill_page
from infra.stores.ports import Delivery, Filter, Mark, Placed, Summary
from infra.stores.sqlite_inbox_rows import (
    TABLES,
    InboxRow,
    Item,
    apply_mark,
    find_row,
    items_where,
    load,
    log,
    prior_of,
    remove,
    save,
    save_release,
)
from schemas.errors import Dependency
from schemas.notifications import Notification
from schemas.records import InboxEntry, Position, StateChanged
from schemas.times import now_ms

ONE = "user_id = ? AND id = ?"

T = TypeVar("T")


class SqliteInbox:
    """Keeps ``items`` notifications of at most ``days`` days per user, and their ids for ``days``."""

    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(
        self,
        database: Database,
        *,
        items: int,
        days: int,
        clock: Callable[[], int] = now_ms,
        bodies: Bodies = PLAIN,
    ) -> None:
        self._database = database
        self._bodies = bodies
        self._items = items
        self._memory_ms = days * DAY_MS
        self._clock = clock

    async def append(self, deliveries: Sequence[Delivery]) -> list[Placed]:
        cutoff = id_floor(self._clock() - self._memory_ms)
        answers: list[Answer] = []
        tops: dict[str, Summary] = {}
        for run in calls(deliveries):
            bodies = await self._bodies.encode([delivery.record.notification for delivery in run])
            found, now = await self._database.write(partial(self._append, run, [body.data for body in bodies], cutoff))
            answers += found
            tops |= now
        return placed(deliveries, answers, tops)

    def _append(
        self, run: Sequence[Delivery], bodies: Sequence[bytes], cutoff: str, connection: sqlite3.Connection
    ) -> tuple[list[Answer], dict[str, Summary]]:
        found: list[Answer] = []
        inboxes: dict[str, InboxRow] = {}
        for delivery, body in zip(run, bodies, strict=True):
            user_id = delivery.record.notification.user_id
            inbox = inboxes.get(user_id)
            if inbox is None:
                inbox = inboxes[user_id] = load(connection, user_id)
                self._trim_age(connection, inbox, cutoff)
            found.append(self._place(connection, inbox, delivery, body, cutoff))
        for inbox in inboxes.values():
            save(connection, inbox)
        return found, {user_id: inbox.summary for user_id, inbox in inboxes.items()}

    def _place(
        self, connection: sqlite3.Connection, inbox: InboxRow, delivery: Delivery, body: bytes, cutoff: str
    ) -> Answer:
        notification = delivery.record.notification
        whose = (inbox.user_id, notification.id)
        applied = connection.execute(
            "SELECT source FROM inbox_applied WHERE user_id = ? AND lane = ?", (inbox.user_id, delivery.lane)
        ).fetchone()
        redelivered = applied is not None and delivery.source <= applied[0]
        if not redelivered:
            connection.execute(
                "INSERT INTO inbox_applied VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET source = excluded.source",
                (inbox.user_id, delivery.lane, delivery.source),
            )
        known = connection.execute("SELECT place FROM inbox_ids WHERE user_id = ? AND id = ?", whose).fetchone()
        if known is not None:
            item = connection.execute("SELECT 1 FROM inbox_items WHERE user_id = ? AND id = ?", whose).fetchone()
            if item is None and notification.id > inbox.floor:  # not trimmed, so deleted
                return Answer(None, "", True)
            return Answer(known[0], prior_of(connection, inbox.user_id, known[0]), True)
        if redelivered:
            return Answer(None, "", True)
        if notification.id < cutoff:
            inbox.floor = max(inbox.floor, notification.id)
            return Answer(None, "", False)
        connection.execute("INSERT INTO inbox_ids VALUES (?, ?, ?)", (*whose, inbox.top + 1))
        before = log(connection, inbox, "added", notification.id, None)
        if notification.id > inbox.floor:  # else newer ones fill the inbox: told to clients, kept in history, no item
            connection.execute("INSERT INTO inbox_items VALUES (?, ?, ?, 0, 0, 0, 0)", (*whose, body))
            inbox.count(States(), 1)
            inbox.held += 1
        answer = Answer(inbox.top, before, False)
        if inbox.held > self._items:
            self._trim(connection, inbox, "ORDER BY id LIMIT ?", inbox.held - self._items)
        return answer

    def _trim_age(self, connection: sqlite3.Connection, inbox: InboxRow, cutoff: str) -> None:
        self._trim(connection, inbox, "AND id < ?", cutoff)
        connection.execute("DELETE FROM inbox_ids WHERE user_id = ? AND id < ?", (inbox.user_id, cutoff))

    def _trim(self, connection: sqlite3.Connection, inbox: InboxRow, which: str, argument: str | int) -> None:
        rows = connection.execute(
            f"SELECT id, seen, read, unread, archived FROM inbox_items WHERE user_id = ? {which}",
            (inbox.user_id, argument),
        ).fetchall()
        for identifier, *states in rows:
            remove(connection, inbox, identifier, States(*states))
            inbox.floor = max(inbox.floor, identifier)

    async def mark(self, mark: Mark) -> StateChanged:
        body = encode_mark(mark)

        def job(connection: sqlite3.Connection) -> StateChanged:
            inbox = load(connection, mark.user_id)
            earlier = connection.execute(
                "SELECT place, prior, body FROM inbox_log WHERE user_id = ? AND id = ? AND kind = 'state'",
                (mark.user_id, mark.id),
            ).fetchone()
            if earlier is not None:
                place, prior, kept = earlier
                return state_entry(mark.user_id, mark.id, place, prior, kept, inbox.summary)
            apply_mark(connection, inbox, mark)
            before = log(connection, inbox, "state", mark.id, body)
            save(connection, inbox)
            return state_entry(mark.user_id, mark.id, inbox.top, before, body, inbox.summary)

        return await self._database.write(job)

    async def withhold(self, user_id: str, position: Position) -> None:
        def job(connection: sqlite3.Connection) -> None:
            inbox = load(connection, user_id)
            if position.epoch == inbox.epoch and position.offset > inbox.released:
                inbox.owed = min(inbox.owed or position.offset, position.offset)
                save_release(connection, inbox)

        await self._database.write(job)

    async def release(self, user_id: str, at_ms: int) -> StateChanged | None:
        def job(connection: sqlite3.Connection) -> StateChanged | None:
            inbox = load(connection, user_id)
            if not inbox.owed:
                return None
            added = connection.execute(
                "SELECT id FROM inbox_log WHERE user_id = ? AND place >= ? AND kind = 'added' ORDER BY place",
                (user_id, inbox.owed),
            )
            body = encode_release(at_ms, [row[0] for row in added])
            identifier = release_id(inbox.epoch, inbox.owed)
            before = log(connection, inbox, "released", identifier, body)
            inbox.owed, inbox.released = 0, inbox.top
            save(connection, inbox)
            save_release(connection, inbox)
            return state_entry(user_id, identifier, inbox.top, before, body, inbox.summary)

        return await self._database.write(job)

    async def summaries(self, user_ids: Sequence[str]) -> list[Summary]:
        await self._ensure(user_ids)
        tops = await self._database.read(
            lambda connection: {user_id: load(connection, user_id).summary for user_id in set(user_ids)}
        )
        return [tops[user_id] for user_id in user_ids]

    async def entries(self, user_id: str, after_offset: int, limit: int) -> tuple[Summary, list[InboxEntry]]:
        await self._ensure([user_id])

        def job(connection: sqlite3.Connection) -> tuple[Summary, list[sqlite3.Row], dict[str, Item]]:
            rows = connection.execute(
                "SELECT place, kind, id, prior, body FROM inbox_log WHERE user_id = ? AND place > ? "
                "ORDER BY place LIMIT ?",
                (user_id, after_offset, limit),
            ).fetchall()
            items: dict[str, Item] = {}
            for row in rows:
                if row["kind"] == "added":
                    items.update((item[0], item) for item in items_where(connection, ONE, user_id, row["id"]))
            return load(connection, user_id).summary, rows, items

        top, rows, items = await self._snapshot(job)
        added = {kept.notification.id: kept for kept in await self._bodies.decode(user_id, list(items.values()))}
        found: list[InboxEntry] = []
        for place, kind, identifier, prior, body in rows:
            if kind != "added":
                found.append(state_entry(user_id, identifier, place, prior, body, top))
            elif identifier in added and added[identifier].readable:
                found.append(added_entry(added[identifier], place, prior, top))
            else:
                break
        return top, found

    async def page(
        self, user_id: str, before: str | None, limit: int, filter: Filter
    ) -> tuple[list[Notification], str]:
        async def rows(below: str | None, count: int) -> list[Kept]:
            where = "user_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
            # "g" sorts above every hexadecimal id.
            return await self._kept(user_id, where, user_id, below or "g", count)

        found = await fill_page(rows, before, limit, filter)
        floor = await self._database.read(lambda connection: load(connection, user_id).floor)
        return found, floor

    async def get(self, user_id: str, notification_id: str) -> Notification | None:
        kept = await self._kept(user_id, ONE, user_id, notification_id)
        return kept[0].shown if kept and kept[0].readable else None

    async def erase(self, user_id: str) -> None:
        def job(connection: sqlite3.Connection) -> None:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))

        await self._database.write(job)

    async def _kept(self, user_id: str, where: str, *arguments: str | int) -> list[Kept]:
        items = await self._database.read(lambda connection: items_where(connection, where, *arguments))
        return await self._bodies.decode(user_id, items)

    async def cleanup(self, now_ms: int) -> int:
        """Trim what is older than ``days`` from the inboxes that nothing was appended to; how many were touched."""
        cutoff = id_floor(now_ms - self._memory_ms)

        def job(connection: sqlite3.Connection) -> int:
            users = connection.execute("SELECT DISTINCT user_id FROM inbox_items WHERE id < ? LIMIT 500", (cutoff,))
            touched = [row[0] for row in users.fetchall()]
            for user_id in touched:
                inbox = load(connection, user_id)
                self._trim_age(connection, inbox, cutoff)
                save(connection, inbox)
            connection.execute("DELETE FROM inbox_ids WHERE id < ?", (cutoff,))
            return len(touched)

        total = 0
        # In portions, so that other writers wait for a short transaction only.
        while touched := await self._database.write(job):
            total += touched
        return total

    async def _ensure(self, user_ids: Sequence[str]) -> None:
        """Give a user who never had an inbox an epoch that stays."""

        def missing(connection: sqlite3.Connection) -> list[str]:
            return [user for user in set(user_ids) if find_row(connection, user) is None]

        if absent := await self._database.read(missing):

            def create(connection: sqlite3.Connection) -> None:
                for user_id in absent:
                    save(connection, load(connection, user_id))

            await self._database.write(create)

    async def _snapshot(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a read of several statements at one moment."""

        def run(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN")
            try:
                return job(connection)
            finally:
                connection.execute("COMMIT")

        return await self._database.read(run)
