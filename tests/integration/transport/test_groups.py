"""Several workers of one group, on a real Pulsar: who owns what as they come, go, stall and lose sight of others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.log.ports import Member
from schemas.errors import ConnectionFailed
from streams import App
from tests.integration.transport.test_ownership import declare, mention, stats, told
from tests.integration.transport.workers import Platform, shared, until

pytestmark = pytest.mark.parametrize("platform", ["pulsar"], indirect=True)
PARTITIONS = 8


@pytest.fixture
async def wide(platform: Platform) -> Platform:
    """The platform with more partitions than workers, and so with topics of its own; migrated."""
    own = {name: f"{platform.prefix}-{name}" for name in ("fan_out", "dead_letter", "retry_queue")}
    topics = platform.settings.topics.model_copy(update={"partitions": PARTITIONS, **own})
    platform.settings = platform.settings.model_copy(update={"topics": topics})
    platform.limit = 60
    await platform.migrate(declare(platform))
    return platform


def epochs(*apps: App) -> set[tuple[str, int, int]]:
    return {
        (name, number, epoch.number)
        for app in apps
        for name in [spec.name for spec in app.specs()]
        for number, epoch in app.require_engine().owned(name).items()
    }


@contextlib.asynccontextmanager
async def workers(platform: Platform, count: int) -> AsyncIterator[list[App]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(platform.worker(declare(platform))) for _ in range(count)]


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G5")
async def test_a_newcomer_takes_its_share_and_moves_nothing_else_while_events_flow(wide: Platform) -> None:
    user, topic, agent = uuid4(), f"{wide.prefix}-mentions", f"{wide.prefix}-mention"
    async with workers(wide, 2) as (first, second):
        before = await shared(PARTITIONS, first, second)
        assert len(set(before.values())) == 2
        unmoved = epochs(first, second)
        flow = asyncio.create_task(trickle(wide, topic, user, 300))
        async with wide.worker(declare(wide)) as third:
            after = await shared(PARTITIONS, first, second, third)
            newcomer = third.require_engine().group.member.id
            assert {after[number] for number in after if after[number] != before[number]} == {newcomer}
            assert epochs(first, second) <= unmoved, "a partition that did not move was taken anew"
            await flow
            await wide.committed(topic, agent)
        assert await shared(PARTITIONS, first, second) == before
        taken = sum(stats(app)["in"] for app in (first, second))
        assert taken <= 300
    assert await told(wide, user) == {str(number) for number in range(300)}
    assert (await wide.stores.inbox.summaries([str(user)]))[0].position.offset == 300


async def trickle(platform: Platform, topic: str, user: Any, count: int) -> None:
    for start in range(0, count, 10):
        await platform.publish(topic, *(mention(number, user) for number in range(start, start + 10)))
        await asyncio.sleep(0.2)


@pytest.mark.guarantee("G4")
async def test_a_planned_stop_redelivers_nothing_that_was_committed(wide: Platform) -> None:
    user, topic, agent = uuid4(), f"{wide.prefix}-mentions", f"{wide.prefix}-mention"
    async with workers(wide, 2) as (first, second):
        await shared(PARTITIONS, first, second)
        await wide.publish(topic, *(mention(number, user) for number in range(100)))
        await wide.committed(topic, agent)
        done = stats(first)["in"]
        await first.require_engine().leave()
        assert not first.require_engine().ready()
        await wide.publish(topic, *(mention(number, user) for number in range(100, 140)))
        await wide.committed(topic, agent)
        assert done + stats(second)["in"] == 140
    assert await told(wide, user) == {str(number) for number in range(140)}


@pytest.mark.guarantee("G5")
async def test_an_unloaded_members_topic_and_an_absent_admin_api_move_nothing(wide: Platform) -> None:
    async with workers(wide, 2) as (first, second):
        await shared(PARTITIONS, first, second)
        before = epochs(first, second)
        async with httpx.AsyncClient(base_url=wide.settings.broker.admin_url) as admin:
            path = f"/admin/v2/persistent/public/default/{wide.prefix}-app-members-partition-0/unload"
            for _ in range(3):
                assert (await admin.put(path)).is_success
                await asyncio.sleep(0.7)
        group = first.require_engine().group
        listed, group._membership.listed = group._membership.listed, _absent  # type: ignore[union-attr,method-assign]
        await until(lambda: not group.counts)
        await asyncio.sleep(4)
        assert epochs(first, second) == before
        group._membership.listed = listed  # type: ignore[union-attr,method-assign]
        await until(lambda: group.counts)
        assert epochs(first, second) == before


async def _absent() -> list[Member]:
    raise ConnectionFailed("admin", "no answer")


@pytest.mark.guarantee("G1")
async def test_a_stuck_handler_loses_its_partition_to_another_worker(wide: Platform) -> None:
    user, topic, agent = uuid4(), f"{wide.prefix}-mentions", f"{wide.prefix}-mention"
    patient = wide.settings
    hasty = patient.worker.model_copy(update={"processing_deadline": patient.worker.processing_deadline / 300})
    wide.settings = patient.model_copy(update={"worker": hasty})
    stuck, healthy = declare(wide), declare(wide)
    async with wide.worker(stuck), wide.worker(healthy):
        before = await shared(PARTITIONS, stuck, healthy)
        engine = stuck.require_engine()
        for number, epoch in engine.owned(agent).items():
            for lane in epoch.lanes.values():
                lane.runtime.process = _for_ever  # type: ignore[union-attr,method-assign]
            assert before[number] == engine.group.member.id
        await wide.publish(topic, *(mention(number, user) for number in range(50)))
        await wide.committed(topic, agent)
        held = {number for number, id in before.items() if id == engine.group.member.id}
        assert held & set(healthy.require_engine().owned(agent))
        assert engine.group.member.avoids
    assert await told(wide, user) == {str(number) for number in range(50)}


async def _for_ever(records: Any) -> None:
    await asyncio.Event().wait()
