"""Connections that have yet to say what they want: so many at most, and the oldest gives way to a newer one."""

from __future__ import annotations

from collections.abc import Callable

from gateway.metrics import GAVE_WAY


class Waiting:
    """Whoever means it says so at once, so under a flood of silent connections the oldest are the flood's.

    ``what`` is the label under which those that gave way are counted.
    """

    def __init__(self, bound: int, what: str) -> None:
        self._bound = bound
        self._what = what
        self._by_age: dict[object, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._by_age)

    def add(self, connection: object, give_way: Callable[[], None]) -> None:
        """``give_way`` is called, at most once, if ``connection`` has to end before it is removed."""
        self._by_age[connection] = give_way
        while len(self._by_age) > self._bound:
            GAVE_WAY.labels(self._what).inc()
            self._by_age.pop(next(iter(self._by_age)))()

    def remove(self, connection: object) -> None:
        """It has said what it wants, or has gone."""
        self._by_age.pop(connection, None)
