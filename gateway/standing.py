"""Whether the session of an access token still stands, for requests that come one by one.

A session that ends while this gateway runs is known at once, by its control record. For what that record may not have
told (it came before the start, or while its reader was away) the store is asked, at most once in 30 s for each session.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from gateway.metrics import UNCHECKED
from infra.stores.ports import Session, Sessions
from schemas.errors import NotificationError
from schemas.times import now_ms

logger = structlog.get_logger()

KEPT_SECONDS = 30.0
"""How long an answer of the store is good."""

AWAY_SECONDS = 5.0
"""For so long nobody asks again about a session for which the store did not answer."""

WAIT_SECONDS = 1.0
"""What one request waits for the store."""

SESSIONS = 50_000
"""How many sessions are remembered, some 200 bytes each."""

_FOR_EVER = float("inf")


class Standing:
    """``clock`` gives monotonic seconds."""

    def __init__(self, store: Sessions, clock: Callable[[], float] = time.monotonic, sessions: int = SESSIONS) -> None:
        self._store = store
        self._clock = clock
        self._sessions = sessions
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[bool | None]] = {}

    def ended(self, session_id: str) -> None:
        """From now on the session does not stand."""
        self._keep(session_id, False, _FOR_EVER)

    async def stands(self, session_id: str) -> bool:
        """Never raises: while the store is away, what is not known to have ended stands until its token expires."""
        known = self._known.get(session_id)
        if known is not None and self._clock() < known[1]:
            self._known.move_to_end(session_id)
            return known[0]
        asking = self._asking.get(session_id)
        if asking is None:
            asking = self._asking[session_id] = asyncio.create_task(self._ask(session_id), name="session")
        done, _ = await asyncio.wait({asking}, timeout=WAIT_SECONDS)
        answer = asking.result() if done else None
        if answer is not None:
            return answer
        known = self._known.get(session_id)  # it may have ended meanwhile
        if known is not None and not known[0]:
            return False
        UNCHECKED.inc()
        if not done:  # those that come next do not wait as well
            self._keep(session_id, True, self._clock() + AWAY_SECONDS)
        return True

    async def stop(self) -> None:
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, session_id: str) -> bool | None:
        """What the store says, None if it does not."""
        try:
            session = await self._store.get(session_id)
        except NotificationError as error:
            logger.warning("a session cannot be looked up, its token is taken as it is", error=str(error))
            self._keep(session_id, True, self._clock() + AWAY_SECONDS)
            return None
        else:
            self._keep(session_id, stands(session), self._clock() + KEPT_SECONDS)
            return self._known[session_id][0]
        finally:
            del self._asking[session_id]

    def _keep(self, session_id: str, standing: bool, until: float) -> None:
        # What a control record has said is later than what was read of the store while it came.
        earlier = self._known.get(session_id)
        if earlier is None or earlier[1] != _FOR_EVER:
            self._known[session_id] = (standing, until)
        self._known.move_to_end(session_id)
        while len(self._known) > self._sessions:
            self._known.popitem(last=False)


def stands(session: Session | None) -> bool:
    return session is not None and not session.revoked and session.expires_ms > now_ms()
