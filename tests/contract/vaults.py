"""Whole sets of encrypting stores, with what is behind them laid open: SQLite, and Redis with a CQL server."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.crypto.keyring import Keyring
from infra.crypto.user_keys import Lease, UserKeys
from infra.sqlite import Database
from infra.stores.bodies import Bodies
from infra.stores.erasure import Erasure
from infra.stores.redis_client import Client
from infra.stores.redis_inbox import RedisInbox
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_history import ScyllaHistory
from infra.stores.scylla_people import ScyllaPeople
from infra.stores.scylla_user_keys import ScyllaUserKeys
from infra.stores.sqlite_history import SqliteHistory
from infra.stores.sqlite_inbox import SqliteInbox
from infra.stores.sqlite_inbox_rows import TABLES
from infra.stores.sqlite_people import SqlitePeople
from infra.stores.sqlite_user_keys import SqliteUserKeys
from schemas.notifications import Notification
from tests.contract.conftest import DAYS, ITEMS, RETENTION, Box
from tests.contract.inbox_model import START_MS, Clock, delivery, record

LEASE = Lease(60, 30)
KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}
Rows = list[tuple[Any, ...]]
Copy = dict[Any, Any]

_numbers = itertools.count(1)


@dataclass
class Process(Box):
    """What one process has, with a cache of data keys of its own."""

    keys: UserKeys
    erasure: Erasure
    people: Any


@dataclass
class Vault:
    """``process`` opens the stores once more; ``clock`` is everyone's."""

    clock: Clock

    def process(self, keys: Mapping[str, bytes] | None = None) -> Process:
        ring = Keyring({"k1": KEYS["k1"]} if keys is None else keys)
        user_keys = UserKeys(self._key_store(), ring, lease=LEASE, clock=lambda: self.clock.ms / 1000)
        inbox, history, people = self._stores(Bodies(user_keys))
        erasure = Erasure(user_keys, inbox, history, {"people": people.erase}, clock=self.clock)
        return Process(inbox, history, self.clock, user_keys, erasure, people)

    def _key_store(self) -> Any:
        raise NotImplementedError

    def _stores(self, bodies: Bodies) -> tuple[Any, Any, Any]:
        raise NotImplementedError

    async def raw(self, user: str) -> bytes:
        """Everything that is stored, of this user at least."""
        raise NotImplementedError

    async def history_rows(self, user: str) -> Rows:
        raise NotImplementedError

    async def put_back(self, rows: Rows) -> None:
        """Into history, as a restored backup does: whatever was deleted since."""
        raise NotImplementedError

    async def inbox_copy(self, user: str) -> Copy:
        raise NotImplementedError

    async def put_inbox_back(self, copy: Copy) -> None:
        """In place of the one that is there."""
        raise NotImplementedError


@dataclass
class SqliteVault(Vault):
    database: Database

    def _key_store(self) -> SqliteUserKeys:
        return SqliteUserKeys(self.database)

    def _stores(self, bodies: Bodies) -> tuple[Any, Any, Any]:
        inbox = SqliteInbox(self.database, items=ITEMS, days=DAYS, clock=self.clock, bodies=bodies)
        history = SqliteHistory(self.database, retention=RETENTION, clock=self.clock, bodies=bodies)
        return inbox, history, SqlitePeople(self.database)

    async def raw(self, user: str) -> bytes:
        """The files."""
        path: Path = self.database.path
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))

    async def history_rows(self, user: str) -> Rows:
        return [tuple(row) for row in await self._all("SELECT * FROM history WHERE user_id = ?", user)]

    async def put_back(self, rows: Rows) -> None:
        statement = "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?)"
        await self.database.write(lambda connection: connection.executemany(statement, rows))

    async def inbox_copy(self, user: str) -> Copy:
        return {
            table: [tuple(row) for row in await self._all(f"SELECT * FROM {table} WHERE user_id = ?", user)]
            for table in TABLES
        }

    async def put_inbox_back(self, copy: Copy) -> None:
        def job(connection: sqlite3.Connection) -> None:
            for table, rows in copy.items():
                if rows:
                    connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (rows[0][0],))
                    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

        await self.database.write(job)

    async def _all(self, query: str, *values: Any) -> list[Any]:
        return await self.database.read(lambda connection: connection.execute(query, values).fetchall())


@dataclass
class ServerVault(Vault):
    redis: Client
    session: ScyllaSession

    def _key_store(self) -> ScyllaUserKeys:
        return ScyllaUserKeys(self.session)

    def _stores(self, bodies: Bodies) -> tuple[Any, Any, Any]:
        history = ScyllaHistory(self.session, retention=RETENTION, clock=self.clock, bodies=bodies)
        inbox = RedisInbox(self.redis, history, items=ITEMS, days=DAYS, clock=self.clock, bodies=bodies)
        return inbox, history, ScyllaPeople(self.session)

    async def raw(self, user: str) -> bytes:
        """Every value of Redis in the form of its replies, and the rows of history."""
        found = [b"".join(row[-1] for row in await self.history_rows(user))]
        async for key in self.redis.scan_iter(match=f"inbox:{{{user}}}:*"):
            kind = await self.redis.type(key)
            if kind == b"hash":
                found += [part for pair in (await self.redis.hgetall(key)).items() for part in pair]
            elif kind == b"list":
                found += await self.redis.lrange(key, 0, -1)
            else:
                found += await self.redis.zrange(key, 0, -1)
        return b"\n".join(found)

    async def history_rows(self, user: str) -> Rows:
        months = await self.session.execute("SELECT month FROM $ks.months WHERE user_id = ?", (user,))
        query = "SELECT user_id, month, id, published_ms, body FROM $ks.notifications WHERE user_id = ? AND month = ?"
        return [tuple(row) for (month,) in months for row in await self.session.execute(query, (user, month))]

    async def put_back(self, rows: Rows) -> None:
        query = (
            "INSERT INTO $ks.notifications (user_id, month, id, published_ms, body) VALUES (?, ?, ?, ?, ?) "
            "USING TIMESTAMP ?"
        )
        for row in rows:
            await self.session.execute(query, (*row, START_MS * 2000 + next(_numbers)))

    async def inbox_copy(self, user: str) -> Copy:
        return {key: await self.redis.dump(key) async for key in self.redis.scan_iter(match=f"inbox:{{{user}}}:*")}

    async def put_inbox_back(self, copy: Copy) -> None:
        for key, dumped in copy.items():
            await self.redis.restore(key, 0, dumped, replace=True)


async def deliver(process: Process, *notifications: Notification) -> None:
    """First published when they were created."""
    await process.deliver(*(delivery(one, next(_numbers)) for one in notifications))


async def replay(process: Process, *notifications: Notification) -> None:
    """To history alone."""
    await process.history.insert([record(one) for one in notifications])
