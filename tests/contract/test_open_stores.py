"""The stores as processes open them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from redis.asyncio import Redis as RedisClient

from infra.local import Cassandra, Redis
from infra.sqlite import Database
from infra.stores.open import open_stores
from infra.stores.ports import Filter
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_schema import check_scylla, migrate_scylla, statements
from schemas.errors import ConnectionFailed, NotificationError
from schemas.settings import BrokerSettings, RedisSettings, ScyllaSettings, Settings
from schemas.times import now_ms
from tests.contract.inbox_model import delivery, make, mark, new_user


@pytest.fixture
def settings(redis_server: Redis, cassandra: Cassandra) -> Settings:
    return Settings(
        broker=BrokerSettings(url="pulsar://127.0.0.1:6650"),
        redis=RedisSettings(url=redis_server.url),
        scylla=ScyllaSettings(
            contact_points=[cassandra.contact_point],
            keyspace=f"open_{uuid.uuid4().hex[:12]}",
            timeout=timedelta(seconds=10),
        ),
    )


async def test_embedded(own_database: Database) -> None:
    settings = Settings()
    stores = await open_stores(settings, database=own_database)
    await stores.check()
    user = new_user()
    one = delivery(make(user, now_ms()))
    await stores.history.insert([one.record])
    assert (await stores.inbox.append([one]))[0].unseen == 1
    assert await stores.cleanup() == 0
    await stores.close()
    with pytest.raises(NotificationError, match="needs its database"):
        await open_stores(settings, database=None)


async def test_stores_that_were_not_migrated_are_named(settings: Settings) -> None:
    stores = await open_stores(settings, database=None)
    keyspace = settings.scylla.keyspace
    with pytest.raises(NotificationError, match=f"no keyspace {keyspace}; run `pavilion migrate`"):
        await stores.check()
    with pytest.raises(NotificationError, match="keyspace"):
        await stores.people.followers(new_user(), "", 1)
    await stores.close()


async def test_migrate_makes_what_is_missing_and_no_more(settings: Settings) -> None:
    keyspace = settings.scylla.keyspace
    changes = await migrate_scylla(settings)
    assert changes[0] == f"scylla: created keyspace {keyspace}"
    names = {"keyspace": keyspace, "datacenter": settings.scylla.datacenter}
    assert len(changes) == len(statements(**names, replicas=1, window_days=3, audit_window_days=1))
    assert await migrate_scylla(settings) == []
    session = ScyllaSession(settings.scylla)
    await session.open()
    assert await check_scylla(session, settings) == []
    await session.run(f"DROP TABLE {keyspace}.floors")
    await session.run(f"ALTER TABLE {keyspace}.marks DROP archived")
    found = await check_scylla(session, settings)
    assert sorted(found) == [
        f"scylla: no column {keyspace}.marks.archived",
        f"scylla: no table {keyspace}.floors",
    ]
    await session.close()
    assert sorted(await migrate_scylla(settings)) == [
        f"scylla: added column {keyspace}.marks.archived",
        f"scylla: created table {keyspace}.floors",
    ]


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
async def test_an_emptied_redis_is_rebuilt_from_scylla(settings: Settings) -> None:
    await migrate_scylla(settings)
    stores = await open_stores(settings, database=None)
    await stores.check()
    user = new_user()
    now = now_ms()
    sent = [delivery(make(user, now - number)) for number in range(40)]
    await stores.history.insert([one.record for one in sent])
    await stores.inbox.append(sent)
    ids = [one.record.notification.id for one in sent]
    for one in (mark(user, "read", now, up_to=ids[20]), mark(user, "deleted", now + 1, *ids[:5])):
        await stores.inbox.mark(one)
        await stores.history.mark(one)
    [top] = await stores.inbox.summaries([user])
    page = await stores.inbox.page(user, None, 100, Filter())
    assert (top.unseen, top.unread, len(page[0])) == (15, 15, 35)

    redis = RedisClient.from_url(settings.redis.url)
    await redis.flushall()
    await redis.aclose()

    assert await stores.inbox.page(user, None, 100, Filter()) == page
    [after] = await stores.inbox.summaries([user])
    assert (after.unseen, after.unread) == (top.unseen, top.unread)
    assert after.position.epoch != top.position.epoch
    assert all(one.known for one in await stores.inbox.append(sent))
    await stores.close()


async def test_what_cannot_be_reached_is_named(settings: Settings) -> None:
    nowhere = ScyllaSettings(contact_points=["127.0.0.1:1"], connect_timeout=timedelta(seconds=1))
    with pytest.raises(ConnectionFailed, match=r"connect to scylla.*127\.0\.0\.1:1"):
        await open_stores(settings.model_copy(update={"scylla": nowhere}), database=None)
    away = RedisSettings(url="redis://127.0.0.1:1/0")
    with pytest.raises(ConnectionFailed, match="connect to redis"):
        await open_stores(settings.model_copy(update={"redis": away}), database=None)
