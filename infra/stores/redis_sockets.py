"""The open sockets of all gateways: one hash for each user, on the server's own clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from infra.stores.quick_redis import QuickRedis, Script
from infra.stores.sockets import HELD_SECONDS, Entered, Held

SCRIPT = Script("sockets.lua")

Value = str | int | float


class RedisSockets:
    """A user's hash expires once nobody keeps any of it. ``clock``, for tests, gives seconds since 1970."""

    def __init__(self, redis: QuickRedis, *, prefix: str = "sockets", clock: Callable[[], float] | None = None) -> None:
        self._redis = redis
        self._prefix = prefix
        self._clock = clock

    async def enter(self, user_id: str, connection_id: str, limit: int) -> Entered:
        [reply] = await self._redis.run(SCRIPT, [self._call("enter", user_id, connection_id, limit)])
        since, *replaced = reply
        return Entered(int(since), [each.decode() for each in replaced])

    async def keep(self, held: Sequence[Held]) -> None:
        by_user: dict[str, list[Value]] = {}
        for one in held:
            by_user.setdefault(one.user_id, []).extend((one.connection_id, one.since_ms))
        await self._redis.run(SCRIPT, [self._call("keep", user_id, *pairs) for user_id, pairs in by_user.items()])

    async def leave(self, user_id: str, connection_id: str) -> None:
        await self._redis.run(SCRIPT, [self._call("leave", user_id, connection_id)])

    def _call(self, operation: str, user_id: str, *arguments: Value) -> tuple[str, list[Value]]:
        now = 0 if self._clock is None else int(self._clock() * 1000)
        return f"{self._prefix}:{{{user_id}}}", [operation, HELD_SECONDS * 1000, now, *arguments]
