"""How long to wait: full-jitter backoff, and the pace at which frames may be sent."""

from __future__ import annotations

import asyncio
import random

FIRST, LONGEST = 0.5, 30.0
"""Seconds: the ceiling of the first delay, and of the longest."""


def full_jitter(attempt: int, first: float = FIRST, longest: float = LONGEST) -> float:
    """Anything up to ``first`` doubled ``attempt`` times: clients that lost one gateway do not come back together."""
    return random.uniform(0, min(longest, first * 2.0 ** min(attempt, 16)))


class Pace:
    """``burst`` at once, then ``per_second``."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._gap = 1 / per_second
        self._ahead = (burst - 1) * self._gap
        self._next = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - self._ahead) + self._gap
        await asyncio.sleep(max(0.0, self._next - self._gap - now))
