"""What the stream machine puts around the real gateway: a log that does what it is told, slow inboxes, devices.

Everything runs on one thread and in virtual time (``tests/topology/replayable.py``), the calls to a real Redis too.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import redis as blocking

from gateway.closes import Close
from gateway.device import Device
from gateway.frames import Encoded
from gateway.gateway import Gateway
from gateway.tokens import Access
from infra.log.ports import Outgoing, Reader, Record
from infra.stores.ports import Inbox, Mark, Summary
from schemas.errors import ConnectionFailed, NotificationError
from schemas.records import InboxEntry, Position, StateChanged
from tests.topology.replayable import MOST_TURNS, turns

Chain = dict[tuple[str, str, int, str], str]
"""Of every entry that an inbox ever had (user, epoch, offset, tail): the tail before it."""


class BlockingPipeline:
    def __init__(self, client: blocking.Redis, chance: Random) -> None:
        self._pipeline = client.pipeline(transaction=False)
        self._chance = chance

    def execute_command(self, *arguments: Any) -> None:
        self._pipeline.execute_command(*arguments)  # type: ignore[no-untyped-call]

    async def execute(self, raise_on_error: bool) -> list[Any]:
        await turns(self._chance.randrange(1, MOST_TURNS))
        result: list[Any] = self._pipeline.execute(raise_on_error=raise_on_error)
        await turns(self._chance.randrange(1, MOST_TURNS))
        return result


class BlockingRedis:
    """As much of redis-py's asyncio client as the inbox uses, over the blocking one: a call is an instant."""

    def __init__(self, client: blocking.Redis, chance: Random) -> None:
        self._client = client
        self._chance = chance

    def pipeline(self, transaction: bool) -> BlockingPipeline:
        return BlockingPipeline(self._client, self._chance)

    async def script_load(self, script: str) -> None:
        self._client.script_load(script)


class GatedInbox:
    """The inbox as a gateway sees it: a read can be held, before or after it has looked, and all can be away."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._open = asyncio.Event()
        self._hold_before = False
        self._held = 0
        self.away = False

    def hold(self, before: bool, calls: int) -> None:
        """The next ``calls``, until :meth:`go_on`."""
        self._hold_before, self._held = before, calls
        self._open.clear()

    def go_on(self) -> None:
        self._held = 0
        self._open.set()

    async def _read(self, call: Callable[[], Awaitable[Any]]) -> Any:
        held, before = self._held > 0, self._hold_before
        self._held -= held
        if held and before:
            await self._open.wait()
        if self.away:
            raise ConnectionFailed("read inbox", "the store is away")
        result = await call()
        if held:
            await self._open.wait()
        return result

    async def summaries(self, user_ids: Sequence[str]) -> list[Summary]:
        found: list[Summary] = await self._read(lambda: self._inbox.summaries(user_ids))
        return found

    async def entries(self, user_id: str, after_offset: int, limit: int) -> tuple[Summary, list[InboxEntry]]:
        found: tuple[Summary, list[InboxEntry]] = await self._read(
            lambda: self._inbox.entries(user_id, after_offset, limit)
        )
        return found

    async def mark(self, mark: Mark) -> StateChanged:
        return await self._inbox.mark(mark)


class Feed:
    """The fan-out topic as one gateway reads it: ``waiting`` is what was published and has not reached it."""

    def __init__(self, publish: Callable[[Sequence[Outgoing]], None]) -> None:
        self.waiting: list[Outgoing] = []
        self.up = True
        self._publish = publish
        self._arrived: list[Record] = []
        self._wake = asyncio.Event()
        self._offset = 0

    def put(self, record: Outgoing) -> None:
        """Published: lost for a reader that is disconnected."""
        if self.up:
            self.waiting.append(record)

    def deliver(self, count: int) -> None:
        for record in self.waiting[:count]:
            self._offset += 1
            self._arrived.append(Record("fan-out", 0, self._offset, record.key, record.value, {}, 0))
        del self.waiting[:count]
        self._wake.set()

    def cut(self) -> None:
        """The reader is disconnected, and what was on its way is lost; the next one begins at what comes then."""
        self.up = False
        self.waiting.clear()
        self._arrived.clear()

    # -- what the gateway uses of a log

    async def partitions(self, topic: str) -> int:
        return 1

    async def reader(self, topic: str, partition: int, *, after: int | None = None) -> Reader:
        await turns(2)
        self.up = True
        return self

    def connected(self) -> bool:
        return self.up

    async def read(self, max_events: int = 1000) -> list[Record]:
        while not self._arrived:
            self._wake.clear()
            await self._wake.wait()
        records, self._arrived = self._arrived, []
        return records

    async def close(self) -> None:
        pass

    def publisher(self, topic: str) -> Feed:
        return self

    async def publish(self, records: Sequence[Outgoing]) -> None:
        await turns(1)
        self._publish(records)


class DeviceModel:
    """A user's device: it keeps its position through everything, and checks each frame against the one before."""

    def __init__(self, user: str, chain: Chain) -> None:
        self.user = user
        self.position: Position | None = None
        self.applied: list[str] = []
        """Tails of the entries since ``base``, where it last loaded the inbox."""
        self.base: Position | None = None
        self.counts: tuple[int, int] | None = None
        self.last = ""
        self.refused = 0
        """How often it came with a position and had to reload."""
        self.device: Device | None = None
        self.gateway: Gateway | None = None
        self.codes: list[int] = []
        self.wrong: AssertionError | None = None
        """What was wrong with a frame."""
        self.recoveries: list[bool] = []
        self.expected: Position | None = None
        """Where the missed entries of its last recovery end."""
        self._chain = chain
        self._unproven: list[tuple[Position, Position]] = []
        self._reads = asyncio.Event()
        self._reads.set()
        self._gone = self._welcomed = False
        self._sent: Position | None = None
        self._session: asyncio.Task[None] | None = None

    def prove(self) -> None:
        """Each entry was that which its inbox had after the one before. The inbox may have told its gateway first."""
        for position, last in self._unproven:
            before = self._chain[self.user, position.epoch, position.offset, position.tail]
            assert before == last.tail, f"{position} follows {before}, and not {last}"
        self._unproven.clear()

    @property
    def online(self) -> bool:
        return self._session is not None

    @property
    def slow(self) -> bool:
        return not self._reads.is_set()

    def connect(self, gateway: Gateway, access: Access, with_position: bool) -> None:
        assert self._session is None
        self.gateway = gateway
        self._sent = self.position if with_position else None
        self._gone = self._welcomed = False
        self._reads.set()
        self.device = Device(gateway, "websocket", self.leave)
        self._session = asyncio.get_running_loop().create_task(self._run(access))

    def leave(self) -> None:
        """As when its network goes, or it is cut."""
        if self._session is not None and self.device is not None:
            self._gone = True
            self._reads.set()
            self.device.connection.left()

    def stop_reading(self) -> None:
        self._reads.clear()

    def read_on(self) -> None:
        self._reads.set()

    async def _run(self, access: Access) -> None:
        """What a session does, whatever carries it."""
        device = self.device
        assert device is not None
        connecting = asyncio.get_running_loop().create_task(self._connect(device, access))
        code = 1006
        try:
            await device.connection.pump(self._take)
            code = device.connection.closing or 1005
        except OSError:
            code = device.connection.closing or 1006
        except AssertionError as error:
            self.wrong = self.wrong or error
        finally:
            device.connection.left()
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            device.gone(code)
            self.codes.append(code)
            self._session = None

    async def _connect(self, device: Device, access: Access) -> None:
        try:
            await device.connect(access, self._sent)
        except NotificationError:
            device.connection.close(Close.TRY_AGAIN_LATER, flush=True)

    async def _take(self, frame: Encoded) -> None:
        await self._reads.wait()
        if self._gone:
            raise OSError("nobody is there")
        message = json.loads(frame.text)
        if message["type"] == "connected":
            self._welcome(message)
        elif message["type"] in ("notification", "state", "position"):
            assert self._welcomed, f"{message} before `connected`"
            self._apply(message)

    def _welcome(self, message: dict[str, Any]) -> None:
        top = Position(**message["position"])
        self._welcomed = True
        self.recoveries.append(message["recovered"])
        self.expected = top
        if message["recovered"]:
            assert self._sent is not None, "recovered from nowhere"
            assert (self._sent.epoch, self._sent.offset <= top.offset) == (top.epoch, True)
        else:  # it reloads
            self.refused += self._sent is not None
            self.position = self.base = top
            self.applied = []
        if self.position == top:
            self.counts = (message["unseen"], message["unread"])

    def _apply(self, message: dict[str, Any]) -> None:
        position, last = Position(**message["position"]), self.position
        assert last is not None
        assert position.epoch == last.epoch, f"{position} of another epoch after {last}"
        assert position.offset == last.offset + 1, f"{position} after {last}"
        self._unproven.append((position, last))
        if message["type"] == "notification":
            assert message["notification"]["id"] == position.tail
            assert message["notification"]["user_id"] == self.user
        elif message["type"] == "state":
            assert message["id"] == position.tail
        self.position = position
        self.applied.append(position.tail)
        self.last = message["type"]
        # A bare position has none: they are those of the inbox again with the next frame.
        self.counts = None if self.last == "position" else (message["unseen"], message["unread"])


TABLES = ("inbox", "inbox_log", "inbox_ids", "inbox_items", "inbox_applied")


class SqliteFaults:
    """What can happen to an inbox on SQLite that somebody restores, as tests see it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def snapshot(self, user: str) -> Any:
        return {table: self._rows(table, user) for table in TABLES}

    def restore(self, user: str, kept: Any) -> None:
        self.expire(user)
        for table, rows in kept.items():
            for row in rows:
                self._connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def expire(self, user: str) -> None:
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))

    def flush(self) -> None:
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table}")

    def promote(self) -> None:
        """There is no such thing."""

    def _rows(self, table: str, user: str) -> list[tuple[Any, ...]]:
        found = self._connection.execute(f"SELECT * FROM {table} WHERE user_id = ?", (user,))
        return [tuple(row) for row in found]


class RedisFaults:
    """What can happen to a Redis. A restored inbox is a failover where the server hides its replication id."""

    def __init__(self, client: blocking.Redis) -> None:
        self._client = client

    def snapshot(self, user: str) -> Any:
        return {key: self._client.dump(key) for key in self._keys(user)}

    def restore(self, user: str, kept: Any) -> None:
        self.expire(user)
        for key, value in kept.items():
            self._client.restore(key, 0, value)

    def expire(self, user: str) -> None:
        keys = self._keys(user)
        if keys:
            self._client.delete(*keys)

    def flush(self) -> None:
        self._client.flushall()
        self._client.script_flush()

    def promote(self) -> None:
        self._client.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
        self._client.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]

    def _keys(self, user: str) -> list[Any]:
        return sorted(self._client.scan_iter(f"inbox:{{{user}}}:*"))


Faults = SqliteFaults | RedisFaults
