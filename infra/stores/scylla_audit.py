"""The audit on ScyllaDB: by day, with a list of the days, and by the user whom a line concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from infra.stores.ports import AuditFilter, AuditLine, AuditPage
from infra.stores.scylla import ScyllaSession
from schemas.times import now_ms

COLUMNS = "id, at_ms, role, actor, session_id, action, user_id, subject, result, address, times"
VALUES = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
PUT_DAY = "INSERT INTO $ks.audit_days (all_of, day) VALUES ('all', ?) USING TTL ?"
PUT = f"INSERT INTO $ks.audit (day, {COLUMNS}) VALUES (?, {VALUES}) USING TTL ?"
PUT_USER = f"INSERT INTO $ks.audit_by_user ({COLUMNS}) VALUES ({VALUES}) USING TTL ?"
DAYS = "SELECT day FROM $ks.audit_days WHERE all_of = 'all' AND day <= ? AND day >= ?"
PAGE = f"SELECT {COLUMNS} FROM $ks.audit WHERE day = ? AND (at_ms, id) < (?, ?) LIMIT ?"
PAGE_USER = f"SELECT {COLUMNS} FROM $ks.audit_by_user WHERE user_id = ? AND (at_ms, id) < (?, ?) LIMIT ?"

DAY_SECONDS = 86_400
CHUNK = 500
LOOKED_AT = 5_000
"""How many lines one page reads at most to find those of an action: then it ends, and says where to go on."""


def day_of(ms: int) -> int:
    """``20261124`` for a time on that day (UTC)."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return moment.year * 10_000 + moment.month * 100 + moment.day


class ScyllaAudit:
    def __init__(self, session: ScyllaSession, *, kept: timedelta, clock: Callable[[], int] = now_ms) -> None:
        self._session = session
        self._kept_ms = kept // timedelta(milliseconds=1)
        self._clock = clock

    async def put(self, line: AuditLine) -> None:
        seconds = (line.at_ms + self._kept_ms - self._clock()) // 1000
        if seconds <= 0:
            return
        # The day first: lines of a day that no list names are never read.
        await self._session.execute(PUT_DAY, (day_of(line.at_ms), seconds + DAY_SECONDS))
        if line.user_id:
            await self._session.execute(PUT_USER, (*line, seconds))
        await self._session.execute(PUT, (day_of(line.at_ms), *line, seconds))

    async def page(self, before: tuple[int, str] | None, limit: int, filter: AuditFilter) -> AuditPage:
        now = self._clock()
        since = max(filter.since_ms, now - self._kept_ms, 0)
        # A minute for writers whose clock is ahead.
        at = min((filter.until_ms, ""), before or (filter.until_ms, ""), (now + 60_000, ""))
        if filter.user_id is None:
            days = await self._session.execute(DAYS, (day_of(at[0]), day_of(since)))
            query, partitions = PAGE, [row[0] for row in days]
        else:
            query, partitions = PAGE_USER, [filter.user_id]
        # Those of one action are picked out here: they may be far apart.
        count = CHUNK if filter.action is not None else min(CHUNK, limit + 1)
        lines: list[AuditLine] = []
        looked_at = 0
        for partition in partitions:
            while True:
                rows = await self._session.execute(query, (partition, *at, count))
                for row in rows:
                    line = AuditLine(*row)
                    if line.at_ms < since:
                        return AuditPage(lines, None)
                    if filter.action in (None, line.action):
                        if len(lines) == limit:
                            return AuditPage(lines, (lines[-1].at_ms, lines[-1].id))
                        lines.append(line)
                    at = (line.at_ms, line.id)
                looked_at += len(rows)
                if len(rows) < count:
                    break
                if looked_at >= LOOKED_AT:
                    return AuditPage(lines, at)
        return AuditPage(lines, None)
