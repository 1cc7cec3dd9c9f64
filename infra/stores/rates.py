"""Rate limits as everything above sees them, and the adapter for one process. One contract suite runs on both adapters.

A rate of N in a window lets N pass at once, and then one more each window / N: there is no edge of a window at which
everybody comes back.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol

from schemas.durations import Rate

ROUNDING = 0.01
"""Milliseconds by which sums of the time between two may be off: it is rarely a round number."""


class Standing(NamedTuple):
    """What became of one take. ``reset`` and ``retry`` are seconds."""

    admitted: bool
    remaining: int
    """How many more would pass now."""
    reset: float
    """Until all of the rate is there again."""
    retry: float
    """Until the next one passes; 0 if it would pass now."""


class Rates(Protocol):
    async def take(self, key: str, rate: Rate) -> Standing:
        """Count one against ``key``; what is not admitted is not counted. Raises ConnectionFailed."""


def standing(rate: Rate, ahead: float, *, admitted: bool) -> Standing:
    """``ahead``: for how many milliseconds what was taken is ahead of the rate, at most its window."""
    window = milliseconds(rate)
    each = window / rate.amount
    left = max(0, math.floor((window - ahead + ROUNDING) / each))
    return Standing(admitted, left, ahead / 1000, 0.0 if left else (each - window + ahead) / 1000)


def milliseconds(rate: Rate) -> float:
    return rate.window.total_seconds() * 1000


class MemoryRates:
    """Of this process alone, for at most ``keys`` keys: past that the key that was quiet for longest starts anew.

    ``clock`` gives milliseconds that never go back.
    """

    def __init__(self, *, keys: int = 100_000, clock: Callable[[], float] = lambda: time.monotonic() * 1000) -> None:
        self._keys = keys
        self._clock = clock
        self._until: OrderedDict[tuple[str, Rate], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    async def take(self, key: str, rate: Rate) -> Standing:
        return self.take_now(key, rate)

    def take_now(self, key: str, rate: Rate) -> Standing:
        now, window = self._clock(), milliseconds(rate)
        ahead = max(0.0, self._until.get((key, rate), 0.0) - now)
        after = ahead + window / rate.amount
        admitted = after <= window + ROUNDING
        if admitted:
            ahead = after
            self._until[key, rate] = now + after
            self._until.move_to_end((key, rate))
            if len(self._until) > self._keys:
                self._until.popitem(last=False)
        return standing(rate, ahead, admitted=admitted)
