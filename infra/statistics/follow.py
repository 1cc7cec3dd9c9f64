"""Brings the words on the statistics topic to a board, and tells silence of workers from silence of the broker."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

import structlog

from infra.log.ports import LogClient, Reader, Record
from infra.statistics.board import SILENCE_SECONDS, Board
from schemas.errors import ConnectionFailed, NotificationError

logger = structlog.get_logger()

LOOK_SECONDS = 1.0
DOUBT_SECONDS = SILENCE_SECONDS / 2
"""When all are silent for so long, the broker is asked whether it is there. Workers speak every two seconds."""
PROBE_SECONDS = 3.0
LONGEST_PAUSE = 5.0
LOST = "the connection to the broker was lost"


class Follower:
    def __init__(self, log: LogClient, topic: str, board: Board) -> None:
        self._log = log
        self._topic = topic
        self._board = board
        self._reader: Reader | None = None
        self._failure = "its reader is not open yet"

    async def read(self) -> None:
        """Read from the end, for ever; what is said while there is no reader is said again two seconds later."""
        failures = 0
        while True:
            try:
                self._reader = await self._log.reader(self._topic, 0)
                self._board.reachable()
                while True:
                    self._board.hear(await self._next(self._reader))
                    failures = 0
            except NotificationError as error:
                failures += 1
                self._failure = str(error)
                logger.warning("statistics cannot be read", topic=self._topic, cause=str(error), attempt=failures)
            finally:
                reader, self._reader = self._reader, None
                if reader is not None:
                    await reader.close()
            await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.1 * 2 ** min(failures, 16))))

    async def _next(self, reader: Reader) -> list[Record]:
        """Raises ConnectionFailed when its connection is lost: another is opened sooner than this one comes back."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    return await reader.read()
            if not reader.connected():
                raise ConnectionFailed("read", LOST)

    async def watch(self) -> None:
        """Take those off the board that are silent, for as long as their silence means something."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if now - looked > DOUBT_SECONDS:  # it is this process that was away
                self._board.wait_for_all()
            looked = now
            failure = await self._failing()
            if failure is None:
                self._board.reachable()
                self._board.expire()
            else:
                self._board.unreachable(failure)

    async def _failing(self) -> str | None:
        """Why words would not come now; None if they would."""
        if self._reader is None:
            return self._failure
        if not self._reader.connected():
            return LOST
        if self._board.quiet_seconds < DOUBT_SECONDS:
            return None
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                probe = await self._log.reader(self._topic, 0)
        except (NotificationError, TimeoutError) as error:
            return f"the broker does not answer: {error or 'in time'}"
        await probe.close()
        return None


@contextlib.asynccontextmanager
async def following(log: LogClient, topic: str, board: Board) -> AsyncIterator[None]:
    """Follow ``topic`` for as long as the block lasts."""
    follower = Follower(log, topic, board)
    tasks = [asyncio.create_task(follower.read()), asyncio.create_task(follower.watch())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
