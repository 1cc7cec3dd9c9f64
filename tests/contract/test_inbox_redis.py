"""What is Redis's own: losing its data, its scripts and its identity, and forgetting the idle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from infra.local import Redis
from infra.local.processes import Process, accepts, free_ports
from infra.sqlite import Database
from infra.stores.marks import Kept
from infra.stores.ports import Filter
from infra.stores.redis_client import Client, close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from infra.stores.sqlite_history import SqliteHistory
from schemas.errors import ConnectionFailed
from schemas.settings import RedisSettings
from tests.contract.conftest import DAYS, ITEMS, RETENTION, Box
from tests.contract.inbox_model import DAY_MS, START_MS, Clock, delivery, make, mark, new_user

ALL = Filter()


@pytest_asyncio.fixture
async def history(database: Database, clock: Clock) -> SqliteHistory:
    return SqliteHistory(database, retention=RETENTION, clock=clock)


@pytest_asyncio.fixture
async def box(redis: Client, history: SqliteHistory, clock: Clock) -> Box:
    return Box(RedisInbox(redis, history, items=ITEMS, days=DAYS, clock=clock), history, clock)


async def keys_of(redis: Client, user: str) -> list[bytes]:
    return [key async for key in redis.scan_iter(match=f"inbox:{{{user}}}:*")]


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
async def test_after_a_flush_history_gives_the_inbox_back_under_a_new_epoch(box: Box, redis: Client) -> None:
    user = new_user()
    sent = [make(user, START_MS - 100 + number) for number in range(6)]
    await box.deliver(*map(delivery, sent))
    ids = [one.id for one in sent]
    await box.mark(mark(user, "read", START_MS + 1, ids[0]))
    await box.mark(mark(user, "deleted", START_MS + 2, ids[1]))
    await box.mark(mark(user, "archived", START_MS + 3, ids[2]))
    await box.mark(mark(user, "seen", START_MS + 4, up_to=ids[3]))
    top = (await box.inbox.summaries([user]))[0]
    page = await box.inbox.page(user, None, 10, ALL)
    await redis.flushall()

    after = (await box.inbox.summaries([user]))[0]
    assert after.position.epoch != top.position.epoch
    assert (after.position.offset, after.position.tail) == (0, "")
    assert (after.unseen, after.unread) == (top.unseen, top.unread) == (2, 3)
    assert await box.inbox.page(user, None, 10, ALL) == page
    archived, _ = await box.inbox.page(user, None, 10, Filter("archived"))
    assert [one.id for one in archived] == [ids[2]]

    # Redis also forgot what it had applied; the ids of history tell that everything is known.
    again = await box.deliver(*map(delivery, sent))
    assert [(one.position, one.known) for one in again] == [(None, True)] * 6
    fresh = await box.deliver(delivery(make(user, START_MS)))
    assert fresh[0].position is not None
    assert (fresh[0].position.epoch, fresh[0].position.offset) == (after.position.epoch, 1)
    assert (fresh[0].unseen, fresh[0].before) == (3, "")


@pytest.mark.guarantee("G2")
async def test_a_flush_between_history_and_inbox_loses_and_doubles_nothing(box: Box, redis: Client) -> None:
    user = new_user()
    first, second, deleted = (make(user, START_MS + number) for number in range(3))
    await box.deliver(delivery(first), delivery(deleted))
    await box.mark(mark(user, "deleted", START_MS + 5, deleted.id))
    await redis.flushall()
    placed = await box.deliver(delivery(second), delivery(deleted), delivery(second))
    assert [(one.position and one.position.offset, one.known) for one in placed] == [
        (1, False),
        (None, True),
        (1, True),
    ]
    found, _ = await box.inbox.page(user, None, 10, ALL)
    assert [one.id for one in found] == [second.id, first.id]
    assert placed[0].unseen == 2


@pytest.mark.guarantee("G2")
async def test_a_flush_before_a_mark_loses_no_mark(box: Box, redis: Client) -> None:
    user = new_user()
    sent = [make(user, START_MS + number) for number in range(3)]
    await box.deliver(*map(delivery, sent))
    await box.mark(mark(user, "read", START_MS + 5, sent[0].id))
    await redis.flushall()
    entry = await box.mark(mark(user, "read", START_MS + 6, sent[1].id))
    assert (entry.position.offset, entry.unseen, entry.unread) == (1, 1, 1)


@pytest.mark.guarantee("G3")
async def test_a_promotion_starts_a_new_epoch(box: Box, redis: Client) -> None:
    user = new_user()
    await box.deliver(delivery(make(user, START_MS)))
    top = (await box.inbox.summaries([user]))[0]
    # A server that was a replica and becomes a master has a replication id of its own.
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    await redis.execute_command("REPLICAOF", "NO", "ONE")
    after = (await box.inbox.summaries([user]))[0]
    assert after.position.epoch != top.position.epoch
    assert (after.position.offset, after.unseen) == (0, 1)
    assert (await box.inbox.summaries([user]))[0] == after


@pytest.mark.guarantee("G2")
async def test_rebuilds_at_the_same_time_agree(box: Box, redis: Client, history: SqliteHistory, clock: Clock) -> None:
    user = new_user()
    sent = [make(user, START_MS + number) for number in range(5)]
    await box.deliver(*map(delivery, sent))
    await redis.flushall()
    boxes = [RedisInbox(redis, history, items=ITEMS, days=DAYS, clock=clock) for _ in range(8)]
    tops = await asyncio.gather(*(each.summaries([user]) for each in boxes))
    assert len({top[0] for top in tops}) == 1
    assert tops[0][0].unseen == 5


@pytest.mark.guarantee("G2")
async def test_a_rebuild_from_old_news_changes_nothing(
    box: Box, redis: Client, history: SqliteHistory, clock: Clock
) -> None:
    """One reads history, is held up, and would install it after others have gone on."""
    user = new_user()
    first, second = make(user, START_MS), make(user, START_MS + 1)
    await box.deliver(delivery(first))
    await redis.flushall()
    read, go = asyncio.Event(), asyncio.Event()

    class Slow:
        async def newest(self, user_id: str, limit: int) -> list[Kept]:
            found = await history.newest(user_id, limit)
            read.set()
            await go.wait()
            return found

    slow = RedisInbox(redis, Slow(), items=ITEMS, days=DAYS, clock=clock)
    waiting = asyncio.create_task(slow.summaries([user]))
    await read.wait()
    await box.deliver(delivery(second))
    top = (await box.inbox.summaries([user]))[0]
    assert top.unseen == 2
    go.set()
    assert await waiting == [top]


@pytest.mark.guarantee("G2")
async def test_a_rebuilt_inbox_knows_where_it_ends(box: Box, redis: Client) -> None:
    user = new_user()
    old = make(user, START_MS - 30 * DAY_MS)
    sent = [make(user, START_MS + number) for number in range(ITEMS + 3)]
    await box.deliver(delivery(old), *map(delivery, sent))
    await redis.flushall()
    found, floor = await box.inbox.page(user, None, 100, ALL)
    assert ([one.id for one in found], floor) == ([one.id for one in reversed(sent[3:])], sent[3].id)
    # Replayed from elsewhere: below the end of what was rebuilt nothing tells new from known, so it stays in history.
    assert [one.position for one in await box.deliver(delivery(sent[0]), delivery(old))] == [None, None]
    assert (await box.inbox.summaries([user]))[0].unseen == ITEMS


@pytest.mark.guarantee("G3")
async def test_a_rebuilt_inbox_knows_of_what_is_older_than_its_days(box: Box, redis: Client) -> None:
    user = new_user()
    old, young = make(user, START_MS - 30 * DAY_MS), make(user, START_MS)
    await box.deliver(delivery(old), delivery(young))
    await redis.flushall()
    assert await box.inbox.page(user, None, 100, ALL) == ([young], old.id)
    assert await box.history.page(user, young.id, 10, ALL) == [old]


async def test_scripts_are_loaded_again(box: Box, redis: Client) -> None:
    users = [new_user() for _ in range(20)]
    await box.deliver(*(delivery(make(user, START_MS)) for user in users))
    await redis.script_flush()
    placed = await box.deliver(*(delivery(make(user, START_MS + 1)) for user in users))
    assert [one.position and one.position.offset for one in placed] == [2] * 20


async def test_every_key_expires(box: Box, redis: Client) -> None:
    user = new_user()
    one = make(user, START_MS)
    await box.deliver(delivery(one))
    await box.mark(mark(user, "seen", START_MS + 1, one.id))
    keys = await keys_of(redis, user)
    assert len(keys) == 7
    for key in keys:
        seconds = await redis.ttl(key)
        assert DAYS * 86_400 <= seconds <= (DAYS + 2) * 86_400, key
    await redis.flushall()
    await box.inbox.summaries([user])
    for key in await keys_of(redis, user):
        assert await redis.ttl(key) > 0, key


@pytest.mark.guarantee("G7")
async def test_what_redis_refuses_is_a_failed_connection(box: Box, redis: Client) -> None:
    user = new_user()
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")  # a replica refuses writes
    try:
        with pytest.raises(ConnectionFailed, match="redis inbox"):
            await box.deliver(delivery(make(user, START_MS)))
    finally:
        await redis.execute_command("REPLICAOF", "NO", "ONE")
    assert (await box.inbox.summaries([user]))[0].unseen == 1


async def test_no_server_is_a_failed_connection() -> None:
    with pytest.raises(ConnectionFailed, match="connect to redis") as caught:
        await connect_redis(RedisSettings(url="redis://someone:secret@127.0.0.1:1/0"))
    assert "secret" not in str(caught.value)


@pytest_asyncio.fixture(scope="module")
async def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A cluster of one node that has every slot."""
    directory: Path = tmp_path_factory.mktemp("cluster")
    port, bus = free_ports(2)
    options = f"--port {port} --cluster-port {bus} --bind 127.0.0.1 --cluster-enabled yes --dir {directory}".split()
    process = Process(["redis-server", *options], log=directory / "redis.log", cwd=directory)
    while not accepts(port):
        await asyncio.sleep(0.05)
    client = await connect_redis(RedisSettings(url=f"redis://127.0.0.1:{port}"))
    await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    while b"cluster_state:ok" not in await client.execute_command("CLUSTER", "INFO"):
        await asyncio.sleep(0.05)
    await close_redis(client)
    yield f"redis+cluster://127.0.0.1:{port}"
    await asyncio.to_thread(process.terminate, 5)


async def test_on_a_cluster(cluster_url: str, history: SqliteHistory, clock: Clock) -> None:
    redis = await connect_redis(RedisSettings(url=cluster_url))
    box = Box(RedisInbox(redis, history, items=ITEMS, days=DAYS, clock=clock), history, clock)
    users = [new_user() for _ in range(50)]
    sent = [delivery(make(user, START_MS)) for user in users]
    await box.deliver(*sent)
    assert [top.unseen for top in await box.inbox.summaries(users)] == [1] * 50
    await box.mark(mark(users[0], "read", START_MS + 1, sent[0].record.notification.id))
    assert all(one.known for one in await box.deliver(*sent))
    await close_redis(redis)


@pytest_asyncio.fixture
async def sentinel_url(redis_server: Redis, tmp_path: Path) -> AsyncIterator[str]:
    port = free_ports(1)[0]
    configuration = tmp_path / "sentinel.conf"
    configuration.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nsentinel monitor main 127.0.0.1 {redis_server.port} 1\n"
    )
    command = ["redis-server", str(configuration), "--sentinel"]
    process = Process(command, log=tmp_path / "sentinel.log", cwd=tmp_path)
    while not accepts(port):
        await asyncio.sleep(0.05)
    yield f"redis+sentinel://127.0.0.1:{port}/main/0"
    await asyncio.to_thread(process.terminate, 5)


async def test_through_sentinel(sentinel_url: str, history: SqliteHistory, clock: Clock) -> None:
    redis = await connect_redis(RedisSettings(url=sentinel_url))
    user = new_user()
    inbox = RedisInbox(redis, history, items=ITEMS, days=DAYS, clock=clock)
    await inbox.append([delivery(make(user, START_MS))])
    assert (await inbox.summaries([user]))[0].unseen == 1
    await close_redis(redis)


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G7")
async def test_a_server_that_dies_and_comes_back(redis_server: Redis, box: Box) -> None:
    user = new_user()
    first, second = delivery(make(user, START_MS)), delivery(make(user, START_MS + 1))
    placed = await box.deliver(first)
    await asyncio.to_thread(redis_server.kill)
    try:
        with pytest.raises(ConnectionFailed):
            await box.deliver(second)
        with pytest.raises(ConnectionFailed):
            await box.mark(mark(user, "read", START_MS + 2, first.record.notification.id))
    finally:
        await asyncio.to_thread(redis_server.start)
    again = await box.deliver(first, second)
    assert [one.unseen for one in again] == [2, 2]
    assert placed[0].position is not None
    assert again[1].position is not None
    # A server that started anew has another replication id, since its file may lack the last second.
    assert again[1].position.epoch != placed[0].position.epoch
    found, _ = await box.inbox.page(user, None, 10, ALL)
    assert [one.id for one in found] == [one.record.notification.id for one in (second, first)]
