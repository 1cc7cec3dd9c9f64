"""The data keys of users on ScyllaDB. Every write is a lightweight transaction: of two processes one makes a key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from infra.stores.ports import WrappedKey
from infra.stores.scylla import ScyllaSession

COLUMNS = "user_id, generation, key_id, wrapped, retired_ms"
SELECT = f"SELECT {COLUMNS} FROM $ks.user_keys WHERE user_id = ?"
INSERT = f"INSERT INTO $ks.user_keys ({COLUMNS}) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS"
RETIRE = "UPDATE $ks.user_keys SET retired_ms = ? WHERE user_id = ? AND generation = ? IF retired_ms = 0"
DESTROY = "UPDATE $ks.user_keys SET key_id = null, wrapped = null WHERE user_id = ? AND generation = ? IF EXISTS"
REWRAP = (
    "UPDATE $ks.user_keys SET key_id = ?, wrapped = ? WHERE user_id = ? AND generation = ? "
    "IF key_id = ? AND wrapped = ?"
)
SELECT_PAGE = f"SELECT {COLUMNS} FROM $ks.user_keys WHERE token(user_id) > token(?) LIMIT ?"
SELECT_FIRST = f"SELECT {COLUMNS} FROM $ks.user_keys LIMIT ?"
SELECT_REST = f"SELECT {COLUMNS} FROM $ks.user_keys WHERE user_id = ? AND generation > ?"


class ScyllaUserKeys:
    """A user's keys are one partition. Pages go by the token of the user id: through all nodes, in no order of ours."""

    def __init__(self, session: ScyllaSession) -> None:
        self._session = session

    async def get(self, user_ids: Sequence[str], *, settled: bool = False) -> dict[str, list[WrappedKey]]:
        users = list(dict.fromkeys(user_ids))
        answers = await self._session.execute_all(SELECT, [(user,) for user in users], serial=settled)
        return {user: [_key(row) for row in rows] for user, rows in zip(users, answers, strict=True) if rows}

    async def add(self, keys: Sequence[WrappedKey]) -> list[bool]:
        answers = await self._session.execute_all(INSERT, keys)
        return [bool(rows[0][0]) for rows in answers]

    async def retire(self, user_id: str, generation: int, at_ms: int) -> None:
        await self._session.execute(RETIRE, (at_ms, user_id, generation))

    async def destroy(self, user_id: str, generation: int) -> None:
        await self._session.execute(DESTROY, (user_id, generation))

    async def rewrap(self, key: WrappedKey, before: WrappedKey) -> bool:
        values = (key.key_id, key.wrapped, key.user_id, key.generation, before.key_id, before.wrapped)
        row = (await self._session.execute(REWRAP, values))[0]
        # An attempt that timed out may have passed: then the repeated one finds its own bytes there.
        return bool(row[0]) or getattr(row, "wrapped", None) == key.wrapped

    async def page(self, after: WrappedKey | None, limit: int) -> list[WrappedKey]:
        if after is None:
            return [_key(row) for row in await self._session.execute(SELECT_FIRST, (limit,))]
        # A page may have ended in the middle of a user's keys.
        rest, rows = await asyncio.gather(
            self._session.execute(SELECT_REST, (after.user_id, after.generation)),
            self._session.execute(SELECT_PAGE, (after.user_id, limit)),
        )
        return [_key(row) for row in (*rest, *rows)]


def _key(row: Sequence[object]) -> WrappedKey:
    return WrappedKey(*row)  # type: ignore[arg-type]
