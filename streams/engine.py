"""The engine of one worker: owns partitions of every agent, and answers what they are doing."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from infra.log.ports import LogClient, OwnershipLost, Provisioner, Publisher, Record
from infra.stores.open import Stores
from schemas.errors import NotificationError
from schemas.settings import Settings
from schemas.times import now_ms
from streams.failures import Sleep
from streams.plan import AgentSpec
from streams.runtime import Resources
from streams.stats import DEAD_LETTER_BACKLOG, LAG_MESSAGES, LAG_SECONDS, AgentStats
from streams.topics import OPERATORS, required_topics
from streams.transport.ownership import Epoch, Lane, Owner
from streams.windows import WindowTable

logger = structlog.get_logger()

LAG_INTERVAL = 5.0
BACKGROUND_BATCHES = 2
Deliver = Callable[[Lane, list[Record]], None]


@dataclass(frozen=True)
class Connections:
    """What the composition opens for an engine, and closes after it."""

    log: LogClient
    provisioner: Provisioner
    stores: Stores


class Engine:
    """``clock`` is the wall clock in ms, ``sleep`` what waits between attempts while a dependency is away."""

    def __init__(
        self,
        settings: Settings,
        connections: Connections,
        *,
        clock: Callable[[], int] = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.log = connections.log
        self._provisioner = connections.provisioner
        self._publishers: dict[str, Publisher] = {}
        self._owners: dict[tuple[str, int], Owner] = {}
        self._runs: dict[tuple[str, int], Callable[[], Coroutine[Any, Any, None]]] = {}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._lag: asyncio.Task[None] | None = None
        self._specs: dict[str, AgentSpec] = {}
        self._stats: dict[str, AgentStats] = {}
        self._background_slots = asyncio.Semaphore(BACKGROUND_BATCHES)
        self._resources = Resources(
            stores=connections.stores,
            publisher=self.publisher,
            clock=clock,
            retention_ms=int(settings.retention.total_seconds() * 1000),
            deduplicate=settings.deduplication.enabled,
            sleep=sleep,
        )

    def publisher(self, topic: str) -> Publisher:
        if topic not in self._publishers:
            self._publishers[topic] = self.log.publisher(topic)
        return self._publishers[topic]

    async def check(self, specs: Sequence[AgentSpec]) -> None:
        """Raise NotificationError, naming ``pavilion migrate``, unless all topics of ``specs`` are prepared."""
        missing = await self._provisioner.check(required_topics(self.settings, specs))
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise NotificationError("start worker", f"missing: {missing[0]}{more}; run `pavilion migrate`")

    async def start(self, specs: Sequence[AgentSpec], deliver: Deliver, on_acquired: Callable[[Epoch], None]) -> None:
        """Begin to own every partition of ``specs``."""
        for spec in specs:
            counts = {topic: await self.log.partitions(topic) for topic in spec.topics}
            if len(set(counts.values())) > 1:
                raise NotificationError("start worker", f"topics of agent {spec.name} differ in partitions: {counts}")
            self._specs[spec.name] = spec
            self._stats[spec.name] = AgentStats(spec.name)
            for partition in range(max(counts.values())):
                place = (spec.name, partition)
                self._owners[place] = Owner(spec.name, partition, functools.partial(self._epoch, spec, partition))
                self._runs[place] = functools.partial(self._owners[place].run, deliver, on_acquired)
                self._tasks[place] = asyncio.create_task(self._runs[place](), name=f"{spec.name}-{partition}")
        if self._lag is None:
            self._lag = asyncio.create_task(self._watch_lag(), name="lag")

    def _epoch(self, spec: AgentSpec, partition: int) -> Epoch:
        worker = self.settings.worker
        return Epoch(
            spec,
            partition,
            client=self.log,
            resources=self._resources,
            stats=self._stats[spec.name],
            limits=(worker.batch_max_events, worker.batch_max_bytes),
            background_slots=self._background_slots,
            window_ms=self.window_ms,
        )

    def window_ms(self, table: WindowTable) -> int:
        window = table.window or self.settings.deduplication.window
        return int(window.total_seconds() * 1000)

    async def release(self) -> None:
        """Stop receiving, drain what is on its way, and give every partition up."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("an owner failed", cause=str(result))
        self._tasks.clear()
        self._owners.clear()
        self._specs.clear()

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

    async def stop(self) -> None:
        await self.release()
        if self._lag is not None:
            self._lag.cancel()
            await asyncio.gather(self._lag, return_exceptions=True)
        for publisher in self._publishers.values():
            await publisher.close()

    async def _watch_lag(self) -> None:
        while True:
            for spec in list(self._specs.values()):
                for topic in spec.topics:
                    with contextlib.suppress(NotificationError):  # the broker is away: the last figures stay
                        backlog = await self.log.backlog(topic, spec.name)
                        seconds = max((one.seconds for one in backlog.values()), default=0.0)
                        LAG_MESSAGES.labels(spec.name, topic).set(sum(one.messages for one in backlog.values()))
                        LAG_SECONDS.labels(spec.name, topic).set(seconds)
            with contextlib.suppress(NotificationError):
                letters = await self.log.backlog(self.settings.topics.dead_letter, OPERATORS)
                DEAD_LETTER_BACKLOG.set(sum(one.messages for one in letters.values()))
            await asyncio.sleep(LAG_INTERVAL)

    # -- what it is doing

    def ready(self) -> bool:
        """Whether every agent owns at least one partition here."""
        owning = {name for (name, _), owner in self._owners.items() if owner.epoch is not None}
        return owning == set(self._specs)

    def owned(self, agent: str) -> dict[int, Epoch]:
        return {
            partition: owner.epoch
            for (name, partition), owner in self._owners.items()
            if name == agent and owner.epoch is not None
        }

    def tables(self) -> list[dict[str, Any]]:
        """One entry per table and partition owned here."""
        found = []
        for name, spec in self._specs.items():
            if spec.planned is None or spec.planned.plan.dedup is None:
                continue
            table = spec.planned.plan.dedup.table
            for partition, epoch in sorted(self.owned(name).items()):
                if epoch.state is None or epoch.log is None:
                    continue
                found.append(
                    {
                        "table": table.name,
                        "agent": name,
                        "partition": partition,
                        "window_seconds": self.window_ms(table) / 1000,
                        "late_policy": table.late,
                        **epoch.state.snapshot(),
                        "log": {"topic": spec.log, "records": epoch.log.records, "bytes": epoch.log.size},
                        "recovery": {"seconds": round(epoch.log.recovery_seconds, 3), "keys": epoch.log.recovery_keys},
                    }
                )
        return found

    def streams(self) -> list[dict[str, Any]]:
        """One entry per agent, counted in this process since its start."""
        found = []
        for name, spec in self._specs.items():
            owned = self.owned(name)
            waiting = sorted({epoch.waiting_for for epoch in owned.values() if epoch.waiting_for})
            found.append(
                {
                    **self._stats[name].snapshot(),
                    "topics": list(spec.topics),
                    "partitions": sorted(owned),
                    "state": "waiting" if waiting else "running",
                    "waiting_for": waiting,
                }
            )
        return found
