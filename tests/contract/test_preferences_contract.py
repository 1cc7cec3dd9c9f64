"""Preferences, whatever keeps them: the newest version holds, all of them are the audit."""

from __future__ import annotations

import asyncio

from infra.stores.ports import PreferencesStore, PreferencesVersion
from schemas.preferences import Preferences, QuietHours
from tests.contract.inbox_model import START_MS, new_user

NIGHT = QuietHours("22:00", "07:00", "Europe/Berlin")


def version(user: str, number: int, *, by: str = "session 1", **types: bool) -> PreferencesVersion:
    consents = {name.replace("_", "."): allowed for name, allowed in types.items()}
    chosen = Preferences(types=consents, quiet_hours=NIGHT if number % 2 else None)
    return PreferencesVersion(user, number, START_MS + number, by, chosen, (*consents, "quiet_hours"))


async def test_the_newest_version_of_those_who_have_one(preferences: PreferencesStore) -> None:
    ada, bob, cyd = new_user(), new_user(), new_user()
    first, second = version(ada, 1, video_liked=False), version(ada, 2, video_liked=True, video_shared=False)
    only = version(bob, 1)
    for one in (first, only, second):
        assert await preferences.put(one)
    assert await preferences.newest([ada, cyd, bob, ada]) == {ada: second, bob: only}
    assert await preferences.newest([]) == {}


async def test_many_users_are_asked_for_at_once(preferences: PreferencesStore) -> None:
    users = [new_user() for _ in range(230)]
    kept = {user: version(user, 1, video_liked=False) for user in users[::23]}
    for one in kept.values():
        assert await preferences.put(one)
    assert await preferences.newest(users) == kept


async def test_of_changes_at_the_same_time_one_wins_and_the_others_know(preferences: PreferencesStore) -> None:
    ada = new_user()
    rivals = [version(ada, 1, by=f"session {number}", video_liked=bool(number % 2)) for number in range(5)]
    won = await asyncio.gather(*(preferences.put(one) for one in rivals))
    assert sorted(won) == [False] * 4 + [True]
    assert await preferences.page(ada, None, 10) == [rivals[won.index(True)]]


async def test_the_same_version_again_is_there_already(preferences: PreferencesStore) -> None:
    """As after an answer that was lost."""
    ada = new_user()
    for _ in range(2):
        assert await preferences.put(version(ada, 1, video_liked=False))
    assert not await preferences.put(version(ada, 1, video_liked=True))
    assert len(await preferences.page(ada, None, 10)) == 1


async def test_the_audit_is_read_in_pages_newest_first(preferences: PreferencesStore) -> None:
    ada, bob = new_user(), new_user()
    kept = [version(ada, number, video_liked=bool(number % 3)) for number in range(1, 8)]
    for one in (*kept, version(bob, 1)):
        assert await preferences.put(one)
    found: list[PreferencesVersion] = []
    below = None
    while page := await preferences.page(ada, below, 3):
        found += page
        below = page[-1].version
    assert found == kept[::-1]
    assert await preferences.page(new_user(), None, 3) == []
