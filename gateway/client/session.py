"""A user's session: its access token, refreshed in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from gateway.client.errors import Refused, SessionEnded, Unreachable
from gateway.client.rest import Rest
from schemas.rest import OpenedSession, RefreshSession

CLOSE_SECONDS = 10.0
"""For a refresh (8 s) and the callback that keeps its tokens."""

OnRefresh = Callable[[OpenedSession], Awaitable[None]]


class SessionKeeper:
    """Gives an access token that is good for some time yet. Refreshes are made one at a time.

    ``on_refresh`` gets the session with its new tokens before they are used: the old refresh token is used up.
    """

    def __init__(self, rest: Rest, session: OpenedSession, on_refresh: OnRefresh | None) -> None:
        self.session = session
        self._rest = rest
        self._on_refresh = on_refresh
        self._refreshing: asyncio.Task[None] | None = None
        self._expires = time.monotonic() + session.expires_in

    @property
    def seconds_left(self) -> float:
        return self._expires - time.monotonic()

    async def token(self, *, left: float = 10.0, refused: str | None = None) -> str:
        """An access token with at least ``left`` seconds, and not the one that was ``refused``.

        Raises SessionEnded, or Unreachable. Whoever waits may be cancelled, as when its socket closes; the refresh goes
        on, since a used-up token whose successor was dropped ends the session when it comes again.
        """
        if self.seconds_left < left or self.session.access_token == refused:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._refresh())
            await asyncio.shield(self._refreshing)
        return self.session.access_token

    async def close(self) -> None:
        """Wait for a refresh that is under way, so that its tokens are kept."""
        if self._refreshing is not None:
            await asyncio.wait({self._refreshing}, timeout=CLOSE_SECONDS)

    async def _refresh(self) -> None:
        body = RefreshSession(self.session.refresh_token)
        try:
            # The gateway takes the same token again for 10 s: attempts that take longer could end the session.
            async with asyncio.timeout(8.0):
                session = await self._rest.ask("POST", "/v1/sessions/refresh", OpenedSession, body=body)
        except TimeoutError:
            raise Unreachable("refresh the session: no answer within 8 s") from None
        except Refused as refused:
            if refused.problem.status == 401:
                raise SessionEnded(str(refused)) from refused
            raise
        self.session = session
        self._expires = time.monotonic() + session.expires_in
        if self._on_refresh is not None:
            await self._on_refresh(session)
