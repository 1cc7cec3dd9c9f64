"""Calls to Redis that nobody should wait for: they give up early, and their caller goes on without.

Over connections of their own: those of the inbox are counted, and a limit that waits behind an inbox is none.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from infra.dependencies import failure
from infra.stores.redis_client import ERRORS, close_redis, quick_redis
from schemas.errors import ConnectionFailed
from schemas.settings import RedisSettings

POOL = 8
SECONDS = 0.5
PAUSE = 1.0
"""After a failure all calls fail at once for so long: thousands of them would otherwise wait for their time limit."""
PIPELINE = 500


class Script:
    """A Lua file of this package."""

    def __init__(self, name: str) -> None:
        self.text = files("infra.stores").joinpath(name).read_text()
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class QuickRedis:
    """Connects when it is first used. :meth:`close` it."""

    def __init__(self, settings: RedisSettings) -> None:
        self._redis = quick_redis(settings, pool=POOL, seconds=SECONDS)
        self._free = asyncio.Semaphore(POOL)
        self._away_until = 0.0

    async def run(self, script: Script, calls: Sequence[tuple[str, Sequence[str | int | float]]]) -> list[Any]:
        """Run ``script`` once for each (key, arguments), many in one round trip; their replies.

        Raises ConnectionFailed, also at once for a while after a failure, and NotificationError for what Redis will
        never take.
        """
        replies: list[Any] = []
        for start in range(0, len(calls), PIPELINE):
            replies += await self._pipeline(script, calls[start : start + PIPELINE])
        return replies

    async def _pipeline(self, script: Script, calls: Sequence[tuple[str, Sequence[str | int | float]]]) -> list[Any]:
        loop = asyncio.get_running_loop()
        async with self._free:
            if loop.time() < self._away_until:
                raise ConnectionFailed("limit", "redis did not answer a moment ago", dependency="redis")
            try:
                try:
                    return await self._send(script, calls)
                except NoScriptError:
                    await self._redis.script_load(script.text)
                    return await self._send(script, calls)
            except ERRORS as error:
                self._away_until = loop.time() + PAUSE
                raise failure("redis", "limit", error) from error

    async def _send(self, script: Script, calls: Sequence[tuple[str, Sequence[str | int | float]]]) -> list[Any]:
        if len(calls) == 1:
            [(key, arguments)] = calls
            return [await self._redis.evalsha(script.sha, 1, key, *arguments)]
        pipeline: Any = self._redis.pipeline(transaction=False)
        for key, arguments in calls:
            pipeline.execute_command("EVALSHA", script.sha, 1, key, *arguments)
        replies: list[Any] = await pipeline.execute()
        return replies

    async def close(self) -> None:
        await close_redis(self._redis)
