"""Shared subscriptions and delays of the log port, on SQLite and on a real Pulsar."""

import asyncio
from typing import Any

import pytest

from infra.log.ports import Outgoing, Record
from schemas.times import now_ms
from tests.contract.log_places import LIMIT, Place, key_for, publish, run, take


async def due(source: Any, count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(LIMIT):
        while len(records) < count:
            records += await source.receive(100)
    return records


async def nothing_comes(source: Any, seconds: float = 0.5) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await source.receive(100)


@pytest.mark.guarantee("G1")
async def test_a_delayed_record_comes_to_a_shared_subscription_when_it_is_due(place: Place) -> None:
    source = await place.log.share(place.topic, 1, "agent")
    due_ms = now_ms() + 3000
    await publish(place, [Outgoing(key_for(1), b"later", {"n": "1"}, due_ms=due_ms), *run(1, 1)])
    [now] = await due(source, 1)
    assert now.value == b"0"
    await source.acknowledge([now])
    [later] = await due(source, 1)
    assert now_ms() >= due_ms - 100
    assert (later.key, later.value, later.properties, later.partition) == (key_for(1), b"later", {"n": "1"}, 1)
    await source.acknowledge([later])
    await source.close()


async def test_others_of_a_delayed_run_are_due_in_their_own_time(place: Place) -> None:
    source = await place.log.share(place.topic, 0, "agent")
    start = now_ms()
    await publish(place, [Outgoing(key_for(0), b"%d" % n, due_ms=start + 2500 * n) for n in (2, 1, 0)])
    assert [record.value for record in await due(source, 3)] == [b"0", b"1", b"2"]
    await source.close()


@pytest.mark.guarantee("G1")
async def test_what_a_shared_consumer_did_not_acknowledge_comes_again_and_nothing_else(place: Place) -> None:
    await publish(place, run(2, 10))  # one broker batch on Pulsar
    source = await place.log.share(place.topic, 2, "agent")
    records = await due(source, 10)
    kept = {b"0", b"4", b"9"}
    await source.acknowledge([record for record in records if record.value not in kept])
    await source.close()
    successor = await place.second.share(place.topic, 2, "agent")
    again = await due(successor, 3)
    assert {record.value for record in again} == kept
    await successor.acknowledge(again)
    await nothing_comes(successor)
    await successor.close()


async def test_consumers_of_a_shared_subscription_get_each_record_once(place: Place) -> None:
    sources = [await log.share(place.topic, 3, "agent") for log in (place.log, place.second)]
    for n in range(60):
        await publish(place, run(3, 1, start=n))
    found: list[bytes] = []

    async def consume(source: Any) -> None:
        while True:
            records = await source.receive(5)
            await source.acknowledge(records)
            found.extend(record.value for record in records)

    tasks = [asyncio.create_task(consume(source)) for source in sources]
    async with asyncio.timeout(LIMIT):
        while len(found) < 60:
            await asyncio.sleep(0.05)
    assert sorted(found) == sorted(b"%d" % n for n in range(60))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for source in sources:
        await source.close()


async def test_the_backlog_of_a_shared_subscription_is_what_waits_there(place: Place) -> None:
    source = await place.log.share(place.topic, 0, "agent")
    later = now_ms() + 3_600_000
    await publish(place, [Outgoing(key_for(0), b"%d" % n, due_ms=later if n % 2 else None) for n in range(6)])
    await source.acknowledge(await due(source, 3))
    async with asyncio.timeout(LIMIT):
        while (await place.log.backlog(place.topic, "agent"))[0].messages != 3:
            await asyncio.sleep(0.1)
    await nothing_comes(source)
    await source.close()


async def test_a_shared_receive_that_is_cancelled_loses_nothing(place: Place) -> None:
    source = await place.log.share(place.topic, 0, "agent")
    for _ in range(3):
        await nothing_comes(source, 0.05)
    await publish(place, run(0, 3))
    assert {record.value for record in await due(source, 3)} == {b"0", b"1", b"2"}
    await source.close()


async def test_exclusive_subscriptions_do_not_wait_until_a_record_is_due(place: Place) -> None:
    await publish(place, [Outgoing(key_for(1), b"later", due_ms=now_ms() + 3_600_000)])
    source = await place.log.subscribe(place.topic, 1, "agent")
    assert [record.value for record in await take(source, 1)] == [b"later"]
    await source.close()
