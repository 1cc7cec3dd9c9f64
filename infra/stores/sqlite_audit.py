"""The audit on SQLite, for the embedded mode."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from infra.sqlite import Database
from infra.stores.ports import AuditFilter, AuditLine, AuditPage
from schemas.times import now_ms

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    at_ms INTEGER NOT NULL, id TEXT NOT NULL, role TEXT NOT NULL, actor TEXT NOT NULL, session_id TEXT NOT NULL,
    action TEXT NOT NULL, user_id TEXT NOT NULL, subject TEXT NOT NULL, result TEXT NOT NULL, address TEXT NOT NULL,
    times INTEGER NOT NULL, PRIMARY KEY (at_ms, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS audit_user ON audit (user_id, at_ms, id);
CREATE INDEX IF NOT EXISTS audit_action ON audit (action, at_ms, id);
"""
COLUMNS = "id, at_ms, role, actor, session_id, action, user_id, subject, result, address, times"


class SqliteAudit:
    """Lines older than ``kept`` are never shown; :meth:`cleanup` deletes them."""

    def __init__(self, database: Database, *, kept: timedelta, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._kept_ms = kept // timedelta(milliseconds=1)
        self._clock = clock

    async def put(self, line: AuditLine) -> None:
        await self._database.write(
            lambda connection: connection.execute(
                f"INSERT OR REPLACE INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", line
            )
        )

    async def page(self, before: tuple[int, str] | None, limit: int, filter: AuditFilter) -> AuditPage:
        where = ["(at_ms, id) < (?, ?)", "at_ms >= ?", "at_ms < ?"]
        since = max(filter.since_ms, self._clock() - self._kept_ms)
        values: list[object] = [*(before or (1 << 62, "")), since, filter.until_ms]
        for column, wanted in (("user_id", filter.user_id), ("action", filter.action)):
            if wanted is not None:
                where.append(f"{column} = ?")
                values.append(wanted)
        rows = await self._database.read(
            lambda connection: connection.execute(
                f"SELECT {COLUMNS} FROM audit WHERE {' AND '.join(where)} ORDER BY at_ms DESC, id DESC LIMIT ?",
                (*values, limit + 1),
            ).fetchall()
        )
        lines = [AuditLine(*row) for row in rows[:limit]]
        return AuditPage(lines, (lines[-1].at_ms, lines[-1].id) if len(rows) > limit else None)

    async def cleanup(self, now_ms: int) -> int:
        """Delete lines that are past their time; how many."""
        return await self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM audit WHERE at_ms < ?", (now_ms - self._kept_ms,)).rowcount
            )
        )
