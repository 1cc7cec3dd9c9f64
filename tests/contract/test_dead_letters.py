"""Dead letters on both logs: replayed to their partition, and acknowledged one by one, in the middle of a batch too."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.log.ports import LogClient, Outgoing, Record, TopicSpec
from infra.sqlite import Database
from infra.stores.sqlite_replays import SqliteReplays
from pavilion.replay import Replayer
from schemas.dead_letters import ALL, ReplayRequest
from schemas.records import DeadLetter, encode_record
from schemas.settings import Settings
from streams.topics import OPERATORS
from tests.contract.logs import LOGS, open_log, pulsar_settings

PARTITIONS = 2
COUNT = 20


@dataclass
class Place:
    log: LogClient
    letters: str
    events: str
    replayer: Replayer


@pytest.fixture(params=LOGS)
async def place(request: pytest.FixtureRequest, tmp_path: Path, own_database: Database) -> AsyncIterator[Place]:
    name = f"t{uuid.uuid4().hex[:8]}"
    settings = Settings() if request.param == "embedded" else pulsar_settings(request)
    topics = [
        TopicSpec(f"{name}-letters", PARTITIONS, (OPERATORS,), retention_seconds=3600),
        TopicSpec(name, PARTITIONS, (), retention_seconds=3600),
    ]
    async with open_log(settings, tmp_path, topics) as log:
        replayer = Replayer(log, f"{name}-letters", SqliteReplays(own_database))
        letters = [_letter(name, number) for number in range(COUNT)]
        publisher = log.publisher(f"{name}-letters")
        await publisher.publish([Outgoing(one.id, encode_record(one)) for one in letters])
        await publisher.close()
        yield Place(log, f"{name}-letters", name, replayer)


def _letter(topic: str, number: int) -> DeadLetter:
    return DeadLetter(
        id=f"letter-{number}",
        topic=topic,
        partition=number % PARTITIONS,
        offset=f"{number:032x}",
        time=f"2026-11-22T14:00:{number:02}.000Z",
        agent="video",
        error="InvalidEventType",
        message="no",
        payload=base64.b64encode(str(number).encode()).decode(),
        published_ms=1000 + number,
    )


async def scan(log: LogClient, topic: str) -> list[Record]:
    return [record for partition in range(PARTITIONS) async for record in log.scan(topic, partition)]


async def still_to_do(place: Place, partition: int) -> list[str]:
    """What the operators' subscription has not acknowledged."""
    subscription = await place.log.subscribe(place.letters, partition, OPERATORS)
    found: list[str] = []
    try:
        async with asyncio.timeout(1):
            while True:
                found += [record.key for record in await subscription.receive(100, 1 << 20)]
    except TimeoutError:
        return found
    finally:
        await subscription.close()


@pytest.mark.guarantee("G6")
async def test_letters_are_replayed_and_acknowledged_to_the_letter(place: Place) -> None:
    in_order = [record.key async for record in place.log.scan(place.letters, 0)]
    assert len(in_order) > 4, "published together, so on Pulsar they are one entry"
    done = in_order[:3] + in_order[4:5]
    report = await place.replayer.replay(ReplayRequest(ids=done), by="ada")
    assert (report.replayed, report.failed) == (4, [])

    records = await scan(place.log, place.events)
    assert {record.properties["replayed"] for record in records} == set(done)
    for record in records:
        number = int(record.value)
        assert record.partition == number % PARTITIONS
        assert record.properties["first-publish"] == str(1000 + number)
    assert await still_to_do(place, 0) == in_order[3:]
    assert len(await still_to_do(place, 1)) == COUNT - len(in_order)

    assert (await place.replayer.replay(ReplayRequest(filters=ALL), by="ada")).replayed == COUNT - 4
    for partition in range(PARTITIONS):
        assert await still_to_do(place, partition) == []
    assert [one.id for one in await place.replayer.list(2, "letter-4")] == ["letter-5", "letter-6"]
