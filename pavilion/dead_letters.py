"""Reads the dead-letter topic: what is retained there, each letter once."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator

from infra.log.ports import LogClient
from schemas.records import DeadLetter, decode_record


class DeadLetterTopic:
    """Letters in order of time, then id. A replayed batch wrote a letter again under the same id: it is shown once."""

    def __init__(self, log: LogClient, topic: str) -> None:
        self._log = log
        self._topic = topic

    async def list(self, limit: int, after: str | None) -> list[DeadLetter]:
        """Up to ``limit`` letters after the one with the id ``after``; holds no more than that in memory."""
        start = ("", "")
        if after is not None:
            found = await self.get(after)
            if found is None:
                return []
            start = (found.time, found.id)
        chosen: list[DeadLetter] = []
        async for letter in self._all():
            if (letter.time, letter.id) > start:
                chosen.append(letter)
                if len(chosen) > 2 * limit:
                    chosen = heapq.nsmallest(limit, chosen, key=lambda one: (one.time, one.id))
        return heapq.nsmallest(limit, chosen, key=lambda one: (one.time, one.id))

    async def get(self, id: str) -> DeadLetter | None:
        async for letter in self._all():
            if letter.id == id:
                return letter
        return None

    async def _all(self) -> AsyncIterator[DeadLetter]:
        """Letters are keyed by their id, so the copies of one are in one partition."""
        for partition in range(await self._log.partitions(self._topic)):
            seen: set[str] = set()
            async for record in self._log.scan(self._topic, partition):
                letter: DeadLetter = decode_record(record.value, DeadLetter)
                if letter.id not in seen:
                    seen.add(letter.id)
                    yield letter
