"""The ground of the stream machine: two real gateways on one inbox, and what happens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar, NamedTuple, TypeVar, cast
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
from tests.integration.gateway.machine_checks import SOON, Checks
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
LATER = 60
"""Seconds: more than the time between two comparisons of positions."""


class Race(NamedTuple):
    """What comes while the inbox is read, since an entry is missing (``gap``), or else for a device that joins.

    ``count`` live entries, ``before`` turns after the beginning; the first may be missing (``hole``), or all be
    ``lost`` with the reader, which is back before the inbox has answered. The inbox may be ``away`` for a gap, and the
    user's other devices be there too (``company``).
    """

    count: int
    before: int
    gap: bool
    hole: bool
    lost: bool
    away: bool
    company: bool


class Ground(Checks):
    server: ClassVar[blocking.Redis | None] = None
    """The Redis of the inbox; without one it is on SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.started = self.failed = False
        self.count = 0
        self.calm = True
        self.rolled_back = False
        """There may be records of entries that the inbox has lost, and nothing tells them apart."""
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

    async def delivered(self, deliveries: list[Delivery], told: bool) -> bool:
        """Whether all have a place. One is in the list only, and told to nobody, where somebody looked at a cold inbox
        between its write to history and this one: the inbox was built with it.
        """
        placed_all = True
        await self.history.insert([one.record for one in deliveries])
        for one, placed in zip(deliveries, await self.inbox.append(deliveries), strict=True):
            if placed.position is None:
                placed_all = False
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
        return placed_all

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
        await self.up_again(model)
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
        placed = await self.delivered(self.made(user, after), told)
        if told and after and placed:
            for feed in self.feeds:
                feed.deliver(len(feed.waiting))
            await self.check_soon([model])

    async def connected(self, model: DeviceModel, gateway: int, with_position: bool = True) -> None:
        session = f"{SESSION[:-1]}{model.user[-1]}"
        model.connect(self.gateways[gateway], Access(model.user, session, FAR), with_position)
        await turns(1)

    async def race(self, model: DeviceModel, gateway: int, race: Race) -> None:
        await self.up_again(model)
        others = [one for one in self.devices if one is not model and one.user == model.user]
        for one in others[: race.company]:
            if not one.online:
                await self.connected(one, gateway)
                await turns(A_WHILE)
        if not race.gap:
            model.leave()
            await turns(A_WHILE)
        elif model.gateway in self.gateways and model.online:
            gateway = self.gateways.index(model.gateway)
        gate, feed = self.gates[gateway], self.feeds[gateway]
        gate.hold(before=False, calls=1)
        joins, placed = not model.online, True
        if joins:
            await self.connected(model, gateway)
        if race.gap:
            gate.away = race.away
            await self.delivered(self.made(model.user, 1), told=False)
            placed = await self.delivered(self.made(model.user, 1), told=True)
            feed.deliver(len(feed.waiting))
        await turns(race.before)
        if race.lost:
            feed.cut()
        if race.hole:
            await self.delivered(self.made(model.user, 1), told=False)
            self.unseen |= not race.count
        placed &= await self.delivered(self.made(model.user, race.count), told=True)
        feed.deliver(len(feed.waiting))
        await asyncio.sleep(3 if race.lost else 0)
        await turns(10)
        gate.away = False
        gate.go_on()
        await turns(A_WHILE)
        if model.gateway is not self.gateways[gateway] or not placed or not (race.count or race.lost or not race.hole):
            return
        await self.check_soon([model])
        if joins and not self.rolled_back:
            assert model.online or model.codes[-1] != 4010, "its position was lost, and it had only just joined"
        if joins:  # what the inbox had for it was news to the others too
            for one in others:
                if one.gateway is model.gateway and not one.slow:
                    await self.check(one)

    async def overwhelmed(self, model: DeviceModel, gateway: int) -> None:
        """More than may wait comes for a device that does not read."""
        await self.up_again(model)
        if not model.online:
            await self.connected(model, gateway)
            await turns(A_WHILE)
        model.stop_reading()
        for _ in range(LIMITS.queue_frames + 3):
            await self.delivered(self.made(model.user, 1), told=True)
            for feed in self.feeds:
                feed.deliver(len(feed.waiting))
            await turns(10)
            assert model.device is not None
            assert model.device.connection.queued <= LIMITS.queue_frames

    async def up_again(self, model: DeviceModel) -> None:
        """Whatever was held, away or slow, of the stores and of this device."""
        for gate in self.gates:
            gate.away = False
            gate.go_on()
        model.read_on()
        await asyncio.gather(*self.background)

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
        for model in self.devices:
            await self.up_again(model)
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))
        if not self.unseen:  # what a reader may have missed is looked for at once
            await asyncio.sleep(SOON)
            await self.check_all()
        else:
            if self.count % 3 == 0:  # what nobody could see is found with the next entry
                told = await self.one_more()
                await self.check_soon([model for model in self.devices if model.user in told])
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

    async def one_more(self) -> list[str]:
        """For each user; which of them it is told to."""
        told = [user for user in (ALICE, BOB) if await self.delivered(self.made(user, 1), told=True)]
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))
        return told

    async def the_last_again(self) -> list[DeviceModel]:
        """The record of the top comes once more; the devices of those users of whom there is one."""
        found = []
        for user in (ALICE, BOB):
            [top] = await self.inbox.summaries([user])
            told = [record for record in self.sent if record.key == user and place_of(record) == top.position]
            found += [model for model in self.devices if told and model.user == user]
            for feed in self.feeds:
                feed.waiting += told[-1:]
        for feed in self.feeds:
            feed.deliver(len(feed.waiting))
        return found

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
