"""What goes wrong, when, and to whom: a schedule that follows from the seed alone, and what carries it out."""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import httpx

from infra.local import Service
from infra.local.processes import ServiceFailed
from tests.chaos.cluster import GATEWAYS, LINKS, WORKERS, Cluster, Member
from tests.chaos.journal import Journal

TOXICS = ("link-latency", "link-reset", "link-blackhole")
KINDS = (
    "worker-kill",
    "worker-freeze",
    "worker-leave",
    "worker-join",
    "gateway-kill",
    "gateway-freeze",
    "gateway-deploy",
    "broker-kill",
    "broker-restart",
    "redis-kill",
    "cql-kill",
    "topic-unload",
    *TOXICS,
)
"""``worker-leave`` is a planned stop, ``worker-join`` one more worker that leaves again; ``gateway-deploy`` a planned
stop and start. What was killed is started again when the fault is lifted."""

LINK_KINDS = sorted({(name.partition("-")[0], link) for name, links in LINKS.items() for link in links})
UNLOADED = ("video-events", "comment-events", "user-events", "notifications", "fan-out", "video-log", "delivery-log")
EVERYONE = "all"
QUIET_ABOVE = 150.0
"""A round longer than this, in seconds, has faults that are alone, so that recovery from each can be seen apart."""
CALM_SECONDS = 10.0
"""How long after a fault that is alone was lifted the next one waits."""
UNLOAD_SECONDS = 300.0
RESTART_SECONDS = 300.0
"""A process may have to wait for a broker that is down for another fault, and starts slowly at that."""
WATCH_SECONDS = 0.5
TICK_SECONDS = 0.05
AGAIN_SECONDS = 4.0
"""How long after it ended by itself a process is started again, but not while a service starts, which it would slow."""


@dataclass(frozen=True)
class Fault:
    """Begins ``at`` seconds into the round and is lifted ``hold`` seconds later; targets are as the kind needs.

    One that is ``alone`` begins when nothing else is wrong, and nothing else begins until it is over.
    """

    number: int
    at: float
    kind: str
    target: str
    hold: float
    alone: bool


def schedule(seed: int, seconds: float, partitions: int, only: Sequence[str] = KINDS) -> list[Fault]:
    """Each kind (of ``only`` these) once before any comes again, in a shuffled order; toxics go round all links."""
    rng = random.Random(f"nemesis {seed}")
    faults: list[Fault] = []
    if not only:
        return faults
    at, end = 2.0, seconds - 3.0
    for kind, target in _kinds_and_targets(rng, partitions, only):
        if at >= end:
            return faults
        alone = seconds > QUIET_ABOVE and rng.random() < 0.2
        at += 5.0 if alone and at + 5.0 < end else 0.0  # the others have to be over
        hold = min(_hold(rng, kind, long=seconds > QUIET_ABOVE), end - at)
        faults.append(Fault(len(faults), round(at, 2), kind, target, round(hold, 2), alone))
        at += hold + rng.uniform(16, 22) if alone else rng.uniform(3.2, 4.8)
    raise AssertionError("unreachable: kinds never end")


def _kinds_and_targets(rng: random.Random, partitions: int, only: Sequence[str]) -> Iterator[tuple[str, str]]:
    links: list[tuple[str, tuple[str, str]]] = []
    while True:
        kinds = list(only)
        rng.shuffle(kinds)
        for kind in kinds:
            if kind in TOXICS:
                dealt = next((one for one in links if one[0] == kind), None)
                if dealt is None:
                    links += rng.sample([(kind, link) for link in LINK_KINDS], len(LINK_KINDS))
                    dealt = next(one for one in links if one[0] == kind)
                links.remove(dealt)
                group, link = dealt[1]
                yield kind, f"{rng.choice([EVERYONE, *_members(group)])}/{group}/{link}"
            elif kind == "worker-join":
                yield kind, WORKERS[-1]
            elif kind == "topic-unload":
                yield kind, f"{rng.choice(UNLOADED)} {rng.randrange(partitions)}"
            elif kind.startswith(("worker", "gateway")):
                yield kind, rng.choice(_members(kind.partition("-")[0]))
            else:
                yield kind, kind.partition("-")[0]


def _members(group: str) -> tuple[str, ...]:
    return GATEWAYS if group == "gateway" else WORKERS[:-1]


def _hold(rng: random.Random, kind: str, *, long: bool) -> float:
    if kind == "topic-unload":
        return 0.0
    if kind in ("worker-freeze", "gateway-freeze", "link-blackhole", "worker-leave"):
        return rng.uniform(20, 60) if long and rng.random() < 0.3 else rng.uniform(3, 10)
    return rng.uniform(1, 6)


class Clock:
    """The round's own time, which stands still while a service starts: that takes as long as the machine makes it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._starting = 0

    async def run(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            self.seconds += 0.0 if self.standing else now - last
            last = now

    async def reach(self, seconds: float) -> None:
        while self.seconds < seconds:
            await asyncio.sleep(TICK_SECONDS)

    @property
    def standing(self) -> bool:
        return self._starting > 0

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        self._starting += 1
        try:
            yield
        finally:
            self._starting -= 1


class Turns:
    """Faults take part side by side, except for those that are alone."""

    def __init__(self) -> None:
        self._under_way = 0
        self._reserved = False
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def take(self, *, alone: bool) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._reserved)
            self._reserved = alone
            if alone:
                await self._changed.wait_for(lambda: self._under_way == 0)
            self._under_way += 1
        try:
            yield
            await asyncio.sleep(CALM_SECONDS if alone else 0)
        finally:
            async with self._changed:
                self._under_way -= 1
                self._reserved = self._reserved and not alone
                self._changed.notify_all()


class Nemesis:
    """Carries a schedule out, and starts again whatever ended by itself (which is written down)."""

    def __init__(self, cluster: Cluster, journal: Journal) -> None:
        self._cluster = cluster
        self._journal = journal
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turns = Turns()
        self.clock = Clock()
        self.done = 0

    async def run(self, faults: list[Fault], seconds: float) -> None:
        """Return after so long, when all are lifted: every process runs then, and every link is whole."""
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self.clock.run())]
        try:
            async with asyncio.TaskGroup() as group:
                for fault in faults:
                    group.create_task(self._one(fault))
            await self.clock.reach(seconds)
            await self._heal()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _one(self, fault: Fault) -> None:
        await self.clock.reach(fault.at)
        async with self._turns.take(alone=fault.alone), contextlib.AsyncExitStack() as stack:
            # A fault whose target is still down for another waits for it: two never mix on one target.
            for name in self._held(fault):
                await stack.enter_async_context(self._locks[name])
            named = {"number": fault.number, "kind": fault.kind, "target": fault.target}
            self._journal.write(**named, phase="begin", planned=fault.at, hold=fault.hold)
            try:
                await self._apply(fault)
            except (httpx.HTTPError, ServiceFailed, OSError, TimeoutError) as error:
                self._journal.write(**named, phase="failed", reason=repr(error)[:2000])
                raise RuntimeError(f"fault {fault.number} ({fault.kind} {fault.target}): {error!r}") from error
            self._journal.write(**named, phase="lifted")
            self.done += 1

    def _held(self, fault: Fault) -> list[str]:
        if fault.kind in TOXICS:
            return [f"link {link}" for link in self._links(fault.target)]
        if fault.kind == "topic-unload":
            return []
        return [fault.target]

    def _links(self, target: str) -> list[str]:
        name, group, link = target.split("/")
        return [f"{member}.{link}" for member in (_members(group) if name == EVERYONE else (name,))]

    async def _apply(self, fault: Fault) -> None:
        cluster = self._cluster
        match fault.kind:
            case "worker-kill" | "gateway-kill":
                member = cluster.members[fault.target]
                await asyncio.to_thread(member.kill)
                await asyncio.sleep(fault.hold)
                await self._start(member)
            case "worker-freeze" | "gateway-freeze":
                member = cluster.members[fault.target]
                member.freeze()
                await asyncio.sleep(fault.hold)
                member.thaw()
            case "worker-leave" | "gateway-deploy":
                member = cluster.members[fault.target]
                await asyncio.to_thread(member.stop)
                await asyncio.sleep(fault.hold)
                await self._start(member)
            case "worker-join":
                member = cluster.members[fault.target]
                await self._start(member)
                await asyncio.sleep(fault.hold + 5)
                await asyncio.to_thread(member.stop)
            case "broker-kill" | "redis-kill" | "cql-kill":
                await self._outage(self._service(fault), fault.hold, kill=True)
            case "broker-restart":
                await self._outage(self._service(fault), fault.hold, kill=False)
            case "topic-unload":
                await self._unload(fault.target)
            case _:
                await self._toxic(fault)

    def _service(self, fault: Fault) -> Service:
        cluster = self._cluster
        return {"broker": cluster.pulsar, "redis": cluster.redis, "cql": cluster.cassandra}[fault.target]

    async def _outage(self, service: Service, hold: float, *, kill: bool) -> None:
        await asyncio.to_thread(service.kill if kill else service.stop)
        await asyncio.sleep(hold)
        with self.clock.stopped():
            await asyncio.to_thread(service.start)

    async def _start(self, member: Member) -> None:
        """Until it answers once. A process may refuse to start while a dependency is away: then it is tried again."""
        member.start()
        async with asyncio.timeout(RESTART_SECONDS):
            while not await asyncio.to_thread(member.up):
                await asyncio.sleep(0.2)

    async def _unload(self, target: str) -> None:
        topic, partition = target.split()
        deadline = time.monotonic() + UNLOAD_SECONDS
        while True:
            try:
                return await asyncio.to_thread(self._cluster.unload, topic, int(partition))
            except httpx.HTTPError:  # the broker is down, or just up, for another fault
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(1)

    async def _toxic(self, fault: Fault) -> None:
        proxies, links = self._cluster.proxies, self._links(fault.target)
        for link in links:
            if fault.kind == "link-latency":
                await asyncio.to_thread(proxies.latency, link, 400, 200)
            elif fault.kind == "link-reset":
                await asyncio.to_thread(proxies.reset_peer, link)
            else:
                await asyncio.to_thread(proxies.blackhole, link)
        await asyncio.sleep(fault.hold)
        for link in links:
            await asyncio.to_thread(proxies.lift, link)

    async def _watch(self) -> None:
        """Start again what ended by itself, as whatever runs processes in production does."""
        again: dict[str, float] = {}
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for name, member in self._cluster.members.items():
                if not member.wanted or member.running:
                    again.pop(name, None)
                    if member.wanted and not member.was_up:
                        await asyncio.to_thread(member.up)
                elif name not in again:
                    self._journal.write(phase="ended", target=name, status=member.status, was_up=member.was_up)
                    again[name] = time.monotonic() + AGAIN_SECONDS
                elif time.monotonic() > again[name] and not self.clock.standing:
                    again.pop(name)
                    member.start()

    async def _heal(self) -> None:
        """Nothing is left broken, whatever order faults ended in."""
        cluster = self._cluster
        for link in cluster.links:
            await asyncio.to_thread(cluster.proxies.lift, link)
        for service in (cluster.redis, cluster.cassandra, cluster.pulsar):
            await asyncio.to_thread(service.start)
        cluster.start_members()
        for member in cluster.members.values():
            if member.wanted:
                member.thaw()
                await self._start(member)
        self._journal.write(phase="healed")
