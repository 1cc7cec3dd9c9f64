"""Sessions: a service opens one for a user, its holder refreshes it, and either ends it."""

from __future__ import annotations

import hmac
from uuid import uuid4

import structlog
from msgspec import Struct

from gateway.problems import NotThere, Unauthorized
from gateway.publishers import Publishers
from gateway.tokens import ACCESS_SECONDS, Tokens, digest
from infra.log.ports import Outgoing
from infra.stores.ports import Session, Sessions
from schemas.records import Revoked, encode_record
from schemas.times import now_ms

logger = structlog.get_logger()

SESSION_MS = 30 * 24 * 3600 * 1000
"""After 30 days a session ends, however often it was refreshed."""

RETRY_MS = 10_000
"""For so long the token before the current one gets the current one again: its answer may have been lost."""


class Opened(Struct, frozen=True):
    """The body that clients rely on; ``expires_in`` is the access token's, in seconds."""

    session_id: str
    access_token: str
    refresh_token: str
    expires_in: int


class SessionFamilies:
    """All refresh tokens that followed from one opening are a family: a copied one ends it."""

    def __init__(self, store: Sessions, tokens: Tokens, publishers: Publishers, fan_out: str) -> None:
        self._store = store
        self._tokens = tokens
        self._publishers = publishers
        self._fan_out = fan_out

    async def open(self, user_id: str) -> Opened:
        session_id = str(uuid4())
        token = self._tokens.first_refresh(session_id)
        now = now_ms()
        await self._store.put(Session(session_id, user_id, digest(token), "", now, now + SESSION_MS, False))
        return self._opened(user_id, session_id, token)

    async def refresh(self, token: str) -> Opened:
        """Use up ``token`` and answer its successor; the same token again within 10 s gets the same successor.

        Raises Unauthorized. A token that was used up longer ago is in two hands: its family is revoked.
        """
        session_id = self._tokens.read_refresh(token)
        successor = self._tokens.successor(token)
        # A second look is enough: the one who was first has left this token as the previous one.
        for _ in range(2):
            session = await self._store.get(session_id)
            if session is None or session.revoked or session.expires_ms <= now_ms():
                raise Unauthorized("refresh session", "the session has ended")
            if hmac.compare_digest(session.refresh_digest, digest(token)):
                if await self._store.rotate(session, digest(successor), now_ms()):
                    return self._opened(session.user_id, session_id, successor)
                continue
            if (
                hmac.compare_digest(session.previous_digest, digest(token))
                and now_ms() - session.rotated_ms <= RETRY_MS
            ):
                return self._opened(session.user_id, session_id, successor)
            logger.warning("a used refresh token came again, its session is revoked", session=session_id)
            await self._revoke(session)
            break
        raise Unauthorized("refresh session", "the refresh token was used before")

    async def find(self, session_id: str) -> Session:
        """Raises NotThere."""
        session = await self._store.get(session_id)
        if session is None:
            raise NotThere("find session", "there is no such session")
        return session

    async def end(self, session: Session) -> None:
        """Sign out: its sockets close, wherever they are; access tokens given out run out within ten minutes."""
        await self._revoke(session)

    async def active(self, session_id: str) -> bool:
        session = await self._store.get(session_id)
        return session is not None and not session.revoked and session.expires_ms > now_ms()

    async def _revoke(self, session: Session) -> None:
        # The store first: a socket that connects between the two finds it there, one that is open gets the record.
        await self._store.revoke(session.id)
        revoked = Revoked(user_id=session.user_id, session_id=session.id)
        await self._publishers.publish(self._fan_out, [Outgoing(session.user_id, encode_record(revoked))])

    def _opened(self, user_id: str, session_id: str, refresh_token: str) -> Opened:
        access = self._tokens.issue_access(user_id, session_id)
        return Opened(session_id, access, refresh_token, ACCESS_SECONDS)
