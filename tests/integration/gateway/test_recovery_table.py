"""Coming back, case by case: the real server, a WebSocket and an event stream, on both inboxes.

The cases are those of Centrifugo's recovery tests (``brokerRecoverTests`` in ``broker_redis_test.go`` of centrifuge)
under their names, and ours, which it has no notion of: tails, marks, items that cannot be replayed, a promoted replica.
docs/gateway.md says how the two compare.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import pytest_asyncio

from infra.stores.ports import Mark
from infra.stores.redis_client import Client as RedisClient
from schemas.notifications import Notification, make_notification
from schemas.records import Added
from schemas.times import now_ms
from tests.integration.gateway.event_client import EventClient, event_id, listening
from tests.integration.gateway.harness import Client, Platform, Running, as_json, running

pytestmark = pytest.mark.guarantee("G3")

Wire = dict[str, Any]


@dataclass
class Ground:
    """A user's inbox on one store, and what can happen to it."""

    store: str
    platform: Platform
    redis: RedisClient
    user: str

    async def filled(self, count: int, age_ms: int = 0) -> list[Wire]:
        """``count`` more notifications in one call; the positions of all, where the first is before the first."""
        start = as_json((await self.platform.stores.inbox.summaries([self.user]))[0].position)
        added = await self.placed(count, age_ms)
        return [start, *(as_json(one.position) for one in added)]

    async def placed(self, count: int, age_ms: int = 0) -> list[Added]:
        return await self.platform.place(*(made(self.user, now_ms() - age_ms) for _ in range(count)))

    async def mark(self, state: Any, *ids: str, id: str = "") -> Wire:
        mark = Mark(id or str(uuid4()), self.user, state, now_ms(), notifications=ids)
        return as_json((await self.platform.stores.inbox.mark(mark)).position)

    async def expire(self, *which: str) -> None:
        """As when nothing was written for eight days: all keys of the inbox are gone, or those named."""
        if self.store == "sqlite":
            tables = which or ("inbox", "inbox_log", "inbox_ids", "inbox_items", "inbox_applied")

            def delete(db: sqlite3.Connection) -> None:
                for table in tables:
                    db.execute(f"DELETE FROM {table} WHERE user_id = ?", (self.user,))

            await self.platform.database.write(delete)
            return
        names = [name.removeprefix("inbox_") for name in which] or ["*"]
        for name in names:
            keys = [key async for key in self.redis.scan_iter(f"inbox:{{{self.user}}}:{name}")]  # type: ignore[union-attr]
            assert keys
            for key in keys:
                await self.redis.pexpire(key, 1)
        await asyncio.sleep(0.01)

    async def promote(self) -> None:
        await self.redis.execute_command("REPLICAOF", "127.0.0.1", "1")
        await self.redis.execute_command("REPLICAOF", "NO", "ONE")


def made(user: str, created_ms: int) -> Notification:
    return make_notification(
        recipient=user,
        type="video.liked",
        content="Ada liked your video",
        subject="video/1",
        subject_key=str(uuid4()),
        family="test",
        created_ms=created_ms,
    )


class Case(NamedTuple):
    """``missed`` entries come if the position can be continued; None if it cannot."""

    name: str
    position: Callable[[Ground], Awaitable[Wire | None]]
    missed: int | None
    stores: tuple[str, ...] = ("sqlite", "redis")


def at(count: int, index: int, **changes: Any) -> Callable[[Ground], Awaitable[Wire]]:
    """The position after ``index`` of ``count`` entries, with ``changes``."""

    async def position(ground: Ground) -> Wire:
        return {**(await ground.filled(count))[index], **changes}

    return position


async def no_position(ground: Ground) -> None:
    await ground.filled(3)


async def no_position_in_an_empty_inbox(ground: Ground) -> None:
    pass


async def already_gone(ground: Ground) -> Wire:
    """The log keeps 1,000 entries."""
    return (await ground.filled(1010))[8]


async def items_gone_by_count(ground: Ground) -> Wire:
    """Entries of the last few, whose notifications are older than the 500 that are kept: late arrivals of a replay."""
    await ground.filled(500)
    return (await ground.filled(3, age_ms=3_600_000))[0]


async def a_missed_item_was_deleted(ground: Ground) -> Wire:
    added = await ground.placed(5)
    await ground.mark("deleted", added[3].notification.id)
    return as_json(added[1].position)


async def an_item_before_was_deleted(ground: Ground) -> Wire:
    added = await ground.placed(5)
    await ground.mark("deleted", added[0].notification.id)
    return as_json(added[1].position)


async def marks_are_missed_too(ground: Ground) -> Wire:
    added = await ground.placed(3)
    await ground.mark("read", *(one.notification.id for one in added))
    await ground.mark("archived", added[0].notification.id)
    return as_json(added[1].position)


async def after_a_mark_with_a_strange_id(ground: Ground) -> Wire:
    added = await ground.placed(2)
    position = await ground.mark("read", added[0].notification.id, id="a:1%\n\r\0 Ä\u2028😀")
    await ground.placed(2)
    return position


async def in_expired_stream(ground: Ground) -> Wire:
    position = (await ground.filled(10))[8]
    await ground.expire()
    return position


async def same_position_in_expired_stream(ground: Ground) -> Wire:
    position = (await ground.filled(10))[10]
    await ground.expire()
    return position


async def expired_and_as_many_again(ground: Ground) -> Wire:
    position = await same_position_in_expired_stream(ground)
    await ground.filled(10)
    return position


async def in_expired_log(ground: Ground) -> Wire:
    """What Centrifugo calls an expired stream: the entries are gone, and the top is still known."""
    position = (await ground.filled(10))[8]
    await ground.expire("inbox_log")
    return position


async def same_position_in_expired_log(ground: Ground) -> Wire:
    position = (await ground.filled(10))[10]
    await ground.expire("inbox_log")
    return position


async def of_another_user(ground: Ground) -> Wire:
    await ground.filled(3)
    other = Ground(ground.store, ground.platform, ground.redis, str(uuid4()))
    return (await other.filled(3))[2]


async def after_a_promotion(ground: Ground) -> Wire:
    position = (await ground.filled(3))[3]
    await ground.promote()
    return position


CASES = [
    # Centrifugo's, under its names
    Case("empty_stream", at(0, 0), 0),
    Case("from_position", at(10, 8), 2),
    Case("from_position_limited", at(310, 9), None),
    Case("from_position_with_server_limit", at(310, 10), 300),
    Case("from_position_that_already_gone", already_gone, None),
    Case("from_position_that_not_exist_yet", at(20, 20, offset=108), None),
    Case("same_position_no_pubs_expected", at(7, 7), 0),
    Case("empty_position_recover_expected", at(4, 0), 4),
    Case("from_position_in_expired_stream", in_expired_stream, None),
    Case("from_same_position_in_expired_stream", same_position_in_expired_stream, None),
    Case("from_position_in_expired_log", in_expired_log, None),
    Case("from_same_position_in_expired_log", same_position_in_expired_log, 0),
    # ours
    Case("no position", no_position, None),
    Case("no position in an empty inbox", no_position_in_an_empty_inbox, None),
    Case("not yet existing by one", at(3, 3, offset=4), None),
    Case("expired, and as many entries again", expired_and_as_many_again, None),
    Case("a promoted replica at the same position", after_a_promotion, None, stores=("redis",)),
    Case("wrong epoch", at(5, 3, epoch="0123456789abcdef"), None),
    Case("wrong epoch at the same position", at(5, 5, epoch="0123456789abcdef"), None),
    Case("wrong epoch in an empty inbox", at(0, 0, epoch="0123456789abcdef"), None),
    Case("no epoch", at(5, 3, epoch=""), None),
    Case("wrong tail", at(5, 3, tail="00000000-0000-8000-8000-000000000000"), None),
    Case("wrong tail at the same position", at(5, 5, tail="00000000-0000-8000-8000-000000000000"), None),
    Case("wrong tail at the start", at(5, 0, tail="00000000-0000-8000-8000-000000000000"), None),
    Case("no tail", at(5, 3, tail=""), None),
    Case("a tail in an empty inbox", at(0, 0, tail="x"), None),
    Case("another user's position", of_another_user, None),
    Case("a missed item was deleted", a_missed_item_was_deleted, None),
    Case("an item before was deleted", an_item_before_was_deleted, 4),
    Case("missed items are trimmed by count", items_gone_by_count, None),
    Case("marks are missed too", marks_are_missed_too, 3),
    Case("after a mark whose id has any characters", after_a_mark_with_a_strange_id, 2),
    Case("offset -1", at(3, 3, offset=-1), None),
    Case("offset 2**53", at(3, 3, offset=2**53), None),
    Case("offset 2**60", at(3, 3, offset=2**60), None),
    Case("offset 10**30", at(3, 3, offset=10**30), None),
]


@pytest_asyncio.fixture(scope="module")
async def servers(platform: Platform, on_redis: Platform) -> AsyncIterator[dict[str, Running]]:
    async with running(platform) as sqlite, running(on_redis) as redis:
        yield {"sqlite": sqlite, "redis": redis}


@asynccontextmanager
async def coming_back(
    carried: str, server: Running, user: str, position: Wire | None
) -> AsyncIterator[Client | EventClient]:
    if carried == "websocket":
        async with server.client(user, position) as client:
            yield client
    else:
        async with listening(server, user, None if position is None else event_id(position)) as events:
            yield events


@pytest.mark.parametrize("carried", ["websocket", "sse"])
@pytest.mark.parametrize(
    ("store", "case"),
    [pytest.param(store, case, id=f"{store}: {case.name}") for case in CASES for store in case.stores],
)
async def test_coming_back(
    servers: dict[str, Running], redis: RedisClient, user: str, store: str, case: Case, carried: str
) -> None:
    server = servers[store]
    ground = Ground(store, server.platform, redis, user)
    position = await case.position(ground)
    [top] = await ground.platform.stores.inbox.summaries([ground.user])
    async with coming_back(carried, server, ground.user, position) as client:
        connected = client.connected
        assert connected["recovered"] is (case.missed is not None)
        assert connected["position"] == as_json(top.position)
        assert (connected["unseen"], connected["unread"]) == (top.unseen, top.unread)
        missed = await client.take(case.missed or 0)
        if position is not None and missed:
            first = position["offset"] + 1
            assert [frame["position"]["offset"] for frame in missed] == [*range(first, first + len(missed))]
            assert missed[-1]["position"] == as_json(top.position)
        # What comes live goes on from the top, and nothing lies in between.
        [live] = await ground.platform.deliver(ground.user)
        frame = await client.next()
        assert (frame["type"], frame["position"]) == ("notification", as_json(live.position))
        assert frame["position"]["offset"] == top.position.offset + 1
        assert frame["unseen"] == live.unseen == min(top.unseen + 1, 500)
        await client.silence(0.02)
