"""A dependency is killed under load: partitions wait, nothing is dropped or put aside, and all go on by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from infra.local import Cassandra, Pulsar, Redis
from infra.local.processes import Service
from infra.log.ports import Outgoing
from infra.log.routing import partition_of
from infra.stores.ports import Filter
from infra.stores.redis_client import close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_history import ScyllaHistory
from infra.stores.scylla_schema import migrate_scylla
from schemas.errors import ConnectionFailed, Dependency
from schemas.events import UserMentioned
from schemas.notifications import Notification, make_notification
from schemas.records import DeadLetter, NotificationRecord, decode_record
from schemas.settings import RedisSettings, ScyllaSettings, Settings
from streams import App, Dedup, Emit, Write, history, inbox, plan
from tests.integration.transport.test_ownership import mention
from tests.integration.transport.workers import PARTITIONS, Platform, owns_all, until

pytestmark = [pytest.mark.guarantee("G7"), pytest.mark.guarantee("G1"), pytest.mark.guarantee("G2")]

BATCH = 10
ON_THEIR_WAY = 3
"""Batches of a partition, see streams/transport/ownership.py."""
AWAY_SECONDS = 3.0


def declare(platform: Platform) -> App:
    """A mention is kept in history and inbox by one agent, and sent on by another."""
    app = App(f"{platform.prefix}-app", settings=platform.settings)
    mentions, out = (app.topic(f"{platform.prefix}-{name}", value_type=UserMentioned) for name in ("mentions", "out"))
    dead_letters = app.topic("dead-letters")
    seen = app.WindowTable("mentions-seen")

    def notification_of(event: UserMentioned) -> Notification:
        return make_notification(
            recipient=event.data.mentioned_id,
            type=event.verb,
            content=event.data.text,
            subject="test",
            subject_key=event.identity,
            family=event.verb,
            created_ms=event.time_ms,
        )

    @app.agent(mentions, name=f"{platform.prefix}-relay")
    @plan(dedup=Dedup(seen, key=lambda event: event.identity), emit=Emit(out, of=Relayed), dead_letter=dead_letters)
    def relay(event: UserMentioned):  # type: ignore[no-untyped-def]
        yield Relayed.of(event)

    @app.agent(out, name=f"{platform.prefix}-keep")
    @plan(write=(Write(history, of=NotificationRecord), Write(inbox, of=NotificationRecord)), dead_letter=dead_letters)
    def keep(event: UserMentioned):  # type: ignore[no-untyped-def]
        yield NotificationRecord(notification=notification_of(event), published_ms=event.time_ms)

    return app


class Relayed(UserMentioned, frozen=True, kw_only=True, tag="pavilion.user.mentioned.v1"):
    """The same event, as a record with a key."""

    @property
    def key(self) -> str:
        return str(self.data.mentioned_id)

    @classmethod
    def of(cls, event: UserMentioned) -> Relayed:
        return cls(**{name: getattr(event, name) for name in event.__struct_fields__})


def on(partition: int) -> uuid.UUID:
    """A new user whose records go to this partition."""
    while partition_of(str(user := uuid.uuid4()), PARTITIONS) != partition:
        pass
    return user


class Run:
    """One worker under load, and what it has done."""

    def __init__(self, platform: Platform, app: App) -> None:
        self.platform = platform
        self.app = app
        # Two on each partition of what is keyed by user: a partition without records waits for nothing.
        self.users = [on(partition) for partition in range(PARTITIONS) for _ in range(2)]
        self.sent: dict[uuid.UUID, set[str]] = {user: set() for user in self.users}
        self.topic = f"{platform.prefix}-mentions"
        self._numbers = itertools.count()

    async def send(self, count: int) -> None:
        """Events that a service publishes, and publishes again until they are acknowledged."""
        async with self.platform.log() as log:
            publisher = log.publisher(self.topic)
            for start in range(0, count, BATCH):
                run = []
                for _ in range(start, start + BATCH):
                    number = next(self._numbers)
                    user = self.users[number % len(self.users)]
                    run.append(Outgoing(*mention(number, user)))
                    self.sent[user].add(str(number))
                async with asyncio.timeout(90):
                    while True:
                        with contextlib.suppress(ConnectionFailed):
                            await publisher.publish(run)
                            break
                        await asyncio.sleep(0.1)
                await asyncio.sleep(0.01)
            await publisher.close()

    def stats(self, agent: str) -> dict[str, Any]:
        name = f"{self.platform.prefix}-{agent}"
        return next(one for one in self.app.require_engine().streams() if one["agent"] == name)

    async def dependency(self, name: Dependency) -> dict[str, Any]:
        """As ``/stats/streams`` shows it."""
        return next(one for one in self.app.require_engine().dependencies() if one["name"] == name)

    async def told(self) -> dict[uuid.UUID, list[str]]:
        found = {}
        for user in self.users:
            page, _ = await self.platform.stores.inbox.page(str(user), None, 500, Filter())
            found[user] = [one.content for one in page]
        return found

    async def finished(self) -> None:
        """Everything sent is in each user's inbox and history, once, and nothing among the dead letters."""
        await self.platform.committed(self.topic, f"{self.platform.prefix}-relay")
        await self.platform.committed(f"{self.platform.prefix}-out", f"{self.platform.prefix}-keep")
        for user, texts in (await self.told()).items():
            assert sorted(texts) == sorted(self.sent[user])
            kept = await self.platform.stores.history.page(str(user), None, 1000, Filter())
            assert sorted(one.content for one in kept) == sorted(self.sent[user])
        assert await self.dead_letters() == []
        for agent in ("relay", "keep"):
            assert self.stats(agent)["dead_lettered"] == 0
            assert self.stats(agent)["state"] == "running"

    async def dead_letters(self) -> list[DeadLetter]:
        topic, found = self.platform.settings.topics.dead_letter, []
        async with self.platform.log() as log:
            for partition in range(await log.partitions(topic)):
                found += [decode_record(one.value, DeadLetter) async for one in log.scan(topic, partition)]
        return [one for one in found if one.agent.startswith(self.platform.prefix)]


@contextlib.asynccontextmanager
async def dead(service: Service) -> AsyncIterator[None]:
    await asyncio.to_thread(service.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(service.start)


async def eventually(condition: Callable[[], Any], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def survive_a_store(platform: Platform, service: Service, name: Dependency) -> None:
    """The store behind ``keep`` is killed under load; ``relay`` needs only the log, and goes on."""
    app = declare(platform)
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        run = Run(platform, app)
        await run.send(200)
        await until(lambda: run.stats("keep")["in"] >= 100)
        async with dead(service):
            sending = asyncio.create_task(run.send(400))

            async def stopped() -> bool:
                breaker = await run.dependency(name)
                return breaker["state"] != "closed" and len(waiting(run)) == PARTITIONS

            await eventually(stopped)
            assert all(f"{name} is " in reason for reason in waiting(run)), waiting(run)
            taken = run.stats("keep")["in"]
            await asyncio.sleep(AWAY_SECONDS)
            await sending
            assert run.stats("relay")["state"] == "running"
            breaker = await run.dependency(name)
            assert breaker["state"] in ("open", "half-open")
            assert breaker["failures"] >= 5
            assert f"{name} is " in breaker["last_error"]
            assert (breaker["next_attempt"] is None) == (breaker["state"] == "half-open")
            assert run.stats("keep")["in"] - taken <= PARTITIONS * ON_THEIR_WAY * BATCH
            assert run.stats("keep")["in"] < sum(map(len, run.sent.values())), "the rest waits in the log"
            assert await run.dead_letters() == []
        await run.finished()
        assert (await run.dependency(name))["state"] == "closed"


def waiting(run: Run) -> Sequence[str]:
    """What each partition of ``keep`` waits for."""
    owned = run.app.require_engine().owned(f"{run.platform.prefix}-keep")
    return [epoch.waiting_for for epoch in owned.values() if epoch.waiting_for is not None]


def small_batches(platform: Platform) -> None:
    worker = platform.settings.worker.model_copy(update={"batch_max_events": BATCH})
    platform.settings = platform.settings.model_copy(update={"worker": worker})
    platform.limit = 90


@pytest_asyncio.fixture
async def with_redis(platform: Platform, redis_server: Redis) -> AsyncIterator[Platform]:
    small_batches(platform)
    client = await connect_redis(RedisSettings(url=redis_server.url))
    kept: Any = RedisInbox(client, platform.stores.history, items=500, days=7)
    platform.stores = dataclasses.replace(platform.stores, inbox=kept)
    yield platform
    await close_redis(client)


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
async def test_redis_is_killed_under_load(with_redis: Platform, redis_server: Redis) -> None:
    await survive_a_store(with_redis, redis_server, "redis")


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
async def test_redis_is_out_of_memory_under_load(with_redis: Platform, redis_server: Redis) -> None:
    """Overload: it answers, and takes nothing more. What waits is not put aside for it."""
    app = declare(with_redis)
    await with_redis.migrate(app)
    async with with_redis.worker(app):
        await until(owns_all(app))
        run = Run(with_redis, app)
        operator = await connect_redis(RedisSettings(url=redis_server.url))
        await operator.config_set("maxmemory", "1")
        try:
            await run.send(100)
            await eventually(lambda: is_open(run, "redis"))
            assert "redis is overloaded" in (await run.dependency("redis"))["last_error"]
            await asyncio.sleep(1)
            assert await run.dead_letters() == []
        finally:
            await operator.config_set("maxmemory", "0")
            await close_redis(operator)
        await run.finished()


async def is_open(run: Run, name: Dependency) -> bool:
    return bool((await run.dependency(name))["state"] != "closed")


@pytest_asyncio.fixture
async def with_cql(platform: Platform, cassandra: Cassandra) -> AsyncIterator[Platform]:
    small_batches(platform)
    given = ScyllaSettings(
        contact_points=[cassandra.contact_point],
        keyspace=f"outage_{uuid.uuid4().hex[:12]}",
        timeout=timedelta(seconds=2),
        max_retries=1,
    )
    await migrate_scylla(Settings(scylla=given))
    session = ScyllaSession(given)
    await session.open()
    kept = ScyllaHistory(session, retention=platform.settings.retention)
    platform.stores = dataclasses.replace(platform.stores, history=kept)
    yield platform
    await session.close()


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
async def test_the_cql_server_is_killed_under_load(with_cql: Platform, cassandra: Cassandra) -> None:
    await survive_a_store(with_cql, cassandra, "scylla")


@pytest.mark.parametrize("platform", ["pulsar"], indirect=True)
async def test_the_broker_is_killed_under_load(platform: Platform, pulsar: Pulsar) -> None:
    """No partition is owned without it; services go on publishing, and what was acknowledged is told, once."""
    small_batches(platform)
    app = declare(platform)
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        run = Run(platform, app)
        await run.send(100)
        await until(lambda: run.stats("keep")["in"] >= 20)
        sending = asyncio.create_task(run.send(300))
        async with dead(pulsar):
            engine = app.require_engine()
            await until(lambda: not any(engine.owned(spec.name) for spec in app.specs()))
            await asyncio.sleep(AWAY_SECONDS)
        await sending
        await eventually(ready(app), 90)
        await run.finished()
        assert (await run.dependency("pulsar"))["state"] == "closed"


def ready(app: App) -> Callable[[], Any]:
    async def all_owned() -> bool:
        return owns_all(app)()

    return all_owned
