"""Between the socket and who iterates: bounded, so that whoever is slow is waited for, and memory is not."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Buffer(Generic[T]):
    """One puts, one gets. :meth:`finish` lets the one who gets have what is there, and then the error, or the end."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque()
        self._changed = asyncio.Event()
        self._finished = False
        self._error: Exception | None = None

    @property
    def finished(self) -> bool:
        return self._finished

    async def put(self, item: T) -> None:
        """Waits while it is full."""
        while len(self._items) >= self._size and not self._finished:
            self._changed.clear()
            await self._changed.wait()
        self._items.append(item)
        self._changed.set()

    async def get(self) -> T:
        """Raises StopAsyncIteration at the end, or the error that ended it."""
        while not self._items:
            if self._finished:
                raise self._error or StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        item = self._items.popleft()
        self._changed.set()
        return item

    def finish(self, error: Exception | None = None) -> None:
        if not self._finished:
            self._finished = True
            self._error = error
            self._changed.set()
