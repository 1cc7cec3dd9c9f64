"""Reads the dead-letter topic: what is retained there, each letter once, as it failed last."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from infra.log.ports import LogClient
from infra.log.routing import partition_of
from infra.stores.ports import Replay, Replays
from schemas.dead_letters import ALL, LetterFilter
from schemas.records import DeadLetter, decode_record

ASKED_AT_ONCE = 500
Place = tuple[str, str]
"""Time and id of a letter: their order is that of the lists."""


class DeadLetterTopic:
    """Letters in order of time, then id.

    The topic may have a letter several times under its id: from a batch that was repeated, or because it failed again
    after it had been replayed. The last one counts. Letters are keyed by their id, so its copies are in one partition.
    """

    def __init__(self, log: LogClient, topic: str, replays: Replays) -> None:
        self._log = log
        self._topic = topic
        self._replays = replays

    async def list(self, limit: int, after: str | None, filters: LetterFilter = ALL) -> Sequence[DeadLetter]:
        """Up to ``limit`` letters after the one with the id ``after``; holds no more letters than that in memory."""
        start = ("", "")
        if after is not None:
            found = await self.get(after)
            if found is None:
                return []
            start = (found.time, found.id)
        places = [place for place in await self.places(filters) if place > start]
        return await self.read([id for _, id in heapq.nsmallest(limit, places)])

    async def places(self, filters: LetterFilter) -> Sequence[Place]:
        """Where each letter that ``filters`` take stands, in no order: a few hundred bytes for each."""
        matched: dict[str, tuple[str, int]] = {}
        async for letter in self._all(range(await self._log.partitions(self._topic))):
            if filters.takes(letter):
                matched[letter.id] = (letter.time, letter.attempts)
            else:
                matched.pop(letter.id, None)
        if filters.state is not None:
            replays = await self.replays(list(matched))
            settled = {id for id, replay in replays.items() if replay.settles(matched[id][1])}
            wanted = settled if filters.state == "replayed" else matched.keys() - settled
            matched = {id: matched[id] for id in wanted}
        return [(time, id) for id, (time, _) in matched.items()]

    async def read(self, ids: Collection[str]) -> Sequence[DeadLetter]:
        """Those of ``ids`` that are there, in the order of the lists."""
        wanted, partitions = set(ids), await self._log.partitions(self._topic)
        found: dict[str, DeadLetter] = {}
        async for letter in self._all(sorted({partition_of(id, partitions) for id in wanted})):
            if letter.id in wanted:
                found[letter.id] = letter
        return sorted(found.values(), key=lambda letter: (letter.time, letter.id))

    async def get(self, id: str) -> DeadLetter | None:
        return next(iter(await self.read([id])), None)

    async def replays(self, ids: Sequence[str]) -> Mapping[str, Replay]:
        """The last replay of each that was ever replayed."""
        found: dict[str, Replay] = {}
        for start in range(0, len(ids), ASKED_AT_ONCE):
            found |= await self._replays.latest(ids[start : start + ASKED_AT_ONCE])
        return found

    async def audit(self, before: tuple[int, str] | None, limit: int) -> Sequence[Replay]:
        """Who replayed what, newest first."""
        return await self._replays.page(before, limit)

    async def _all(self, partitions: Sequence[int]) -> AsyncIterator[DeadLetter]:
        for partition in partitions:
            async for record in self._log.scan(self._topic, partition):
                letter: DeadLetter = decode_record(record.value, DeadLetter)
                yield letter
