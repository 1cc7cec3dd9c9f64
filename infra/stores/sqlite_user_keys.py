"""The data keys of users on SQLite, for the embedded mode."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from infra.sqlite import Database
from infra.stores.ports import WrappedKey

SCHEMA = """
CREATE TABLE IF NOT EXISTS user_keys (
    user_id TEXT NOT NULL, generation INTEGER NOT NULL, key_id TEXT, wrapped BLOB, retired_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, generation)
) WITHOUT ROWID;
"""


class SqliteUserKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_ids: Sequence[str], *, settled: bool = False) -> dict[str, list[WrappedKey]]:
        """One writer writes, so everything that was stored is seen, ``settled`` or not."""
        wanted = json.dumps(list(dict.fromkeys(user_ids)))
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT * FROM user_keys WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY generation",
                (wanted,),
            ).fetchall()
        )
        found: dict[str, list[WrappedKey]] = {}
        for row in rows:
            found.setdefault(row["user_id"], []).append(WrappedKey(*row))
        return found

    async def add(self, keys: Sequence[WrappedKey]) -> list[bool]:
        def job(connection: sqlite3.Connection) -> list[bool]:
            statement = "INSERT OR IGNORE INTO user_keys VALUES (?, ?, ?, ?, ?)"
            return [connection.execute(statement, key).rowcount == 1 for key in keys]

        return await self._database.write(job)

    async def retire(self, user_id: str, generation: int, at_ms: int) -> None:
        await self._change("retired_ms = ? WHERE retired_ms = 0", at_ms, user_id, generation)

    async def destroy(self, user_id: str, generation: int) -> None:
        await self._change("key_id = NULL, wrapped = NULL WHERE true", user_id, generation)

    async def rewrap(self, key: WrappedKey, before: WrappedKey) -> bool:
        values = (key.key_id, key.wrapped, before.key_id, before.wrapped, key.user_id, key.generation)
        return await self._change("key_id = ?, wrapped = ? WHERE key_id = ? AND wrapped = ?", *values) == 1

    async def page(self, after: WrappedKey | None, limit: int) -> list[WrappedKey]:
        place = ("", 0) if after is None else (after.user_id, after.generation)
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT * FROM user_keys WHERE (user_id, generation) > (?, ?) ORDER BY user_id, generation LIMIT ?",
                (*place, limit),
            ).fetchall()
        )
        return [WrappedKey(*row) for row in rows]

    async def _change(self, what: str, *values: object) -> int:
        statement = f"UPDATE user_keys SET {what} AND user_id = ? AND generation = ?"
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount)
