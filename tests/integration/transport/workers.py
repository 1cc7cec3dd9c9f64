"""Workers in this process: real Faust apps on a real log, with stores on SQLite."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from infra.log import embedded
from infra.log.embedded import EmbeddedLog
from infra.log.ports import Outgoing
from infra.log.pulsar import PulsarLog
from infra.sqlite import Database
from infra.stores.open import open_stores, sqlite_schemas
from infra.tracing import OFF, Tracing
from schemas.settings import Settings
from streams import App
from streams.engine import Connections
from streams.topics import required_topics

LOGS = ["embedded", "pulsar"]
LIMIT = 20
PARTITIONS = 2


class Platform:
    """One log and one set of stores; ``prefix`` makes the names of a test its own."""

    def __init__(self, settings: Settings, open_log: Callable[[], Any], stores: Any) -> None:
        self.settings = settings
        self.stores = stores
        self.prefix = f"t{uuid.uuid4().hex[:8]}"
        self.limit = LIMIT
        self._open_log = open_log

    @contextlib.asynccontextmanager
    async def log(self) -> AsyncIterator[Any]:
        """A connection of its own, as each process has."""
        log = self._open_log()
        await log.start()
        try:
            yield log
        finally:
            await log.close()

    async def migrate(self, app: App) -> None:
        async with self.log() as log:
            await getattr(log, "admin", log).migrate(required_topics(self.settings, app.conf.id, app.specs()))

    @contextlib.asynccontextmanager
    async def worker(self, app: App, tracing: Tracing = OFF) -> AsyncIterator[App]:
        """Run the app until the block ends, with all its partitions taken at the beginning."""
        async with self.log() as log:
            connections = Connections(log, getattr(log, "admin", log), self.stores, tracing)

            async def opened(settings: Settings) -> tuple[Connections, Callable[[], Awaitable[None]]]:
                return connections, _nothing

            app.compose(opened)
            await app.start()
            try:
                yield app
            finally:
                await app.stop()

    async def publish(self, topic: str, *records: tuple[str, bytes]) -> None:
        async with self.log() as log:
            publisher = log.publisher(topic)
            await publisher.publish([Outgoing(key, value) for key, value in records])
            await publisher.close()

    async def committed(self, topic: str, subscription: str) -> None:
        """Wait until nothing is left to acknowledge."""
        async with self.log() as log, asyncio.timeout(self.limit):
            while any(one.messages for one in (await log.backlog(topic, subscription)).values()):
                await asyncio.sleep(0.05)


async def _nothing() -> None:
    pass


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.02)


def owns_all(app: App) -> Callable[[], bool]:
    def owned() -> bool:
        engine = app.engine
        return engine is not None and all(len(engine.owned(spec.name)) == PARTITIONS for spec in app.specs())

    return owned


async def shared(partitions: int, *apps: App) -> dict[int, str]:
    """Wait until all apps see each other, and each partition is owned by the one that it belongs to: its id."""

    def owners() -> dict[int, list[str]]:
        found: dict[int, list[str]] = {number: [] for number in range(partitions)}
        for app in apps:
            engine = app.require_engine()
            for number in engine.owned(app.specs()[0].name):
                found[number].append(engine.group.member.id)
        return found

    def settled() -> bool:
        engines = [app.engine for app in apps if app.engine is not None]
        sizes = [len({one["id"] for one in engine.group.snapshot()["members"]}) for engine in engines]
        return (
            sizes == [len(apps)] * len(apps)
            and all(engine.ready() for engine in engines)
            and all(len(ids) == 1 for ids in owners().values())
        )

    await until(settled)
    return {number: ids[0] for number, ids in owners().items()}


@pytest.fixture(params=LOGS)
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    database = Database(tmp_path / "pavilion.db")
    database.open(embedded.SCHEMA, *sqlite_schemas())
    local = Settings(topics={"partitions": PARTITIONS}, data_dir=tmp_path)
    stores = await open_stores(local, database=database)
    if request.param == "embedded":
        log = EmbeddedLog(database)
        yield Platform(local, lambda: log, stores)
    else:
        service = request.getfixturevalue("pulsar")
        broker = {"url": service.url, "admin_url": service.admin_url, "operation_timeout": "10s"}
        settings = Settings(broker=broker, topics={"partitions": PARTITIONS}, data_dir=tmp_path)
        yield Platform(settings, lambda: PulsarLog(settings), stores)
    await stores.close()
    database.close()
