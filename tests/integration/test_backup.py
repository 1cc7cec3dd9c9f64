"""Topics are backed up while they are used, and restored on an empty broker beside stores that know the old ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.backup.format import Manifest, Stored
from infra.backup.restore import restore
from infra.backup.store import Store
from infra.backup.take import Wanted, back_up
from infra.local import Pulsar, Redis
from infra.log import embedded
from infra.log.ports import Outgoing, Record
from infra.log.pulsar import PulsarLog
from infra.sqlite import Database
from infra.stores.open import open_stores, sqlite_schemas
from infra.stores.ports import Filter
from infra.stores.redis_client import close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from schemas.errors import NotificationError
from schemas.events import UserMentioned
from schemas.records import DeadLetter, NotificationRecord, decode_record
from schemas.settings import RedisSettings, Settings
from schemas.times import now_ms, parse_ms
from streams import App, Dedup, Retry, Write, history, plan
from streams.topics import required_topics
from tests.integration.transport.test_ownership import mention, notify
from tests.integration.transport.test_retry import Shaky, scanned, told, until_told
from tests.integration.transport.workers import PARTITIONS, Platform, owns_all, until

TOPIC, AGENT = "user-events", "mention"  # a topic that keeps what was processed
HOUR_MS = 3_600_000
EARLIER = 30


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulsar]:
    with Pulsar(tmp_path_factory.mktemp("empty")) as service:
        yield service


async def in_namespace(service: Pulsar, namespace: str, tmp_path: Path) -> Settings:
    broker = {"url": service.url, "admin_url": service.admin_url, "namespace": namespace, "operation_timeout": "10s"}
    if namespace != "default":
        async with httpx.AsyncClient(base_url=f"{service.admin_url}/admin/v2", trust_env=False) as admin:
            (await admin.put(f"/namespaces/public/{namespace}", json={})).raise_for_status()
    return Settings(broker=broker, topics={"partitions": PARTITIONS}, data_dir=tmp_path)


@contextlib.asynccontextmanager
async def stores_of(redis: Redis, tmp_path: Path) -> AsyncIterator[Any]:
    """The inbox on Redis, which remembers sources; the rest on SQLite."""
    database = Database(tmp_path / "stores.db")
    database.open(embedded.SCHEMA, *sqlite_schemas())
    stores = await open_stores(Settings(data_dir=tmp_path), database=database)
    client = await connect_redis(RedisSettings(url=redis.url))
    stores.inbox = RedisInbox(client, stores.history, items=500, days=7)
    try:
        yield stores
    finally:
        await close_redis(client)
        await stores.close()
        database.close()


def declare(settings: Settings, sink: Shaky) -> App:
    app = App("restored", settings=settings)

    @app.agent(app.topic(TOPIC, value_type=UserMentioned), name=AGENT)
    @plan(
        dedup=Dedup(app.WindowTable("seen"), key=lambda event: event.identity),
        write=(Write(history, of=NotificationRecord), Write(sink, of=NotificationRecord)),
        retry=Retry(attempts=3, first=timedelta(seconds=5), factor=1.0),
        dead_letter=app.topic("dead-letters"),
    )
    def mentioned(event: UserMentioned) -> Any:
        yield notify(event)

    return app


def wanted(settings: Settings, app: App) -> list[Wanted]:
    """What is required, and on `retry` an agent that is away."""
    specs = required_topics(settings, app.conf.id, app.specs())
    specs = [replace(one, subscriptions=(*one.subscriptions, "away")) if one.name == "retry" else one for one in specs]
    return [Wanted(one, one.name not in ("fan-out", "restored-members", "restored-stats")) for one in specs]


def broken_clock(number: int, user: uuid.UUID) -> tuple[str, bytes]:
    """Its notification is dated, and so named, by its first publish."""
    key, value = mention(number, user)
    return key, json.dumps({**json.loads(value), "time": "2001-01-01T00:00:00Z"}).encode()


async def stored_of(store: Store, backup: str, manifest: Manifest, topic: str) -> list[Stored]:
    [found] = [one for one in manifest.topics if one.name == topic]
    segments = [segment for part in found.parts for segment in part.segments]
    return [record for segment in segments for record in store.records(backup, segment)]


@dataclass
class Source:
    """The broker as it is backed up."""

    platform: Platform
    user: uuid.UUID
    foreign: str

    async def fill(self) -> None:
        """20 events that are told but for one that is to be tried again, a dead letter, and 11 nobody has read."""
        sink = Shaky({"8": 1})
        app = declare(self.platform.settings, sink)
        await self.platform.migrate(app)
        async with self.platform.log() as log:
            await log.admin.migrate([one.spec for one in wanted(self.platform.settings, app)])
        async with self.platform.worker(app):
            await until(owns_all(app))
            await self.platform.publish(TOPIC, *(mention(number, self.user) for number in range(20)))
            await self.platform.publish(TOPIC, ("bad", b"no event"))
            async with self.platform.log() as log:
                publisher = log.publisher("retry")
                waits = Outgoing(self.foreign, b"waits", {"retry-agent": "away"}, due_ms=now_ms() + HOUR_MS)
                await publisher.publish([waits])
                await publisher.publish([Outgoing(self.foreign, b"passes", {"retry-agent": "away"})])
                await publisher.close()
            await until_told(self.platform, self.user, 19)
            await until(lambda: app.require_engine().streams()[0]["retried"] == 1)
            await until(lambda: app.require_engine().streams()[0]["dead_lettered"] == 1)
            await self.platform.committed(TOPIC, AGENT)
            await asyncio.sleep(1.5)  # the forwarder acknowledges what passes, though what waits comes before it
        await self.platform.publish(TOPIC, *(mention(number, self.user) for number in range(20, 30)))
        await self.platform.publish(TOPIC, broken_clock(30, self.user))


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G8")
async def test_a_restored_broker_goes_on_where_the_old_one_was(
    pulsar: Pulsar, empty: Pulsar, redis_server: Redis, tmp_path: Path
) -> None:
    user, store = uuid.uuid4(), Store(str(tmp_path / "backups"))
    old = await in_namespace(pulsar, f"old-{uuid.uuid4().hex[:8]}", tmp_path)
    new = await in_namespace(empty, "default", tmp_path)
    async with stores_of(redis_server, tmp_path) as stores:
        source = Source(Platform(old, lambda: PulsarLog(old), stores), user, "foreign")
        async with source.platform.log() as log:  # the ids of ledgers grow with what a broker has made
            await log.admin.send("PUT", f"{log.admin.path('earlier')}/partitions", EARLIER)
            publisher = log.publisher("earlier")
            await publisher.publish([Outgoing("", b"earlier", partition=number) for number in range(EARLIER)])
            await publisher.close()
        assert await top_of(stores, user) == 0  # from here on the inbox is there, and is not built from history
        await source.fill()
        assert await top_of(stores, user) == 19
        topics = wanted(old, declare(old, Shaky({})))
        done: list[str] = []
        async with source.platform.log() as log:
            backup, manifest = await back_up(
                log, store, topics, release="test", progress=lambda topic, records: done.append(topic)
            )
        assert len(done) == sum(one.spec.partitions for one in topics if one.records)
        for file in manifest.contents:
            store.verify(backup, file)

        before = {(one.partition, one.offset): one for one in await scanned(source.platform, TOPIC)}
        waiting = await stored_of(store, backup, manifest, "retry")
        assert {one.value for one in waiting} >= {b"waits", b"passes"}
        assert len(waiting) == 3
        assert [one.due_ms for one in waiting if one.value == b"passes"] == [None]

        sink = Shaky({})
        app = declare(new, sink)
        platform = Platform(new, lambda: PulsarLog(new), stores)
        async with platform.log() as log:
            await restore(log, store, backup, manifest, replace=False, progress=lambda topic, records: None)
            with pytest.raises(NotificationError, match=r"already has .*user-events.*--replace"):
                await restore(log, store, backup, manifest, replace=False, progress=lambda topic, records: None)
            assert await log.admin.check([one.spec for one in topics]) == []
            places = [("retry", "away"), ("retry", AGENT), (TOPIC, AGENT), ("dead-letters", "operators")]
            left = [sum(one.messages for one in (await log.backlog(*place)).values()) for place in places]
            assert left == [3, 2, 11, 1]
        after = await scanned(platform, TOPIC)
        assert sorted(map(told_of, after)) == sorted(map(told_of, before.values())), "with their first publish times"
        assert max(one.offset for one in after) < min(one.offset for one in before.values()), "ids begin low again"
        due = {one.value: one.due_ms for one in await scanned(platform, "retry")}
        assert due == {one.value: one.due_ms for one in waiting}
        letters = [decode_record(one.value, DeadLetter) for one in await scanned(platform, "dead-letters")]
        assert [(one.topic, one.payload_bytes) for one in letters] == [(TOPIC, b"no event")]

        async with platform.worker(app):
            await until(owns_all(app))
            await until_told(platform, user, 31)
            await platform.publish(TOPIC, *(mention(number, user) for number in (3, 31, 32)))
            await until_told(platform, user, 33)
            await platform.committed(TOPIC, AGENT)
            [stats] = app.require_engine().streams()
        assert sorted(map(int, sink.applied)) == [8, *range(20, 33)], "what was acknowledged is not done again"
        assert stats["duplicates"] == 1, "the window table is the one before"
        assert await top_of(stores, user) == 33, "an entry for each, and no second one"
        found = await told(platform, user)
        assert len({one.id for one in found}) == 33
        [dated] = [one for one in found if one.content == "30"]
        [published] = [one.publish_ms for one in before.values() if b'"id": "30"' in one.value]
        assert parse_ms(str(dated.created_at)) == published
        assert len(await stores.history.page(str(user), None, 500, Filter())) == 33


async def top_of(stores: Any, user: uuid.UUID) -> int:
    [summary] = await stores.inbox.summaries([str(user)])
    return int(summary.position.offset)


def told_of(record: Record) -> tuple[int, str, bytes, str, int]:
    return record.partition, record.key, record.value, json.dumps(dict(record.properties)), record.publish_ms
