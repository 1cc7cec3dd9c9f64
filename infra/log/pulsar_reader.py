"""A reader of one partition on Pulsar."""

from __future__ import annotations

import asyncio
from typing import Any

import pulsar.asyncio as pulsar_asyncio

from infra.dependencies import failure
from infra.log.ports import Record
from infra.log.pulsar_publish import close_quietly
from infra.log.pulsar_record import record_of


class PulsarReader:
    """A reader that gives one record at a time, and none twice."""

    def __init__(self, reader: Any, topic: str, partition: int, after: int, timeout: float) -> None:
        self._reader = reader
        self._place = (topic, partition)
        self._last = after
        self._timeout = timeout
        self._next: asyncio.Future[Any] | None = None

    def connected(self) -> bool:
        return bool(self._reader.is_connected())

    async def read(self, max_events: int = 1000) -> list[Record]:
        while True:
            if self._next is None:
                self._next = asyncio.ensure_future(self._reader.read_next())
            try:
                message = await asyncio.shield(self._next)
            except pulsar_asyncio.PulsarException as error:
                self._next = None
                raise failure("pulsar", "read", error, {"topic": self._place[0]}) from error
            self._next = None
            record = record_of(message._message, *self._place)
            if record.offset > self._last:  # a reconnected reader may repeat
                self._last = record.offset
                return [record]

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await close_quietly(self._reader, self._timeout)
