"""Digests with their times, in flat memory: one bucket of a window table.

A Python dict takes 180 bytes for a digest and its time, most of it for two objects and their places. Here a slot is the
16 bytes of the digest, 4 of its time and a tag, in rows of eight slots that are filled from the left. A digest's first
bytes say in which row it is, or, if that was full, in the next one that was not; its last byte is the tag, by which
nearly every other digest of the row is told from it without being read. Nothing is deleted (a bucket is dropped as a
whole), so a row that is not full ends the search.

The same memory is read in two ways. A few keys are looked up one by one, since a single call into numpy costs as much
as several of them; many at once with numpy, where each costs a tenth.

When a table is full, a second one of twice the size takes over. The rows of the first move later, some with each call,
so that no batch waits for all of them.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

KEY = 16
SLOTS = 8
FULL = 0.8
"""Of all slots: from then on a table grows. Above it, more and more rows would overflow into the next."""
FIRST_ROWS = 16
FEW = 64
"""Up to so many keys are faster one by one."""
MOVED_PER_KEY = 4
"""Slots that move to the larger table for each key marked: all have moved when a quarter of its room is taken."""
MOVED_AT_ONCE = 256
"""Rows."""
SMALL = 64 * 1024
"""Bytes of digests."""

Keys = npt.NDArray[np.uint64]
"""Shape (n, 2): the digests as two numbers each."""
Times = npt.NDArray[np.uint32]
"""Shape (n,), at least 1; 0 is for a key that is not there."""
_NUMBER = np.dtype("<u8")


def as_keys(digests: bytes) -> Keys:
    return np.frombuffer(digests, _NUMBER).reshape(-1, 2)


class _Table:
    """A power of two of rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.count = 0
        self._mask = rows - 1
        # Of a large one, zeros that cost nothing until they are written: to clear them at once would hold up a batch.
        size = rows * SLOTS * KEY
        self._digests: bytearray | mmap.mmap = bytearray(size) if size <= SMALL else mmap.mmap(-1, size)
        self._tags = bytearray(rows * SLOTS)
        self._fill = bytearray(rows)
        self._keys = np.frombuffer(self._digests, _NUMBER).reshape(rows, SLOTS, 2)
        self._tagged = np.frombuffer(self._tags, np.uint8).reshape(rows, SLOTS)
        self._filled = np.frombuffer(self._fill, np.uint8)
        self._times = np.zeros(rows * SLOTS, np.uint32)

    @property
    def full(self) -> bool:
        return self.count >= self.rows * SLOTS * FULL

    @property
    def size(self) -> int:
        """Bytes."""
        return self.rows * (SLOTS * (KEY + 1 + 4) + 1)

    # -- one by one

    def _slot(self, key: bytes) -> int:
        """Where ``key`` is; or, below 0, -1 - the slot where it belongs."""
        row = int.from_bytes(key[:6], "little") & self._mask
        tag = key[15]
        while True:
            start, fill = row * SLOTS, self._fill[row]
            at = self._tags.find(tag, start, start + fill)
            while at >= 0:
                if self._digests[at * KEY : at * KEY + KEY] == key:
                    return at
                at = self._tags.find(tag, at + 1, start + fill)
            if fill < SLOTS:
                return -1 - start - fill
            row = (row + 1) & self._mask

    def find_one(self, key: bytes) -> int:
        slot = self._slot(key)
        return int(self._times[slot]) if slot >= 0 else 0

    def mark_one(self, key: bytes, time: int) -> None:
        slot = self._slot(key)
        if slot < 0:
            slot = -1 - slot
            self._digests[slot * KEY : slot * KEY + KEY] = key
            self._tags[slot] = key[15]
            self._fill[slot // SLOTS] += 1
            self._times[slot] = time
            self.count += 1
        elif self._times[slot] < time:
            self._times[slot] = time

    # -- many at once

    def _rows(self, keys: Keys) -> npt.NDArray[np.intp]:
        return (keys[:, 0] & np.uint64(self._mask)).astype(np.intp)

    def _slots(self, keys: Keys) -> npt.NDArray[np.intp]:
        """Where each is, or -1."""
        found = np.full(len(keys), -1, np.intp)
        rows, tags = self._rows(keys), _tags(keys)
        left = np.arange(len(keys))
        while len(left):
            which, slot = np.nonzero(self._tagged[rows] == tags[left, None])
            same = np.all(self._keys[rows[which], slot] == keys[left[which]], axis=1)
            same &= slot < self._filled[rows[which]]
            which, slot = which[same], slot[same]
            found[left[which]] = rows[which] * SLOTS + slot
            on = self._filled[rows] == SLOTS
            on[which] = False
            left, rows = left[on], (rows[on] + 1) & self._mask
        return found

    def find(self, keys: Keys) -> Times:
        slots = self._slots(keys)
        times = np.zeros(len(keys), np.uint32)
        there = np.flatnonzero(slots >= 0)
        times[there] = self._times[slots[there]]
        return times

    def mark(self, keys: Keys, times: Times) -> None:
        slots = self._slots(keys)
        known = slots >= 0
        if known.any():
            np.maximum.at(self._times, slots[known], times[known])
            keys, times = keys[~known], times[~known]
        # By row. The same key twice: the latest comes last, and the earlier ones go.
        rows = self._rows(keys)
        order = np.lexsort((times, keys[:, 1], keys[:, 0], rows))
        keys, times, rows = keys[order], times[order], rows[order]
        again = np.flatnonzero(np.all(keys[1:] == keys[:-1], axis=1))
        if len(again):
            keys, times, rows = np.delete(keys, again, axis=0), np.delete(times, again), np.delete(rows, again)
        self.count += len(keys)
        while len(keys):
            # How many before it go into the same row: that many slots further on than the row is filled.
            firsts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
            counts = np.diff(np.append(firsts, len(rows)))
            places = self._filled[rows] + (np.arange(len(rows)) - np.repeat(firsts, counts))
            fits = places < SLOTS
            at = rows[fits] * SLOTS + places[fits]
            self._keys.reshape(-1, 2)[at] = keys[fits]
            self._tagged.reshape(-1)[at] = _tags(keys[fits])
            self._times[at] = times[fits]
            self._filled[rows[firsts]] = np.minimum(self._filled[rows[firsts]] + counts, SLOTS)
            # What is left over goes on to the next rows, which stay in order but where they come round to the first.
            keys, times, rows = keys[~fits], times[~fits], (rows[~fits] + 1) & self._mask
            if len(rows) and rows[-1] < rows[0]:
                order = np.argsort(rows, kind="stable")
                keys, times, rows = keys[order], times[order], rows[order]

    def part(self, start: int, end: int) -> tuple[Keys, Times]:
        """What is in the rows from ``start`` to ``end``."""
        there = np.arange(SLOTS) < self._filled[start:end, None]
        times = self._times[start * SLOTS : end * SLOTS].reshape(-1, SLOTS)
        return self._keys[start:end][there], times[there]


def _tags(keys: Keys) -> npt.NDArray[np.uint8]:
    return (keys[:, 1] >> np.uint64(56)).astype(np.uint8)


class KeyTable:
    """Digests of 16 bytes with the latest time of each: whole numbers from 1 to 2**32 - 1."""

    def __init__(self) -> None:
        self._table = _Table(FIRST_ROWS)
        self._old: _Table | None = None
        self._moved = 0
        """Rows of the old table whose keys are in the new one too."""
        self._due = 0
        """Slots that should have moved."""

    def __len__(self) -> int:
        """While a table moves, a key that was marked again counts twice."""
        return self._table.count + (0 if self._old is None else self._old.count)

    @property
    def size(self) -> int:
        """Bytes of memory, those of a table that is moving included."""
        return self._table.size + (0 if self._old is None else self._old.size)

    def find(self, digests: Sequence[bytes]) -> list[int]:
        """The latest time of each, 0 for those that are not there."""
        old = self._old
        if len(digests) <= FEW:
            found = [self._table.find_one(key) for key in digests]
            return found if old is None else [max(a, old.find_one(b)) for a, b in zip(found, digests, strict=True)]
        keys = as_keys(b"".join(digests))
        times = self._table.find(keys)
        return list((times if old is None else np.maximum(times, old.find(keys))).tolist())

    def mark(self, digests: Sequence[bytes], times: Sequence[int]) -> None:
        """Put each in with its time, if none that is later is known."""
        if len(digests) <= FEW:
            for key, time in zip(digests, times, strict=True):
                self._make_room(1)
                self._table.mark_one(key, time)
        else:
            self.mark_many(as_keys(b"".join(digests)), np.asarray(times, np.uint32))

    def mark_many(self, keys: Keys, times: Times) -> None:
        # In parts, so that none overfills a table before it grows: the search would go on for ever.
        while len(keys):
            room = self._make_room(len(keys))
            self._table.mark(keys[:room], times[:room])
            keys, times = keys[room:], times[room:]

    def _make_room(self, wanted: int) -> int:
        """Move what is to move, and grow when full; how many of ``wanted`` may be marked before the next call."""
        if self._old is not None:
            self._due += wanted * MOVED_PER_KEY
            if self._due >= SLOTS * min(MOVED_AT_ONCE, self._old.rows):
                self._move(self._due // SLOTS)
        if self._table.full:
            if self._old is not None:
                self._move(self._old.rows)
            self._old, self._moved = self._table, 0
            self._table = _Table(2 * self._table.rows)
        return max(1, min(wanted, int(self._table.rows * SLOTS * (1 - FULL) / 2)))

    def _move(self, rows: int) -> None:
        assert self._old is not None
        end = min(self._old.rows, self._moved + rows)
        keys, times = self._old.part(self._moved, end)
        self._table.mark(keys, times)
        self._old.count -= len(keys)
        self._moved, self._due = end, 0
        if end == self._old.rows:
            self._old = None

    def items(self) -> Iterator[tuple[bytes, int]]:
        found: dict[bytes, int] = {}
        for table in (self._table, self._old):
            if table is not None:
                keys, times = table.part(0, table.rows)
                for key, time in zip(np.ascontiguousarray(keys), times.tolist(), strict=True):
                    found[key.tobytes()] = max(time, found.get(key.tobytes(), 0))
        yield from found.items()
