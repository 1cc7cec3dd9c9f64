"""Shared subscriptions of the embedded log: its clock, what its process leaves behind, and what is kept of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from infra.log.embedded import SCHEMA, EmbeddedLog
from infra.log.ports import Outgoing, Record, SharedSubscription, TopicSpec
from infra.sqlite import Database

HOUR = 3_600_000


class Clock:
    now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "log.db")
    database.open(SCHEMA)
    yield database
    database.close()


@pytest.fixture
async def log(database: Database, clock: Clock) -> EmbeddedLog:
    log = EmbeddedLog(database, clock)
    await log.migrate([TopicSpec("retry", 1, ("agent", "other"))])
    return log


async def publish(log: EmbeddedLog, *delays: int) -> None:
    now = log._clock()
    await log.publisher("retry").publish([Outgoing("", b"%d" % delay, due_ms=now + delay) for delay in delays])


async def received(source: SharedSubscription, count: int) -> list[Record]:
    found: list[Record] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            found += await source.receive(10)
    return found


async def idle(source: SharedSubscription) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await source.receive(10)


async def test_moving_the_clock_delivers_what_is_due(log: EmbeddedLog, clock: Clock) -> None:
    await publish(log, HOUR, 2 * HOUR)
    source = await log.share("retry", 0, "agent")
    waiting = asyncio.create_task(received(source, 1))
    await idle(await log.share("retry", 0, "agent"))
    clock.now += HOUR
    log.wake()
    assert [record.value for record in await waiting] == [b"%d" % HOUR]
    await idle(source)


@pytest.mark.guarantee("G1")
async def test_a_process_that_is_killed_leaves_what_it_held_and_what_is_not_due(
    log: EmbeddedLog, database: Database, clock: Clock
) -> None:
    await publish(log, 0, 0, HOUR, 0)
    source = await log.share("retry", 0, "agent")
    first, _, third = await received(source, 3)
    await source.acknowledge([first, third])

    after = EmbeddedLog(database, clock)  # the old one is gone without a word
    successor = await after.share("retry", 0, "agent")
    [held] = await received(successor, 1)
    assert held.offset not in (first.offset, third.offset)
    await successor.acknowledge([held])
    await idle(successor)
    clock.now += HOUR
    assert [record.value for record in await received(successor, 1)] == [b"%d" % HOUR]


async def test_the_log_keeps_what_one_subscription_has_not_acknowledged_and_no_more(
    log: EmbeddedLog, database: Database, clock: Clock
) -> None:
    await publish(log, HOUR, 0, 0)
    for name in ("agent", "other"):
        source = await log.share("retry", 0, name)
        await source.acknowledge(await received(source, 2))
    clock.now += HOUR
    assert await log.clean(clock.now) == 0, "the first is not acknowledged, so the cursor stands before it"
    for name in ("agent", "other"):
        source = await log.share("retry", 0, name)
        await source.acknowledge(await received(source, 1))
        await idle(source)
    assert await log.clean(clock.now + 1) == 3
    left = await database.read(
        lambda db: [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("log_due", "log_acks")]
    )
    assert left == [0, 0]


async def test_what_was_acknowledged_while_another_looked_does_not_come_again(
    log: EmbeddedLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(log, 0)
    slow, quick = [await log.share("retry", 0, "agent") for _ in range(2)]
    read = database.read

    async def read_late(job: Any) -> Any:
        found = await read(job)
        await asyncio.sleep(0.05)
        return found

    monkeypatch.setattr(database, "read", read_late)
    looking = asyncio.create_task(slow.receive(10))
    await asyncio.sleep(0.01)
    monkeypatch.setattr(database, "read", read)

    async def consume() -> list[Record]:
        records = await quick.receive(10)
        await quick.acknowledge(records)
        return records

    consuming = asyncio.create_task(consume())
    await asyncio.wait([looking, consuming], timeout=0.3)
    assert [task.done() for task in (looking, consuming)].count(True) == 1, "one of them has the only record"
    for task in (looking, consuming):
        task.cancel()
    await asyncio.gather(looking, consuming, return_exceptions=True)
