"""Followers and names on SQLite, for the embedded mode. No cache: a look-up is a local index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import ClassVar

from infra.sqlite import Database
from infra.stores.ports import Follow, Profile
from schemas.errors import Dependency

SCHEMA = """
CREATE TABLE IF NOT EXISTS followers (
    user_id TEXT NOT NULL, follower TEXT NOT NULL, at_ms INTEGER NOT NULL, active INTEGER NOT NULL,
    PRIMARY KEY (user_id, follower)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS followers_active ON followers (user_id, follower) WHERE active;
CREATE TABLE IF NOT EXISTS profiles (
    user_id TEXT PRIMARY KEY, name TEXT NOT NULL, at_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""


class SqlitePeople:
    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_follows(self, follows: Sequence[Follow]) -> None:
        rows = [(follow.followed, follow.follower, follow.at_ms, follow.active) for follow in follows]
        await self._database.write(
            lambda connection: connection.executemany(
                # On a tie following wins, as the larger value does in Scylla.
                "INSERT INTO followers VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms, "
                "active = excluded.active WHERE (excluded.at_ms, excluded.active) > (at_ms, active)",
                rows,
            )
        )

    async def followers(self, user_id: str, after: str, limit: int) -> list[str]:
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT follower FROM followers WHERE user_id = ? AND active AND follower > ? "
                "ORDER BY follower LIMIT ?",
                (user_id, after, limit),
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def put_profiles(self, profiles: Sequence[Profile]) -> None:
        await self._database.write(
            lambda connection: connection.executemany(
                "INSERT INTO profiles VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, "
                "at_ms = excluded.at_ms WHERE (excluded.at_ms, excluded.name) > (at_ms, name)",
                profiles,
            )
        )

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        wanted = json.dumps(list(dict.fromkeys(user_ids)))
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT user_id, name FROM profiles WHERE user_id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
        )
        return {row[0]: row[1] for row in rows}

    async def erase(self, user_id: str, before_ms: int) -> None:
        def job(connection: sqlite3.Connection) -> None:
            whose = {"user": user_id, "before": before_ms}
            connection.execute("DELETE FROM profiles WHERE user_id = :user AND at_ms < :before", whose)
            connection.execute(
                "DELETE FROM followers WHERE (user_id = :user OR follower = :user) AND at_ms < :before", whose
            )

        await self._database.write(job)
