"""The ledger of one partition and one epoch: records in order of delivery, and which are done.

Encoded offsets have gaps of any size between neighbours, so "all before this one are done" is known from the order of
delivery, never from arithmetic. The ledger only moves up.
"""

from __future__ import annotations

from collections import deque

from infra.log.ports import Record


class Ledger:
    def __init__(self) -> None:
        self._waiting: deque[Record] = deque()
        self._done: set[int] = set()
        self._last = 0

    def deliver(self, record: Record) -> None:
        """Raises ValueError for a record at or below the last one: that is a redelivery."""
        if record.offset <= self._last:
            raise ValueError(f"offset {record.offset:x} was delivered before")
        self._last = record.offset
        self._waiting.append(record)

    def done(self, offset: int) -> None:
        self._done.add(offset)

    def __len__(self) -> int:
        """Records delivered and not yet committable."""
        return len(self._waiting)

    def committable(self) -> Record | None:
        """The last record such that it and all before it are done; each is answered once."""
        last = None
        while self._waiting and self._waiting[0].offset in self._done:
            last = self._waiting.popleft()
            self._done.discard(last.offset)
        return last
