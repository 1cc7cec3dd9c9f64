"""The log port, on SQLite and on a real Pulsar."""

import asyncio
import contextlib
from typing import Any

import pytest

from infra.log.ports import (
    MAX_RECORD_BYTES,
    MEMBERS,
    LogClient,
    Member,
    Membership,
    Outgoing,
    OwnershipLost,
    PartitionBusy,
    Record,
    TopicSpec,
)
from infra.log.routing import partition_of
from schemas.errors import ConnectionFailed, InvalidNotification, NotificationError
from tests.contract.log_places import LIMIT, PARTITIONS, Place, key_for, publish, run, take


async def test_records_come_in_order_with_their_key_value_and_properties(place: Place) -> None:
    await publish(place, run(1, 2500))
    source = await place.log.subscribe(place.topic, 1, "agent")
    records = await take(source, 2500)
    assert [record.value for record in records] == [b"%d" % n for n in range(2500)]
    assert [record.offset for record in records] == sorted({record.offset for record in records})
    assert records[7].key == key_for(1)
    assert records[7].properties == {"n": "7"}
    assert records[7].publish_ms > 1_700_000_000_000
    assert (records[7].topic, records[7].partition) == (place.topic, 1)
    await source.close()


async def test_keys_go_to_the_partition_that_java_would_choose(place: Place) -> None:
    keys = [f"user-{n}" for n in range(40)] + ["ключ", "👩‍🚀"]
    await publish(place, [Outgoing(key, key.encode()) for key in keys])
    for partition in range(PARTITIONS):
        expected = [key for key in keys if partition_of(key, PARTITIONS) == partition]
        source = await place.log.subscribe(place.topic, partition, "agent")
        assert [record.key for record in await take(source, len(expected))] == expected
        await source.close()


async def test_a_record_that_names_its_partition_goes_there_whatever_its_key(place: Place) -> None:
    await publish(place, [Outgoing(key_for(0), b"back", partition=1)])
    source = await place.log.subscribe(place.topic, 1, "agent")
    [record] = await take(source, 1)
    assert (record.key, record.value) == (key_for(0), b"back")
    await source.close()
    with pytest.raises(ValueError, match="no partition"):
        await publish(place, [Outgoing("", b"", partition=PARTITIONS)])


async def test_members_are_listed_with_what_they_say_of_themselves_until_they_leave(place: Place) -> None:
    members = f"{place.topic}-members"
    await place.admin.migrate([TopicSpec(members, 1, (MEMBERS,))])
    first = Member("one", "1.2", 7, frozenset({"video-3", "user-0"}))
    mine = await place.log.join(members, first)
    hers = await place.second.join(members, Member("two"))
    await listing(mine, {first, Member("two")})
    await hers.close()
    await listing(mine, {first})
    again = await place.log.join(members, first._replace(avoids=frozenset()))
    await mine.close()
    await listing(again, {first._replace(avoids=frozenset())})
    await again.close()


async def listing(membership: Membership, expected: set[Member]) -> None:
    async with asyncio.timeout(LIMIT):
        while set(await membership.listed()) != expected:
            await asyncio.sleep(0.05)


async def test_a_receive_respects_its_limits_and_loses_nothing(place: Place) -> None:
    await publish(place, run(0, 100))
    source = await place.log.subscribe(place.topic, 0, "agent")
    records, sizes = [], []
    async with asyncio.timeout(LIMIT):
        while len(records) < 100:
            some = await source.receive(7, 1 << 20)
            sizes.append(len(some))
            records += some
    assert max(sizes) <= 7
    assert [record.value for record in records] == [b"%d" % n for n in range(100)]
    await source.close()


async def test_a_receive_that_is_cancelled_while_waiting_loses_nothing(place: Place) -> None:
    source = await place.log.subscribe(place.topic, 0, "agent")
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await source.receive(10, 1 << 20)
    await publish(place, run(0, 3))
    assert [record.value for record in await take(source, 3)] == [b"0", b"1", b"2"]
    await source.close()


@pytest.mark.guarantee("G4")
async def test_the_successor_starts_at_the_next_record_in_the_middle_of_a_batch(place: Place) -> None:
    await publish(place, run(2, 50))  # one broker batch on Pulsar
    source = await place.log.subscribe(place.topic, 2, "agent")
    records = await take(source, 50)
    await source.acknowledge(records[17])
    await source.close()
    successor = await place.second.subscribe(place.topic, 2, "agent")
    assert (await take(successor, 32))[0].value == b"18"
    await successor.close()


async def test_what_is_not_acknowledged_comes_again(place: Place) -> None:
    await publish(place, run(2, 5))
    for _ in range(2):
        source = await place.log.subscribe(place.topic, 2, "agent")
        assert len(await take(source, 5)) == 5
        await source.close()


@pytest.mark.guarantee("G5")
async def test_a_subscription_has_one_consumer(place: Place) -> None:
    source = await place.log.subscribe(place.topic, 0, "agent")
    with pytest.raises(PartitionBusy):
        await place.second.subscribe(place.topic, 0, "agent")
    await source.close()
    assert not source.connected()
    successor = await place.second.subscribe(place.topic, 0, "agent")
    assert successor.connected()
    await successor.close()


@pytest.mark.guarantee("G5")
async def test_of_two_that_subscribe_together_one_is_refused(place: Place) -> None:
    calls = (log.subscribe(place.topic, 0, "agent") for log in (place.log, place.second))
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in results if isinstance(one, PartitionBusy)]
    assert len(refused) == 1
    for one in results:
        if not isinstance(one, BaseException):
            await one.close()


@pytest.mark.guarantee("G5")
async def test_a_superseded_writer_of_a_log_is_refused(place: Place) -> None:
    first = await place.log.fence(place.agent_log, 0)
    one = await first.append(b"one")
    second = await place.second.fence(place.agent_log, 0)
    with pytest.raises(OwnershipLost):
        await first.append(b"late")
    two = await second.append(b"two")
    assert two > one
    records = await from_cursor(place.log, place.agent_log, 0, two)
    assert [record.value for record in records] == [b"one", b"two"]
    await first.close()
    await second.close()


async def from_cursor(log: LogClient, topic: str, partition: int, until: int) -> list[Record]:
    chunks = [chunk async for chunk in log.read_subscription(topic, partition, "window", until)]
    return [record for chunk in chunks for record in chunk]


async def test_a_log_is_read_in_pieces_that_a_reader_may_leave_early(place: Place) -> None:
    log = await place.log.fence(place.agent_log, 2)
    offsets = [await log.append(b"%d" % n * 300_000) for n in range(10)]
    async with contextlib.aclosing(place.log.read_subscription(place.agent_log, 2, "window", offsets[9])) as chunks:
        assert 1 <= len(await anext(chunks)) < 10
    assert [record.offset for record in await from_cursor(place.log, place.agent_log, 2, offsets[9])] == offsets
    await log.close()


async def test_a_log_is_read_from_its_cursor_to_an_offset_and_trimmed(place: Place) -> None:
    log = await place.log.fence(place.agent_log, 3)
    offsets = [await log.append(b"%d" % n) for n in range(10)]
    for _ in range(2):  # reading moves nothing
        records = await from_cursor(place.log, place.agent_log, 3, offsets[8])
        assert [record.offset for record in records] == offsets[:9]
    await place.log.trim(place.agent_log, 3, "window", offsets[4])
    records = await from_cursor(place.second, place.agent_log, 3, offsets[9])
    assert [record.offset for record in records] == offsets[5:]
    await log.close()


async def test_a_reader_after_zero_begins_with_the_earliest(place: Place) -> None:
    await publish(place, run(1, 3))
    reader = await place.log.reader(place.topic, 1, after=0)
    found: list[bytes] = []
    async with asyncio.timeout(LIMIT):
        while len(found) < 3:
            found += [record.value for record in await reader.read()]
    assert found == [b"0", b"1", b"2"]
    await reader.close()


async def test_a_reader_sees_what_is_published_after_it_was_opened(place: Place) -> None:
    await publish(place, run(1, 3))
    reader = await place.log.reader(place.topic, 1)
    assert reader.connected()
    await publish(place, run(1, 3, start=3))
    records: list[Any] = []
    async with asyncio.timeout(LIMIT):
        while len(records) < 3:
            records += await reader.read()
    assert [record.value for record in records] == [b"3", b"4", b"5"]
    again = await place.log.reader(place.topic, 1, after=records[0].offset)
    async with asyncio.timeout(LIMIT):
        assert (await again.read())[0].value == b"4"
    await reader.close()
    await again.close()


async def test_a_reader_of_an_empty_partition_misses_nothing(place: Place) -> None:
    reader = await place.log.reader(place.topic, 3)
    await publish(place, run(3, 1))
    async with asyncio.timeout(LIMIT):
        assert [record.value for record in await reader.read()] == [b"0"]
    await reader.close()


async def test_a_scan_gives_everything_retained_and_ends(place: Place) -> None:
    assert [record async for record in place.log.scan(place.topic, 2)] == []
    await publish(place, run(2, 1200))
    async with asyncio.timeout(LIMIT):
        values = [record.value async for record in place.log.scan(place.topic, 2)]
    assert values == [b"%d" % n for n in range(1200)]


async def test_a_scan_begins_at_a_publish_time(place: Place) -> None:
    """Also in the middle of records that a client has sent together."""
    for start in (0, 700, 1400):
        await publish(place, run(2, 700, start=start))
        await asyncio.sleep(0.02)
    records = [record async for record in place.log.scan(place.topic, 2)]
    for number in (0, 1, 650, 700, 1350, 2099):
        since = records[number].publish_ms
        async with asyncio.timeout(LIMIT):
            found = [record.offset async for record in place.log.scan(place.topic, 2, since_ms=since)]
        assert found == [record.offset for record in records if record.publish_ms >= since]
    async with asyncio.timeout(LIMIT):
        later = records[-1].publish_ms + 1
        assert [record async for record in place.log.scan(place.topic, 2, since_ms=later)] == []
        assert [record async for record in place.log.scan(place.topic, 3, since_ms=later)] == []


async def test_what_is_committed_is_told(place: Place) -> None:
    """Never more than that: the broker tells of whole entries."""
    await publish(place, run(1, 10))
    await publish(place, run(1, 10, start=10))
    records = [record async for record in place.log.scan(place.topic, 1)]
    assert await place.log.committed(place.topic, 1, "agent") < records[0].offset
    source = await place.log.subscribe(place.topic, 1, "agent")
    taken = await take(source, 20)
    await source.acknowledge(taken[9])
    await source.close()
    async with asyncio.timeout(LIMIT):
        while (committed := await place.log.committed(place.topic, 1, "agent")) < records[0].offset:
            await asyncio.sleep(0.1)
    done = [record.value for record in records if record.offset <= committed]
    assert done == [b"%d" % n for n in range(10)]
    with pytest.raises(ConnectionFailed, match="run `pavilion migrate`"):
        await place.log.committed(place.topic, 1, "nobody")


async def test_a_record_that_is_too_large_is_refused_and_nothing_of_its_run_is_sent(place: Place) -> None:
    with pytest.raises(InvalidNotification, match="bytes is more than"):
        await publish(place, [*run(0, 1), Outgoing(key_for(0), b"x" * (MAX_RECORD_BYTES + 1))])
    await publish(place, run(0, 1, start=9))
    source = await place.log.subscribe(place.topic, 0, "agent")
    assert [record.value for record in await take(source, 1)] == [b"9"]
    await source.close()


async def test_the_backlog_counts_what_is_not_acknowledged(place: Place) -> None:
    await publish(place, run(0, 10))
    source = await place.log.subscribe(place.topic, 0, "agent")
    records = await take(source, 10)
    await source.acknowledge(records[9])
    await source.close()
    for n in range(4):
        await publish(place, run(1, 1, start=n))
    async with asyncio.timeout(LIMIT):
        while (backlog := await place.log.backlog(place.topic, "agent"))[0].messages or backlog[1].messages != 4:
            await asyncio.sleep(0.1)
    assert backlog[0].seconds == 0
    assert 0 <= backlog[1].seconds < 600
    assert sorted(backlog) == list(range(PARTITIONS))


async def test_migrate_is_idempotent_and_never_changes_partitions(place: Place) -> None:
    spec = TopicSpec(place.topic, PARTITIONS, ("agent", "operators"), retention_seconds=3600)
    generation = await place.log.generation(place.topic)
    assert len(await place.admin.check([spec])) == 1
    assert await place.admin.migrate([spec]) == [f"made subscription operators on {place.topic}"]
    assert await place.admin.migrate([spec]) == []
    assert await place.admin.check([spec]) == []
    assert await place.log.generation(place.topic) == generation
    with pytest.raises(NotificationError, match="partitions"):
        await place.admin.migrate([TopicSpec(place.topic, PARTITIONS + 1)])


async def test_a_topic_that_migrate_has_not_made_is_named(place: Place) -> None:
    with pytest.raises(ConnectionFailed, match="pavilion migrate"):
        await place.log.partitions("nothing-here")
    assert await place.admin.check([TopicSpec("nothing-here", 2)])


async def test_a_subscription_made_later_begins_at_the_earliest_record(place: Place) -> None:
    await publish(place, run(0, 3))
    await place.admin.migrate([TopicSpec(place.topic, PARTITIONS, ("late",), retention_seconds=3600)])
    source = await place.log.subscribe(place.topic, 0, "late")
    assert len(await take(source, 3)) == 3
    await source.close()


async def test_the_newest_records_are_the_last_in_their_order(place: Place) -> None:
    assert await place.log.newest(place.topic, 2, 5) == []
    for start in (0, 3, 6):  # in batches: an entry of a broker has several
        await publish(place, run(2, 3, start))
    async with asyncio.timeout(LIMIT):
        assert [record.value for record in await place.log.newest(place.topic, 2, 5)] == [b"4", b"5", b"6", b"7", b"8"]
        assert [record.value for record in await place.log.newest(place.topic, 2, 100)] == [b"%d" % n for n in range(9)]
        assert await place.log.newest(place.topic, 1, 5) == []


async def test_topics_and_their_durable_subscriptions_are_listed(place: Place) -> None:
    reader = await place.log.reader(place.topic, 0)
    assert (await place.admin.topics())[place.topic] == PARTITIONS
    assert await place.admin.subscriptions(place.topic) == ["agent"]
    assert await place.admin.subscriptions("nowhere") == []
    await reader.close()
