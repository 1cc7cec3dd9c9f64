"""Session families on SQLite, for the embedded mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from infra.sqlite import Database
from infra.stores.ports import Session
from schemas.times import now_ms

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, refresh_digest TEXT NOT NULL, previous_digest TEXT NOT NULL,
    rotated_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expires_ms);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id, expires_ms);
"""
OF_USER = "SELECT * FROM sessions WHERE user_id = ? AND expires_ms > ? ORDER BY expires_ms DESC, id"


class SqliteSessions:
    """A revoked family stays revoked: no later put brings it back."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    async def put(self, session: Session) -> None:
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "user_id = excluded.user_id, refresh_digest = excluded.refresh_digest, "
                "previous_digest = excluded.previous_digest, rotated_ms = excluded.rotated_ms, "
                "expires_ms = excluded.expires_ms, revoked = excluded.revoked WHERE NOT revoked",
                session,
            )
        )

    async def get(self, session_id: str) -> Session | None:
        row = await self._database.read(
            lambda connection: connection.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
        )
        return None if row is None else _session(row)

    async def rotate(self, session: Session, new_digest: str, now_ms: int) -> bool:
        changed = await self._database.write(
            lambda connection: (
                connection.execute(
                    "UPDATE sessions SET previous_digest = refresh_digest, refresh_digest = ?, rotated_ms = ? "
                    "WHERE id = ? AND refresh_digest = ? AND NOT revoked",
                    (new_digest, now_ms, session.id, session.refresh_digest),
                ).rowcount
            )
        )
        return changed == 1

    async def revoke(self, session_id: str) -> None:
        await self._database.write(
            lambda connection: connection.execute("UPDATE sessions SET revoked = 1 WHERE id = ?", (session_id,))
        )

    async def of_user(self, user_id: str) -> list[Session]:
        rows = await self._database.read(
            lambda connection: connection.execute(OF_USER, (user_id, self._clock())).fetchall()
        )
        return [_session(row) for row in rows]

    async def revoke_all(self, user_id: str) -> list[Session]:
        def job(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            connection.execute("UPDATE sessions SET revoked = 1 WHERE user_id = ?", (user_id,))
            return connection.execute(OF_USER, (user_id, self._clock())).fetchall()

        return [_session(row) for row in await self._database.write(job)]

    async def cleanup(self, now_ms: int) -> int:
        """Delete families that have expired; how many."""
        return await self._database.write(
            lambda connection: connection.execute("DELETE FROM sessions WHERE expires_ms <= ?", (now_ms,)).rowcount
        )


def _session(row: sqlite3.Row) -> Session:
    return Session(*row)._replace(revoked=bool(row["revoked"]))
