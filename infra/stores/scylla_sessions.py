"""Session families on ScyllaDB. Every write is a lightweight transaction: of two refreshes one wins, everywhere.

A table of its own lists the families of each user. It is written first, and only ever says where to look.
"""

from __future__ import annotations

import asyncio
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

LIST = "INSERT INTO $ks.user_sessions (user_id, expires_ms, id) VALUES (?, ?, ?) USING TTL ?"
LISTED = "SELECT expires_ms, id FROM $ks.user_sessions WHERE user_id = ? AND (expires_ms, id) < (?, ?) LIMIT ?"

LISTED_AT_ONCE = 200
KEPT_SECONDS = 86_400
"""How long an expired family is still there, so that its reuse can be told from an unknown one."""


class ScyllaSessions:
    """A revoked family stays revoked: no later put brings it back. Families leave a day after they expire."""

    def __init__(self, session: ScyllaSession, *, clock: Callable[[], int] = now_ms) -> None:
        self._session = session
        self._clock = clock

    async def put(self, session: Session) -> None:
        seconds = self._seconds(session)
        await self._list(session)
        inserted = await self._session.execute(INSERT, (*session, seconds))
        if not inserted[0][0]:
            await self._session.execute(REPLACE, (seconds, *session[1:], session.id))

    async def get(self, session_id: str) -> Session | None:
        rows = await self._session.execute(SELECT, (session_id,), serial=True)
        return Session(*rows[0]) if rows else None

    async def rotate(self, session: Session, new_digest: str, now_ms: int) -> bool:
        await self._list(session)  # so that families older than the list come into it
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
            await self._revoke(session)

    async def of_user(self, user_id: str) -> list[Session]:
        found: dict[str, Session] = {}
        now, below = self._clock(), (1 << 62, "")
        while True:
            listed = await self._session.execute(LISTED, (user_id, *below, LISTED_AT_ONCE))
            living = [(expires, id) for expires, id in listed if expires > now]
            for session in await asyncio.gather(*(self.get(id) for _, id in living)):
                if session is not None and session.user_id == user_id and session.expires_ms > now:
                    found[session.id] = session
            if len(living) < LISTED_AT_ONCE:
                return sorted(found.values(), key=lambda session: (-session.expires_ms, session.id))
            below = living[-1]

    async def revoke_all(self, user_id: str) -> list[Session]:
        sessions = await self.of_user(user_id)
        await asyncio.gather(*(self._revoke(session) for session in sessions if not session.revoked))
        return [session._replace(revoked=True) for session in sessions]

    async def _list(self, session: Session) -> None:
        whose = (session.user_id, session.expires_ms, session.id)
        await self._session.execute(LIST, (*whose, self._seconds(session)))

    async def _revoke(self, session: Session) -> None:
        await self._session.execute(REVOKE, (self._seconds(session), session.id))

    def _seconds(self, session: Session) -> int:
        return max(1, (session.expires_ms - self._clock()) // 1000) + KEPT_SECONDS
