"""What a worker says of itself: to its own process whenever it is asked, to the group every two seconds.

What that costs does not grow with what the worker does: counters are read, not events. The parts of tables go in
pieces, a few in each round, so that neither a round nor a record grows with the number of partitions.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from infra.log.ports import Outgoing, Publisher, check_size
from schemas.errors import InvalidNotification, NotificationError
from schemas.reports import GOODBYE, KIND, PIECE, PIECES, STREAMS, TABLES, Topology, WorkerReport
from schemas.stats import DependencyStats
from schemas.times import format_ms
from streams.graph import describe
from streams.plan import AgentSpec

if TYPE_CHECKING:
    from streams.engine import Engine

logger = structlog.get_logger()

INTERVAL = 2.0
PARTS_PER_PIECE = 256
PIECES_PER_ROUND = 2
GOODBYE_SECONDS = 2.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Reporter:
    """``publisher`` is that of the statistics topic; None where nobody else is there to read it."""

    def __init__(
        self, engine: Engine, specs: Sequence[AgentSpec], *, address: str, publisher: Publisher | None
    ) -> None:
        self._engine = engine
        self._topology = msgspec.convert(describe(specs), Topology)
        self._address = address
        self._publisher = publisher
        self._publishing: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._piece = 0
        self._silent: str | None = None

    @property
    def id(self) -> str:
        return self._engine.group.member.id

    def words(self) -> list[Outgoing]:
        """All that there is to say now."""
        pieces = self._pieces
        return [self._streams(), *(self._tables(piece, pieces) for piece in range(pieces))]

    def start(self) -> None:
        self._running = asyncio.create_task(self._run(), name="statistics")

    async def stop(self) -> None:
        """Say goodbye, so that the others need not wait for silence; not for long, if the broker is away."""
        for task in (self._running, self._publishing):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._running is None or self._publisher is None:
            return
        try:
            goodbye = Outgoing(self.id, b"{}", {KIND: GOODBYE})
            await asyncio.wait_for(self._publisher.publish([goodbye]), GOODBYE_SECONDS)
        except (NotificationError, TimeoutError) as error:
            logger.warning("the group was not told that this worker ends", cause=str(error))
        await self._publisher.close()

    async def _run(self) -> None:
        while True:
            try:
                self._engine.tick()
                # One at a time: while the broker is away nothing piles up, and what comes then is the newest.
                if self._publisher is not None and (self._publishing is None or self._publishing.done()):
                    self._publishing = asyncio.create_task(self._send(self._publisher, self._round()))
            except Exception:  # statistics are never a reason to stop
                logger.exception("statistics failed")
            await asyncio.sleep(INTERVAL)

    async def _send(self, publisher: Publisher, records: Sequence[Outgoing]) -> None:
        try:
            await publisher.publish(records)
        except NotificationError as error:
            if self._silent is None:
                logger.warning("statistics are not published", cause=str(error))
            self._silent = str(error)
        else:
            self._silent = None

    def _round(self) -> list[Outgoing]:
        pieces, made = self._pieces, [self._streams()]
        for _ in range(min(pieces, PIECES_PER_ROUND)):
            self._piece = (self._piece + 1) % pieces
            made.append(self._tables(self._piece, pieces))
        return made

    @property
    def _pieces(self) -> int:
        return max(1, math.ceil(len(self._engine.table_views()) / PARTS_PER_PIECE))

    def _streams(self) -> Outgoing:
        engine = self._engine
        report = WorkerReport(
            id=self.id,
            version=engine.group.member.version,
            host=socket.gethostname(),
            address=self._address,
            started=format_ms(engine.group.member.started_ms),
            topology=self._topology,
            streams=engine.reports(),
            dependencies=msgspec.convert(engine.dependencies(), list[DependencyStats]),
            group=engine.group.snapshot(),
            rss_bytes=_rss_bytes(),
            cpu_seconds=round(time.process_time(), 3),
            retry_depth=engine.lag.retry_depth,
            dead_letter_backlog=engine.lag.dead_letter_backlog,
            measured_ms=engine.lag.measured_ms,
        )
        record = Outgoing(self.id, msgspec.json.encode(report), {KIND: STREAMS})
        try:
            check_size("statistics", record)
        except InvalidNotification:  # thousands of agents: that this worker is there can still be said
            report = msgspec.structs.replace(report, streams=[], topology=Topology([], []))
            record = record._replace(value=msgspec.json.encode(report))
        return record

    def _tables(self, piece: int, pieces: int) -> Outgoing:
        views = self._engine.table_views()[piece * PARTS_PER_PIECE : (piece + 1) * PARTS_PER_PIECE]
        body = msgspec.json.encode({"tables": [view.snapshot() for view in views]})
        return Outgoing(self.id, body, {KIND: TABLES, PIECE: str(piece), PIECES: str(pieces)})


def _rss_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:  # not Linux
        return 0
