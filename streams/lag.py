"""What the agents have not done yet, as the broker counts it: looked up every few seconds, for the whole group."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from infra.log.ports import LogClient
from schemas.errors import NotificationError
from streams.plan import AgentSpec
from streams.stats import DEAD_LETTER_BACKLOG, LAG_MESSAGES, LAG_SECONDS, RETRY_QUEUE_DEPTH, AgentStats, Lag
from streams.topics import OPERATORS

INTERVAL = 5.0


class LagWatch:
    """``agents`` are asked for each time. While the broker is away the last figures stay."""

    def __init__(
        self,
        log: LogClient,
        agents: Callable[[], Iterable[tuple[AgentSpec, AgentStats]]],
        letters: str,
        clock: Callable[[], int],
    ) -> None:
        self.retry_depth: int | None = None
        self.dead_letter_backlog: int | None = None
        self.measured_ms = 0
        self._log = log
        self._agents = agents
        self._letters = letters
        self._clock = clock

    async def run(self) -> None:
        while True:
            agents = list(self._agents())
            for spec, stats in agents:
                for topic in spec.lanes:
                    with contextlib.suppress(NotificationError):
                        await self._look(spec, topic, stats)
            with contextlib.suppress(NotificationError):
                await self._count(spec for spec, _ in agents)
            await asyncio.sleep(INTERVAL)

    async def _look(self, spec: AgentSpec, topic: str, stats: AgentStats) -> None:
        backlog = await self._log.backlog(topic, spec.name)
        lag = Lag(
            sum(one.messages for one in backlog.values()),
            max((one.seconds for one in backlog.values()), default=0.0),
            self._clock(),
        )
        LAG_MESSAGES.labels(spec.name, topic).set(lag.messages)
        LAG_SECONDS.labels(spec.name, topic).set(lag.seconds)
        stats.lag[topic] = lag

    async def _count(self, specs: Iterable[AgentSpec]) -> None:
        # Each agent's subscription holds back what waits, whosever it is: the longest is what is there.
        retrying = [(spec.retry_topic, spec.name) for spec in specs if spec.retry_topic is not None]
        waiting = [await self._log.backlog(topic, agent) for topic, agent in retrying]
        self.retry_depth = max((sum(one.messages for one in backlog.values()) for backlog in waiting), default=0)
        RETRY_QUEUE_DEPTH.set(self.retry_depth)
        letters = await self._log.backlog(self._letters, OPERATORS)
        self.dead_letter_backlog = sum(one.messages for one in letters.values())
        DEAD_LETTER_BACKLOG.set(self.dead_letter_backlog)
        self.measured_ms = self._clock()
