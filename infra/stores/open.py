"""Opens the stores for a process: SQLite in the embedded mode, otherwise Redis and Scylla."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from infra.crypto.keyring import Keyring
from infra.crypto.user_keys import Lease, UserKeys
from infra.sqlite import Database
from infra.stores import (
    sqlite_audit,
    sqlite_history,
    sqlite_inbox,
    sqlite_inbox_rows,
    sqlite_people,
    sqlite_preferences,
    sqlite_replays,
    sqlite_sessions,
    sqlite_user_keys,
)
from infra.stores.bodies import Bodies
from infra.stores.erasure import Eraser, Erasure
from infra.stores.ports import Audit, History, Inbox, People, PreferencesStore, Replays, Sessions
from infra.stores.quick_redis import QuickRedis
from infra.stores.rates import MemoryRates, Rates
from infra.stores.redis_client import close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from infra.stores.redis_rates import RedisRates
from infra.stores.redis_sockets import RedisSockets
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_audit import ScyllaAudit
from infra.stores.scylla_history import ScyllaHistory
from infra.stores.scylla_people import ScyllaPeople
from infra.stores.scylla_preferences import ScyllaPreferences
from infra.stores.scylla_replays import ScyllaReplays
from infra.stores.scylla_schema import check_scylla
from infra.stores.scylla_sessions import ScyllaSessions
from infra.stores.scylla_user_keys import ScyllaUserKeys
from infra.stores.sockets import MemorySockets, OpenSockets
from schemas.errors import NotificationError
from schemas.settings import Settings
from schemas.times import now_ms

Step = Callable[[], Awaitable[object]]
Cleanup = Callable[[int], Awaitable[int]]

LEASE = Lease(cached_seconds=60.0, late_seconds=30.0)
EMBEDDED_LEASE = Lease(cached_seconds=1.0, late_seconds=2.0)
"""One process, whose keys are a local look-up away."""


@dataclass
class Stores:
    """The stores of one process. ``close`` them when it ends."""

    inbox: Inbox
    history: History
    people: People
    sessions: Sessions
    replays: Replays
    audit: Audit
    preferences: PreferencesStore
    keys: UserKeys
    erasure: Erasure
    rates: Rates = field(default_factory=MemoryRates)
    sockets: OpenSockets = field(default_factory=MemorySockets)
    _checks: list[Step] = field(default_factory=list)
    _closers: list[Step] = field(default_factory=list)
    _cleanups: list[Cleanup] = field(default_factory=list)

    async def check(self) -> None:
        """Raise ConnectionFailed for a store that does not answer, NotificationError for one to be migrated first."""
        for check in self._checks:
            await check()

    async def cleanup(self) -> int:
        """Delete what is past its time where the store does not do so by itself (SQLite); how many rows."""
        return sum([await cleanup(now_ms()) for cleanup in self._cleanups])

    async def close(self) -> None:
        for close in self._closers:
            await close()


def sqlite_schemas() -> tuple[str, ...]:
    """The tables that the embedded stores need, for Database.open."""
    stores = (sqlite_inbox_rows, sqlite_history, sqlite_people, sqlite_sessions, sqlite_replays)
    modules = (*stores, sqlite_audit, sqlite_preferences, sqlite_user_keys)
    return tuple(module.SCHEMA for module in modules)


async def open_stores(settings: Settings, *, database: Database | None) -> Stores:
    """Connect. ``database`` (opened with :func:`sqlite_schemas`) is for the embedded mode, and stays the caller's."""
    if settings.broker.embedded:
        if database is None:
            raise NotificationError("open stores", "the embedded mode needs its database")
        return embedded_stores(settings, database)
    return await _production(settings)


def embedded_stores(settings: Settings, database: Database, clock: Callable[[], int] = now_ms) -> Stores:
    """The stores of the embedded mode; what of them has a clock, which tells ms, goes by ``clock``."""
    ring = Keyring(settings.encryption.by_id)
    keys = UserKeys(sqlite_user_keys.SqliteUserKeys(database), ring, lease=EMBEDDED_LEASE)
    bodies, limits = Bodies(keys), settings.inbox
    inbox = sqlite_inbox.SqliteInbox(database, items=limits.items, days=limits.days, clock=clock, bodies=bodies)
    history = sqlite_history.SqliteHistory(database, retention=settings.retention, clock=clock, bodies=bodies)
    people = sqlite_people.SqlitePeople(database)
    sessions = sqlite_sessions.SqliteSessions(database)
    replays = sqlite_replays.SqliteReplays(database)
    audit = sqlite_audit.SqliteAudit(database, kept=settings.audit_kept, clock=clock)
    preferences = sqlite_preferences.SqlitePreferences(database)
    cleanups: list[Cleanup] = [inbox.cleanup, history.cleanup, sessions.cleanup, audit.cleanup]
    erasure = Erasure(keys, inbox, history, _further(people, sessions), clock=clock)
    return Stores(
        inbox,
        history,
        people,
        sessions,
        replays,
        audit,
        preferences,
        keys,
        erasure,
        _checks=[keys.check],
        _cleanups=cleanups,
    )


async def _production(settings: Settings) -> Stores:
    redis = await connect_redis(settings.redis)
    session = ScyllaSession(settings.scylla)
    try:
        await session.open()
    except BaseException:
        await close_redis(redis)
        raise
    keys = UserKeys(ScyllaUserKeys(session), Keyring(settings.encryption.by_id), lease=LEASE)
    bodies = Bodies(keys)
    history = ScyllaHistory(session, retention=settings.retention, bodies=bodies)
    inbox = RedisInbox(redis, history, items=settings.inbox.items, days=settings.inbox.days, bodies=bodies)
    people, sessions = ScyllaPeople(session), ScyllaSessions(session)

    quick = QuickRedis(settings.redis)

    async def check_schema() -> None:
        missing = await check_scylla(session, settings)
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise NotificationError("check stores", f"{missing[0]}{more}; run `pavilion migrate`")

    return Stores(
        inbox,
        history,
        people,
        sessions,
        ScyllaReplays(session),
        ScyllaAudit(session, kept=settings.audit_kept),
        ScyllaPreferences(session),
        keys,
        Erasure(keys, inbox, history, _further(people, sessions)),
        RedisRates(quick),
        RedisSockets(quick),
        _checks=[inbox.check, check_schema, keys.check],
        _closers=[lambda: close_redis(redis), quick.close, session.close],
    )


def _further(people: People, sessions: Sessions) -> dict[str, Eraser]:
    """What erasing a user does beside history and inbox; a store that keeps something personal adds its line here."""
    return {
        "people: deleted the name and the followers": people.erase,
        "sessions: ended": lambda user_id, before_ms: sessions.revoke_all(user_id),
    }


@contextlib.asynccontextmanager
async def open_replays(settings: Settings) -> AsyncIterator[Replays]:
    """The audit of replayed dead letters alone, outside the embedded mode: no other store has to be there for it."""
    session = ScyllaSession(settings.scylla)
    await session.open()
    try:
        yield ScyllaReplays(session)
    finally:
        await session.close()
