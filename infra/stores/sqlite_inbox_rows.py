"""The tables of the inbox on SQLite, and what is read and written there inside one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from infra.stores.inbox_rules import LOG_ENTRIES, new_epoch
from infra.stores.marks import States, action
from infra.stores.ports import Mark, Summary
from schemas.records import Position

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

TABLES = ("inbox", "inbox_releases", "inbox_applied", "inbox_log", "inbox_items", "inbox_ids")

Item = tuple[str, bytes, States]
"""Id, body and states."""


@dataclass(slots=True)
class InboxRow:
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


def find_row(connection: sqlite3.Connection, user_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT inbox.*, coalesce(owed, 0), coalesce(released, 0) FROM inbox "
        "LEFT JOIN inbox_releases USING (user_id) WHERE user_id = ?",
        (user_id,),
    ).fetchone()
    return row


def load(connection: sqlite3.Connection, user_id: str) -> InboxRow:
    row = find_row(connection, user_id)
    return InboxRow(user_id, new_epoch(), 0, "", 0, 0, 0, "") if row is None else InboxRow(*row)


def save(connection: sqlite3.Connection, inbox: InboxRow) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (inbox.user_id, inbox.epoch, inbox.top, inbox.tail, inbox.unseen, inbox.unread, inbox.held, inbox.floor),
    )


def save_release(connection: sqlite3.Connection, inbox: InboxRow) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO inbox_releases VALUES (?, ?, ?)", (inbox.user_id, inbox.owed, inbox.released)
    )


def log(connection: sqlite3.Connection, inbox: InboxRow, kind: str, identifier: str, body: bytes | None) -> str:
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


def prior_of(connection: sqlite3.Connection, user_id: str, place: int) -> str:
    row = connection.execute("SELECT prior FROM inbox_log WHERE user_id = ? AND place = ?", (user_id, place)).fetchone()
    return "" if row is None else str(row[0])


def apply_mark(connection: sqlite3.Connection, inbox: InboxRow, mark: Mark) -> None:
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
            remove(connection, inbox, identifier, old)
            continue
        inbox.count(old, -1)
        inbox.count(new, 1)
        connection.execute(
            "UPDATE inbox_items SET seen = ?, read = ?, unread = ?, archived = ? WHERE user_id = ? AND id = ?",
            (*new[:4], mark.user_id, identifier),
        )


def remove(connection: sqlite3.Connection, inbox: InboxRow, identifier: str, states: States) -> None:
    connection.execute("DELETE FROM inbox_items WHERE user_id = ? AND id = ?", (inbox.user_id, identifier))
    inbox.count(states, -1)
    inbox.held -= 1


def items_where(connection: sqlite3.Connection, where: str, *arguments: str | int) -> list[Item]:
    rows = connection.execute(
        f"SELECT id, body, seen, read, unread, archived FROM inbox_items WHERE {where}", arguments
    ).fetchall()
    return [(identifier, body, States(*states)) for identifier, body, *states in rows]
