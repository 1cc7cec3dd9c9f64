"""A topic of its own for each test of the log port, on SQLite and on a real Pulsar."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.log.embedded import SCHEMA, EmbeddedLog
from infra.log.ports import LogClient, Outgoing, Provisioner, TopicSpec
from infra.log.pulsar import PulsarLog
from infra.log.routing import partition_of
from infra.sqlite import Database
from schemas.settings import Settings

PARTITIONS = 4
LIMIT = 30


@dataclass
class Place:
    log: Any
    admin: Provisioner
    second: LogClient  # another client of the same log
    topic: str
    agent_log: str


@pytest.fixture(params=["embedded", "pulsar"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    name = f"t{uuid.uuid4().hex[:8]}"
    specs = [
        TopicSpec(name, PARTITIONS, ("agent",), retention_seconds=3600),
        TopicSpec(f"{name}-log", PARTITIONS, ("window",)),
    ]
    if request.param == "embedded":
        database = Database(tmp_path / "log.db")
        database.open(SCHEMA)
        log = EmbeddedLog(database)
        await log.start()
        await log.migrate(specs)
        yield Place(log, log, log, name, f"{name}-log")
        await log.close()
        database.close()
    else:
        pulsar = request.getfixturevalue("pulsar")
        settings = Settings(broker={"url": pulsar.url, "admin_url": pulsar.admin_url, "operation_timeout": "10s"})
        first, second = PulsarLog(settings), PulsarLog(settings)
        await first.start()
        await second.start()
        await first.admin.migrate(specs)
        yield Place(first, first.admin, second, name, f"{name}-log")
        await first.close()
        await second.close()


def key_for(partition: int) -> str:
    return next(key for key in map(str, range(10_000)) if partition_of(key, PARTITIONS) == partition)


def run(partition: int, count: int, start: int = 0) -> list[Outgoing]:
    return [Outgoing(key_for(partition), b"%d" % n, {"n": str(n)}) for n in range(start, start + count)]


async def take(source: Any, count: int) -> list[Any]:
    records: list[Any] = []
    async with asyncio.timeout(LIMIT):
        while len(records) < count:
            records += await source.receive(1000, 1 << 20)
    return records


async def publish(place: Place, records: list[Outgoing]) -> None:
    publisher = place.log.publisher(place.topic)
    await publisher.publish(records)
    await publisher.close()
