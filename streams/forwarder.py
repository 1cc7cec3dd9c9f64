"""Brings what is due back to its agent: from the retry topic to the source's partition of ``AGENT-retry-in``.

Delays are honoured on shared subscriptions only, so the owner of a partition, whose subscription is exclusive, cannot
read them itself. Any number of workers may forward for one agent. A record is acknowledged once the log has it in its
new place; whoever dies in between has forwarded it twice, which the window table and the ids make harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from infra.log.ports import LogClient, Outgoing, Publisher, Record
from streams.failures import Sleep, backoff
from streams.retry import AGENT, PARTITION

logger = structlog.get_logger()

RECORDS_AT_ONCE = 100
STOP_SECONDS = 1.0


class Forwarder:
    """The forwarder of one agent in this process. It lives until :meth:`stop`, whatever fails.

    ``source`` is the retry topic, ``back`` the way back, each with its number of partitions.
    """

    def __init__(
        self, agent: str, *, log: LogClient, source: tuple[str, int], back: tuple[Publisher, int], sleep: Sleep
    ) -> None:
        self._agent = agent
        self._log = log
        self._topic, self._count = source
        self._back, self._partitions = back
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._run(partition), name=f"{self._agent}-forwarder-{partition}")
            for partition in range(self._count)
        ]

    async def stop(self) -> None:
        """What was not acknowledged comes again, here or elsewhere."""
        running = set(self._tasks)
        while running:  # a cancel that meets the end of what a client waits for may be swallowed there
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=STOP_SECONDS)
        self._tasks.clear()

    async def _run(self, partition: int) -> None:
        failures = 0
        while True:
            try:
                source = await self._log.share(self._topic, partition, self._agent)
                try:
                    while True:
                        records = await source.receive(RECORDS_AT_ONCE)
                        await self._forward(records)
                        await source.acknowledge(records)
                        failures = 0
                finally:
                    await source.close()
            except Exception as error:  # whatever it is, retries must not end for it
                failures += 1
                logger.warning(
                    "retries are not forwarded, this is tried again",
                    agent=self._agent,
                    partition=partition,
                    cause=str(error),
                    attempt=failures,
                )
                await self._sleep(backoff(failures))

    async def _forward(self, records: Sequence[Record]) -> None:
        """Those of other agents are theirs to forward: every agent sees all that is on the topic."""
        await self._back.publish([self._returned(one) for one in records if one.properties.get(AGENT) == self._agent])

    def _returned(self, record: Record) -> Outgoing:
        """One that does not name a partition goes by its key, and becomes a dead letter there."""
        given = record.properties.get(PARTITION, "")
        partition = int(given) if given.isdecimal() and int(given) < self._partitions else None
        return Outgoing(record.key, record.value, record.properties, partition)
