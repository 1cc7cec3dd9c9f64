"""Session families, whatever keeps them."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from infra.sqlite import Database
from infra.stores.ports import Session, Sessions
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_sessions import ScyllaSessions
from infra.stores.sqlite_sessions import SqliteSessions
from tests.contract.inbox_model import DAY_MS, START_MS, Clock, new_user


def opened() -> Session:
    return Session(str(uuid.uuid4()), new_user(), "digest 0", "", START_MS, START_MS + 30 * DAY_MS, False)


async def test_what_was_put_is_there(sessions: Sessions) -> None:
    session = opened()
    assert await sessions.get(session.id) is None
    await sessions.put(session)
    assert await sessions.get(session.id) == session
    changed = session._replace(expires_ms=START_MS + 40 * DAY_MS)
    await sessions.put(changed)
    assert await sessions.get(session.id) == changed


@pytest.mark.guarantee("G9")
async def test_of_refreshes_at_the_same_time_one_wins(sessions: Sessions) -> None:
    session = opened()
    await sessions.put(session)
    won = await asyncio.gather(*(sessions.rotate(session, f"digest {number}", START_MS + 5) for number in range(1, 6)))
    assert sorted(won) == [False] * 4 + [True]
    kept = await sessions.get(session.id)
    digest = f"digest {won.index(True) + 1}"
    assert kept == session._replace(refresh_digest=digest, previous_digest="digest 0", rotated_ms=START_MS + 5)
    assert not await sessions.rotate(session, "digest 9", START_MS + 6)
    assert await sessions.rotate(kept, "digest 9", START_MS + 6)


@pytest.mark.guarantee("G9")
async def test_a_revoked_family_stays_revoked(sessions: Sessions) -> None:
    session = opened()
    await sessions.put(session)
    await sessions.revoke(session.id)
    await sessions.revoke(session.id)
    assert not await sessions.rotate(session, "digest 1", START_MS + 5)
    await sessions.put(session)
    assert await sessions.get(session.id) == session._replace(revoked=True)


async def test_an_unknown_family(sessions: Sessions) -> None:
    session = opened()
    assert not await sessions.rotate(session, "digest 1", START_MS)
    await sessions.revoke(session.id)
    assert await sessions.get(session.id) is None


@pytest.mark.guarantee("G9")
async def test_all_sessions_of_a_user_and_of_nobody_else(sessions: Sessions, clock: Clock) -> None:
    user, another = new_user(), new_user()
    made = [opened()._replace(user_id=user, expires_ms=START_MS + day * DAY_MS) for day in (30, 20, 10, 20)]
    made.sort(key=lambda session: (-session.expires_ms, session.id))
    for session in [*made, opened()._replace(user_id=another)]:
        await sessions.put(session)
    await sessions.rotate(made[0], "digest 1", START_MS + 5)
    made[0] = made[0]._replace(refresh_digest="digest 1", previous_digest="digest 0", rotated_ms=START_MS + 5)
    await sessions.revoke(made[1].id)
    made[1] = made[1]._replace(revoked=True)
    assert await sessions.of_user(user) == made
    assert await sessions.of_user(new_user()) == []

    clock.ms = START_MS + 10 * DAY_MS
    living = made[:-1]
    assert await sessions.of_user(user) == living
    ended = [session._replace(revoked=True) for session in living]
    assert await sessions.revoke_all(user) == ended
    assert await sessions.revoke_all(user) == ended
    assert [await sessions.get(session.id) for session in living] == ended
    assert not any(session.revoked for session in await sessions.of_user(another))
    assert await sessions.revoke_all(new_user()) == []


async def test_more_sessions_than_are_listed_at_once(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.stores.scylla_sessions.LISTED_AT_ONCE", 3)
    user = new_user()
    made = [opened()._replace(user_id=user) for _ in range(8)]
    for session in made:
        await sessions.put(session)
    await sessions.put(made[0]._replace(expires_ms=START_MS + 40 * DAY_MS))  # listed twice, there once
    assert sorted(session.id for session in await sessions.of_user(user)) == sorted(session.id for session in made)
    assert len(await sessions.revoke_all(user)) == 8


async def test_a_family_that_was_never_listed_is_when_it_is_refreshed(scylla: ScyllaSession, clock: Clock) -> None:
    """Opened before there was a list."""
    sessions = ScyllaSessions(scylla, clock=clock)
    session = opened()
    await sessions.put(session)
    where = (session.user_id, session.expires_ms, session.id)
    await scylla.execute("DELETE FROM $ks.user_sessions WHERE user_id = ? AND expires_ms = ? AND id = ?", where)
    assert await sessions.of_user(session.user_id) == []
    assert await sessions.rotate(session, "digest 1", START_MS + 1)
    assert [one.id for one in await sessions.of_user(session.user_id)] == [session.id]


async def test_the_clean_up_of_sqlite(own_database: Database) -> None:
    sessions = SqliteSessions(own_database)
    session = opened()
    await sessions.put(session)
    assert await sessions.cleanup(session.expires_ms - 1) == 0
    assert await sessions.cleanup(session.expires_ms) == 1
    assert await sessions.get(session.id) is None


async def test_a_rotation_that_timed_out_after_it_passed_is_known(scylla: ScyllaSession, clock: Clock) -> None:
    sessions = ScyllaSessions(scylla, clock=clock)
    session = opened()
    await sessions.put(session)
    assert await sessions.rotate(session, "digest 1", START_MS + 1)
    assert await sessions.rotate(session, "digest 1", START_MS + 1)
