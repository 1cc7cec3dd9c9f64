"""The log on Apache Pulsar, through pulsar-client.

Two things are done with the binding object behind the client's wrapper, since the wrapper (3.13, pinned) has no way to
say them: ``batch_receive`` on an asyncio consumer, and sends without a callback each. The contract suite runs them.

The client's own logger stays at errors on its own stream: a Python logger would be called from the client's threads
while this one may hold the interpreter lock inside the client.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import pulsar
import pulsar.asyncio as pulsar_asyncio

from infra.dependencies import failure
from infra.log.offsets import decode_offset, encode_offset
from infra.log.ports import (
    MEMBERS,
    Backlog,
    FencedLog,
    Member,
    Membership,
    OwnershipLost,
    PartitionBusy,
    Publisher,
    Reader,
    Record,
    SharedSubscription,
    Subscription,
)
from infra.log.pulsar_admin import PulsarAdmin
from infra.log.pulsar_members import PulsarMembership, properties_of
from infra.log.pulsar_publish import PulsarFencedLog, PulsarPublisher, close_client, close_quietly
from infra.log.pulsar_reader import PulsarReader
from infra.log.pulsar_record import record_of
from infra.log.pulsar_shared import SHARED_QUEUE, PulsarShared
from infra.tls import client_tls, greet_pulsar
from schemas.errors import ConnectionFailed, Dependency
from schemas.settings import Settings

T = TypeVar("T")

RECEIVER_QUEUE = 2000
READ_BYTES = 1024 * 1024
DRAIN_MILLISECONDS = 1


class PulsarLog:
    """A LogClient on the broker of ``settings``; :attr:`admin` is its Provisioner."""

    dependency: ClassVar[Dependency] = "pulsar"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.timeout = settings.broker.operation_timeout.total_seconds()
        self._client: Any = None
        self._partitions: dict[str, int] = {}
        self.admin = PulsarAdmin(settings)

    async def start(self) -> None:
        broker = self._settings.broker
        options: dict[str, Any] = {
            "operation_timeout_seconds": max(1, round(self.timeout)),
            "connection_timeout_ms": round(broker.connection_timeout.total_seconds() * 1000),
            "logger": pulsar.ConsoleLogger(pulsar.LoggerLevel.Error),
        }
        if broker.url.startswith("pulsar+ssl://"):
            options["tls_validate_hostname"] = True
            tls = client_tls(self._settings.tls)
            await greet_pulsar(broker.url, tls.context, broker.connection_timeout.total_seconds())
            for option, path in (
                ("tls_trust_certs_file_path", tls.trust),
                ("tls_certificate_file_path", tls.cert),
                ("tls_private_key_file_path", tls.key),
            ):
                if path is not None:
                    options[option] = str(path)
        if broker.token is not None:
            options["authentication"] = pulsar.AuthenticationToken(broker.token.get_secret_value())
        self._client = pulsar_asyncio.Client(broker.url, **options)

    async def close(self) -> None:
        await self.admin.close()
        if self._client is not None:
            client, self._client = self._client, None
            await close_client(client, self.timeout)

    def topic_name(self, topic: str, partition: int) -> str:
        broker = self._settings.broker
        return f"persistent://{broker.tenant}/{broker.namespace}/{topic}-partition-{partition}"

    async def partitions(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = await self.admin.partitions(topic)
        return self._partitions[topic]

    async def generation(self, topic: str) -> str:
        return await self.admin.generation(topic)

    async def backlog(self, topic: str, subscription: str) -> dict[int, Backlog]:
        return await self.admin.backlog(topic, subscription)

    async def committed(self, topic: str, partition: int, subscription: str) -> int:
        return await self.admin.committed(topic, partition, subscription)

    async def join(self, topic: str, member: Member) -> Membership:
        consumer = await self._reach(
            "join group",
            lambda: self._client.subscribe(
                self.topic_name(topic, 0),
                MEMBERS,
                consumer_type=pulsar.ConsumerType.Shared,
                consumer_name=member.id,
                properties=properties_of(member),
                receiver_queue_size=1,
            ),
            topic=topic,
        )
        return PulsarMembership(consumer, self.admin, topic, self.timeout)

    # -- writing

    def publisher(self, topic: str) -> Publisher:
        return PulsarPublisher(self, topic, self.timeout)

    async def producer(self, topic: str, partition: int, **options: Any) -> Any:
        """A producer of one partition with the options that make a last receipt speak for those before it.

        With a send timeout, a restarting broker lost messages while the last receipt said Ok. The client's own bound
        would block the event loop: ``max_pending_messages=0`` takes it away, and the publisher keeps one.
        """
        return await self._reach(
            "open producer",
            lambda: self._client.create_producer(
                self.topic_name(topic, partition),
                send_timeout_millis=0,
                block_if_queue_full=True,
                max_pending_messages=0,
                **options,
            ),
            topic=topic,
            partition=partition,
        )

    async def fence(self, topic: str, partition: int) -> FencedLog:
        producer = await self.producer(
            topic,
            partition,
            batching_enabled=False,
            access_mode=pulsar.ProducerAccessMode.ExclusiveWithFencing,
        )
        return PulsarFencedLog(producer, f"{topic}-{partition}", self.timeout)

    async def trim(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        ledger, entry, _ = decode_offset(offset)
        consumer = await self.consumer(topic, partition, subscription, receiver_queue_size=1)
        try:
            # A constructed id is safe here alone: the logs are written unbatched, so it names one whole entry.
            await asyncio.wait_for(
                consumer.acknowledge_cumulative(pulsar.MessageId(partition, ledger, entry, -1)), self.timeout
            )
        except (pulsar_asyncio.PulsarException, TimeoutError) as error:
            raise failure("pulsar", "trim log", error, {"topic": topic, "partition": partition}) from error
        finally:
            await close_quietly(consumer, self.timeout)

    # -- reading

    async def subscribe(self, topic: str, partition: int, subscription: str) -> Subscription:
        worker = self._settings.worker
        policy = pulsar.ConsumerBatchReceivePolicy(worker.batch_max_events, worker.batch_max_bytes, DRAIN_MILLISECONDS)
        consumer = await self.consumer(topic, partition, subscription, batch_receive_policy=policy)
        return _Subscription(consumer, topic, partition, self.timeout)

    async def share(self, topic: str, partition: int, subscription: str) -> SharedSubscription:
        consumer = await self.consumer(
            topic,
            partition,
            subscription,
            consumer_type=pulsar.ConsumerType.Shared,
            receiver_queue_size=SHARED_QUEUE,
            batch_receive_policy=pulsar.ConsumerBatchReceivePolicy(SHARED_QUEUE, READ_BYTES, DRAIN_MILLISECONDS),
        )
        return PulsarShared(consumer, functools.partial(record_of, topic=topic, partition=partition), self.timeout)

    async def consumer(self, topic: str, partition: int, subscription: str, **options: Any) -> Any:
        """The client's own consumer; exclusive unless ``options`` say otherwise."""
        options = {"receiver_queue_size": RECEIVER_QUEUE, "consumer_type": pulsar.ConsumerType.Exclusive, **options}
        try:
            return await self._reach(
                "subscribe",
                lambda: self._client.subscribe(
                    self.topic_name(topic, partition),
                    subscription,
                    # `migrate` made the subscription; if someone deleted it, read all rather than skip.
                    initial_position=pulsar.InitialPosition.Earliest,
                    batch_index_ack_enabled=True,
                    **options,
                ),
                topic=topic,
                partition=partition,
                subscription=subscription,
            )
        except ConnectionFailed as error:
            cause = error.cause
            if isinstance(cause, pulsar_asyncio.PulsarException) and cause.error() == pulsar.Result.ConsumerBusy:
                raise PartitionBusy(f"{topic}-{partition} {subscription}") from None
            raise

    async def read_subscription(
        self, topic: str, partition: int, subscription: str, until: int
    ) -> AsyncGenerator[list[Record], None]:
        policy = pulsar.ConsumerBatchReceivePolicy(RECEIVER_QUEUE, READ_BYTES, DRAIN_MILLISECONDS)
        consumer = await self.consumer(topic, partition, subscription, batch_receive_policy=policy)
        source = _Subscription(consumer, topic, partition, self.timeout)
        last = 0
        try:
            while last < until:
                async with asyncio.timeout(self.timeout):
                    records = await source.receive(RECEIVER_QUEUE, READ_BYTES)
                last = records[-1].offset
                yield [record for record in records if record.offset <= until]
        except TimeoutError as error:
            context = {"topic": topic, "partition": partition}
            raise ConnectionFailed("read log", "its end did not come", context, dependency="pulsar") from error
        finally:
            await source.close()

    async def reader(self, topic: str, partition: int, *, after: int | None = None) -> Reader:
        # A reader opened at `latest` that has received nothing reconnects at the new latest: always name an id.
        if after is None:
            after = encode_offset(*await self.admin.last_message_id(topic, partition))
        start = pulsar.MessageId(partition, *decode_offset(after)) if after else pulsar.MessageId.earliest
        reader = await self._open_reader(topic, partition, start)
        return PulsarReader(reader, topic, partition, after, self.timeout)

    async def scan(self, topic: str, partition: int, *, since_ms: int = 0) -> AsyncIterator[Record]:
        binding = await self._open_reader(topic, partition, pulsar.MessageId.earliest)
        reader = PulsarReader(binding, topic, partition, 0, self.timeout)
        try:
            if since_ms:
                await self._reach("scan", lambda: binding.seek(since_ms), topic=topic, partition=partition)
            while await self._reach("scan", binding.has_message_available, topic=topic, partition=partition):
                for record in await reader.read():
                    if record.publish_ms >= since_ms:  # the broker finds an entry, which may hold earlier ones
                        yield record
        finally:
            await reader.close()

    async def newest(self, topic: str, partition: int, count: int) -> list[Record]:
        """Of the last ledger alone: ids before it cannot be counted from its end."""
        ledger, entry, _ = await self.admin.last_message_id(topic, partition)
        start = pulsar.MessageId(partition, ledger, max(entry - count, -1), -1)  # each entry has at least one record
        binding = await self._open_reader(topic, partition, start)
        reader = PulsarReader(binding, topic, partition, 0, self.timeout)
        found: deque[Record] = deque(maxlen=count)
        try:
            while await self._reach("read newest", binding.has_message_available, topic=topic, partition=partition):
                found.extend(await reader.read())
        finally:
            await reader.close()
        return list(found)

    async def _open_reader(self, topic: str, partition: int, start: Any) -> Any:
        return await self._reach(
            "open reader",
            lambda: self._client.create_reader(self.topic_name(topic, partition), start, receiver_queue_size=1000),
            topic=topic,
            partition=partition,
        )

    async def _reach(self, op: str, call: Callable[[], Awaitable[T]], **context: Any) -> T:
        """Await ``call`` within the operation timeout; what arrives too late is closed, not leaked."""
        if self._client is None:
            raise ConnectionFailed(op, "the log client is closed", context, dependency="pulsar")
        task = asyncio.ensure_future(call())
        try:
            return await asyncio.wait_for(asyncio.shield(task), self.timeout)
        except pulsar_asyncio.PulsarException as error:
            raise failure("pulsar", op, error, context) from error
        except (TimeoutError, asyncio.CancelledError) as error:
            task.add_done_callback(lambda late: _close_late(late, self.timeout))
            if isinstance(error, asyncio.CancelledError):
                raise
            raise ConnectionFailed(op, f"no answer within {self.timeout:g} s", context, dependency="pulsar") from error


_closing: set[asyncio.Task[None]] = set()


def _close_late(task: asyncio.Future[Any], timeout: float) -> None:
    if not task.cancelled() and task.exception() is None:
        closing = asyncio.ensure_future(close_quietly(task.result(), timeout))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)


class _Subscription:
    """An exclusive consumer: it receives when something is there, and never takes a redelivery for news."""

    def __init__(self, consumer: Any, topic: str, partition: int, timeout: float) -> None:
        self._consumer = consumer
        self._binding = consumer._consumer
        self._place = (topic, partition)
        self._timeout = timeout
        self._next: asyncio.Future[Any] | None = None
        self._left: deque[Record] = deque()
        self._last = 0
        self._closed = False

    def connected(self) -> bool:
        return not self._closed and bool(self._binding.is_connected())

    async def receive(self, max_events: int, max_bytes: int) -> list[Record]:
        if not self._left:
            self._left += await self.receive_one()
            # One receive is outstanding while idle; once it fires, whatever else is there comes in one call.
            for message in self._binding.batch_receive():
                self._left.append(self._deliver(message))
        records, size = [self._left.popleft()], 0
        while self._left and len(records) < max_events and (size := size + len(self._left[0].value)) <= max_bytes:
            records.append(self._left.popleft())
        return records

    async def receive_one(self) -> list[Record]:
        if self._closed:
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]} was released")
        if self._next is None:
            self._next = asyncio.ensure_future(self._consumer.receive())
        try:
            message = await asyncio.shield(self._next)
        except pulsar_asyncio.PulsarException as error:
            self._next = None
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]}: {error}", "connection") from error
        self._next = None
        return [self._deliver(message._message)]

    def _deliver(self, message: Any) -> Record:
        record = record_of(message, *self._place)
        if record.offset <= self._last:
            # After an unload or a broker restart the same consumer receives its in-flight messages again.
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]}: a message was delivered again", "redelivered")
        self._last = record.offset
        return record

    async def acknowledge(self, record: Record) -> None:
        """The original message is acknowledged: an id made by hand would acknowledge its whole batch entry.

        It says Ok within microseconds, connected or not, so being connected is checked before.
        """
        if not self.connected():
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]} is not connected", "connection")
        try:
            await asyncio.wait_for(
                self._consumer.acknowledge_cumulative(pulsar.Message._wrap(record.token)), self._timeout
            )
        except (pulsar_asyncio.PulsarException, TimeoutError) as error:
            raise OwnershipLost(f"{self._place[0]}-{self._place[1]}: {error}", "connection") from error

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await close_quietly(self._consumer, self._timeout)
