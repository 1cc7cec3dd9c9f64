"""Which events of a batch are new: to the table, in the batch itself, and to the batches still on their way."""

from __future__ import annotations

import time
from collections.abc import Iterator

from streams.aside import Failed
from streams.decoding import identified
from streams.failures import BACKFILL, LateEvent, first_publish_ms
from streams.plan import Dedup
from streams.stats import AgentStats
from streams.windows import WindowState
from streams.work import Item, Work


class Admission:
    """Of one lane. ``pending`` are the marks on their way, which all lanes of a partition share."""

    def __init__(
        self, dedup: Dedup, state: WindowState, pending: dict[bytes, int], came_back: bool, stats: AgentStats
    ) -> None:
        self._dedup = dedup
        self._state = state
        self._pending = pending
        self._came_back = came_back
        self._stats = stats

    def admit(self, work: Work) -> None:
        """Keep the items that are new; one whose key cannot be had, or that is late, may have failed instead."""
        state, policy, decoded = self._state, self._dedup.table.late, work.items
        started, failed = time.perf_counter(), len(work.failed)
        hits, misses, late = state.hits, state.misses, state.late
        work.items = []
        for item, known in self._known(work, decoded):
            try:
                if self._is_new(item, known):
                    work.items.append(item)
            except LateEvent as error:
                work.failed.append(Failed(item.record, error))
        self._stats.admitted(state.hits - hits, state.misses - misses, state.late - late)
        if policy == "drop" and state.late > late:
            self._stats.suppress("late", state.late - late)
        seconds, failed = time.perf_counter() - started, len(work.failed) - failed
        self._stats.steps["dedup", self._dedup.table.name].passed(len(decoded), len(work.items), seconds, failed)

    def _known(self, work: Work, items: list[Item]) -> Iterator[tuple[Item, int]]:
        """Each with its mark to be, if it is compared at all, and when its key was marked last.

        The table is asked once for all of them: nothing is marked in it while a batch is admitted.
        """
        compared = []
        for item in items:
            if BACKFILL not in item.record.properties:
                published_ms = first_publish_ms(item.record) if self._came_back else item.record.publish_ms
                try:
                    item.mark = identified(self._dedup, item.value, published_ms)
                except Exception as error:
                    work.failed.append(Failed(item.record, error))
                    continue
            compared.append(item)
        moments = iter(self._state.moments([item.mark[0] for item in compared if item.mark is not None]))
        return ((item, 0 if item.mark is None else next(moments)) for item in compared)

    def _is_new(self, item: Item, known: int) -> bool:
        """Has it on its way if so, else without its mark; raises LateEvent where late events are to be dead letters."""
        if item.mark is None:
            return True
        state, (key, moment) = self._state, item.mark
        if not self._came_back:
            state.advance_to(moment)
        item.mark = None
        pending = self._pending.get(key)
        if (known and not state.is_late(known)) or (pending is not None and not state.is_late(pending)):
            state.hits += 1
            return False
        state.misses += 1
        if state.is_late(moment) and not self._came_back:  # what came back was admitted when it came first
            state.late += 1
            if self._dedup.table.late == "drop":
                return False
            if self._dedup.table.late == "dead-letter":
                raise LateEvent("deduplicate", "the event is older than the window")
        item.mark = (key, moment)
        self._pending[key] = moment
        return True

    def settle(self, mark: tuple[bytes, int]) -> None:
        """Take a mark off those on their way, unless the key came again since, after its window."""
        key, moment = mark
        if self._pending.get(key) == moment:
            del self._pending[key]
