"""The stores under contract: each fixture gives the adapter on SQLite, then the one on a real server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from infra.local import Cassandra, Redis
from infra.sqlite import Database
from infra.stores.open import sqlite_schemas
from infra.stores.ports import (
    Audit,
    Delivery,
    History,
    Inbox,
    Mark,
    People,
    Placed,
    PreferencesStore,
    Replays,
    Sessions,
    UserKeyStore,
)
from infra.stores.redis_client import Client, close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_audit import ScyllaAudit
from infra.stores.scylla_history import ScyllaHistory
from infra.stores.scylla_people import ScyllaPeople
from infra.stores.scylla_preferences import ScyllaPreferences
from infra.stores.scylla_replays import ScyllaReplays
from infra.stores.scylla_schema import migrate_scylla
from infra.stores.scylla_sessions import ScyllaSessions
from infra.stores.scylla_user_keys import ScyllaUserKeys
from infra.stores.sqlite_audit import SqliteAudit
from infra.stores.sqlite_history import SqliteHistory
from infra.stores.sqlite_inbox import SqliteInbox
from infra.stores.sqlite_people import SqlitePeople
from infra.stores.sqlite_preferences import SqlitePreferences
from infra.stores.sqlite_replays import SqliteReplays
from infra.stores.sqlite_sessions import SqliteSessions
from infra.stores.sqlite_user_keys import SqliteUserKeys
from schemas.records import StateChanged
from schemas.settings import RedisSettings, ScyllaSettings, Settings
from tests.contract.inbox_model import Clock
from tests.contract.log_places import place

__all__ = ["place"]

RETENTION = timedelta(days=90)
ITEMS = 20
DAYS = 7


@dataclass
class Box:
    """An inbox with its history, used in the order of production: history before inbox, marks the other way round."""

    inbox: Inbox
    history: History
    clock: Clock

    async def deliver(self, *deliveries: Delivery) -> list[Placed]:
        await self.history.insert([delivery.record for delivery in deliveries])
        return await self.inbox.append(deliveries)

    async def mark(self, mark: Mark) -> StateChanged:
        entry = await self.inbox.mark(mark)
        await self.history.mark(mark)
        return entry


@pytest_asyncio.fixture(scope="session")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("stores") / "stores.db"
    database = Database(path)
    database.open(*sqlite_schemas())
    yield database
    database.close()


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[Database]:
    """One that no other test writes to."""
    database = Database(tmp_path / "own.db")
    database.open(*sqlite_schemas())
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def redis(redis_server: Redis) -> AsyncIterator[Client]:
    client = await connect_redis(RedisSettings(url=redis_server.url))
    yield client
    await close_redis(client)


@pytest_asyncio.fixture(params=["sqlite", "redis"])
async def box(request: pytest.FixtureRequest, database: Database, clock: Clock) -> AsyncIterator[Box]:
    history = SqliteHistory(database, retention=RETENTION, clock=clock)
    if request.param == "sqlite":
        yield Box(SqliteInbox(database, items=ITEMS, days=DAYS, clock=clock), history, clock)
        return
    client = await connect_redis(RedisSettings(url=request.getfixturevalue("redis_server").url))
    yield Box(RedisInbox(client, history, items=ITEMS, days=DAYS, clock=clock), history, clock)
    await close_redis(client)


@pytest_asyncio.fixture(scope="session")
async def scylla(cassandra: Cassandra) -> AsyncIterator[ScyllaSession]:
    """A session on a keyspace that `pavilion migrate` made."""
    keyspace = f"stores_{uuid.uuid4().hex[:12]}"
    given = ScyllaSettings(contact_points=[cassandra.contact_point], keyspace=keyspace, timeout=timedelta(seconds=10))
    await migrate_scylla(Settings(scylla=given))
    session = ScyllaSession(given)
    await session.open()
    yield session
    await session.close()


@pytest.fixture(params=["sqlite", "scylla"])
def history(request: pytest.FixtureRequest, database: Database, clock: Clock) -> SqliteHistory | ScyllaHistory:
    if request.param == "sqlite":
        return SqliteHistory(database, retention=RETENTION, clock=clock)
    return ScyllaHistory(request.getfixturevalue("scylla"), retention=RETENTION, clock=clock)


@pytest.fixture(params=["sqlite", "scylla"])
def people(request: pytest.FixtureRequest, database: Database) -> People:
    return SqlitePeople(database) if request.param == "sqlite" else ScyllaPeople(request.getfixturevalue("scylla"))


@pytest.fixture(params=["sqlite", "scylla"])
def sessions(request: pytest.FixtureRequest, database: Database, clock: Clock) -> Sessions:
    if request.param == "sqlite":
        return SqliteSessions(database, clock=clock)
    return ScyllaSessions(request.getfixturevalue("scylla"), clock=clock)


@pytest.fixture(params=["sqlite", "scylla"])
def replays(request: pytest.FixtureRequest, own_database: Database) -> Replays:
    if request.param == "sqlite":
        return SqliteReplays(own_database)
    return ScyllaReplays(request.getfixturevalue("scylla"))


@pytest.fixture(params=["sqlite", "scylla"])
def audit(request: pytest.FixtureRequest, own_database: Database, clock: Clock) -> Audit:
    if request.param == "sqlite":
        return SqliteAudit(own_database, kept=RETENTION, clock=clock)
    return ScyllaAudit(request.getfixturevalue("scylla"), kept=RETENTION, clock=clock)


@pytest.fixture(params=["sqlite", "scylla"])
def preferences(request: pytest.FixtureRequest, database: Database) -> PreferencesStore:
    if request.param == "sqlite":
        return SqlitePreferences(database)
    return ScyllaPreferences(request.getfixturevalue("scylla"))


@pytest.fixture(params=["sqlite", "scylla"])
def key_store(request: pytest.FixtureRequest, own_database: Database) -> UserKeyStore:
    if request.param == "sqlite":
        return SqliteUserKeys(own_database)
    return ScyllaUserKeys(request.getfixturevalue("scylla"))
