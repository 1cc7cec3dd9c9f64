"""Erasing a user: what is stored is deleted, and the data key is destroyed, without which no copy can be read.

Two steps, with a wait between them. The first retires the data keys and deletes what there is; from then on processes
that look the keys up make a new one. Those that looked them up before go on writing under the old one, for as long as
the lease. The second step, when that is over, encrypts what they wrote anew, and destroys the old keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from infra.crypto.user_keys import UserKeys
from infra.stores.ports import History, Inbox, WrappedKey
from schemas.times import format_ms, now_ms

Eraser = Callable[[str, int], Awaitable[object]]
"""Deletes what a store has of a user, as of a time in ms; again changes nothing."""

RESUMED_MS = 300_000
"""An erasure begun so recently is gone on with. Later, or when it is complete, another begins, as of its own time."""


class Erased(NamedTuple):
    """What was done, a line for each thing; ``wait_seconds`` until the call has to be repeated, 0 if all is done."""

    lines: list[str]
    wait_seconds: float


class Erasure:
    """``also`` are further erasers by what they do: it comes after the inbox and before the keys are destroyed."""

    def __init__(
        self,
        keys: UserKeys,
        inbox: Inbox,
        history: History,
        also: Mapping[str, Eraser],
        *,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._keys = keys
        self._inbox = inbox
        self._history = history
        self._also = also
        self._clock = clock

    async def step(self, user_id: str) -> Erased:
        """Do everything that can be done now. Idempotent; what failed or was interrupted is done by the next call.

        Raises ConnectionFailed, and EncryptionKeyMissing if what was written meanwhile cannot be encrypted anew.
        """
        now = self._clock()
        lines: list[str] = []
        rows = (await self._keys.store.get([user_id], settled=True)).get(user_id, [])
        at_ms = await self._retire(rows, now, lines)
        self._keys.forget(user_id)
        old = await self._wanting(user_id)
        ready_ms = max((row.retired_ms for row in old), default=0) + int(self._keys.lease.seconds * 1000)
        ready = not old or now >= ready_ms

        await self._history.erase(user_id, at_ms)
        lines.append(f"history: deleted what was published before {format_ms(at_ms)}")
        if ready and old:
            renewed = await self._history.renew(user_id, {row.generation for row in old})
            lines.append(f"history: encrypted {renewed} later ones under the new data key")
        await self._inbox.erase(user_id)
        lines.append("inbox: deleted")
        for what, erase in self._also.items():
            await erase(user_id, at_ms)
            lines.append(what)
        if not ready:
            return Erased(lines, (ready_ms - now) / 1000)
        for row in old:
            await self._keys.store.destroy(user_id, row.generation)
            lines.append(f"data key {row.generation}: destroyed")
        self._keys.forget(user_id)
        return Erased(lines, 0)

    async def _retire(self, rows: list[WrappedKey], now: int, lines: list[str]) -> int:
        """Retire the keys in use, unless a recent erasure did; returns the time as of which the user is erased."""
        begun = max((row.retired_ms for row in rows if row.wrapped is not None), default=0)
        if now - begun < RESUMED_MS:
            return begun
        for row in rows:
            if row.wrapped is not None and not row.retired_ms:
                await self._keys.store.retire(row.user_id, row.generation, now)
                lines.append(f"data key {row.generation}: retired")
        return now

    async def _wanting(self, user_id: str) -> list[WrappedKey]:
        """The keys that are retired and not yet destroyed."""
        rows = (await self._keys.store.get([user_id], settled=True)).get(user_id, [])
        return [row for row in rows if row.retired_ms and row.wrapped is not None]
