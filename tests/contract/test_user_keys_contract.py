"""The store of data keys, whatever keeps it, and what processes that share one agree on."""

from __future__ import annotations

import asyncio

import pytest

from infra.crypto.keyring import Keyring
from infra.crypto.rotation import Rotation, rotate
from infra.crypto.user_keys import Lease, UserKeys
from infra.stores.ports import UserKeyStore, WrappedKey
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_user_keys import ScyllaUserKeys
from schemas.errors import NotificationError
from tests.contract.inbox_model import new_user

LEASE = Lease(60, 30)
OLD, NEW = {"old": b"o" * 32}, {"new": b"n" * 32}


@pytest.fixture
async def store(key_store: UserKeyStore, request: pytest.FixtureRequest) -> UserKeyStore:
    """Empty: rotation goes through the keys of all users."""
    if isinstance(key_store, ScyllaUserKeys):
        session: ScyllaSession = request.getfixturevalue("scylla")
        await session.run(f"TRUNCATE {session.settings.keyspace}.user_keys")
    return key_store


def wrapped(user: str, generation: int = 1, text: bytes = b"wrapped") -> WrappedKey:
    return WrappedKey(user, generation, "k1", text)


async def test_the_first_of_a_generation_stays(store: UserKeyStore) -> None:
    one, two = new_user(), new_user()
    assert await store.get([one]) == {}
    assert await store.add([wrapped(one), wrapped(two)]) == [True, True]
    assert await store.add([wrapped(one, text=b"late"), wrapped(two, 2)]) == [False, True]
    expected = {one: [wrapped(one)], two: [wrapped(two), wrapped(two, 2)]}
    assert await store.get([two, one, new_user(), one]) == expected
    assert await store.get([one, two], settled=True) == expected


async def test_a_destroyed_key_stays_counted(store: UserKeyStore) -> None:
    user = new_user()
    await store.add([wrapped(user)])
    await store.retire(user, 1, 1000)
    await store.retire(user, 1, 2000)
    assert await store.get([user]) == {user: [wrapped(user)._replace(retired_ms=1000)]}
    for _ in range(2):
        await store.destroy(user, 1)
    destroyed = WrappedKey(user, 1, None, None, 1000)
    assert await store.get([user]) == {user: [destroyed]}
    assert await store.add([wrapped(user)]) == [False]
    # Neither a rotation that read it before, nor what names a user without keys, brings anything back.
    assert not await store.rewrap(wrapped(user, text=b"again"), wrapped(user))
    await store.retire(new_user(), 1, 1000)
    await store.destroy(stranger := new_user(), 1)
    assert await store.get([user, stranger]) == {user: [destroyed]}


async def test_a_key_is_wrapped_anew_once(store: UserKeyStore) -> None:
    user = new_user()
    before, after = wrapped(user), WrappedKey(user, 1, "k2", b"anew")
    await store.add([before])
    assert await store.rewrap(after, before)
    assert not await store.rewrap(after._replace(wrapped=b"another"), before)
    assert await store.get([user]) == {user: [after]}


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_pages_have_every_key_once(store: UserKeyStore, limit: int) -> None:
    keys = [wrapped(new_user(), 1) for _ in range(12)]
    keys += [wrapped(keys[number].user_id, generation) for number in (0, 5) for generation in (2, 3, 4)]
    await store.add(keys)
    found: list[WrappedKey] = []
    after = None
    while page := await store.page(after, limit):
        found += page
        after = page[-1]
    assert sorted(found) == sorted(keys)


async def test_processes_that_need_a_key_at_the_same_time_agree_on_one(store: UserKeyStore) -> None:
    users = [new_user() for _ in range(5)]
    processes = [UserKeys(store, Keyring(OLD), lease=LEASE) for _ in range(4)]
    found = await asyncio.gather(*(keys.current(users) for keys in processes))
    for user in users:
        nonce, sealed = bytes(12), found[0][user].cipher.encrypt(bytes(12), b"x", None)
        assert {keys[user].generation for keys in found} == {1}
        assert [keys[user].cipher.decrypt(nonce, sealed, None) for keys in found] == [b"x"] * 4
    assert {user: len(rows) for user, rows in (await store.get(users)).items()} == dict.fromkeys(users, 1)


async def test_rotation_wraps_every_key_under_the_first_one(store: UserKeyStore) -> None:
    users = [new_user() for _ in range(30)]
    old = UserKeys(store, Keyring(OLD), lease=LEASE)
    await old.check()
    before = await old.current(users)
    await store.retire(users[0], 1, 1000)
    await store.destroy(users[0], 1)
    both = UserKeys(store, Keyring({**NEW, **OLD}), lease=LEASE)
    await both.current([users[1], new_user()])  # made under the new one already

    assert await account(both) == (30, 29)
    assert await account(both) == (30, 0)
    new = UserKeys(store, Keyring(NEW), lease=LEASE)
    await new.check()
    after = await new.current(users[1:])
    for user in users[1:]:
        sealed = before[user].cipher.encrypt(bytes(12), b"x", None)
        assert after[user].cipher.decrypt(bytes(12), sealed, None) == b"x"
    assert (await store.get([users[0]]))[users[0]] == [WrappedKey(users[0], 1, None, None, 1000)]


async def test_rotation_names_the_keys_that_it_lacks_and_does_the_others(store: UserKeyStore) -> None:
    await UserKeys(store, Keyring({"lost": b"l" * 32}), lease=LEASE).current([new_user(), new_user()])
    await UserKeys(store, Keyring(OLD), lease=LEASE).current([new_user()])
    [done] = [each async for each in rotate(UserKeys(store, Keyring({**NEW, **OLD}), lease=LEASE))]
    assert (done.seen, done.rewrapped, done.closed) == (3, 1, {"lost": 2})
    with pytest.raises(NotificationError, match="PAVILION_ENCRYPTION__KEYS is not set"):
        await account(UserKeys(store, Keyring({}), lease=LEASE))


async def account(keys: UserKeys) -> tuple[int, int]:
    done = Rotation()
    async for each in rotate(keys):
        done = each
    assert not done.closed
    return done.seen, done.rewrapped
