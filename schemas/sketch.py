"""Quantiles of many values in little space: counts in logarithmic buckets, which add up over workers.

A bucket's bounds are a factor of 1.2 apart and it answers with its geometric middle, so that a quantile is right to
10 %. From a microsecond to seven weeks there are 160 buckets, of which only those that were hit are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct, field

GROWTH = 1.2
LEAST = 1e-6
BUCKETS = 160
_STEP = math.log(GROWTH)
_ORIGIN = math.log(LEAST)


class Quantiles(Struct, frozen=True):
    """Of ``count`` values of the last 30 to 60 seconds; the others are null where there were none."""

    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class Sketch(Struct):
    """``counts`` by number of bucket; ``max`` is exact."""

    counts: dict[int, int] = field(default_factory=dict)
    max: float = 0.0

    def add(self, value: float, weight: int = 1) -> None:
        """Count ``value`` ``weight`` times. What is below a microsecond counts as one."""
        number = min(BUCKETS, int((math.log(value) - _ORIGIN) / _STEP) + 1) if value > LEAST else 0
        self.counts[number] = self.counts.get(number, 0) + weight
        if value > self.max:
            self.max = value

    def merge(self, other: Sketch) -> None:
        for number, count in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + count
        self.max = max(self.max, other.max)

    def quantiles(self) -> Quantiles:
        count = sum(self.counts.values())
        if not count:
            return Quantiles(0)
        p50, p95, p99 = (self._at(math.ceil(count * part)) for part in (0.5, 0.95, 0.99))
        return Quantiles(count, p50, p95, p99, self.max)

    def _at(self, rank: int) -> float:
        passed = 0
        for number in sorted(self.counts):
            passed += self.counts[number]
            if passed >= rank:
                return min(self.max, _middle(number))
        return self.max


def _middle(number: int) -> float:
    return float(f"{math.exp(_ORIGIN + (number - 0.5) * _STEP):.3g}") if number else LEAST


def merged(sketches: Iterable[Sketch]) -> Sketch:
    whole = Sketch()
    for one in sketches:
        whole.merge(one)
    return whole
