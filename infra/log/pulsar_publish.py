"""Sending to Pulsar: no callback per message, one receipt for the last message of a run to a partition.

That receipt speaks for those before it only because the producers have no send timeout, sizes are checked before
sending (an oversized message fails alone, unseen), chunking and broker deduplication are off, and each partition has a
producer of its own. A run whose receipt stays out past the deadline closes the producer: what it wrote is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

import pulsar
import pulsar.asyncio as pulsar_asyncio
import structlog

from infra.dependencies import failure
from infra.log.offsets import encode_offset
from infra.log.ports import Outgoing, OwnershipLost, check_size
from infra.log.pulsar_record import build_message
from schemas.errors import ConnectionFailed

PUBLISH_DELAY_MILLISECONDS = 1
BATCH_MESSAGES = 1000
BATCH_BYTES = 512 * 1024
MAX_UNSETTLED = 10_000
GIVEN_UP_SECONDS = 1.0
"""How long the close of a producer is awaited whose broker no longer answers."""

logger = structlog.get_logger()


class Opener(Protocol):
    """What a publisher needs of the log's client."""

    async def partitions(self, topic: str) -> int: ...

    async def producer(self, topic: str, partition: int, **options: Any) -> Any: ...


class PulsarPublisher:
    """One per topic; opens a producer per partition when first needed."""

    def __init__(self, log: Opener, topic: str, timeout: float) -> None:
        self._log = log
        self._topic = topic
        self._timeout = timeout
        self._producers: dict[int, _PartitionProducer] = {}

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if not records:
            return
        for record in records:
            check_size(self._topic, record)
        partitions = await self._log.partitions(self._topic)
        runs: defaultdict[int, list[Outgoing]] = defaultdict(list)
        for record in records:
            runs[record.place(partitions)].append(record)
        sends = [self._producer(partition).send(run) for partition, run in runs.items()]
        # All are awaited before an error is raised: no run is left behind on its way.
        failed = [one for one in await asyncio.gather(*sends, return_exceptions=True) if one is not None]
        if failed:
            raise failed[0]

    def _producer(self, partition: int) -> _PartitionProducer:
        if partition not in self._producers:
            self._producers[partition] = _PartitionProducer(self._log, self._topic, partition, self._timeout)
        return self._producers[partition]

    async def close(self) -> None:
        await asyncio.gather(*(producer.close() for producer in self._producers.values()))
        self._producers.clear()


class _PartitionProducer:
    def __init__(self, log: Opener, topic: str, partition: int, timeout: float) -> None:
        self._log = log
        self._topic = topic
        self._partition = partition
        self._timeout = timeout
        self._producer: Any = None
        self._opening = asyncio.Lock()
        self._unsettled = 0
        self._settled = asyncio.Condition()

    async def send(self, run: list[Outgoing]) -> None:
        context = {"topic": self._topic, "partition": self._partition}
        producer: Any = None
        try:
            async with asyncio.timeout(self._timeout):
                async with self._settled:
                    await self._settled.wait_for(
                        lambda: self._unsettled == 0 or self._unsettled + len(run) <= MAX_UNSETTLED
                    )
                    self._unsettled += len(run)
                try:
                    producer = await self._open()
                    await send_run(producer, [build_message(record) for record in run])
                finally:
                    async with self._settled:
                        self._unsettled -= len(run)
                        self._settled.notify_all()
        except TimeoutError as error:
            await self._drop(producer)
            reason = f"no receipt within {self._timeout:g} s"
            raise ConnectionFailed("publish", reason, context, dependency="pulsar") from error
        except pulsar_asyncio.PulsarException as error:
            await self._drop(producer)
            raise failure("pulsar", "publish", error, context) from error

    async def _open(self) -> Any:
        async with self._opening:
            if self._producer is None:
                self._producer = await self._log.producer(
                    self._topic,
                    self._partition,
                    batching_enabled=True,
                    batching_max_messages=BATCH_MESSAGES,
                    batching_max_allowed_size_in_bytes=BATCH_BYTES,
                    batching_max_publish_delay_ms=PUBLISH_DELAY_MILLISECONDS,
                )
            return self._producer

    async def _drop(self, producer: Any) -> None:
        if producer is not None and producer is self._producer:
            self._producer = None
            await close_quietly(producer, GIVEN_UP_SECONDS)

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_quietly(producer, self._timeout)


class PulsarFencedLog:
    """An exclusive, unbatched producer on an agent's log; the next one made there fences it."""

    def __init__(self, producer: Any, place: str, timeout: float) -> None:
        self._producer = producer
        self._place = place
        self._timeout = timeout

    async def append(self, value: bytes) -> int:
        try:
            # A fenced producer that was idle during an unload does not raise, its send hangs: overdue counts as fenced.
            identifier = await asyncio.wait_for(
                send_run(self._producer, [build_message(Outgoing("", value))]), self._timeout
            )
        except (pulsar_asyncio.PulsarException, TimeoutError) as error:
            await self.close()
            raise OwnershipLost(f"{self._place}: {error or 'no receipt in time'}", "fenced") from error
        return encode_offset(identifier.ledger_id(), identifier.entry_id(), identifier.batch_index())

    async def close(self) -> None:
        await close_quietly(self._producer, GIVEN_UP_SECONDS)


async def close_quietly(closable: Any, timeout: float) -> None:
    """Close a client object; that it was closed already, or that the broker is away, changes nothing."""
    try:
        await asyncio.wait_for(closable.close(), timeout)
    except (pulsar_asyncio.PulsarException, TimeoutError) as error:
        logger.debug("close failed", cause=str(error))


async def send_run(producer: Any, messages: list[Any]) -> Any:
    """Send in order and return the id of the last once the broker has it; raises PulsarException."""
    loop = asyncio.get_running_loop()
    receipt: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, identifier: Any) -> None:
        if not receipt.done():
            if result == pulsar.Result.Ok:
                receipt.set_result(identifier)
            else:
                receipt.set_exception(pulsar_asyncio.PulsarException(result))

    binding = producer._producer
    for message in messages[:-1]:
        binding.send_async(message, None)
    # The callback runs on a thread of the client, where an exception would end the process: it only hands over.
    binding.send_async(messages[-1], lambda result, identifier: loop.call_soon_threadsafe(settle, result, identifier))
    return await receipt


async def close_client(client: Any, timeout: float) -> None:
    """Close pulsar-client's ``client``, within ``timeout`` seconds; never raises.

    In a thread of our own, by the blocking call: the asynchronous one answers from a thread of the client's that goes
    on afterwards, and a process that ended meanwhile crashed, its work done and its status saying otherwise.
    """
    loop, closed = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        with contextlib.suppress(Exception):
            client._client.close()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waited so long
            loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=close, name="close-pulsar", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(closed.wait(), timeout)
