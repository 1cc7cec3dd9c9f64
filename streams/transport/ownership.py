"""Who owns a partition: an epoch, from taking it to giving it up. Who tries to, and when, is in owner.py.

An epoch is three things taken in this order: the exclusive subscriptions of the agent's topics on that partition, the
fenced right to append to the agent's log, and a barrier written there, whose offset numbers the epoch. Nobody tells a
superseded owner, so an epoch never goes on after a reconnect: a lost connection (polled, and read before each batch's
effects and each acknowledgement), a fenced or overdue append, or a record delivered again ends it. Then everything
taken from it is dropped, the table too, and the partition is taken again as by a newcomer.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from infra.log.ports import LogClient, OwnershipLost, PartitionBusy, Record, Subscription
from schemas.errors import NotificationError
from streams.plan import AgentSpec
from streams.retry import Retries
from streams.runtime import LaneRuntime, Resources
from streams.stats import PAUSED, AgentStats
from streams.transport.ledger import Ledger
from streams.windowlog import Recovery, Replica, WindowLog
from streams.windows import WindowState

logger = structlog.get_logger()

BATCHES_ON_THEIR_WAY = 3
EVENTS_ON_THEIR_WAY = 2000
BACKGROUND_SHARE = 5
POLL_SECONDS = 0.5
DRAIN_SECONDS = 10.0


class Stuck(OwnershipLost):
    """Nothing was finished within the processing deadline, although no dependency was away."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "stuck")


class Batch:
    """Records of one partition, handed to Faust as one message."""

    __slots__ = ("lane", "records")

    def __init__(self, lane: Lane, records: list[Record]) -> None:
        self.lane = lane
        self.records = records

    def submit(self) -> None:
        """Start processing. Batches of a partition are submitted in order; none waits for another partition's."""
        self.lane.submit(self.records)


class Lane:
    """One topic of one epoch: receives, hands over, and bounds what is on its way."""

    def __init__(self, epoch: Epoch, topic: str, subscription: Subscription) -> None:
        self.epoch = epoch
        self.topic = topic
        self.partition = epoch.partition
        self.subscription = subscription
        self.runtime: LaneRuntime | None = None
        self.ledger = Ledger()
        self._room = asyncio.Semaphore(BATCHES_ON_THEIR_WAY)
        self._drained = asyncio.Event()

    async def receive_for_ever(self, deliver: Callable[[Lane, list[Record]], None]) -> None:
        max_events, max_bytes = self.epoch.limits
        planned = self.runtime is not None
        if self.epoch.background(self.topic):
            max_events = max(1, max_events // BACKGROUND_SHARE)
        while True:
            await self._room.acquire()
            while not planned and len(self.ledger) >= EVENTS_ON_THEIR_WAY:
                self._drained.clear()
                await self._drained.wait()
            records = await self.subscription.receive(max_events, max_bytes)
            if not planned:
                self.epoch.stats.take(self.topic, self.partition, records)
                for record in records:
                    self.ledger.deliver(record)
                self.epoch.began(len(records))
                self._room.release()
            deliver(self, records)

    def submit(self, records: list[Record]) -> None:
        if self.epoch.lost is None:
            self.epoch.spawn(self._process(records))

    async def _process(self, records: list[Record]) -> None:
        assert self.runtime is not None
        try:
            if self.epoch.background(self.topic):
                async with self.epoch.background_slots:
                    await self._run(self.runtime, records)
            else:
                await self._run(self.runtime, records)
        except BaseException as error:
            self.epoch.end(error)
            raise
        self._room.release()

    async def _run(self, runtime: LaneRuntime, records: list[Record]) -> None:
        self.epoch.began(1)
        try:
            await runtime.process(records)
        finally:
            self.epoch.finished(1)

    async def commit(self, record: Record) -> None:
        self.epoch.check_owned()
        await self.subscription.acknowledge(record)
        self._drained.set()

    def settled(self, count: int) -> None:
        """So many records of a per-event agent are done."""
        if count:
            self.epoch.finished(count)
        self._drained.set()


class Epoch:
    """One ownership of (agent, partition)."""

    def __init__(
        self,
        spec: AgentSpec,
        partition: int,
        *,
        client: LogClient,
        resources: Resources,
        stats: AgentStats,
        retries: Retries | None,
        limits: tuple[int, int],
        background_slots: asyncio.Semaphore,
        window_ms: Callable[[Any], int],
        deadline: float,
        warm: Callable[[], Awaitable[Replica | None]],
    ) -> None:
        self.spec = spec
        self.partition = partition
        own_limit = spec.planned.plan.batch_events if spec.planned else None
        self.limits = (min(limits[0], own_limit or limits[0]), limits[1])
        self.background_slots = background_slots
        self.lost: BaseException | None = None
        self._waits: dict[object, str] = {}
        self.lanes: dict[str, Lane] = {}
        self.log: WindowLog | None = None
        self.recovery = Recovery()
        self._client = client
        self._resources = resources
        self.stats = stats
        self._retries = retries
        dedup = spec.planned.plan.dedup if spec.planned else None
        self.state = WindowState(window_ms(dedup.table)) if dedup else None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._deadline = deadline
        self._warm = warm
        self._in_work = 0
        self._moved_at = time.monotonic()

    @property
    def number(self) -> int:
        return self.log.epoch if self.log else 0

    def background(self, topic: str) -> bool:
        background = self.spec.planned.plan.background if self.spec.planned else None
        return background is not None and topic in background.topics

    async def acquire(self) -> None:
        """Raises PartitionBusy while another worker has it, ConnectionFailed, or OwnershipLost if overtaken."""
        breaker = self._resources.breakers[self._client.dependency]
        try:
            for topic in self.spec.lanes:
                subscribe = functools.partial(self._client.subscribe, topic, self.partition, self.spec.name)
                subscription = await breaker.call(subscribe)
                self.lanes[topic] = Lane(self, topic, subscription)
            replica = await self._warm()  # only now: a partition that is still busy would waste it
            self.recovery = Recovery(warm=replica is not None)
            if replica is not None:
                self.state = replica.state
            self.log = await WindowLog.take(
                self._client, self.spec.log, self.partition, replica or Replica(self.state), self.recovery
            )
            pending: dict[bytes, int] = {}
            if self.spec.planned is not None:
                for topic, lane in self.lanes.items():
                    lane.runtime = LaneRuntime(
                        self.spec,
                        topic=topic,
                        generation=await self._client.generation(topic),
                        resources=self._resources,
                        stats=self.stats,
                        retries=self._retries,
                        state=self.state,
                        log=self.log,
                        pending=pending,
                        acknowledge=lane.commit,
                        check_owned=self.check_owned,
                        on_wait=self._on_wait,
                    )
        except BaseException:
            await self.release()
            raise
        self.stats.recovered(self.recovery.seconds)

    def check_owned(self) -> None:
        """Raise OwnershipLost unless this epoch still may write and acknowledge."""
        if self.lost is None:
            for lane in self.lanes.values():
                if not lane.subscription.connected():
                    self.end(OwnershipLost(f"{lane.topic}-{self.partition}: the connection was lost", "connection"))
        if self.lost is not None:
            raise self.lost if isinstance(self.lost, OwnershipLost) else OwnershipLost(str(self.lost))

    def end(self, error: BaseException) -> None:
        """The first reason stays."""
        if self.lost is None:
            self.lost = error
        self._ended.set()

    def began(self, count: int) -> None:
        if not self._in_work:
            self._moved_at = time.monotonic()
        self._in_work += count

    def finished(self, count: int) -> None:
        self._in_work -= count
        self._moved_at = time.monotonic()

    def _check_pace(self) -> None:
        """Raise Stuck past the deadline. Waiting for a dependency is no standstill: it goes on by itself."""
        if self.waiting_for is not None:
            self._moved_at = time.monotonic()
        elif self._in_work and time.monotonic() - self._moved_at > self._deadline:
            raise Stuck(
                f"nothing was finished for {self._deadline:g} s (PAVILION_WORKER__PROCESSING_DEADLINE),"
                f" {self._in_work} in work"
            )

    def spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.end(task.exception() or RuntimeError("unreachable"))

    async def run(self, deliver: Callable[[Lane, list[Record]], None]) -> None:
        """Receive until ownership ends or this is cancelled; raises what ended it."""
        receivers = [asyncio.create_task(lane.receive_for_ever(deliver)) for lane in self.lanes.values()]
        keeper = asyncio.create_task(self._keep())
        ended = asyncio.create_task(self._ended.wait())
        everything = [*receivers, keeper, ended]
        try:
            done, _ = await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not ended:
                    self.end(task.exception() or RuntimeError("a receiver stopped"))
            if self.lost is not None:
                raise self.lost
        finally:
            for task in everything:
                task.cancel()
            await asyncio.gather(*everything, return_exceptions=True)

    async def _keep(self) -> None:
        """Notice a lost connection, and let the log forget what has expired."""
        width = self.state.window_ms // 4 if self.state is not None else 0
        trimmed = self.state.stream_ms if self.state is not None else 0
        await self._trim(trimmed - (self.state.window_ms if self.state is not None else 0))
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self.check_owned()
            self._check_pace()
            if self.state is not None and self.state.stream_ms - trimmed > width:
                trimmed = self.state.stream_ms
                await self._trim(trimmed - self.state.window_ms)

    async def _trim(self, expired_ms: int) -> None:
        assert self.log is not None
        try:
            await self.log.trim(expired_ms)
        except (NotificationError, PartitionBusy) as error:  # the next round finds the same records
            logger.warning("the window log was not trimmed", log=self.spec.log, cause=str(error))

    @property
    def waiting_for(self) -> str | None:
        """What a batch on its way waits for; None if none does."""
        return next(iter(self._waits.values()), None)

    def _on_wait(self, waiter: object, reason: str | None) -> None:
        """Batches in different stages may wait for different things: what one stops waiting for, another may not."""
        waited = bool(self._waits)
        if reason is None:
            self._waits.pop(waiter, None)
        else:
            self._waits[waiter] = reason
        if waited != bool(self._waits):
            PAUSED.labels(self.spec.name).inc(-1 if waited else 1)

    async def drain(self) -> None:
        """Wait for what was submitted, within a limit; what is cut off is delivered again to the successor."""
        if self._tasks and self.lost is None:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)

    async def release(self) -> None:
        """Give everything up: cancel what is left, then close the subscriptions, which flushes acknowledgements."""
        self.end(OwnershipLost("released"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            if left:  # its writes are refused or harmless, as those of any superseded owner
                logger.error("a batch does not end when cancelled", agent=self.spec.name, partition=self.partition)
        for waiter in list(self._waits):
            self._on_wait(waiter, None)
        await asyncio.gather(*(lane.subscription.close() for lane in self.lanes.values()))
        if self.log is not None:
            await self.log.close()
