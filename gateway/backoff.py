"""Full-jitter exponential backoff."""

from __future__ import annotations

import random


class Backoff:
    """:meth:`next` gives the next delay in seconds, :meth:`reset` starts over after a success."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._ceiling = first

    def next(self) -> float:
        delay = random.uniform(0, self._ceiling)
        self._ceiling = min(self._longest, self._ceiling * 2)
        return delay

    def reset(self) -> None:
        self._ceiling = self._first
