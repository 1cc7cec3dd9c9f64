"""The audit of replayed dead letters on SQLite, for the embedded mode."""

from __future__ import annotations

import json
from collections.abc import Sequence

from infra.sqlite import Database
from infra.stores.ports import Replay

SCHEMA = """
CREATE TABLE IF NOT EXISTS dead_letter_replays (
    letter_id TEXT NOT NULL, attempts INTEGER NOT NULL, at_ms INTEGER NOT NULL, operator TEXT NOT NULL,
    result TEXT NOT NULL, PRIMARY KEY (letter_id, at_ms)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dead_letter_replays_time ON dead_letter_replays (at_ms, letter_id);
"""


class SqliteReplays:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, replays: Sequence[Replay]) -> None:
        await self._database.write(
            lambda connection: connection.executemany(
                "INSERT OR REPLACE INTO dead_letter_replays VALUES (?, ?, ?, ?, ?)", replays
            )
        )

    async def latest(self, letter_ids: Sequence[str]) -> dict[str, Replay]:
        wanted = json.dumps(list(dict.fromkeys(letter_ids)))
        rows = await self._database.read(
            lambda connection: connection.execute(
                # SQLite gives the other columns from the row that has the maximum.
                "SELECT letter_id, attempts, max(at_ms), operator, result FROM dead_letter_replays"
                " WHERE letter_id IN (SELECT value FROM json_each(?)) GROUP BY letter_id",
                (wanted,),
            ).fetchall()
        )
        return {row[0]: Replay(*row) for row in rows}

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[Replay]:
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT letter_id, attempts, at_ms, operator, result FROM dead_letter_replays"
                " WHERE (at_ms, letter_id) < (?, ?) ORDER BY at_ms DESC, letter_id DESC LIMIT ?",
                (*(before or (1 << 62, "")), limit),
            ).fetchall()
        )
        return [Replay(*row) for row in rows]
