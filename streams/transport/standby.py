"""A warm standby: it follows the log of a place that another worker owns, so that it need not read it all later.

It only reads, so it can do no harm; when the place becomes its own, the epoch goes on from the replica and reads what
is left up to its barrier. It costs the memory of the table a second time.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from infra.log.ports import LogClient, Reader, Record
from schemas.errors import NotificationError
from streams.failures import backoff
from streams.windowlog import Replica, UnknownVersion
from streams.windows import WindowState

logger = structlog.get_logger()


class Standby:
    def __init__(self, client: LogClient, topic: str, partition: int, window_ms: int) -> None:
        self._client = client
        self._place = (topic, partition)
        self._window_ms = window_ms
        self._replica = Replica(WindowState(window_ms))
        self._following = asyncio.create_task(self._follow(), name=f"standby-{topic}-{partition}")

    @property
    def replica(self) -> Replica:
        return self._replica

    async def stop(self) -> Replica:
        """Follow no longer, and hand over what was read."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        return self._replica

    async def _follow(self) -> None:
        failures = 0
        while True:
            reader: Reader | None = None
            try:
                reader = await self._client.reader(*self._place, after=self._replica.position)
                while True:
                    for record in await reader.read():
                        self._replay(record)
                    failures = 0
            except UnknownVersion as error:
                logger.warning("a standby cannot read its log", log=self._place[0], cause=str(error))
                self._replica = Replica(WindowState(self._window_ms))
                return
            except NotificationError as error:
                failures += 1
                logger.warning("a standby lost its log", log=self._place[0], cause=str(error), attempt=failures)
                await asyncio.sleep(backoff(failures))
            finally:
                if reader is not None:
                    with contextlib.suppress(NotificationError):
                        await reader.close()

    def _replay(self, record: Record) -> None:
        self._replica.replay(record)
        state = self._replica.state
        assert state is not None
        self._replica.forget(state.stream_ms - state.window_ms)
