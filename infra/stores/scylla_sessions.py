"""Session families on ScyllaDB. Every write is a lightweight transaction: of two refreshes one wins, everywhere."""

from __future__ import annotations

from collections.abc import Callable

from infra.stores.ports import Session
from infra.stores.scylla import ScyllaSession
from schemas.times import now_ms

COLUMNS = "user_id, refresh_digest, previous_digest, rotated_ms, expires_ms, revoked"
INSERT = f"INSERT INTO $ks.sessions (id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?"
REPLACE = (
    "UPDATE $ks.sessions USING TTL ? SET user_id = ?, refresh_digest = ?, previous_digest = ?, rotated_ms = ?, "
    "expires_ms = ?, revoked = ? WHERE id = ? IF revoked = false"
)
SELECT = f"SELECT id, {COLUMNS} FROM $ks.sessions WHERE id = ?"
ROTATE = (
    "UPDATE $ks.sessions USING TTL ? SET refresh_digest = ?, previous_digest = ?, rotated_ms = ? WHERE id = ? "
    "IF refresh_digest = ? AND revoked = false"
)
REVOKE = "UPDATE $ks.sessions USING TTL ? SET revoked = true WHERE id = ? IF EXISTS"

KEPT_SECONDS = 86_400
"""How long an expired family is still there, so that its reuse can be told from an unknown one."""


class ScyllaSessions:
    """A revoked family stays revoked: no later put brings it back. Families leave a day after they expire."""

    def __init__(self, session: ScyllaSession, *, clock: Callable[[], int] = now_ms) -> None:
        self._session = session
        self._clock = clock

    async def put(self, session: Session) -> None:
        seconds = self._seconds(session)
        inserted = await self._session.execute(INSERT, (*session, seconds))
        if not inserted[0][0]:
            await self._session.execute(REPLACE, (seconds, *session[1:], session.id))

    async def get(self, session_id: str) -> Session | None:
        rows = await self._session.execute(SELECT, (session_id,), serial=True)
        return Session(*rows[0]) if rows else None

    async def rotate(self, session: Session, new_digest: str, now_ms: int) -> bool:
        row = (
            await self._session.execute(
                ROTATE,
                (
                    self._seconds(session),
                    new_digest,
                    session.refresh_digest,
                    now_ms,
                    session.id,
                    session.refresh_digest,
                ),
            )
        )[0]
        # An attempt that timed out may have passed: then the repeated one finds its own digest there.
        return bool(row[0]) or getattr(row, "refresh_digest", None) == new_digest

    async def revoke(self, session_id: str) -> None:
        session = await self.get(session_id)
        if session is not None:
            await self._session.execute(REVOKE, (self._seconds(session), session_id))

    def _seconds(self, session: Session) -> int:
        return max(1, (session.expires_ms - self._clock()) // 1000) + KEPT_SECONDS
