"""The ground of the stream machine: two real gateways on one inbox, what happens to them, and what must then hold."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

import redis as blocking
from pydantic import SecretStr

from gateway.gateway import Gateway
from gateway.limits import Limits
from gateway.services import Services
from gateway.tokens import Access
from infra.log.ports import Outgoing
from infra.stores.open import sqlite_schemas
from infra.stores.ports import Delivery, Inbox, Mark, PreferencesVersion, Session
from infra.stores.redis_inbox import RedisInbox
from infra.stores.sqlite_history import SqliteHistory
from infra.stores.sqlite_inbox import SqliteInbox
from infra.stores.sqlite_preferences import SqlitePreferences
from infra.stores.sqlite_sessions import SqliteSessions
from schemas.notifications import make_notification
from schemas.preferences import Preferences
from schemas.records import (
    Added,
    FanOutRecord,
    InboxEntry,
    NotificationRecord,
    Position,
    PreferencesChanged,
    decode_record,
    encode_record,
)
from schemas.settings import Settings
from schemas.times import now_ms
from tests.integration.gateway.machine_parts import (
    BlockingRedis,
    Chain,
    DeviceModel,
    Faults,
    Feed,
    GatedInbox,
    RedisFaults,
    SqliteFaults,
)
from tests.topology.replayable import ReplayableDatabase, turns

T = TypeVar("T")
ALICE, BOB = str(UUID(int=0xA)), str(UUID(int=0xB))
OWNERS = (ALICE, ALICE, BOB)
SESSION = str(UUID(int=0xC))
ITEMS, LOG, MISSED = 12, 20, 8
"""Of an inbox, and what a device may miss: small, so that all of them are reached."""
LIMITS = Limits(queue_frames=12, held_entries=3, close=5.0)
FAR = 2**40
A_WHILE = 60
"""Turns of the loop: enough to connect, or to repair."""
SOON, LATER = 12, 60
"""Seconds: less and more than the time between two comparisons of positions."""


class Ground:
    server: ClassVar[blocking.Redis | None] = None
    """The Redis of the inbox; without one it is on SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.started = self.failed = False
        self.count = 0
        self.calm = True
        """Nothing was lost, and no device can have missed more than is replayed."""
        self.unseen = False
        """Something was lost since all was last well, and there is nothing by which the gateways could know."""
        self.chain: Chain = {}
        self.sent: list[Outgoing] = []
        self.deliveries: list[Delivery] = []
        self.wanted = {ALICE: True, BOB: True}
        self.versions = {ALICE: 0, BOB: 0}
        self.choosing = asyncio.Lock()
        self.background: set[asyncio.Task[Any]] = set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.loop.run(work)
        except BaseException:
            self.failed = True
            raise

    async def begin(self, chance: Random) -> None:
        self.database = ReplayableDatabase(Path(":memory:"), chance)
        self.database.open(*sqlite_schemas())
        self.history = SqliteHistory(self.database, retention=timedelta(days=90))
        self.faults: Faults
        self.inbox: Inbox
        if self.server is None:
            self.inbox = SqliteInbox(self.database, items=ITEMS, days=7)
            self.faults = SqliteFaults(self.database._connection)
        else:
            self.server.flushall()
            client = cast(Any, BlockingRedis(self.server, chance))
            self.inbox = RedisInbox(client, self.history, items=ITEMS, days=7)
            self.faults = RedisFaults(self.server)
        self.sessions = SqliteSessions(self.database)
        self.preferences = SqlitePreferences(self.database)
        for user in (ALICE, BOB):
            await self.sessions.put(Session(f"{SESSION[:-1]}{user[-1]}", user, "", "", 0, FAR * 1000, False))
        self.devices = [DeviceModel(user, self.chain) for user in OWNERS]
        self.feeds: list[Feed] = []
        self.gates: list[GatedInbox] = []
        self.gateways: list[Gateway] = []
        for _ in range(2):
            await self.new_gateway(len(self.gateways))

    async def new_gateway(self, place: int) -> None:
        feed, gate = Feed(self.publish_records), GatedInbox(self.inbox)
        services = Services(
            settings=Settings(service_key=SecretStr("service-key-of-the-tests"), data_dir=Path("/nonexistent")),
            inbox=cast(Inbox, gate),
            history=self.history,
            people=cast(Any, None),
            sessions=self.sessions,
            audit=cast(Any, None),
            preferences=self.preferences,
            log=cast(Any, feed),
        )
        gateway = Gateway(services, LIMITS)
        self.feeds[place:], self.gates[place:], self.gateways[place:] = (
            [feed, *self.feeds[place + 1 :]],
            [gate, *self.gates[place + 1 :]],
            [gateway, *self.gateways[place + 1 :]],
        )
        await gateway.start()
        await turns(5)

    # -- what happens

    def publish_records(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.sent.append(record)
            decoded = decode_record(record.value, FanOutRecord)
            if isinstance(decoded, InboxEntry):
                self.note(decoded)
            for feed in self.feeds:
                feed.put(record)

    def note(self, entry: InboxEntry) -> None:
        """An entry that is told again may have lost the one before it, where the log has it no more."""
        place = entry.position
        self.chain.setdefault((entry.user_id, place.epoch, place.offset, place.tail), entry.before)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Goes on while other things happen."""
        task = self.loop.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def made(self, user: str, count: int, old: bool = False) -> list[Delivery]:
        made = []
        for _ in range(count):
            self.count += 1
            notification = make_notification(
                recipient=user,
                type="video.liked",
                content="",
                subject="video/1",
                subject_key=str(self.count),
                family="test",
                created_ms=now_ms() - (3_600_000 if old else 0) + self.count,
            )
            record = NotificationRecord(notification=notification, published_ms=now_ms())
            made.append(Delivery(record, "lane", f"{self.count:032x}"))
        self.deliveries += made
        self.calm &= self.count + len(self.sent) <= MISSED and not old
        return made

    async def delivered(self, deliveries: list[Delivery], told: bool) -> None:
        await self.history.insert([one.record for one in deliveries])
        for one, placed in zip(deliveries, await self.inbox.append(deliveries), strict=True):
            if placed.position is None:
                continue
            added = Added(
                user_id=one.record.notification.user_id,
                position=placed.position,
                before=placed.before,
                unseen=placed.unseen,
                unread=placed.unread,
                notification=one.record.notification,
            )
            self.note(added)
            if told:
                self.publish_records([Outgoing(added.user_id, encode_record(added))])

    async def chosen(self, user: str, wanted: bool, told: bool) -> None:
        async with self.choosing:
            self.versions[user] += 1
            chosen = Preferences(types={"video.liked": wanted})
            version = PreferencesVersion(user, self.versions[user], now_ms(), "user", chosen, ("video.liked",))
            assert await self.preferences.put(version)
            if told:
                self.publish_records([Outgoing(user, encode_record(PreferencesChanged(user_id=user)))])

    async def failed_over(self, model: DeviceModel, lost: int, after: int, told: bool, marked: bool) -> None:
        user = model.user
        if not model.online:
            await self.connected(model, 0)
            await turns(A_WHILE)
        kept = self.faults.snapshot(user)
        await self.delivered(self.made(user, lost), told)
        if told:
            for feed in self.feeds:
                feed.deliver(len(feed.waiting))
            await turns(A_WHILE)
        self.faults.restore(user, kept)
        del self.deliveries[len(self.deliveries) - lost :]  # they were acknowledged: nobody delivers them again
        self.count += 1  # nor does anybody send an answered mark again
        if marked:
            mark = Mark(f"after {self.count}", user, "seen", now_ms(), up_to=str(UUID(int=2**128 - 1)))
            self.note(await self.inbox.mark(mark))
        await self.delivered(self.made(user, after), told)

    async def connected(self, model: DeviceModel, gateway: int, with_position: bool = True) -> None:
        session = f"{SESSION[:-1]}{model.user[-1]}"
        model.connect(self.gateways[gateway], Access(model.user, session, FAR), with_position)
        await turns(1)

    async def arrived_meanwhile(
        self, model: DeviceModel, gateway: int, count: int, gap: bool, hole: bool, lost: bool
    ) -> None:
        if not gap:
            model.leave()
            await turns(A_WHILE)
        elif model.gateway in self.gateways and model.online:
            gateway = self.gateways.index(model.gateway)
        gate, feed = self.gates[gateway], self.feeds[gateway]
        gate.hold(before=False, calls=1)
        if not model.online:
            await self.connected(model, gateway)
        if gap:
            await self.delivered(self.made(model.user, 1), told=False)
            await self.delivered(self.made(model.user, 1), told=True)
            feed.deliver(len(feed.waiting))
        await turns(A_WHILE)
        if lost:
            feed.cut()
        if hole:
            await self.delivered(self.made(model.user, 1), told=False)
            self.unseen |= not count
        await self.delivered(self.made(model.user, count), told=True)
        feed.deliver(len(feed.waiting))
        await asyncio.sleep(3 if lost else 0)
        await turns(10)
        gate.go_on()

    async def crashed(self, gateway: int) -> None:
        old = self.gateways[gateway]
        self.gates[gateway].away = True  # a call that is held has its limit
        self.gates[gateway].go_on()
        for model in self.devices:
            if model.gateway is old:
                model.leave()
        await turns(20)
        await old.hub.stop()
        await self.new_gateway(gateway)

    # -- what must hold

    async def settled(self) -> None:
        """Everything is up again and read, and what is on its way arrives."""
        for gate in self.gates:
            gate.away = False
            gate.go_on()
        for model in self.devices:
            model.read_on()
        await asyncio.gather(*self.background)
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))
        if not self.unseen:  # what a reader may have missed is looked for at once
            await asyncio.sleep(SOON)
            await self.check_all()
        else:
            if self.count % 3 == 0:  # what nobody could see is found with the next entry
                await self.one_more()
                await self.check_soon([ALICE, BOB])
            else:  # or when the last one comes again
                await self.check_soon(await self.the_last_again())
            await asyncio.sleep(LATER)  # or else by comparing
        await self.check_all()
        for number, model in enumerate(self.devices):
            if not model.online:
                await self.connected(model, number % 2)
        await asyncio.sleep(1)
        await self.one_more()
        await asyncio.sleep(SOON)
        await self.check_all()
        for model in self.devices:
            assert model.online, f"closed with {model.codes[-1]} with nothing amiss"
            assert model.last == ("notification" if self.wanted[model.user] else "position")
        await self.come_back_to_the_same()
        for gateway in self.gateways:
            assert set(gateway.hub.connections) == {
                model.device.connection for model in self.devices if model.gateway is gateway and model.device
            }
        self.unseen = False

    async def one_more(self) -> None:
        for user in (ALICE, BOB):
            await self.delivered(self.made(user, 1), told=True)
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))

    async def the_last_again(self) -> list[str]:
        """The record of the top comes once more; for which users there is one."""
        found = []
        for user in (ALICE, BOB):
            [top] = await self.inbox.summaries([user])
            told = [record for record in self.sent if record.key == user and place_of(record) == top.position]
            found += [user] * bool(told)
            for feed in self.feeds:
                feed.waiting += told[-1:]
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))
        return found

    async def check_soon(self, users: list[str]) -> None:
        """The record of the top has come: a device that is not past it is there soon, or knows that it cannot be."""
        concerned = []
        for model in self.devices:
            [top] = await self.inbox.summaries([model.user])
            if model.user in users and model.online and model.position is not None:
                past = model.position.epoch == top.position.epoch and model.position.offset > top.position.offset
                concerned += [] if past else [model]
        await asyncio.sleep(SOON)
        for model in concerned:
            await self.check(model)

    async def check_all(self) -> None:
        for model in self.devices:
            await self.check(model)

    async def check(self, model: DeviceModel) -> None:
        """What the device was told, from where it loaded, is what the inbox's entries say from its top down."""
        if model.wrong is not None:
            raise model.wrong
        model.prove()
        if self.calm:
            assert not model.refused, "not recovered with nothing lost"
            assert 4010 not in model.codes, "a position was lost with nothing lost"
        if not model.online:
            return
        [top] = await self.inbox.summaries([model.user])
        assert model.position == top.position
        assert model.counts in (None, (top.unseen, top.unread))
        assert model.base is not None
        chained: list[str] = []
        place = top.position
        while place != model.base:
            assert place.offset > model.base.offset
            chained.append(place.tail)
            before = self.chain[model.user, place.epoch, place.offset, place.tail]
            place = Position(place.epoch, place.offset - 1, before)
        assert model.applied == chained[::-1]

    async def come_back_to_the_same(self) -> None:
        for number, model in enumerate(self.devices):
            model.leave()
            await turns(20)
            await self.connected(model, number % 2)
            await asyncio.sleep(1)
            assert model.recoveries[-1] is True, "not recovered at the top of the inbox"
            await self.check(model)


def place_of(record: Outgoing) -> Position | None:
    decoded = decode_record(record.value, FanOutRecord)
    return decoded.position if isinstance(decoded, InboxEntry) else None
