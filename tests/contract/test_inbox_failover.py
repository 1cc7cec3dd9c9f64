"""A master dies, and the replica that is promoted never got its last writes: two real servers, the adapter on each."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.resume import MAX_MISSED, NOT_RECOVERED, Recovery, recover
from infra.local import Redis
from infra.sqlite import Database
from infra.stores.ports import Delivery, Filter, Placed, Summary
from infra.stores.redis_client import Client, close_redis, connect_redis
from infra.stores.redis_inbox import RedisInbox
from infra.stores.sqlite_history import SqliteHistory
from schemas.errors import ConnectionFailed
from schemas.notifications import Notification
from schemas.records import Position
from schemas.settings import RedisSettings
from tests.contract.conftest import DAYS, RETENTION, Box
from tests.contract.inbox_model import START_MS, Clock, delivery, make, mark, new_user

ITEMS = 500
LIMIT = 20
ALL = Filter()
Given = dict[tuple[str, int], str]
"""Which notification was given an offset of an epoch."""


class Pair:
    """A master and its replica; ``box`` writes to one of them, on a history that both share."""

    def __init__(self, directory: Path, history: SqliteHistory, clock: Clock) -> None:
        self.master = Redis(directory / "master")
        self.replica = Redis(directory / "replica", replica_of=self.master)
        self._history = history
        self._clock = clock
        self._clients: list[Client] = []

    async def client(self, server: Redis) -> Client:
        client = await connect_redis(RedisSettings(url=server.url))
        self._clients.append(client)
        return client

    async def box(self, server: Redis) -> Box:
        inbox = RedisInbox(await self.client(server), self._history, items=ITEMS, days=DAYS, clock=self._clock)
        return Box(inbox, self._history, self._clock)

    async def start(self) -> None:
        await asyncio.to_thread(self.master.start)
        await asyncio.to_thread(self.replica.start)
        replica = await self.client(self.replica)
        async with asyncio.timeout(LIMIT):
            while (await replica.info("replication"))["master_link_status"] != "up":
                await asyncio.sleep(0.05)

    async def pause(self) -> None:
        """Freeze the replica once it has everything so far; what follows is never sent to it."""
        master = await self.client(self.master)
        assert await master.wait(1, LIMIT * 1000) == 1
        os.kill(self.replica.pid, signal.SIGSTOP)
        # Else it would find in its socket, when it goes on, what the master had still written there.
        assert await master.execute_command("CLIENT", "KILL", "TYPE", "replica") == 1

    async def promote(self) -> None:
        """The master dies with what it alone had."""
        await asyncio.to_thread(self.master.kill)
        os.kill(self.replica.pid, signal.SIGCONT)
        await (await self.client(self.replica)).execute_command("REPLICAOF", "NO", "ONE")

    async def stop(self) -> None:
        for client in self._clients:
            await close_redis(client)
        for server in (self.replica, self.master):
            await asyncio.to_thread(server.kill)


@pytest_asyncio.fixture
async def pair(tmp_path: Path, own_database: Database, clock: Clock) -> AsyncIterator[Pair]:
    pair = Pair(tmp_path, SqliteHistory(own_database, retention=RETENTION, clock=clock), clock)
    try:
        await pair.start()
        yield pair
    finally:
        await pair.stop()


def note(given: Given, deliveries: Sequence[Delivery], placed: Sequence[Placed]) -> list[Position]:
    """Remember what each offset was given to; no offset of an epoch is ever given to a second one."""
    positions = []
    for one, place in zip(deliveries, placed, strict=True):
        if place.position is not None:
            key = (place.position.epoch, place.position.offset)
            assert given.setdefault(key, one.record.notification.id) == one.record.notification.id
            positions.append(place.position)
    return positions


def some(user: str, start: int, count: int) -> list[Delivery]:
    return [delivery(make(user, START_MS - 10_000 + number)) for number in range(start, start + count)]


async def everything(box: Box, user: str) -> list[Notification]:
    """All that the user can see: the inbox page by page, then history below it."""
    found: list[Notification] = []
    floor = "below everything"
    while floor:
        page, floor = await box.inbox.page(user, found[-1].id if found else None, 100, ALL)
        found += page
        if not page:
            break
    while page := await box.history.page(user, found[-1].id if found else None, 100, ALL):
        found += page
    return found


async def resumed(box: Box, user: str, position: Position) -> tuple[Summary, Recovery]:
    top, entries = await box.inbox.entries(user, position.offset, MAX_MISSED)
    return top, recover(position, top, entries)


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
async def test_a_promoted_replica_without_the_last_writes(pair: Pair, clock: Clock) -> None:
    user, idle, given = new_user(), new_user(), Given()
    before = await pair.box(pair.master)
    kept, lost, after = some(user, 0, 510), some(user, 510, 7), some(user, 600, 9)
    note(given, kept, await before.deliver(*kept))
    await before.deliver(delivery(make(idle, START_MS)))
    read = [one.record.notification.id for one in kept[-3:]]
    await before.mark(mark(user, "read", START_MS, *read))
    await pair.pause()
    shared, _ = await resumed(before, user, Position("", 0, ""))
    told = note(given, lost, await before.deliver(*lost))
    await before.mark(mark(user, "deleted", START_MS + 1, lost[0].record.notification.id))
    held, _ = await resumed(before, user, told[-1])
    assert held.position.offset == shared.position.offset + len(lost) + 1
    await pair.promote()

    # Left to itself this server would go on from where it stopped, with offsets that clients have seen.
    raw = await pair.client(pair.replica)
    assert int(await raw.hget(f"inbox:{{{user}}}:meta", "top") or 0) == shared.position.offset

    boxes = [await pair.box(pair.replica) for _ in range(4)]
    tops = [(await box.inbox.summaries([user, idle])) for box in await asyncio.gather(*map(awake, boxes))]
    [top, top_idle] = tops[0]
    assert all(each == tops[0] for each in tops), "whoever comes first begins the epoch, for all"
    assert (top.position.offset, top.position.tail) == (0, "")
    assert top.position.epoch not in (held.position.epoch, top_idle.position.epoch)
    for position in (shared.position, *told, held.position):
        _, recovery = await resumed(boxes[0], user, position)
        assert recovery == NOT_RECOVERED

    # Rebuilt from the newest 500 of history: what only the dead master had is there, and so is what the user did.
    box = boxes[0]
    page, floor = await box.inbox.page(user, None, ITEMS, ALL)
    shown = [one.record.notification.id for one in (*kept, *lost[1:])]
    assert [one.id for one in page] == shown[::-1][: len(page)]
    assert (len(page), bool(floor)) == (ITEMS - 1, True), "the deleted one is of the 500, and is not shown"
    assert {one.id for one in page if one.read_at} == set(read)
    assert top.unread == len(page) - len(read)
    assert [one.id for one in await everything(box, user)] == shown[::-1]

    # Delivery's last batch comes again, as it was never acknowledged; then news.
    again = await box.deliver(*lost)
    assert [(one.position, one.known) for one in again] == [(None, True)] * len(lost)
    positions = note(given, after, await box.deliver(*after))
    assert [one.offset for one in positions] == list(range(1, len(after) + 1))
    assert {one.epoch for one in positions} == {top.position.epoch}
    assert len(given) == len(kept) + len(lost) + len(after)
    for position in (shared.position, *told, held.position):
        _, recovery = await resumed(box, user, position)
        assert recovery == NOT_RECOVERED, "the same offset is someone else's now"
    _, recovery = await resumed(box, user, top.position)
    assert [entry.position for entry in recovery.entries] == positions
    seen = [one.id for one in await everything(box, user)]
    assert seen == [*(one.record.notification.id for one in after[::-1]), *shown[::-1]]


async def awake(box: Box) -> Box:
    await box.inbox.summaries([new_user()])
    return box


@pytest.mark.guarantee("G3")
async def test_a_replica_that_had_every_write_begins_an_epoch_too(pair: Pair) -> None:
    """Nobody can tell that it had: a position of before is refused, and nothing is missing."""
    user = new_user()
    before = await pair.box(pair.master)
    placed = await before.deliver(*some(user, 0, 5))
    await pair.pause()
    await pair.promote()
    box = await pair.box(pair.replica)
    assert placed[-1].position is not None
    top, recovery = await resumed(box, user, placed[-1].position)
    assert (recovery, top.position.offset, top.unseen) == (NOT_RECOVERED, 0, 5)


@pytest.mark.guarantee("G3")
async def test_writers_that_meet_the_promotion_give_no_offset_twice(pair: Pair) -> None:
    """Four of them go on without a break, and find the new server while they are at it."""
    users, given = [new_user() for _ in range(4)], Given()
    place = {"server": pair.master}
    boxes = {server: [await pair.box(server) for _ in users] for server in (pair.master, pair.replica)}
    told: dict[str, list[Delivery]] = {user: [] for user in users}

    async def write(number: int, user: str) -> None:
        for step in range(60):
            batch = some(user, step * 3, 3)
            told[user] += batch
            async with asyncio.timeout(LIMIT):
                while True:
                    try:
                        placed = await boxes[place["server"]][number].deliver(*batch)
                        break
                    except ConnectionFailed:  # as a partition waits: the same batch again
                        await asyncio.sleep(0.02)
            note(given, batch, placed)
            await asyncio.sleep(0.01)

    writing = [asyncio.create_task(write(number, user)) for number, user in enumerate(users)]
    await asyncio.sleep(0.2)
    await pair.pause()
    await asyncio.sleep(0.2)
    await pair.promote()
    place["server"] = pair.replica
    await asyncio.gather(*writing)
    for number, user in enumerate(users):
        seen = [one.id for one in await everything(boxes[pair.replica][number], user)]
        assert seen == [one.record.notification.id for one in told[user][::-1]]
        assert len({epoch for epoch, _ in given}) >= 2
