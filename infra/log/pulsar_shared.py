"""A shared consumer on Pulsar: what is due, in no particular order, each message acknowledged by itself.

The broker honours delays on shared subscriptions alone, to about a second (``delayedDeliveryTickTimeMillis``). The
client reconnects by itself, which is harmless here: messages that were on their way come again, to this consumer or
another. An acknowledgement says Ok before it is durable, so a message may come again after it too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pulsar
import pulsar.asyncio as pulsar_asyncio

from infra.log.ports import Record
from infra.log.pulsar_publish import close_quietly
from schemas.errors import ConnectionFailed

SHARED_QUEUE = 100
"""What one consumer fetches ahead at most, and so keeps from the others."""


class PulsarShared:
    def __init__(self, consumer: Any, record_of: Callable[[Any], Record], timeout: float) -> None:
        self._consumer = consumer
        self._record_of = record_of
        self._timeout = timeout
        self._next: asyncio.Future[Any] | None = None
        self._left: deque[Record] = deque()

    async def receive(self, max_events: int) -> list[Record]:
        if not self._left:
            if self._next is None:
                self._next = asyncio.ensure_future(self._consumer.receive())
            try:
                message = await asyncio.shield(self._next)
            except pulsar_asyncio.PulsarException as error:
                self._next = None
                raise ConnectionFailed("receive", error) from error
            self._next = None
            self._left.append(self._record_of(message._message))
            self._left += map(self._record_of, self._consumer._consumer.batch_receive())
        return [self._left.popleft() for _ in range(min(max_events, len(self._left)))]

    async def acknowledge(self, records: Sequence[Record]) -> None:
        calls = (self._consumer.acknowledge(pulsar.Message._wrap(record.token)) for record in records)
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.gather(*calls)
        except (pulsar_asyncio.PulsarException, TimeoutError) as error:
            raise ConnectionFailed("acknowledge", error) from error

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
            self._next = None
        await close_quietly(self._consumer, self._timeout)
