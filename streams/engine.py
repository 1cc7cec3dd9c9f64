"""The engine of one worker: owns partitions of every agent, and answers what they are doing."""

from __future__ import annotations

import asyncio
import functools
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
import structlog

from infra.log.ports import LogClient, Member, OwnershipLost, Provisioner, Publisher, Record
from infra.statistics.fold import agents_of
from infra.stores.open import Stores
from infra.tracing import OFF, Tracing
from schemas.errors import NotificationError
from schemas.reports import AgentReport
from schemas.settings import Settings
from schemas.times import now_ms
from streams.breakers import Breakers
from streams.exposition import EXPOSITION
from streams.failures import Sleep, backoff
from streams.forwarder import Forwarder
from streams.lag import LagWatch
from streams.plan import AgentSpec
from streams.retry import Retries, policy_of
from streams.runtime import Resources
from streams.stats import PARTITIONS, AgentStats
from streams.tables import TableState, TableView
from streams.topics import members_topic, required_topics
from streams.transport.group import Group
from streams.transport.owner import Owner
from streams.transport.ownership import Epoch, Lane
from streams.transport.standby import Standby
from streams.windowlog import Replica
from streams.windows import WindowTable

logger = structlog.get_logger()

VERSION = version("pavilion-notification-streams")
BACKGROUND_BATCHES = 2
Deliver = Callable[[Lane, list[Record]], None]
Place = tuple[str, int]
"""An agent and a partition number."""


@dataclass(frozen=True)
class Connections:
    """What the composition opens for an engine, and closes after it."""

    log: LogClient
    provisioner: Provisioner
    stores: Stores
    tracing: Tracing = OFF


class Engine:
    """One worker of the group ``app``.

    ``clock`` is the wall clock in ms, ``sleep`` what waits between attempts while a dependency is away.
    """

    def __init__(
        self,
        settings: Settings,
        app: str,
        connections: Connections,
        *,
        clock: Callable[[], int] = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.log = connections.log
        self.group = Group(self.log, members_topic(app), Member(uuid.uuid4().hex[:12], VERSION, now_ms()))
        self._app = app
        self._provisioner = connections.provisioner
        self._publishers: dict[str, Publisher] = {}
        self._owners: dict[Place, Owner] = {}
        self._runs: dict[Place, Callable[[], Coroutine[Any, Any, None]]] = {}
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._releasing: set[Place] = set()
        self._standbys: dict[Place, Standby] = {}
        self._stopping: set[asyncio.Task[Any]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._specs: dict[str, AgentSpec] = {}
        self._retries: dict[str, Retries] = {}
        self._forwarders: dict[str, Forwarder] = {}
        self._stats: dict[str, AgentStats] = {}
        self.lag = LagWatch(self.log, self._counted, settings.topics.dead_letter, clock)
        self._background_slots = asyncio.Semaphore(BACKGROUND_BATCHES)
        stores = connections.stores
        kept = (stores.inbox, stores.history, stores.people, stores.preferences)
        used = (self.log.dependency, *(store.dependency for store in kept))
        self._breakers = Breakers(used, clock=clock, sleep=sleep)
        self._resources = Resources(
            stores=self._breakers.stores(stores),
            publisher=lambda topic: self._breakers.publisher(self.publisher(topic), self.log.dependency),
            breakers=self._breakers,
            clock=clock,
            retention_ms=int(settings.retention.total_seconds() * 1000),
            deduplicate=settings.deduplication.enabled,
            sleep=sleep,
            tracing=connections.tracing,
        )

    def publisher(self, topic: str) -> Publisher:
        if topic not in self._publishers:
            self._publishers[topic] = self.log.publisher(topic)
        return self._publishers[topic]

    async def check(self, specs: Sequence[AgentSpec]) -> None:
        """Raise NotificationError unless all topics of ``specs`` are prepared (it names ``pavilion migrate``).

        And for retries that go on for longer than ids are remembered.
        """
        for spec in specs:
            policy_of(spec, self.settings)
        missing = await self._provisioner.check(required_topics(self.settings, self._app, specs))
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise NotificationError("start worker", f"missing: {missing[0]}{more}; run `pavilion migrate`")

    async def start(self, specs: Sequence[AgentSpec], deliver: Deliver, on_acquired: Callable[[Epoch], None]) -> None:
        """Begin to own the partitions of ``specs`` that belong to this worker, now and as the group changes."""
        for spec in specs:
            counts = {topic: await self.log.partitions(topic) for topic in spec.lanes}
            if len(set(counts.values())) > 1:
                raise NotificationError("start worker", f"topics of agent {spec.name} differ in partitions: {counts}")
            self._specs[spec.name] = spec
            self._stats[spec.name] = AgentStats(spec, time.monotonic())
            PARTITIONS.labels(spec.name).set(max(counts.values()))
            await self._start_retries(spec, max(counts.values()))
            for partition in range(max(counts.values())):
                place = (spec.name, partition)
                self._owners[place] = Owner(
                    spec.name,
                    partition,
                    functools.partial(self._epoch, spec, partition),
                    permitted=functools.partial(self._may_take, place),
                    on_stuck=functools.partial(self.group.avoid, *place),
                )
                self._runs[place] = functools.partial(self._owners[place].run, deliver, on_acquired)
        EXPOSITION.add(self)
        await self._join()
        if self._looking is None:
            self._looking = asyncio.create_task(self.lag.run(), name="lag")

    async def _start_retries(self, spec: AgentSpec, partitions: int) -> None:
        policy = policy_of(spec, self.settings)
        if policy is None or spec.retry_topic is None or spec.retry_in is None:
            return
        self._retries[spec.name] = Retries(spec.retry_topic, policy)
        self._forwarders[spec.name] = Forwarder(
            spec.name,
            log=self.log,
            source=(spec.retry_topic, await self.log.partitions(spec.retry_topic)),
            back=(self.publisher(spec.retry_in), partitions),
            sleep=self._resources.sleep,
        )
        self._forwarders[spec.name].start()

    async def _join(self) -> None:
        failures = 0
        while not self.group.joined:
            try:
                await self.group.join(self._rebalance)
            except NotificationError as error:
                failures += 1
                logger.warning("cannot join the group", cause=str(error), attempt=failures)
                await asyncio.sleep(backoff(failures))
        self._rebalance()

    def _may_take(self, place: Place) -> bool:
        return self.group.counts and self.group.belongs(*place)

    def _rebalance(self) -> None:
        """Begin what belongs to this worker, release what does not; without a view that counts, leave all as it is."""
        if not self.group.counts:
            return
        for place, run in self._runs.items():
            if place in self._releasing:
                continue
            running, rank = place in self._tasks, self.group.rank(*place)
            self._stand_by(place, rank, not running)
            if rank == 0 and not running:
                self._tasks[place] = asyncio.create_task(run(), name=f"{place[0]}-{place[1]}")
            elif rank != 0 and running:
                self._releasing.add(place)
                task = self._tasks[place]
                task.cancel()
                task.add_done_callback(functools.partial(self._released, place))

    def _stand_by(self, place: Place, rank: int | None, free: bool) -> None:
        """Follow the table of a place that this worker is next in line for, as far as the settings say."""
        spec = self._specs[place[0]]
        wanted = free and bool(spec.tables) and rank is not None and 0 < rank <= self.settings.worker.standbys
        if wanted and place not in self._standbys:
            [table] = spec.tables
            self._standbys[place] = Standby(self.log, spec.log, place[1], self.window_ms(table))
        elif not wanted and rank != 0 and place in self._standbys:
            stopping = asyncio.create_task(self._standbys.pop(place).stop())
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)

    async def _warm(self, place: Place) -> Replica | None:
        """What a standby has read of the place's log, if there is one; it ends with that."""
        standby = self._standbys.pop(place, None)
        return None if standby is None else await standby.stop()

    def _released(self, place: Place, task: asyncio.Task[None]) -> None:
        self._releasing.discard(place)
        if self._tasks.get(place) is task:
            del self._tasks[place]
        if not task.cancelled() and task.exception() is not None:
            logger.error("an owner failed", agent=place[0], partition=place[1], cause=str(task.exception()))

    def _epoch(self, spec: AgentSpec, partition: int) -> Epoch:
        worker = self.settings.worker
        return Epoch(
            spec,
            partition,
            client=self.log,
            resources=self._resources,
            stats=self._stats[spec.name],
            retries=self._retries.get(spec.name),
            limits=(worker.batch_max_events, worker.batch_max_bytes),
            background_slots=self._background_slots,
            window_ms=self.window_ms,
            deadline=worker.processing_deadline.total_seconds(),
            warm=functools.partial(self._warm, (spec.name, partition)),
        )

    def window_ms(self, table: WindowTable) -> int:
        window = table.window or self.settings.deduplication.window
        return int(window.total_seconds() * 1000)

    async def release(self) -> None:
        """Stop receiving, drain what is on its way, and give every partition up."""
        tasks = dict(self._tasks)
        self._runs.clear()  # nothing is begun again
        for place, task in tasks.items():
            if place not in self._releasing:  # a second cancel would cut the drain off
                task.cancel()
        for result in await asyncio.gather(*tasks.values(), return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("an owner failed", cause=str(result))
        await asyncio.gather(*(standby.stop() for standby in self._standbys.values()), *self._stopping)
        self._standbys.clear()
        await asyncio.gather(*(forwarder.stop() for forwarder in self._forwarders.values()))
        self._forwarders.clear()
        self._retries.clear()
        self._tasks.clear()
        self._owners.clear()
        self._specs.clear()

    async def leave(self) -> None:
        """Leave the group and give every partition up: the others take over as soon as they see it."""
        await self.group.leave()
        await self.release()

    async def move(self, agent: str, partition: int) -> None:
        """Drain one partition, give it up, and let it be taken again, as when it moves to another worker."""
        place = (agent, partition)
        self._tasks[place].cancel()
        await asyncio.gather(self._tasks[place], return_exceptions=True)
        self._tasks[place] = asyncio.create_task(self._runs[place](), name=f"{agent}-{partition}")

    async def crash(self, agent: str | None = None, partition: int | None = None) -> None:
        """End ownership without draining, as a killed process would; for tests. What was taken is taken again."""
        for (name, number), owner in self._owners.items():
            if agent in (None, name) and partition in (None, number) and owner.epoch is not None:
                owner.epoch.end(OwnershipLost("crashed on purpose"))
        for name, forwarder in self._forwarders.items():
            if agent in (None, name):
                await forwarder.stop()
                forwarder.start()

    async def stop(self) -> None:
        EXPOSITION.remove(self)
        await self.leave()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for publisher in self._publishers.values():
            await publisher.close()

    # -- what it is doing

    def ready(self) -> bool:
        """Whether this worker is in its group and owns all that belongs to it there."""
        mine = [owner for place, owner in self._owners.items() if self.group.belongs(*place)]
        return self.group.known and all(owner.epoch is not None for owner in mine)

    @property
    def partitions_owned(self) -> int:
        return sum(owner.epoch is not None for owner in self._owners.values())

    def owned(self, agent: str) -> dict[int, Epoch]:
        return {
            partition: owner.epoch
            for (name, partition), owner in self._owners.items()
            if name == agent and owner.epoch is not None
        }

    def _counted(self) -> list[tuple[AgentSpec, AgentStats]]:
        return [(spec, self._stats[name]) for name, spec in self._specs.items()]

    def tick(self) -> None:
        """Call every few seconds, so that rates and quantiles forget what is old."""
        now = time.monotonic()
        for stats in self._stats.values():
            stats.tick(now)

    @property
    def stats(self) -> list[AgentStats]:
        """The counters of every agent that this process ever ran."""
        return list(self._stats.values())

    def table_views(self) -> list[TableView]:
        """One per table and partition that this worker owns, is recovering, or follows as a standby, in order."""
        return [view for place in sorted(self._owners) if (view := self._table(place)) is not None]

    def tables(self) -> list[dict[str, Any]]:
        """What :meth:`table_views` show."""
        return [view.snapshot() for view in self.table_views()]

    def _table(self, place: Place) -> TableView | None:
        owner, spec = self._owners.get(place), self._specs.get(place[0])
        if owner is None or spec is None or not spec.tables:
            return None
        [table] = spec.tables
        standby, epoch = self._standbys.get(place), owner.epoch or owner.taking
        if epoch is not None and epoch.state is not None:
            replica = epoch.log.replica if epoch.log is not None else None
            state: TableState = "running" if epoch is owner.epoch else "recovering"
            return TableView(spec, place[1], self.window_ms(table), state, epoch.state, replica, epoch.recovery)
        if standby is not None and standby.replica.state is not None:
            replica = standby.replica
            return TableView(spec, place[1], self.window_ms(table), "standby", standby.replica.state, replica, None)
        return None

    def dependencies(self) -> list[dict[str, Any]]:
        """One entry per dependency of the agents: the state of its circuit breaker."""
        return self._breakers.snapshot()

    def reports(self) -> list[AgentReport]:
        """What each agent has done in this process since its start, and is doing."""
        now, found = time.monotonic(), []
        for name in self._specs:
            owned = self.owned(name)
            waiting = sorted({epoch.waiting_for for epoch in owned.values() if epoch.waiting_for})
            found.append(self._stats[name].report(now, sorted(owned), waiting))
        return found

    def streams(self) -> list[dict[str, Any]]:
        """The same in the shape that ``/stats/streams`` has."""
        answer: list[dict[str, Any]] = msgspec.to_builtins(agents_of([self.reports()]))
        return answer
