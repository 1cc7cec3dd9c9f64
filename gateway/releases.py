"""The end of quiet hours: one entry tells every device of the user that what was withheld is there to be loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.metrics import RELEASED
from gateway.publishers import FanOut
from infra.stores.ports import Inbox

AT_ONCE = 32
"""Quiet hours of many users end at the same minute."""


class Releases:
    """Inbox, then fan-out. History knows nothing of it: what was withheld is in history since it was delivered."""

    def __init__(self, inbox: Inbox, fan_out: FanOut, clock: Callable[[], int]) -> None:
        self._inbox = inbox
        self._fan_out = fan_out
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def release(self, user_id: str) -> bool:
        """Whether an entry was made; another gateway may have been first, or an earlier call whose answer was lost.

        Raises ConnectionFailed: the entry may then be in the inbox, where comparing positions finds it.
        """
        async with self._slots:
            released = await self._inbox.release(user_id, self._clock())
            if released is None:
                return False
            RELEASED.inc()
            await self._fan_out.tell(released)
            return True
