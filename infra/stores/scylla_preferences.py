"""Preferences on ScyllaDB: a partition per user, a row per version, newest first.

A version is added by a lightweight transaction, so of two changes made at the same time the second sees the first,
whatever the clocks of the gateways say. What it writes is read by quorum, as is everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from infra.stores.ports import PreferencesVersion
from infra.stores.preferences_rules import ABOVE_ALL, decode_version, encode_version
from infra.stores.scylla import ScyllaSession
from schemas.errors import Dependency

COLUMNS = "user_id, version, at_ms, changed_by, body"
INSERT = f"INSERT INTO $ks.preferences ({COLUMNS}) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS"
SELECT_NEWEST = f"SELECT {COLUMNS} FROM $ks.preferences WHERE user_id IN ? PER PARTITION LIMIT 1"
SELECT_PAGE = f"SELECT {COLUMNS} FROM $ks.preferences WHERE user_id = ? AND version < ? LIMIT ?"

USERS_PER_READ = 50
"""Most users have no row, and a read of their own for each costs the client ten times what one of many does. Servers
take at most 100 keys in a query by default."""


class ScyllaPreferences:
    dependency: ClassVar[Dependency] = "scylla"

    def __init__(self, session: ScyllaSession) -> None:
        self._session = session

    async def newest(self, user_ids: Sequence[str]) -> dict[str, PreferencesVersion]:
        wanted = list(dict.fromkeys(user_ids))
        portions = [wanted[start : start + USERS_PER_READ] for start in range(0, len(wanted), USERS_PER_READ)]
        answers = await self._session.execute_all(SELECT_NEWEST, [(portion,) for portion in portions])
        return {row[0]: decode_version(*row) for rows in answers for row in rows}

    async def put(self, version: PreferencesVersion) -> bool:
        row = encode_version(version)
        answer = (await self._session.execute(INSERT, row))[0]
        if answer[0]:
            return True
        # An attempt that timed out may have passed: then the repeated one finds its own row there.
        there = answer._asdict()
        return tuple(there[name] for name in COLUMNS.split(", ")) == row

    async def page(self, user_id: str, below: int | None, limit: int) -> list[PreferencesVersion]:
        before = ABOVE_ALL if below is None else below
        return [decode_version(*row) for row in await self._session.execute(SELECT_PAGE, (user_id, before, limit))]
