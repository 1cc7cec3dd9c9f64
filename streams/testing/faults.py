"""Faults at the steps of a plan: wrappers around real sinks, lookups and the log, which fail when they are told to."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from infra.log.embedded import EmbeddedLog
from infra.log.ports import FencedLog, Outgoing, Publisher, Record, SharedSubscription, Subscription
from infra.sqlite import Database
from infra.stores.open import Stores
from streams.plan import AgentSpec, Effect, LookupSource, Planned, Sink, Write

T = TypeVar("T")
When = Callable[[Sequence[Any]], bool]
ACKNOWLEDGE = "acknowledge"


@dataclass
class Fault:
    """One order to fail; ``left`` None fails until it is taken back."""

    step: str
    error: BaseException
    left: int | None
    agent: str | None
    after: bool
    when: When | None


class Faults:
    """The standing orders of one driver."""

    def __init__(self, specs: Sequence[AgentSpec]) -> None:
        self._orders: list[Fault] = []
        self._steps = {ACKNOWLEDGE}
        for spec in specs:
            assert spec.planned is not None
            plan = spec.planned.plan
            steps = [*plan.steps, ("append", spec.log)]
            aside = [plan.dead_letter.topics[0] if plan.dead_letter else None, spec.retry_topic, spec.retry_in]
            steps += [("emit", topic) for topic in aside if topic is not None]
            for kind, name in steps:
                if kind in ("lookup", "write", "emit", "append"):
                    self._steps |= {name, f"{kind} {name}"}

    def order(self, fault: Fault) -> None:
        if fault.step not in self._steps:
            raise ValueError(f"there is no step {fault.step!r} to fail; there are {', '.join(sorted(self._steps))}")
        self._orders.append(fault)

    def restore(self, step: str | None = None) -> None:
        self._orders = [fault for fault in self._orders if step not in (None, fault.step)]

    async def run(
        self, kind: str, name: str, agent: str | None, given: Sequence[Any], call: Callable[[], Awaitable[T]]
    ) -> T:
        """``call``, unless an order says to fail before it, or to lose its answer."""
        self._strike(kind, name, agent, given, after=False)
        answer = await call()
        self._strike(kind, name, agent, given, after=True)
        return answer

    def _strike(self, kind: str, name: str, agent: str | None, given: Sequence[Any], *, after: bool) -> None:
        for fault in self._orders:
            if (
                fault.after == after
                and fault.left != 0
                and fault.step in (name, f"{kind} {name}")
                and fault.agent in (None, agent)
                and (fault.when is None or fault.when(given))
            ):
                if fault.left is not None:
                    fault.left -= 1
                raise fault.error


@dataclass(frozen=True)
class FaultyLookup:
    source: LookupSource
    agent: str
    faults: Faults

    @property
    def name(self) -> str:
        return self.source.name

    async def fetch(self, stores: Stores, keys: Sequence[Any]) -> Any:
        return await self.faults.run("lookup", self.name, self.agent, keys, lambda: self.source.fetch(stores, keys))


@dataclass(frozen=True)
class FaultySink:
    sink: Sink
    agent: str
    faults: Faults

    @property
    def name(self) -> str:
        return self.sink.name

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        outcomes = [effect.outcome for effect in effects]
        return await self.faults.run("write", self.name, self.agent, outcomes, lambda: self.sink.apply(stores, effects))


def with_faults(spec: AgentSpec, faults: Faults) -> AgentSpec:
    """The same agent, with wrappers around its lookups and sinks."""
    assert spec.planned is not None
    plan = dataclasses.replace(
        spec.planned.plan,
        lookup=tuple(
            dataclasses.replace(one, source=FaultyLookup(one.source, spec.name, faults))
            for one in spec.planned.plan.lookup
        ),
        write=tuple(Write(FaultySink(one.sink, spec.name, faults), one.of) for one in spec.planned.plan.write),
    )
    return dataclasses.replace(spec, planned=Planned(spec.planned.function, plan))


class FaultyLog(EmbeddedLog):
    """The embedded log as the agents see it; ``on_commit`` is called after each acknowledgement."""

    def __init__(
        self, database: Database, clock: Callable[[], int], *, faults: Faults, on_commit: Callable[[], None]
    ) -> None:
        super().__init__(database, clock)
        self.faults = faults
        self.on_commit = on_commit

    def source(self, topic: str) -> Publisher:
        """A publisher that never fails: what comes from outside."""
        return super().publisher(topic)

    async def take_over(self, topic: str, partition: int) -> None:
        await super().fence(topic, partition)

    def publisher(self, topic: str) -> Publisher:
        return _Publisher(super().publisher(topic), topic, self.faults)

    async def subscribe(self, topic: str, partition: int, subscription: str) -> Subscription:
        return _Subscription(await super().subscribe(topic, partition, subscription), subscription, self)

    async def share(self, topic: str, partition: int, subscription: str) -> SharedSubscription:
        return _Shared(await super().share(topic, partition, subscription), self.on_commit)

    async def fence(self, topic: str, partition: int) -> FencedLog:
        return _FencedLog(await super().fence(topic, partition), topic, self.faults)


class _Publisher:
    def __init__(self, publisher: Publisher, topic: str, faults: Faults) -> None:
        self._publisher = publisher
        self._topic = topic
        self._faults = faults

    async def publish(self, records: Sequence[Outgoing]) -> None:
        await self._faults.run("emit", self._topic, None, records, lambda: self._publisher.publish(records))

    async def close(self) -> None:
        await self._publisher.close()


class _Subscription:
    def __init__(self, subscription: Subscription, agent: str, log: FaultyLog) -> None:
        self._subscription = subscription
        self._agent = agent
        self._log = log

    async def receive(self, max_events: int, max_bytes: int) -> list[Record]:
        return await self._subscription.receive(max_events, max_bytes)

    def connected(self) -> bool:
        return self._subscription.connected()

    async def acknowledge(self, record: Record) -> None:
        await self._log.faults.run(
            ACKNOWLEDGE, ACKNOWLEDGE, self._agent, [record], lambda: self._subscription.acknowledge(record)
        )
        self._log.on_commit()

    async def close(self) -> None:
        await self._subscription.close()


class _Shared:
    def __init__(self, subscription: SharedSubscription, on_commit: Callable[[], None]) -> None:
        self._subscription = subscription
        self._on_commit = on_commit

    async def receive(self, max_events: int) -> list[Record]:
        return await self._subscription.receive(max_events)

    async def acknowledge(self, records: Sequence[Record]) -> None:
        await self._subscription.acknowledge(records)
        self._on_commit()

    async def close(self) -> None:
        await self._subscription.close()


class _FencedLog:
    def __init__(self, log: FencedLog, topic: str, faults: Faults) -> None:
        self._log = log
        self._topic = topic
        self._faults = faults

    async def append(self, value: bytes) -> int:
        return await self._faults.run("append", self._topic, None, [value], lambda: self._log.append(value))

    async def close(self) -> None:
        await self._log.close()
