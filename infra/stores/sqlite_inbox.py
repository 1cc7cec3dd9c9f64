"""The inbox on SQLite, for the embedded mode. One database holds everything, so an inbox is never cold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar

from infra.sqlite import Database
from infra.stores.inbox_rules import (
    DAY_MS,
    LOG_ENTRIES,
    Answer,
    added_entry,
    calls,
    encode_mark,
    encode_release,
    id_floor,
    new_epoch,
    placed,
    release_id,
    state_entry,
)
from infra.stores.marks import Kept, States, action, decode_body, encode_body, fill_page
from infra.stores.ports import Delivery, Filter, Mark, Placed, Summary
from schemas.errors import Dependency
from schemas.notifications import Notification
from schemas.records import InboxEntry, Position, StateChanged
from schemas.times import now_ms

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    user_id TEXT PRIMARY KEY, epoch TEXT NOT NULL, top INTEGER NOT NULL, tail TEXT NOT NULL,
    unseen INTEGER NOT NULL, unread INTEGER NOT NULL, held INTEGER NOT NULL, floor TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox_releases (
    user_id TEXT PRIMARY KEY, owed INTEGER NOT NULL, released INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox_applied (
    user_id TEXT NOT NULL, lane TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (user_id, lane)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox_log (
    user_id TEXT NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, prior TEXT NOT NULL,
    body BLOB, PRIMARY KEY (user_id, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_log_marks ON inbox_log (user_id, id) WHERE kind = 'state';
CREATE TABLE IF NOT EXISTS inbox_items (
    user_id TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, seen INTEGER NOT NULL, read INTEGER NOT NULL,
    unread INTEGER NOT NULL, archived INTEGER NOT NULL, PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_items_age ON inbox_items (id);
CREATE TABLE IF NOT EXISTS inbox_ids (
    user_id TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_ids_age ON inbox_ids (id);
"""

T = TypeVar("T")


@dataclass(slots=True)
class _Inbox:
    """One user's row. Everything above the id ``floor`` that is not deleted is among the items.

    ``owed`` is the offset of the first entry withheld since the last release, ``released`` of that one; 0 for none.
    """

    user_id: str
    epoch: str
    top: int
    tail: str
    unseen: int
    unread: int
    held: int
    floor: str
    owed: int = 0
    released: int = 0

    @property
    def summary(self) -> Summary:
        position = Position(epoch=self.epoch, offset=self.top, tail=self.tail)
        return Summary(position, self.unseen, self.unread, self.owed)

    def count(self, states: States, sign: int) -> None:
        unseen, unread = states.counted
        self.unseen += sign * unseen
        self.unread += sign * unread


class SqliteInbox:
    """Keeps ``items`` notifications of at most ``days`` days per user, and their ids for ``days``."""

    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(self, database: Database, *, items: int, days: int, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._items = items
        self._memory_ms = days * DAY_MS
        self._clock = clock

    async def append(self, deliveries: Sequence[Delivery]) -> list[Placed]:
        cutoff = id_floor(self._clock() - self._memory_ms)
        answers: list[Answer] = []
        tops: dict[str, Summary] = {}
        for run in calls(deliveries):
            found, now = await self._database.write(partial(self._append, run, cutoff))
            answers += found
            tops |= now
        return placed(deliveries, answers, tops)

    def _append(
        self, run: Sequence[Delivery], cutoff: str, connection: sqlite3.Connection
    ) -> tuple[list[Answer], dict[str, Summary]]:
        found: list[Answer] = []
        inboxes: dict[str, _Inbox] = {}
        for delivery in run:
            user_id = delivery.record.notification.user_id
            inbox = inboxes.get(user_id)
            if inbox is None:
                inbox = inboxes[user_id] = _load(connection, user_id)
                self._trim_age(connection, inbox, cutoff)
            found.append(self._place(connection, inbox, delivery, cutoff))
        for inbox in inboxes.values():
            _save(connection, inbox)
        return found, {user_id: inbox.summary for user_id, inbox in inboxes.items()}

    def _place(self, connection: sqlite3.Connection, inbox: _Inbox, delivery: Delivery, cutoff: str) -> Answer:
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
            return Answer(known[0], _prior(connection, inbox.user_id, known[0]), True)
        if redelivered:
            return Answer(None, "", True)
        if notification.id < cutoff:
            inbox.floor = max(inbox.floor, notification.id)
            return Answer(None, "", False)
        connection.execute("INSERT INTO inbox_ids VALUES (?, ?, ?)", (*whose, inbox.top + 1))
        before = _log(connection, inbox, "added", notification.id, None)
        if notification.id > inbox.floor:  # else newer ones fill the inbox: told to clients, kept in history, no item
            body = encode_body(notification)
            connection.execute("INSERT INTO inbox_items VALUES (?, ?, ?, 0, 0, 0, 0)", (*whose, body))
            inbox.count(States(), 1)
            inbox.held += 1
        answer = Answer(inbox.top, before, False)
        if inbox.held > self._items:
            self._trim(connection, inbox, "ORDER BY id LIMIT ?", inbox.held - self._items)
        return answer

    def _trim_age(self, connection: sqlite3.Connection, inbox: _Inbox, cutoff: str) -> None:
        self._trim(connection, inbox, "AND id < ?", cutoff)
        connection.execute("DELETE FROM inbox_ids WHERE user_id = ? AND id < ?", (inbox.user_id, cutoff))

    def _trim(self, connection: sqlite3.Connection, inbox: _Inbox, which: str, argument: str | int) -> None:
        rows = connection.execute(
            f"SELECT id, seen, read, unread, archived FROM inbox_items WHERE user_id = ? {which}",
            (inbox.user_id, argument),
        ).fetchall()
        for identifier, *states in rows:
            _remove(connection, inbox, identifier, States(*states))
            inbox.floor = max(inbox.floor, identifier)

    async def mark(self, mark: Mark) -> StateChanged:
        body = encode_mark(mark)

        def job(connection: sqlite3.Connection) -> StateChanged:
            inbox = _load(connection, mark.user_id)
            earlier = connection.execute(
                "SELECT place, prior, body FROM inbox_log WHERE user_id = ? AND id = ? AND kind = 'state'",
                (mark.user_id, mark.id),
            ).fetchone()
            if earlier is not None:
                place, prior, kept = earlier
                return state_entry(mark.user_id, mark.id, place, prior, kept, inbox.summary)
            _apply(connection, inbox, mark)
            before = _log(connection, inbox, "state", mark.id, body)
            _save(connection, inbox)
            return state_entry(mark.user_id, mark.id, inbox.top, before, body, inbox.summary)

        return await self._database.write(job)

    async def withhold(self, user_id: str, position: Position) -> None:
        def job(connection: sqlite3.Connection) -> None:
            inbox = _load(connection, user_id)
            if position.epoch == inbox.epoch and position.offset > inbox.released:
                inbox.owed = min(inbox.owed or position.offset, position.offset)
                _save_release(connection, inbox)

        await self._database.write(job)

    async def release(self, user_id: str, at_ms: int) -> StateChanged | None:
        def job(connection: sqlite3.Connection) -> StateChanged | None:
            inbox = _load(connection, user_id)
            if not inbox.owed:
                return None
            added = connection.execute(
                "SELECT id FROM inbox_log WHERE user_id = ? AND place >= ? AND kind = 'added' ORDER BY place",
                (user_id, inbox.owed),
            )
            body = encode_release(at_ms, [row[0] for row in added])
            identifier = release_id(inbox.epoch, inbox.owed)
            before = _log(connection, inbox, "released", identifier, body)
            inbox.owed, inbox.released = 0, inbox.top
            _save(connection, inbox)
            _save_release(connection, inbox)
            return state_entry(user_id, identifier, inbox.top, before, body, inbox.summary)

        return await self._database.write(job)

    async def summaries(self, user_ids: Sequence[str]) -> list[Summary]:
        await self._ensure(user_ids)
        tops = await self._database.read(
            lambda connection: {user_id: _load(connection, user_id).summary for user_id in set(user_ids)}
        )
        return [tops[user_id] for user_id in user_ids]

    async def entries(self, user_id: str, after_offset: int, limit: int) -> tuple[Summary, list[InboxEntry]]:
        await self._ensure([user_id])

        def job(connection: sqlite3.Connection) -> tuple[Summary, list[InboxEntry]]:
            top = _load(connection, user_id).summary
            rows = connection.execute(
                "SELECT place, kind, id, prior, body FROM inbox_log WHERE user_id = ? AND place > ? "
                "ORDER BY place LIMIT ?",
                (user_id, after_offset, limit),
            )
            found: list[InboxEntry] = []
            for place, kind, identifier, prior, body in rows:
                if kind != "added":
                    found.append(state_entry(user_id, identifier, place, prior, body, top))
                    continue
                kept = _kept(connection, "user_id = ? AND id = ?", user_id, identifier)
                if not kept:
                    break
                found.append(added_entry(kept[0], place, prior, top))
            return top, found

        return await self._snapshot(job)

    async def page(
        self, user_id: str, before: str | None, limit: int, filter: Filter
    ) -> tuple[list[Notification], str]:
        async def rows(below: str | None, count: int) -> list[Kept]:
            where = "user_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
            # "g" sorts above every hexadecimal id.
            return await self._database.read(lambda connection: _kept(connection, where, user_id, below or "g", count))

        found = await fill_page(rows, before, limit, filter)
        floor = await self._database.read(lambda connection: _load(connection, user_id).floor)
        return found, floor

    async def get(self, user_id: str, notification_id: str) -> Notification | None:
        kept = await self._database.read(
            lambda connection: _kept(connection, "user_id = ? AND id = ?", user_id, notification_id)
        )
        return kept[0].shown if kept else None

    async def cleanup(self, now_ms: int) -> int:
        """Trim what is older than ``days`` from the inboxes that nothing was appended to; how many were touched."""
        cutoff = id_floor(now_ms - self._memory_ms)

        def job(connection: sqlite3.Connection) -> int:
            users = connection.execute("SELECT DISTINCT user_id FROM inbox_items WHERE id < ? LIMIT 500", (cutoff,))
            touched = [row[0] for row in users.fetchall()]
            for user_id in touched:
                inbox = _load(connection, user_id)
                self._trim_age(connection, inbox, cutoff)
                _save(connection, inbox)
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
            return [user for user in set(user_ids) if _row(connection, user) is None]

        if absent := await self._database.read(missing):

            def create(connection: sqlite3.Connection) -> None:
                for user_id in absent:
                    _save(connection, _load(connection, user_id))

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


def _row(connection: sqlite3.Connection, user_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT inbox.*, coalesce(owed, 0), coalesce(released, 0) FROM inbox "
        "LEFT JOIN inbox_releases USING (user_id) WHERE user_id = ?",
        (user_id,),
    ).fetchone()
    return row


def _load(connection: sqlite3.Connection, user_id: str) -> _Inbox:
    row = _row(connection, user_id)
    return _Inbox(user_id, new_epoch(), 0, "", 0, 0, 0, "") if row is None else _Inbox(*row)


def _save(connection: sqlite3.Connection, inbox: _Inbox) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (inbox.user_id, inbox.epoch, inbox.top, inbox.tail, inbox.unseen, inbox.unread, inbox.held, inbox.floor),
    )


def _save_release(connection: sqlite3.Connection, inbox: _Inbox) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO inbox_releases VALUES (?, ?, ?)", (inbox.user_id, inbox.owed, inbox.released)
    )


def _log(connection: sqlite3.Connection, inbox: _Inbox, kind: str, identifier: str, body: bytes | None) -> str:
    """Append an entry and return the tail before it."""
    before = inbox.tail
    inbox.top += 1
    inbox.tail = identifier
    connection.execute(
        "INSERT INTO inbox_log VALUES (?, ?, ?, ?, ?, ?)", (inbox.user_id, inbox.top, kind, identifier, before, body)
    )
    connection.execute(
        "DELETE FROM inbox_log WHERE user_id = ? AND place <= ?", (inbox.user_id, inbox.top - LOG_ENTRIES)
    )
    return before


def _prior(connection: sqlite3.Connection, user_id: str, place: int) -> str:
    row = connection.execute("SELECT prior FROM inbox_log WHERE user_id = ? AND place = ?", (user_id, place)).fetchone()
    return "" if row is None else str(row[0])


def _apply(connection: sqlite3.Connection, inbox: _Inbox, mark: Mark) -> None:
    columns = "SELECT id, seen, read, unread, archived FROM inbox_items WHERE user_id = ?"
    if mark.up_to is not None:
        rows = connection.execute(f"{columns} AND id <= ?", (mark.user_id, mark.up_to)).fetchall()
    else:
        named = tuple(dict.fromkeys(mark.notifications or ()))
        places = ", ".join("?" * len(named))
        rows = connection.execute(f"{columns} AND id IN ({places})", (mark.user_id, *named)).fetchall()
    for identifier, *times in rows:
        old = States(*times)
        new = old.merged(action(mark.state, mark.at_ms))
        if new.deleted:
            _remove(connection, inbox, identifier, old)
            continue
        inbox.count(old, -1)
        inbox.count(new, 1)
        connection.execute(
            "UPDATE inbox_items SET seen = ?, read = ?, unread = ?, archived = ? WHERE user_id = ? AND id = ?",
            (*new[:4], mark.user_id, identifier),
        )


def _remove(connection: sqlite3.Connection, inbox: _Inbox, identifier: str, states: States) -> None:
    connection.execute("DELETE FROM inbox_items WHERE user_id = ? AND id = ?", (inbox.user_id, identifier))
    inbox.count(states, -1)
    inbox.held -= 1


def _kept(connection: sqlite3.Connection, where: str, *arguments: str | int) -> list[Kept]:
    rows = connection.execute(
        f"SELECT body, seen, read, unread, archived FROM inbox_items WHERE {where}", arguments
    ).fetchall()
    return [Kept(decode_body(body), States(*states)) for body, *states in rows]
