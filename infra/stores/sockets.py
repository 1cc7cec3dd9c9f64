"""A user's open sockets over all gateways, and the adapter for one process. One contract suite runs on both adapters.

What a crashed gateway held expires: whoever holds a socket says so again before :data:`HELD_SECONDS` are over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

HELD_SECONDS = 120


class Held(NamedTuple):
    """One open socket; ``since_ms`` orders a user's sockets by age."""

    user_id: str
    connection_id: str
    since_ms: int


class Entered(NamedTuple):
    since_ms: int
    replaced: list[str]
    """The oldest over the limit, oldest first. They are forgotten: the caller closes them, wherever they are."""


class OpenSockets(Protocol):
    async def enter(self, user_id: str, connection_id: str, limit: int) -> Entered:
        """Hold a new one, and let go of the oldest while the user has more than ``limit``. Raises ConnectionFailed."""

    async def keep(self, held: Sequence[Held]) -> None:
        """Say that these are still open: also what was forgotten meanwhile is held again. Raises ConnectionFailed."""

    async def leave(self, user_id: str, connection_id: str) -> None:
        """It has closed. Raises ConnectionFailed."""


class _Socket(NamedTuple):
    since_ms: int
    until: float


class MemorySockets:
    """Of this process alone. ``clock`` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._users: dict[str, dict[str, _Socket]] = {}

    async def enter(self, user_id: str, connection_id: str, limit: int) -> Entered:
        now = self._clock()
        since = int(now * 1000)
        mine = {name: one for name, one in self._users.get(user_id, {}).items() if one.until > now}
        mine[connection_id] = _Socket(since, now + HELD_SECONDS)
        # The new one comes last, whatever the others say of their age.
        by_age = sorted(mine, key=lambda name: (name == connection_id, mine[name].since_ms, name))
        replaced = by_age[: max(0, len(by_age) - limit)]
        self._users[user_id] = {name: one for name, one in mine.items() if name not in replaced}
        return Entered(since, replaced)

    async def keep(self, held: Sequence[Held]) -> None:
        until = self._clock() + HELD_SECONDS
        for one in held:
            self._users.setdefault(one.user_id, {})[one.connection_id] = _Socket(one.since_ms, until)

    async def leave(self, user_id: str, connection_id: str) -> None:
        mine = self._users.get(user_id, {})
        mine.pop(connection_id, None)
        if not mine:
            self._users.pop(user_id, None)
