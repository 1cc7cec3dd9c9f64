"""The Faust transport over our logs: what Faust asks of Kafka, answered from partitions that the engine owns."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Iterable, Mapping
from time import monotonic
from typing import Any, ClassVar

import faust
import structlog
from faust.exceptions import ImproperlyConfigured
from faust.transport import base
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.producer import Producer as FaustProducer
from faust.types import TP, ConsumerMessage
from faust.types.tuples import RecordMetadata

from infra.log.ports import Outgoing, OwnershipLost, Record
from infra.log.routing import partition_of
from streams.app import current
from streams.transport.ownership import Batch, Epoch, Lane

logger = structlog.get_logger()

FLOW_POLL_SECONDS = 0.02
DRAIN_SECONDS = 5.0
SEEKS_REFUSED = "seeking is not possible on this log: a partition's position is its subscription's cursor"


class Consumer(FaustConsumer):
    """Delivers what owned partitions received: a planned agent's batch as one message, else one message a record.

    Partitions stay assigned to Faust for as long as the worker lives; that they are taken, lost and taken again is
    between the engine and the log, so Faust never stops all agents for one partition.
    """

    consumer_stopped_errors: ClassVar[tuple[type[BaseException], ...]] = ()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._assignment: set[TP] = set()
        self._ready: defaultdict[TP, deque[Any]] = defaultdict(deque)
        self._arrived = asyncio.Event()
        self._lanes: dict[TP, Lane] = {}
        self._committable: dict[TP, Record] = {}
        self._gave_up = False

    # -- joining

    async def subscribe(self, topics: Iterable[str]) -> None:
        # Assigning waits until Faust has seen this call return, so it goes on in a task of its own.
        self.add_future(self._join(list(topics)))

    async def _join(self, wanted: list[str]) -> None:
        app = current(self.app)
        engine = app.require_engine()
        if not app.settings.enabled:
            logger.warning("PAVILION_ENABLED is false: no partition is taken, events wait in their topics")
            wanted = []
        specs = [spec for spec in app.specs(wanted) if set(spec.lanes) <= set(wanted)]
        counts = {topic: await engine.log.partitions(topic) for spec in specs for topic in spec.lanes}
        assigned = {TP(topic, number) for topic, count in counts.items() for number in range(count)}
        if assigned == self._assignment and assigned:
            return
        # Faust drops what it has fetched while it assigns: nothing may be taken before it lets messages flow again.
        await engine.release()
        app.on_rebalance_start()
        await self.on_partitions_revoked(set())
        self._assignment = assigned
        app.consumer_generation_id += 1
        await self.on_partitions_assigned(assigned, app.consumer_generation_id)
        while app.rebalancing or not self.can_resume_flow.is_set():
            await self.sleep(FLOW_POLL_SECONDS)
            if self.should_stop:
                return
        await engine.start(specs, self._deliver, self._on_acquired)

    def _on_acquired(self, epoch: Epoch) -> None:
        """A new epoch delivers what was not acknowledged again: forget what the last one delivered."""
        for topic, lane in epoch.lanes.items():
            tp = TP(topic, epoch.partition)
            self._lanes[tp] = lane
            self._read_offset[tp] = None
            for held in (self._ready, self._acked, self._acked_index, self._committed_offset, self._committable):
                held.pop(tp, None)

    def _deliver(self, lane: Lane, records: list[Record]) -> None:
        tp = TP(lane.topic, lane.partition)
        self._ready[tp].extend([Batch(lane, records)] if lane.runtime is not None else records)
        self._arrived.set()

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:
        records = self._take(active_partitions)
        if not records:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout)
            except TimeoutError:
                return {}
            records = self._take(active_partitions)
        return records

    def _take(self, active: set[TP] | None) -> dict[TP, list[Any]]:
        ready = [tp for tp, waiting in self._ready.items() if waiting and (active is None or tp in active)]
        return {tp: list(self._ready.pop(tp)) for tp in ready}

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        last = record.records[-1] if isinstance(record, Batch) else record
        one = not isinstance(record, Batch)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.publish_ms / 1000,
            0,
            [(name, text.encode()) for name, text in last.properties.items()] if one else None,
            last.key.encode() if one else None,
            record.value if one else record,
            None,
            len(last.key) if one else 0,
            len(last.value) if one else 0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    # -- committing

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets of neighbours are far apart: Faust would fill the gap number by number."""

    def _new_offset(self, tp: TP) -> int | None:
        """What Faust's streams have noted as done since the last call, as the offset to commit up to.

        That a batch was taken says nothing: it commits by itself, after its effects. And a handler that is cancelled
        is noted on its way out as if it had finished.
        """
        lane, noted = self._lanes.get(tp), list(self._acked[tp])
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        if lane is None or lane.runtime is not None or self._gave_up:
            return None
        for offset in noted:
            lane.ledger.done(offset)
        lane.settled(len(noted))
        record = lane.ledger.committable()
        if record is not None:
            self._committable[tp] = record
        last = self._committable.get(tp)
        return last.offset if last else None

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """What handlers sent is flushed before; if any of it failed, their events are delivered again instead."""
        producer = self.app.producer
        assert isinstance(producer, Producer)
        failure = producer.take_failure()
        if failure is not None:
            for tp in offsets:
                self._lanes[tp].epoch.end(
                    OwnershipLost(f"what its events sent was not published: {failure}", "unpublished")
                )
            return False
        for tp in offsets:
            record = self._committable.pop(tp, None)
            if record is not None:
                try:
                    await self._lanes[tp].commit(record)
                except OwnershipLost as error:
                    self._lanes[tp].epoch.end(error)
        return True

    async def wait_empty(self) -> None:
        """Wait for handlers within a limit; Faust's own waits for ever, and takes no cancelling."""
        deadline = monotonic() + DRAIN_SECONDS
        while self._unacked_messages and monotonic() < deadline:
            await asyncio.sleep(FLOW_POLL_SECONDS)
            self._clean_unacked_messages()
        if self._unacked_messages:
            logger.warning("handlers did not finish, their events will come again", events=len(self._unacked_messages))
            self._unacked_messages.clear()
        await self.commit_and_end_transactions()
        self._gave_up = True

    async def on_stop(self) -> None:
        await super().on_stop()
        app = current(self.app)
        if app.engine is not None:
            await app.engine.leave()

    # -- what else Faust asks

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def assignment(self) -> set[TP]:
        return self._assignment

    def highwater(self, tp: TP) -> int:
        return self._read_offset[tp] or 0

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        return {tp: self.highwater(tp) for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, 0)

    async def position(self, tp: TP) -> int | None:
        return self._read_offset[tp]

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Owned partitions are at their cursors already."""
        return {}

    async def _seek(self, partition: TP, offset: int) -> None:
        raise ImproperlyConfigured(SEEKS_REFUSED)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        if partitions:
            raise ImproperlyConfigured(SEEKS_REFUSED)

    def topic_partitions(self, topic: str) -> int | None:
        count = sum(1 for tp in self._assignment if tp.topic == topic)
        return count or None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        if partition is not None or key is None:
            return partition
        count = self.topic_partitions(topic)
        return partition_of(key.decode(), count) if count else None

    async def create_topic(self, topic: str, *arguments: Any, **options: Any) -> None:
        raise ImproperlyConfigured(f"topic {topic}: topics are made by `pavilion migrate`")

    def verify_recovery_event_path(self, now: float, tp: TP) -> None:
        """There is no changelog recovery to watch."""


class Producer(FaustProducer):
    """``topic.send`` of plain agents. The log routes by key; a receipt names no offset, so metadata has -1."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sending: set[asyncio.Task[RecordMetadata]] = set()
        self._failure: BaseException | None = None

    def take_failure(self) -> BaseException | None:
        """The first send that failed since the last call, if any."""
        failure, self._failure = self._failure, None
        return failure

    def _sent(self, task: asyncio.Task[RecordMetadata]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        task = asyncio.create_task(self.send_and_wait(topic, key, value, partition, timestamp, headers))
        self._sending.add(task)
        task.add_done_callback(self._sent)
        return task

    async def send_and_wait(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> RecordMetadata:
        if partition is not None:
            raise ImproperlyConfigured("partition=: records are routed by their key on this log")
        publisher = current(self.app).require_engine().publisher(topic)
        pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
        properties = {name: text.decode() if isinstance(text, bytes) else str(text) for name, text in pairs}
        await publisher.publish([Outgoing((key or b"").decode(), value or b"", properties)])
        return RecordMetadata(topic, -1, TP(topic, -1), -1, None, None)

    async def flush(self) -> None:
        """Wait for every receipt: Faust calls this before it commits what was sent for."""
        await self.buffer.flush()
        while self._sending:
            await asyncio.wait(self._sending)

    async def create_topic(self, topic: str, *arguments: Any, **options: Any) -> None:
        raise ImproperlyConfigured(f"topic {topic}: topics are made by `pavilion migrate`")

    def key_partition(self, topic: str, key: bytes) -> TP:
        raise ImproperlyConfigured("key_partition: records are routed by their key on this log")

    def supports_headers(self) -> bool:
        return True


class LogTransport(base.Transport):
    """Shared by the drivers; raises ImproperlyConfigured for an app that is not ours."""

    Consumer: ClassVar[type[Any]] = Consumer
    Producer: ClassVar[type[Any]] = Producer

    def __init__(self, url: list[Any], app: faust.App, loop: asyncio.AbstractEventLoop | None = None) -> None:
        current(app)
        super().__init__(url, app, loop)


__all__ = ["Consumer", "LogTransport", "Producer"]
