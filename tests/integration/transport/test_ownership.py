"""Planned agents: handing over, losing partitions, and recovering tables, on both logs."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from infra.log.ports import Outgoing
from infra.stores.ports import Filter
from schemas.events import UserMentioned, UserMentionedData, encode_event
from schemas.notifications import make_notification
from schemas.records import NotificationRecord
from schemas.times import from_ms, now_ms
from streams import App, Dedup, Write, history, inbox, plan
from streams.engine import Engine
from tests.integration.transport.workers import PARTITIONS, Platform, owns_all, shared, until

USER = uuid4()


def notify(event: UserMentioned) -> NotificationRecord:
    notification = make_notification(
        recipient=event.data.mentioned_id,
        type=event.verb,
        content=event.data.text,
        subject="test",
        subject_key=event.identity,
        family=event.verb,
        created_ms=event.time_ms,
    )
    return NotificationRecord(notification=notification, published_ms=event.time_ms)


def declare(platform: Platform) -> App:
    """Mentions are placed in inboxes by one agent, so that a test sees effects and table at once."""
    app = App(f"{platform.prefix}-app", settings=platform.settings)
    mentions = app.topic(f"{platform.prefix}-mentions", value_type=UserMentioned)
    dead_letters = app.topic("dead-letters")
    seen = app.WindowTable("mentions-seen")

    @app.agent(mentions, name=f"{platform.prefix}-mention")
    @plan(
        dedup=Dedup(seen, key=lambda event: event.identity),
        write=(Write(history, of=NotificationRecord), Write(inbox, of=NotificationRecord)),
        dead_letter=dead_letters,
    )
    def mention(event: UserMentioned):  # type: ignore[no-untyped-def]
        yield notify(event)

    return app


def mention(number: int, user: UUID = USER, **attributes: str) -> tuple[str, bytes]:
    data = UserMentionedData(mentioned_id=user, actor_id=uuid4(), video_id=uuid4(), text=str(number))
    given: Any = {"specversion": "1.0", "id": str(number), "source": "/test", "time": from_ms(now_ms()), **attributes}
    event = UserMentioned(**given, data=data)
    return f"key {number % 7}", encode_event(event)


def epoch_of(engine: Engine, agent: str, partition: int) -> int:
    epoch = engine.owned(agent).get(partition)
    return epoch.number if epoch else 0


def stats(app: App) -> dict[str, Any]:
    [mine] = app.require_engine().streams()
    return mine


async def told(platform: Platform, user: UUID) -> set[str]:
    found, _ = await platform.stores.inbox.page(str(user), None, 500, Filter())
    return {one.content for one in found}


@pytest.mark.guarantee("G4")
async def test_a_planned_stop_hands_over_without_redelivery(platform: Platform) -> None:
    user, first, second = uuid4(), declare(platform), declare(platform)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(first)
    async with platform.worker(first):
        await until(owns_all(first))
        await platform.publish(topic, *(mention(number, user) for number in range(100)))
        await until(lambda: stats(first)["in"] == 100)
    await platform.committed(topic, agent)
    await platform.publish(topic, *(mention(number, user) for number in range(100, 120)))
    async with platform.worker(second):
        await platform.committed(topic, agent)
        assert stats(second)["in"] == 20
    assert await told(platform, user) == {str(number) for number in range(120)}


@pytest.mark.guarantee("G8")
async def test_a_table_after_a_crash_equals_the_table_before(platform: Platform) -> None:
    user, app = uuid4(), declare(platform)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    sent = [mention(number, user) for number in range(60)]
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(topic, *sent)
        await platform.committed(topic, agent)
        engine = app.require_engine()
        before = {number: epoch.state.live_keys() for number, epoch in engine.owned(agent).items() if epoch.state}
        numbers = {number: epoch.number for number, epoch in engine.owned(agent).items()}
        await engine.crash()
        await until(lambda: all(epoch_of(engine, agent, number) > epoch for number, epoch in numbers.items()))
        after = {number: epoch.state.live_keys() for number, epoch in engine.owned(agent).items() if epoch.state}
        assert after == before
        assert sum(map(len, after.values())) == 60
        await platform.publish(topic, *sent)
        await platform.committed(topic, agent)
        assert stats(app)["duplicates"] == 60
    assert len(await told(platform, user)) == 60


@pytest.mark.guarantee("G8")
async def test_a_warm_standby_takes_over_a_table_without_reading_it_again(platform: Platform) -> None:
    standby = platform.settings.worker.model_copy(update={"standbys": 1})
    platform.settings = platform.settings.model_copy(update={"worker": standby})
    user, first, second = uuid4(), declare(platform), declare(platform)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    sent = [mention(number, user) for number in range(60)]
    await platform.migrate(first)
    async with platform.worker(first), platform.worker(second):
        owner = (await shared(PARTITIONS, first, second))[0]
        if owner == second.require_engine().group.member.id:
            first, second = second, first
        for start in range(0, 60, 10):
            await platform.publish(topic, *sent[start : start + 10])
            await platform.committed(topic, agent)
        mine = first.require_engine().owned(agent)
        before = {number: epoch.state.live_keys() for number, epoch in mine.items() if epoch.state}
        engine = second.require_engine()
        await until(lambda: followed(engine) == {number: len(keys) for number, keys in before.items()})
        await first.require_engine().leave()
        await until(owns_all(second))
        for number, keys in before.items():
            epoch = engine.owned(agent)[number]
            assert epoch.state is not None
            assert epoch.state.live_keys() == keys
            assert epoch.recovery.warm
            assert epoch.recovery.records <= 2, "the barrier, and at most what was on its way"
        assert followed(engine) == {}
        await platform.publish(topic, *sent)
        await platform.committed(topic, agent)
    assert len(await told(platform, user)) == 60


def followed(engine: Engine) -> dict[int, int]:
    """By partition, the keys that the worker has read as a standby."""
    return {entry["partition"]: entry["keys"] for entry in engine.tables() if entry["state"] == "standby"}


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G5")
@pytest.mark.parametrize("platform", ["pulsar"], indirect=True)
async def test_a_second_worker_waits_and_takes_over_from_a_crashed_one(platform: Platform) -> None:
    """On Pulsar alone: one process has the embedded log, so there is no second worker."""
    user, first, second = uuid4(), declare(platform), declare(platform)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(first)
    async with platform.worker(first), platform.worker(second):
        engines = (first.require_engine(), second.require_engine())
        await until(lambda: sum(len(engine.owned(agent)) for engine in engines) == PARTITIONS)
        for number in range(200):
            await platform.publish(topic, mention(number, user))
            if number == 100:
                await first.stop()
        await until(owns_all(second))
        await platform.committed(topic, agent)
    assert await told(platform, user) == {str(number) for number in range(200)}
    summary = (await platform.stores.inbox.summaries([str(user)]))[0]
    assert summary.position.offset == 200


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.parametrize("platform", ["pulsar"], indirect=True)
async def test_an_unload_of_the_topic_loses_and_doubles_nothing(platform: Platform) -> None:
    user, app = uuid4(), declare(platform)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(app)
    async with platform.worker(app), httpx.AsyncClient(base_url=platform.settings.broker.admin_url) as admin:
        await until(owns_all(app))
        publishing = asyncio.create_task(_trickle(platform, topic, user, 400))
        for _ in range(3):
            await asyncio.sleep(0.7)
            answer = await admin.put(f"/admin/v2/persistent/public/default/{topic}/unload")
            assert answer.is_success, answer.text
        await publishing
        await platform.committed(topic, agent)
    assert await told(platform, user) == {str(number) for number in range(400)}
    summary = (await platform.stores.inbox.summaries([str(user)]))[0]
    assert summary.position.offset == 400


async def _trickle(platform: Platform, topic: str, user: UUID, count: int) -> None:
    async with platform.log() as log:
        publisher = log.publisher(topic)
        for start in range(0, count, 10):
            await publisher.publish([Outgoing(*mention(number, user)) for number in range(start, start + 10)])
            await asyncio.sleep(0.05)
        await publisher.close()


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
async def test_a_disabled_worker_takes_no_partition_and_events_wait(platform: Platform) -> None:
    user, topic = uuid4(), f"{platform.prefix}-mentions"
    enabled = platform.settings
    platform.settings = enabled.model_copy(update={"enabled": False})
    idle = declare(platform)
    await platform.migrate(idle)
    async with platform.worker(idle):
        await platform.publish(topic, mention(1, user))
        await asyncio.sleep(0.5)
        assert idle.require_engine().streams() == []
    platform.settings = enabled
    async with platform.worker(declare(platform)):
        await platform.committed(topic, f"{platform.prefix}-mention")
    assert await told(platform, user) == {"1"}
