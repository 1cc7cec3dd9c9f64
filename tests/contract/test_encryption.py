"""What the stores keep of a user is unreadable without the user's key, and reads as ever with it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.sqlite import Database
from infra.stores.bodies import UNREADABLE
from infra.stores.ports import Filter, Follow, Profile
from infra.stores.redis_client import Client
from infra.stores.scylla import ScyllaSession
from schemas.errors import EncryptionKeyMissing
from schemas.notifications import Actor, Notification, make_notification
from tests.contract.conftest import ITEMS
from tests.contract.inbox_model import START_MS, Clock, delivery, mark, new_user
from tests.contract.vaults import KEYS, LEASE, Process, ServerVault, SqliteVault, Vault, deliver, replay

ALL = Filter()
SECRETS = (b"Ada Secret", b"Private Holiday", b"hidden-video", b"video/secret")
LEASE_MS = int(LEASE.seconds * 1000)


@pytest.fixture(params=["sqlite", "servers"])
def vault(request: pytest.FixtureRequest, own_database: Database, clock: Clock) -> Vault:
    if request.param == "sqlite":
        return SqliteVault(clock, own_database)
    return ServerVault(clock, request.getfixturevalue("redis"), request.getfixturevalue("scylla"))


def secret(user: str, at_ms: int = START_MS, type: str = "video.liked") -> Notification:
    return make_notification(
        recipient=user,
        type=type,
        content="Ada Secret liked your video “Private Holiday”",
        metadata={"video_id": "hidden-video"},
        subject="video/secret",
        subject_key=str(uuid4()),
        family="test",
        created_ms=at_ms,
        actor=Actor(str(uuid4()), "Ada Secret"),
    )


def secrets_in(raw: bytes) -> list[bytes]:
    return [each for each in SECRETS if each in raw]


async def listed(process: Process, user: str) -> tuple[list[Notification], list[Notification]]:
    inbox, _ = await process.inbox.page(user, None, 100, ALL)
    return inbox, await process.history.page(user, None, 100, ALL)


async def test_what_is_stored_shows_nothing_personal_and_reads_as_it_was(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    sent = [secret(user, START_MS - number) for number in range(ITEMS + 5)]
    await deliver(process, *sent)
    await process.mark(mark(user, "read", START_MS + 1, sent[0].id))
    raw = await vault.raw(user)
    assert sent[0].id.encode() in raw
    assert b"video.liked" in raw
    assert secrets_in(raw) == []

    inbox, history = await listed(vault.process(), user)
    assert [one.id for one in inbox] == [one.id for one in sent[:ITEMS]]
    assert inbox[1:] == sent[1:ITEMS]
    assert history[1:] == sent[1:]
    for store in (process.inbox, process.history):
        assert await store.get(user, sent[1].id) == sent[1]
    assert await process.history.page(user, None, 10, Filter(type="video.shared")) == []


async def test_entries_carry_the_notification(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    sent = [secret(user, START_MS + number) for number in range(3)]
    await deliver(process, *sent)
    await process.mark(mark(user, "seen", START_MS + 9, sent[0].id))
    _, entries = await vault.process().inbox.entries(user, 0, 10)
    assert [getattr(entry, "notification", None) for entry in entries[1:]] == [*sent[1:], None]


async def test_without_encryption_everything_is_plain(vault: Vault) -> None:
    user, process = new_user(), vault.process({})
    await deliver(process, secret(user))
    assert secrets_in(await vault.raw(user)) == list(SECRETS)
    assert await process.keys.store.get([user]) == {}


async def test_what_was_written_before_is_read_beside_what_is_written_now(vault: Vault) -> None:
    user, before, now = new_user(), vault.process({}), vault.process()
    sent = [secret(user, START_MS + number) for number in range(4)]
    await deliver(before, sent[0], sent[2])
    await deliver(now, sent[1], sent[3])
    newest = sent[::-1]
    assert await listed(now, user) == (newest, newest)
    # What comes again is kept encrypted from then on, whoever writes it last.
    await replay(now, *sent)
    await replay(before, *sent)
    bodies = [row[-1] for row in await vault.history_rows(user)]
    assert [secrets_in(body) for body in bodies] == [[]] * 4
    assert await listed(vault.process(), user) == (newest, newest)


@pytest.mark.guarantee("G1")
async def test_a_key_that_is_not_configured_is_named_and_nothing_is_lost(vault: Vault) -> None:
    user, other = new_user(), new_user()
    sent = secret(user)
    await deliver(vault.process(), sent)
    for keys in ({}, {"k2": KEYS["k2"]}):
        without = vault.process(keys)
        for call in (
            without.inbox.page(user, None, 10, ALL),
            without.inbox.get(user, sent.id),
            without.inbox.entries(user, 0, 10),
            without.history.page(user, None, 10, ALL),
            without.history.get(user, sent.id),
        ):
            with pytest.raises(EncryptionKeyMissing, match="PAVILION_ENCRYPTION__KEYS has no key 'k1'"):
                await call
    with pytest.raises(EncryptionKeyMissing, match="no key 'k1'"):
        await deliver(vault.process({"k2": KEYS["k2"]}), secret(user))
    with pytest.raises(EncryptionKeyMissing, match="the key 'k1' of PAVILION_ENCRYPTION__KEYS does not open"):
        await deliver(vault.process({"k1": KEYS["k2"]}), secret(user))
    # Those whose keys are there are served, and the user's are there when the key is.
    await deliver(vault.process({"k2": KEYS["k2"]}), secret(other))
    assert await listed(vault.process({"k2": KEYS["k2"], "k1": KEYS["k1"]}), user) == ([sent], [sent])


async def test_the_row_of_another_does_not_open(vault: Vault) -> None:
    alice, bob, process = new_user(), new_user(), vault.process()
    hers, his, twin = secret(alice), secret(bob), secret(bob, START_MS - 1)
    await deliver(process, hers, his, twin)
    rows = {row[vault_id(vault)]: row for row in [*await vault.history_rows(alice), *await vault.history_rows(bob)]}
    before = UNREADABLE.labels("damaged")._value.get()
    await vault.put_back([with_body(vault, rows[his.id], rows[hers.id])])
    assert (await listed(process, bob))[1] == [twin]
    assert await process.history.get(bob, his.id) is None
    await vault.put_back([with_body(vault, rows[his.id], rows[twin.id])])
    assert (await listed(process, bob))[1] == [twin]
    await vault.put_back([rows[his.id]])
    assert (await listed(process, bob))[1] == [his, twin]
    assert UNREADABLE.labels("damaged")._value.get() >= before + 3


def vault_id(vault: Vault) -> int:
    return 1 if isinstance(vault, SqliteVault) else 2


def with_body(vault: Vault, row: tuple[object, ...], other: tuple[object, ...]) -> tuple[object, ...]:
    return (*row[:-1], other[-1])


# -- erasing


async def erased(process: Process, vault: Vault, user: str) -> None:
    """Both steps, with what lies between them."""
    vault.clock.ms += 1
    first = await process.erasure.step(user)
    assert 0 < first.wait_seconds <= LEASE.seconds
    vault.clock.ms += LEASE_MS
    last = await process.erasure.step(user)
    assert last.wait_seconds == 0
    assert "data key 1: destroyed" in last.lines


async def test_an_erased_user_has_nothing_and_is_nowhere(vault: Vault) -> None:
    user, other, process = new_user(), new_user(), vault.process()
    sent, kept = [secret(user, START_MS - 40 * 86_400_000 * number) for number in range(3)], secret(other)
    await deliver(process, *sent, kept)
    await process.mark(mark(user, "read", START_MS - 5, sent[0].id))
    await process.mark(mark(user, "seen", START_MS - 4, up_to=sent[0].id))
    await process.people.put_profiles([Profile(user, "Ada Secret", START_MS - 1), Profile(other, "Bob", START_MS - 1)])
    await process.people.put_follows([Follow(other, user, START_MS - 1), Follow(user, other, START_MS - 1)])
    [top] = await process.inbox.summaries([user])
    vault.clock.ms += 1
    first = await process.erasure.step(user)
    assert first.lines[0] == "data key 1: retired"
    # From the first step on nothing of it is seen.
    assert await listed(vault.process(), user) == ([], [])
    vault.clock.ms += LEASE_MS
    await process.erasure.step(user)

    fresh = vault.process()
    assert await listed(fresh, user) == ([], [])
    for store in (fresh.inbox, fresh.history):
        assert await store.get(user, sent[0].id) is None
    [after] = await fresh.inbox.summaries([user])
    assert (after.unseen, after.unread, after.position.offset) == (0, 0, 0)
    assert after.position.epoch != top.position.epoch
    assert await fresh.people.names([user, other]) == {other: "Bob"}
    assert await fresh.people.followers(user, "", 10) == []
    assert await vault.history_rows(user) == []
    assert await listed(fresh, other) == ([kept], [kept])
    [row] = (await process.keys.store.get([user]))[user]
    assert (row.generation, row.key_id, row.wrapped, row.retired_ms) == (1, None, None, START_MS + 1)


async def test_erasing_again_changes_nothing(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    await deliver(process, secret(user))
    await erased(process, vault, user)
    again = await process.erasure.step(user)
    assert again.wait_seconds == 0
    assert not any("data key" in line for line in again.lines)
    assert (await process.erasure.step(new_user())).wait_seconds == 0


async def test_a_backup_put_back_after_an_erasure_cannot_be_read(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    sent = [secret(user, START_MS - number) for number in range(3)]
    await deliver(process, *sent)
    backup, inbox = await vault.history_rows(user), await vault.inbox_copy(user)
    assert len(backup) == 3
    await erased(process, vault, user)
    await vault.put_back(backup)
    assert len(await vault.history_rows(user)) == 3

    before = UNREADABLE.labels("erased")._value.get()
    fresh = vault.process()
    assert await listed(fresh, user) == ([], [])
    assert await fresh.history.get(user, sent[0].id) is None
    assert UNREADABLE.labels("erased")._value.get() > before
    # What is new is there beside it, in history and in the inbox, whose counts know of nothing else.
    later = secret(user, vault.clock.ms)
    await deliver(fresh, later)
    assert await listed(fresh, user) == ([later], [later])
    [top] = await fresh.inbox.summaries([user])
    assert (top.unseen, top.unread) == (1, 1)
    _, entries = await fresh.inbox.entries(user, 0, 10)
    assert [getattr(entry, "notification", None) for entry in entries] == [later]

    # An inbox that is put back shows nothing either. Its counts are those of then: erasing once more mends them.
    await vault.put_inbox_back(inbox)
    assert await listed(fresh, user) == ([], [later])
    assert await fresh.inbox.get(user, sent[0].id) is None
    top, entries = await fresh.inbox.entries(user, 0, 10)
    assert (top.unseen, top.position.offset, entries) == (3, 3, [])


@pytest.mark.guarantee("G1")
async def test_what_is_published_during_an_erasure_is_not_lost(vault: Vault) -> None:
    user, worker, admin = new_user(), vault.process(), vault.process()
    await deliver(worker, secret(user))
    vault.clock.ms += 1
    first = await admin.erasure.step(user)
    # The worker still has the old key, and goes on with it until the lease is over; a second one makes a new key.
    vault.clock.ms += int(LEASE.cached_seconds * 1000) - 2
    old_key, new_key = secret(user, vault.clock.ms - 1), secret(user, vault.clock.ms)
    await deliver(worker, old_key)
    await deliver(vault.process(), new_key)
    assert (await worker.keys.current([user]))[user].generation == 1
    assert [row.generation for row in (await admin.keys.store.get([user]))[user]] == [1, 2]
    early = await admin.erasure.step(user)
    assert early.wait_seconds == pytest.approx(LEASE.cached_seconds + LEASE.late_seconds - 60, abs=1)
    assert first.wait_seconds == LEASE.seconds
    vault.clock.ms += LEASE_MS
    last = await admin.erasure.step(user)
    assert last.wait_seconds == 0
    assert "history: encrypted 1 later ones under the new data key" in last.lines

    fresh = vault.process()
    assert await fresh.history.page(user, None, 10, ALL) == [new_key, old_key]
    assert await fresh.history.get(user, old_key.id) == old_key
    assert (await worker.keys.current([user]))[user].generation == 2


async def test_an_erasure_that_was_left_is_begun_anew_by_a_later_one(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    await deliver(process, secret(user))
    vault.clock.ms += 1
    assert (await process.erasure.step(user)).wait_seconds > 0
    vault.clock.ms += 3_600_000
    between = secret(user, vault.clock.ms - 1)
    await deliver(vault.process(), between)
    assert (await process.erasure.step(user)).lines[0] == "data key 2: retired"
    assert await listed(vault.process(), user) == ([], [])
    vault.clock.ms += LEASE_MS
    last = await process.erasure.step(user)
    assert [line for line in last.lines if line.startswith("data key")] == [
        "data key 1: destroyed",
        "data key 2: destroyed",
    ]
    assert last.wait_seconds == 0


async def test_a_user_who_comes_back_gets_a_key_that_opens_nothing_older(vault: Vault) -> None:
    user, process = new_user(), vault.process()
    await deliver(process, secret(user))
    backup = await vault.history_rows(user)
    for generation in (2, 3):
        vault.clock.ms += 1
        first = await process.erasure.step(user)
        assert first.wait_seconds > 0
        vault.clock.ms += LEASE_MS
        await process.erasure.step(user)
        later = secret(user, vault.clock.ms)
        await deliver(process, later)
        assert (await process.keys.current([user]))[user].generation == generation
        await vault.put_back(backup)
        assert await process.history.page(user, None, 10, ALL) == [later]


# -- Redis alone


@pytest.mark.guarantee("G3")
async def test_an_emptied_redis_is_rebuilt_from_what_is_encrypted(
    redis: Client, scylla: ScyllaSession, clock: Clock
) -> None:
    vault = ServerVault(clock, redis, scylla)
    user, process = new_user(), vault.process()
    plain, sent = secret(user, START_MS - 50), [secret(user, START_MS - number) for number in range(6)]
    await deliver(vault.process({}), plain)
    await deliver(process, *sent)
    await process.mark(mark(user, "read", START_MS + 1, sent[2].id))
    await process.mark(mark(user, "deleted", START_MS + 2, sent[1].id))
    page = await process.inbox.page(user, None, 100, ALL)
    [top] = await process.inbox.summaries([user])
    await redis.flushall()

    fresh = vault.process()
    assert await fresh.inbox.page(user, None, 100, ALL) == page
    [after] = await fresh.inbox.summaries([user])
    assert (after.unseen, after.unread) == (top.unseen, top.unread)
    assert after.position.epoch != top.position.epoch
    # What was plain is encrypted in the new inbox too.
    items = await redis.hgetall(f"inbox:{{{user}}}:items")
    assert len(items) == 6
    assert secrets_in(b"".join(items.values())) == []
    assert all(one.known for one in await fresh.inbox.append([delivery(one, 10**6) for one in sent]))
    # Without the key nothing is built, and nothing is thrown away.
    await redis.flushall()
    with pytest.raises(EncryptionKeyMissing):
        await vault.process({}).inbox.page(user, None, 100, ALL)
    assert await vault.process().inbox.page(user, None, 100, ALL) == page
