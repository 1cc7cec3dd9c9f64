"""The data keys of users: made when first needed, kept wrapped in a durable store, cached for as long as a lease.

Whoever encrypts takes the newest key that is not retired, and may go on with it for ``cached_seconds`` after it was
looked up. So a key that is retired has no writers any more once its :class:`Lease` is over: only then is it destroyed,
and nothing is ever written that nobody can read.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.crypto.envelope import DATA_KEY_BYTES, DataKey
from infra.crypto.keyring import Keyring
from infra.stores.ports import UserKeyStore, WrappedKey
from schemas.errors import ConnectionFailed

CACHED_USERS = 20_000
ROUNDS = 5
"""How often someone else may be first to change a user's keys."""
CHECK = "key/"
"""Beside users the store has a row for each configured key, under its id, to know it again by."""


class Lease(NamedTuple):
    """How long a process may use a key that it has looked up, and how long a write with it may be under way."""

    cached_seconds: float
    late_seconds: float

    @property
    def seconds(self) -> float:
        return self.cached_seconds + self.late_seconds


@dataclass(frozen=True, slots=True)
class _Known:
    """A user's keys as they were looked up. ``newest`` counts the destroyed ones too."""

    keys: Mapping[int, DataKey]
    newest: int
    current: DataKey | None
    until: float


class UserKeys:
    """At most 20,000 users are cached, about 3 KiB each; whoever was looked up first leaves first.

    ``clock`` is monotonic, in seconds.

    Raises ConnectionFailed where the store cannot be reached, EncryptionKeyMissing where a wrapping key is not there.
    """

    def __init__(
        self,
        store: UserKeyStore,
        ring: Keyring,
        *,
        lease: Lease,
        cached: int = CACHED_USERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.ring = ring
        self.lease = lease
        self._cached = cached
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    @property
    def enabled(self) -> bool:
        """Whether anything is encrypted; what is encrypted already is read in any case."""
        return self.ring.first is not None

    async def current(self, user_ids: Iterable[str]) -> dict[str, DataKey]:
        """The key to encrypt with of each user, one look-up for all of them. Makes the keys that are missing."""
        found: dict[str, DataKey] = {}
        now = self._clock()
        waiting = []
        for user_id in dict.fromkeys(user_ids):
            known = self._known.get(user_id)
            if known is not None and known.until > now and known.current is not None:
                found[user_id] = known.current
            else:
                waiting.append(user_id)
        settled = False
        for _ in range(ROUNDS):
            if not waiting:
                return found
            looked_up = await self._look_up(waiting, settled=settled)
            found |= {user_id: known.current for user_id, known in looked_up.items() if known.current is not None}
            waiting = [user_id for user_id in waiting if user_id not in found]
            found |= await self._make({user_id: looked_up[user_id] for user_id in waiting})
            waiting = [user_id for user_id in waiting if user_id not in found]
            settled = True
        if waiting:
            context = {"users": len(waiting)}
            raise ConnectionFailed("make data keys", f"others were first {ROUNDS} times in a row", context)
        return found

    async def opening(self, user_id: str, generation: int) -> Mapping[int, DataKey]:
        """The keys that open what is stored about a user, by generation, where one of ``generation`` is wanted.

        A key that is not among them was destroyed, or never was in this store.
        """
        known = self._known.get(user_id)
        # A later generation than any that was looked up: another process has made it meanwhile.
        if known is None or known.until <= self._clock() or known.newest < generation:
            known = (await self._look_up([user_id]))[user_id]
        return known.keys

    def forget(self, user_id: str) -> None:
        """Look the user's keys up again when they are needed next."""
        self._known.pop(user_id, None)

    async def check(self) -> None:
        """Know the configured keys again: raises EncryptionKeyMissing if one of them was another in this store before.

        With another key under the same id, new data keys would be wrapped so that nobody could tell what opens them.
        """
        for key_id in self.ring.ids:
            name = f"{CHECK}{key_id}"
            kept = (await self.store.get([name])).get(name, ())
            if not kept:
                wrapped = self.ring.wrap(name, 1, os.urandom(DATA_KEY_BYTES), under=key_id)
                await self.store.add([WrappedKey(name, 1, *wrapped)])
                kept = (await self.store.get([name], settled=True))[name]
            _open(self.ring, kept[0])

    async def _look_up(self, user_ids: Sequence[str], *, settled: bool = False) -> dict[str, _Known]:
        until = self._clock() + self.lease.cached_seconds  # from before the question: what is retired meanwhile counts
        rows = await self.store.get(user_ids, settled=settled)
        found = {user_id: self._opened(rows.get(user_id, ()), until) for user_id in user_ids}
        self._remember(found)
        return found

    def _opened(self, rows: Sequence[WrappedKey], until: float) -> _Known:
        keys: dict[int, DataKey] = {}
        current = None
        for row in rows:
            if row.wrapped is not None:
                keys[row.generation] = _open(self.ring, row)
                current = None if row.retired_ms else keys[row.generation]
            else:
                current = None
        newest = rows[-1].generation if rows else 0
        return _Known(keys, newest, current, until)

    async def _make(self, absent: Mapping[str, _Known]) -> dict[str, DataKey]:
        """Make the next key of each; of those for whom another process was first, none is returned."""
        if not absent:
            return {}
        made: dict[str, DataKey] = {}
        rows = []
        for user_id, known in absent.items():
            secret, generation = os.urandom(DATA_KEY_BYTES), known.newest + 1
            made[user_id] = DataKey(generation, AESGCM(secret))
            rows.append(WrappedKey(user_id, generation, *self.ring.wrap(user_id, generation, secret)))
        added = await self.store.add(rows)
        mine = {row.user_id: made[row.user_id] for row, was_added in zip(rows, added, strict=True) if was_added}
        for user_id, key in mine.items():
            known = absent[user_id]
            keys = {**known.keys, key.generation: key}
            self._remember({user_id: _Known(keys, key.generation, key, known.until)})
        return mine

    def _remember(self, found: Mapping[str, _Known]) -> None:
        for user_id, known in found.items():
            self._known[user_id] = known
            self._known.move_to_end(user_id)
        while len(self._known) > self._cached:
            self._known.popitem(last=False)


def _open(ring: Keyring, row: WrappedKey) -> DataKey:
    assert row.key_id is not None
    assert row.wrapped is not None
    key = ring.unwrap(row.user_id, row.generation, row.key_id, row.wrapped)
    return DataKey(row.generation, AESGCM(key))
