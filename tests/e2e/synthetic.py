"""Statistics of a group that never ran: as many agents as are wanted, with numbers that move from tick to tick."""

from __future__ import annotations

import math

from schemas.sketch import Quantiles
from schemas.stats import (
    AgentShape,
    AgentStats,
    Bucket,
    DependencyStats,
    Rates,
    Recovery,
    SourceStats,
    Step,
    StepStats,
    StreamsStats,
    TableLog,
    TablePart,
    TablesStats,
    TopologyStats,
    WorkerStats,
)
from schemas.times import format_ms, now_ms

AGENTS_OF_A_TOPIC = 4
"""So many agents read the same topic; all write to two that they share, and to the dead letters."""


class Group:
    """Two workers, and agents ``agent-000`` and so on; every answer is one tick later."""

    def __init__(self, agents: int) -> None:
        self.names = [f"agent-{number:03}" for number in range(agents)]
        self.ticks = 0
        self.failing: set[str] = set()
        """Agents that put an event aside at every tick."""
        self.behind: dict[str, float] = {}
        """By how many seconds an agent lags."""
        self.away: str | None = None
        """A dependency that is away, and every tenth agent waits for it."""
        self.silent_since: str | None = None
        """Since when the gateway hears of no worker."""
        self._started = now_ms()
        self._died: dict[str, int] = {}

    async def topology(self) -> TopologyStats:
        agents, edges = [], set[tuple[str, str]]()
        for number, name in enumerate(self.names):
            source, target = self._source(number), ("notifications", "audience")[number % 2]
            steps = [Step("decode", ""), Step("dedup", f"{name}-seen"), Step("notify", ""), Step("emit", target)]
            agents.append(AgentShape(name, [source], steps, [f"{name}-seen"], f"{name}-log", f"{name}-retry-in"))
            agent, back = f"agent:{name}", f"topic:{name}-retry-in"
            edges |= {(f"topic:{source}", agent), (agent, f"topic:{target}"), (agent, "topic:dead-letters")}
            edges |= {(agent, "topic:retry"), ("topic:retry", back), (back, agent), ("store:profiles", agent)}
        return TopologyStats(agents=agents, edges=sorted(edges))

    async def streams(self) -> StreamsStats:
        self.ticks += 1
        for name in self.failing:
            self._died[name] = self._died.get(name, 0) + 1
        streams = [self._agent(number, name) for number, name in enumerate(self.names)]
        dependency = DependencyStats(
            name="scylla",
            state="closed" if self.away is None else "open",
            since=format_ms(self._started),
            failures=0 if self.away is None else 12,
            last_error=self.away,
            next_attempt=None if self.away is None else format_ms(now_ms() + 4000),
            workers=["worker-a", "worker-b"],
        )
        return StreamsStats(
            at=format_ms(now_ms()),
            **({} if self.silent_since is None else {"stale": self.silent_since}),
            streams=streams,
            dependencies=[dependency],
            workers=[self._worker(name, at, dependency) for at, name in enumerate(("worker-a", "worker-b"))],
            retry_depth=3,
            dead_letter_backlog=sum(self._died.values()),
        )

    async def tables(self) -> TablesStats:
        now = now_ms()
        buckets = [
            Bucket(format_ms(now - back * 60_000), format_ms(now - (back - 1) * 60_000), 400 + 37 * back)
            for back in range(10, 0, -1)
        ]
        parts = [
            TablePart(
                table=f"{name}-seen",
                agent=name,
                partition=partition,
                window_seconds=600.0,
                late_policy="accept",
                state="running",
                keys=sum(bucket.keys for bucket in buckets),
                bytes=1_200_000,
                hits=900,
                misses=9_100,
                late=2,
                stream_time=format_ms(now - 900),
                buckets=buckets,
                recovery=Recovery(1.4, 60_000, 5_000, 42_000, False, True),
                log=TableLog(f"{name}-log", 60_000, 4_000_000),
                worker=f"worker-{'ab'[partition % 2]}",
            )
            for name in self.names
            for partition in range(4)
        ]
        return TablesStats(at=format_ms(now), tables=parts)

    def _source(self, number: int) -> str:
        return f"events-{number // AGENTS_OF_A_TOPIC:02}"

    def _agent(self, number: int, name: str, partitions: tuple[int, ...] = (0, 1, 2, 3)) -> AgentStats:
        rate = round(abs(40 + 900 * math.sin(number) + 30 * math.sin(self.ticks / 3 + number)), 1)
        done = 1000 * (number + 1) + round(rate) * self.ticks
        seconds = Quantiles(count=50, p50=0.004, p95=0.012 + number / 10_000, p99=0.034, max=0.2)
        late = self.behind.get(name, 0.0)
        target = ("notifications", "audience")[number % 2]
        failed = 1.0 if name in self.failing else 0.0
        died = self._died.get(name, 0)
        waits = self.away is not None and number % 10 == 0
        return AgentStats(
            agent=name,
            taken=done,
            batches=done // 50,
            duplicates=done // 100,
            late=number % 3,
            retried=number % 5,
            dead_lettered=died,
            dead_letters={"InvalidEventType": died} if died else {},
            suppressed={"own-event": done // 20, "opted-out": done // 30},
            out={target: done},
            topics=[self._source(number)],
            partitions=list(partitions),
            state="waiting" if waits else "running",
            waiting_for=["scylla"] if waits else [],
            rates=Rates(rate, {target: round(rate * 0.9, 1)}, failed),
            steps=[
                StepStats(kind=kind, name=step, taken=done, out=done - died, failed=died, seconds=seconds)
                for kind, step in (("decode", ""), ("dedup", f"{name}-seen"), ("notify", ""), ("emit", target))
            ],
            sources=[
                SourceStats(
                    topic=self._source(number),
                    taken=done,
                    rate=rate,
                    lag_messages=round(rate * late),
                    lag_seconds=late,
                )
            ],
            latency=seconds,
            batch_events=Quantiles(count=50, p50=40, p95=80, p99=100, max=100),
        )

    def _worker(self, id: str, at: int, dependency: DependencyStats) -> WorkerStats:
        mine = (at, at + 2)
        return WorkerStats(
            id=id,
            version="0.1.0",
            host=f"node-{at}",
            address=f"10.0.0.{at + 1}:8001",
            started=format_ms(self._started - 3_600_000 * (at + 1)),
            seen=format_ms(now_ms() - 400),
            partitions={name: list(mine) for name in self.names},
            streams=[self._agent(number, name, mine) for number, name in enumerate(self.names)],
            dependencies=[dependency],
            rss_bytes=180_000_000 + 1_000_000 * at,
            cpu_seconds=812.0 + self.ticks,
        )
