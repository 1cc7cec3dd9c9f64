"""Rate limits that all gateways share: one short script a take, on the server's own clock."""

from __future__ import annotations

from collections.abc import Callable

from infra.stores.quick_redis import QuickRedis, Script
from infra.stores.rates import ROUNDING, Standing, milliseconds, standing
from schemas.durations import Rate

SCRIPT = Script("rate.lua")


class RedisRates:
    """Each key is one number, which expires when its rate is all there again.

    ``clock``, for tests, gives the milliseconds that otherwise the server's clock does.
    """

    def __init__(self, redis: QuickRedis, *, prefix: str = "rate", clock: Callable[[], float] | None = None) -> None:
        self._redis = redis
        self._prefix = prefix
        self._clock = clock

    async def take(self, key: str, rate: Rate) -> Standing:
        window = milliseconds(rate)
        now = 0.0 if self._clock is None else self._clock()
        # Another rate of the same key, after a change of the settings, counts anew.
        call = (f"{self._prefix}:{{{key}}}:{rate}", [window, window / rate.amount, now, ROUNDING])
        [(admitted, ahead)] = await self._redis.run(SCRIPT, [call])
        return standing(rate, float(ahead), admitted=admitted == 1)
