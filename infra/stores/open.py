"""Opens the four stores for a process: SQLite in the embedded mode, otherwise Redis and Scylla."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from infra.sqlite import Database
from infra.stores import sqlite_history, sqlite_inbox, sqlite_people, sqlite_sessions
from infra.stores.ports import History, Inbox, People, Sessions
from schemas.errors import NotificationError
from schemas.settings import Settings
from schemas.times import now_ms

Step = Callable[[], Awaitable[object]]


@dataclass
class Stores:
    """The stores of one process. ``close`` them when it ends."""

    inbox: Inbox
    history: History
    people: People
    sessions: Sessions
    _checks: list[Step] = field(default_factory=list)
    _closers: list[Step] = field(default_factory=list)
    _cleanups: list[Callable[[int], Awaitable[int]]] = field(default_factory=list)

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
    return tuple(module.SCHEMA for module in (sqlite_inbox, sqlite_history, sqlite_people, sqlite_sessions))


async def open_stores(settings: Settings, *, database: Database | None) -> Stores:
    """Connect. ``database`` (opened with :func:`sqlite_schemas`) is for the embedded mode, and stays the caller's."""
    if settings.broker.embedded:
        if database is None:
            raise NotificationError("open stores", "the embedded mode needs its database")
        return _embedded(settings, database)
    raise NotificationError("open stores", "only the embedded mode has stores")


def _embedded(settings: Settings, database: Database) -> Stores:
    inbox = sqlite_inbox.SqliteInbox(database, items=settings.inbox.items, days=settings.inbox.days)
    history = sqlite_history.SqliteHistory(database, retention=settings.retention)
    people = sqlite_people.SqlitePeople(database)
    sessions = sqlite_sessions.SqliteSessions(database)
    return Stores(inbox, history, people, sessions, _cleanups=[inbox.cleanup, history.cleanup, sessions.cleanup])
