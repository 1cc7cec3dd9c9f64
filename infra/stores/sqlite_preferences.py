"""Preferences on SQLite, for the embedded mode."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from infra.sqlite import Database
from infra.stores.ports import PreferencesVersion
from infra.stores.preferences_rules import ABOVE_ALL, decode_version, encode_version
from schemas.errors import Dependency

SCHEMA = """
CREATE TABLE IF NOT EXISTS preferences (
    user_id TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL, changed_by TEXT NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (user_id, version)
) WITHOUT ROWID;
"""


class SqlitePreferences:
    dependency: ClassVar[Dependency] = "sqlite"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, user_ids: Sequence[str]) -> dict[str, PreferencesVersion]:
        wanted = json.dumps(list(dict.fromkeys(user_ids)))
        rows = await self._database.read(
            lambda connection: connection.execute(
                # SQLite gives the other columns from the row that has the maximum.
                "SELECT user_id, max(version), at_ms, changed_by, body FROM preferences"
                " WHERE user_id IN (SELECT value FROM json_each(?)) GROUP BY user_id",
                (wanted,),
            ).fetchall()
        )
        return {row[0]: decode_version(*row) for row in rows}

    async def put(self, version: PreferencesVersion) -> bool:
        row = encode_version(version)
        return await self._database.write(
            lambda connection: (
                connection.execute("INSERT OR IGNORE INTO preferences VALUES (?, ?, ?, ?, ?)", row).rowcount == 1
                or connection.execute(
                    "SELECT 1 FROM preferences WHERE user_id = ? AND version = ? AND at_ms = ? AND changed_by = ?"
                    " AND body = ?",
                    row,
                ).fetchone()
                is not None
            )
        )

    async def page(self, user_id: str, below: int | None, limit: int) -> list[PreferencesVersion]:
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT * FROM preferences WHERE user_id = ? AND version < ? ORDER BY version DESC LIMIT ?",
                (user_id, ABOVE_ALL if below is None else below, limit),
            ).fetchall()
        )
        return [decode_version(*row) for row in rows]
