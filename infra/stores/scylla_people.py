"""Followers and names on ScyllaDB. Writes carry the time of their event, so replays undo nothing that came later."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import ClassVar

from infra.stores.ports import Follow, Profile
from infra.stores.scylla import ScyllaSession
from schemas.errors import Dependency

PUT_FOLLOW = "INSERT INTO $ks.followers (user_id, follower, active) VALUES (?, ?, ?) USING TIMESTAMP ?"
SELECT_FOLLOWERS = "SELECT follower, active FROM $ks.followers WHERE user_id = ? AND follower > ? LIMIT ?"
PUT_PROFILE = "INSERT INTO $ks.profiles (user_id, name) VALUES (?, ?) USING TIMESTAMP ?"
DELETE_PROFILE = "DELETE FROM $ks.profiles USING TIMESTAMP ? WHERE user_id = ?"
DELETE_FOLLOWERS = "DELETE FROM $ks.followers USING TIMESTAMP ? WHERE user_id = ?"
SELECT_NAME = "SELECT name FROM $ks.profiles WHERE user_id = ?"

MAX_ROWS = 5_000
CACHED = 50_000
CACHE_SECONDS = 60.0


class ScyllaPeople:
    """Names, and that there is none, are cached for a minute: at most 50,000, the oldest leave first."""

    dependency: ClassVar[Dependency] = "scylla"

    def __init__(self, session: ScyllaSession, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._names: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    async def put_follows(self, follows: Sequence[Follow]) -> None:
        rows = [(follow.followed, follow.follower, follow.active, follow.at_ms * 1000) for follow in follows]
        await self._session.execute_all(PUT_FOLLOW, rows)

    async def followers(self, user_id: str, after: str, limit: int) -> list[str]:
        found: list[str] = []
        while len(found) < limit:
            # Those who stopped following are still there, as rows that say so.
            count = min(limit - len(found), MAX_ROWS)
            rows = await self._session.execute(SELECT_FOLLOWERS, (user_id, after, count))
            found += [follower for follower, active in rows if active]
            if len(rows) < count:
                break
            after = rows[-1][0]
        return found

    async def put_profiles(self, profiles: Sequence[Profile]) -> None:
        rows = [(profile.user_id, profile.name, profile.at_ms * 1000) for profile in profiles]
        await self._session.execute_all(PUT_PROFILE, rows)
        for profile in profiles:
            self._names.pop(profile.user_id, None)

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        now = self._clock()
        wanted = list(dict.fromkeys(user_ids))
        found = {user_id: self._names[user_id][1] for user_id in wanted if self._fresh(user_id, now)}
        missing = [user_id for user_id in wanted if user_id not in found]
        answers = await self._session.execute_all(SELECT_NAME, [(user_id,) for user_id in missing])
        for user_id, rows in zip(missing, answers, strict=True):
            found[user_id] = rows[0][0] if rows else None
            self._names[user_id] = (now + CACHE_SECONDS, found[user_id])
            self._names.move_to_end(user_id)
        while len(self._names) > CACHED:
            self._names.popitem(last=False)
        return {user_id: name for user_id, name in found.items() if name is not None}

    async def erase(self, user_id: str, before_ms: int) -> None:
        """Whom the user follows stands in the partitions of those, and cannot be found from here."""
        stamp = before_ms * 1000 - 1
        await self._session.execute(DELETE_PROFILE, (stamp, user_id))
        await self._session.execute(DELETE_FOLLOWERS, (stamp, user_id))
        self._names.pop(user_id, None)

    def _fresh(self, user_id: str, now: float) -> bool:
        cached = self._names.get(user_id)
        return cached is not None and cached[0] > now
