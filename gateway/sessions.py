"""Sessions: a service opens one for a user, its holder refreshes it, and either ends it."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from uuid import uuid4

import structlog

from gateway.audit import ALL_SESSIONS_ENDED, SESSION_ENDED, SESSION_OPENED, TOKEN_REUSED, Actor, Trail
from gateway.problems import NotThere, Unauthorized
from gateway.publishers import FanOut
from gateway.standing import Standing, stands
from gateway.tokens import ACCESS_SECONDS, Tokens, digest
from infra.stores.ports import Session, Sessions
from schemas.errors import ConnectionFailed
from schemas.records import NO_SESSION, Revoked
from schemas.rest import OpenedSession
from schemas.times import now_ms

logger = structlog.get_logger()

SESSION_MS = 30 * 24 * 3600 * 1000
"""After 30 days a session ends, however often it was refreshed."""

RETRY_MS = 10_000
"""For so long the token before the current one gets the current one again: its answer may have been lost."""


class SessionFamilies:
    """All refresh tokens that followed from one opening are a family: a copied one ends it."""

    def __init__(
        self,
        store: Sessions,
        tokens: Tokens,
        fan_out: FanOut,
        standing: Standing,
        trail: Trail,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._fan_out = fan_out
        self._standing = standing
        self._trail = trail

    async def open(self, user_id: str, by: Actor) -> OpenedSession:
        """Raises ConnectionFailed: a session of which the audit cannot tell is given to nobody."""
        session_id = str(uuid4())
        token = self._tokens.first_refresh(session_id)
        now = now_ms()
        session = Session(session_id, user_id, digest(token), "", now, now + SESSION_MS, False)
        await self._store.put(session)
        await self._trail.write(by, SESSION_OPENED, user_id=user_id, subject=session_id)
        return self._opened(user_id, session_id, token)

    async def refresh(self, token: str, by: Actor) -> OpenedSession:
        """Use up ``token`` and answer its successor; the same token again within 10 s gets the same successor.

        Raises Unauthorized. A token that was used up longer ago is in two hands: its family is revoked.
        """
        try:
            session_id = self._tokens.read_refresh(token)
        except Unauthorized:
            self._trail.failed(by.address)
            raise
        # A second look is enough: the one who was first has left this token as the previous one.
        for _ in range(2):
            session = await self._store.get(session_id)
            if session is None or not stands(session):
                raise Unauthorized("refresh session", "the session has ended")
            if hmac.compare_digest(session.refresh_digest, digest(token)):
                successor = self._tokens.successor(token)
                if await self._store.rotate(session, digest(successor), now_ms()):
                    return self._opened(session.user_id, session_id, successor)
                continue
            if (
                hmac.compare_digest(session.previous_digest, digest(token))
                and now_ms() - session.rotated_ms <= RETRY_MS
            ):
                return self._opened(session.user_id, session_id, self._given(session, token))
            logger.warning("a used refresh token came again, its session is revoked", session=session_id)
            # Written first: revoking it may fail, and then nobody comes with this token again.
            await self._trail.note(by, TOKEN_REUSED, user_id=session.user_id, subject=session_id, result="revoking")
            await self._revoke(session)
            break
        raise Unauthorized("refresh session", "the refresh token was used before")

    def _given(self, session: Session, token: str) -> str:
        """The successor that was given for ``token``."""
        for successor in self._tokens.successors(token):
            if hmac.compare_digest(session.refresh_digest, digest(successor)):
                return successor
        # Neither a reuse nor to be answered here: while the service key is replaced, gateways differ in their keys.
        raise ConnectionFailed("refresh session", "a gateway with another service key was asked first")

    async def find(self, session_id: str) -> Session:
        """Raises NotThere."""
        session = await self._store.get(session_id)
        if session is None:
            raise NotThere("find session", "there is no such thing")  # as of another user's
        return session

    async def of_user(self, user_id: str) -> list[Session]:
        """Those that stand, the one that lasts longest first."""
        return [session for session in await self._store.of_user(user_id) if stands(session)]

    async def end(self, session: Session, by: Actor) -> None:
        """Sign out: its sockets close and its access tokens are refused, wherever they are."""
        await self._revoke(session)
        await self._trail.note(by, SESSION_ENDED, user_id=session.user_id, subject=session.id)

    async def end_all(self, user_id: str, by: Actor) -> None:
        """Sign out everywhere; sockets with the token of an outside issuer close too. It may be repeated."""
        ended = await self._store.revoke_all(user_id)
        await self._tell(user_id, [*(session.id for session in ended), NO_SESSION])
        subject = " ".join(session.id for session in ended)
        await self._trail.note(by, ALL_SESSIONS_ENDED, user_id=user_id, subject=subject)

    async def active(self, session_id: str) -> bool:
        """What the store says now; raises ConnectionFailed."""
        return stands(await self._store.get(session_id))

    async def _revoke(self, session: Session) -> None:
        # The store first: a socket that connects between the two finds it there, one that is open gets the record.
        await self._store.revoke(session.id)
        await self._tell(session.user_id, [session.id])

    async def _tell(self, user_id: str, ended: Sequence[str]) -> None:
        for session_id in ended:
            self._standing.ended(session_id)
        await self._fan_out.tell(*(Revoked(user_id=user_id, session_id=session_id) for session_id in ended))

    def _opened(self, user_id: str, session_id: str, refresh_token: str) -> OpenedSession:
        access = self._tokens.issue_access(user_id, session_id)
        return OpenedSession(session_id, access, refresh_token, ACCESS_SECONDS)
