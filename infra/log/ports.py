"""The log as everything above sees it: partitioned topics, exclusive durable subscriptions, fenced appends, readers.

Adapters: :mod:`infra.log.pulsar` (production) and :mod:`infra.log.embedded` (one process on SQLite). One contract suite
runs on both. An offset is one unbounded integer that grows within a partition (see :mod:`infra.log.offsets`); as text
it is fixed-width hexadecimal and compares as text. Every wait in an adapter has a limit; what cannot be reached raises
:class:`schemas.errors.ConnectionFailed`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from infra.log.routing import partition_of
from schemas.errors import Dependency, InvalidNotification


class Record(NamedTuple):
    """One record read. ``token`` is the adapter's own handle for acknowledging it.

    ``due_ms`` is what it was published with, where the adapter's readers tell; a record that was restored from a backup
    has the publish time that it had.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    properties: Mapping[str, str]
    publish_ms: int
    token: Any = None
    due_ms: int | None = None


MAX_RECORD_BYTES = 4 * 1024 * 1024
"""What one record may have at most, key and properties included: below the broker's limit of 5 MiB."""


class Outgoing(NamedTuple):
    """One record to publish; ``key`` decides the partition (JavaStringHash) unless ``partition`` names one.

    Only what comes back to the place it came from names one: events and notifications go by their key. A
    shared subscription gets the record at ``due_ms`` of the wall clock, to about a second; all others at once.
    What is restored from a backup gives the time at which it was published first, ``published_ms``.
    """

    key: str
    value: bytes
    properties: Mapping[str, str] = {}
    partition: int | None = None
    due_ms: int | None = None
    published_ms: int | None = None

    def place(self, partitions: int) -> int:
        """Its partition among ``partitions``; raises ValueError if it names one that is not there."""
        if self.partition is None:
            return partition_of(self.key, partitions)
        if not 0 <= self.partition < partitions:
            raise ValueError(f"there is no partition {self.partition} of {partitions}")
        return self.partition


def check_size(topic: str, record: Outgoing) -> None:
    """Raise InvalidNotification for a record that no log takes."""
    size = len(record.value) + len(record.key.encode()) + sum(len(k) + len(v) for k, v in record.properties.items())
    if size > MAX_RECORD_BYTES:
        raise InvalidNotification("publish", f"{size} bytes is more than {MAX_RECORD_BYTES}", {"topic": topic})


class OwnershipLost(Exception):
    """This epoch's ownership of a partition is over or unknown: stop, drop what was prefetched, acquire again.

    ``reason`` is one of few words, for counting: connection, fenced, redelivered, stuck, unpublished, other.
    """

    def __init__(self, message: str = "", reason: str = "other") -> None:
        super().__init__(message)
        self.reason = reason


class PartitionBusy(Exception):
    """Another consumer holds the exclusive subscription."""


class Publisher(Protocol):
    """Publishes to one topic, routing by key unless a record names its partition."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return once the log has all of ``records`` durably.

        Order is kept per partition. Raises InvalidNotification for a record too large to send (nothing is sent then)
        and ConnectionFailed when receipts stay out past the deadline: any part of the run may then have been written.
        """

    async def close(self) -> None: ...


class Subscription(Protocol):
    """The only consumer of a durable subscription on one partition."""

    async def receive(self, max_events: int, max_bytes: int) -> list[Record]:
        """Wait until something is there, then take up to the limits without waiting for more (at least one record).

        Raises OwnershipLost if the connection was lost or a record was delivered again.
        """

    def connected(self) -> bool:
        """False once the broker connection was seen gone: ownership is then unknown."""

    async def acknowledge(self, record: Record) -> None:
        """Commit ``record`` and all before it: a hint that saves work, see the adapter."""

    async def close(self) -> None:
        """Flush acknowledgements and release the partition. Never raises."""


class SharedSubscription(Protocol):
    """One of any number of consumers of a durable subscription on one partition: each record goes to one of them.

    Records come when they are due, in no particular order. What a consumer received and did not acknowledge comes
    again when it is closed or gone, to any of them; also what it acknowledged shortly before the connection was lost.
    """

    async def receive(self, max_events: int) -> list[Record]:
        """Wait until something is due, then take up to ``max_events`` of it; raises ConnectionFailed."""

    async def acknowledge(self, records: Sequence[Record]) -> None:
        """Each by itself: those that others hold, or that are not due yet, stay. Raises ConnectionFailed."""

    async def close(self) -> None:
        """Flush acknowledgements, and leave the rest to the others. Never raises."""


class FencedLog(Protocol):
    """The right to append to one partition of an agent's own log, until someone else takes it."""

    async def append(self, value: bytes) -> int:
        """Append and return the record's offset; raises OwnershipLost if fenced or overdue."""

    async def close(self) -> None: ...


class Reader(Protocol):
    """A non-durable reader of one partition."""

    async def read(self, max_events: int = 1000) -> list[Record]:
        """Wait until something is there."""

    def connected(self) -> bool: ...

    async def close(self) -> None: ...


MEMBERS = "members"
"""The subscription of a group's topic whose consumers are the members; `migrate` makes it."""


class Member(NamedTuple):
    """One process of a group of workers. ``avoids`` names places (see streams/transport/group.py) that it gave up."""

    id: str
    version: str = ""
    started_ms: int = 0
    avoids: frozenset[str] = frozenset()


class Membership(Protocol):
    """Being listed as a member of a group, until it is closed or this process is gone."""

    exact: bool
    """Whether a listing is always the truth. A broker's is not: see streams/transport/group.py."""

    async def listed(self) -> list[Member]:
        """Who is listed now; raises ConnectionFailed."""

    async def close(self) -> None:
        """Leave. Never raises."""


class Backlog(NamedTuple):
    """What a subscription has not committed on one partition; ``seconds`` is the age of its oldest record.

    Pulsar counts a batch of one producer as one message, so there ``messages`` is a lower bound.
    """

    messages: int
    seconds: float


class LogClient(Protocol):
    dependency: ClassVar[Dependency]

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def partitions(self, topic: str) -> int:
        """Number of partitions; raises ConnectionFailed, naming ``pavilion migrate``, for a topic that is not there."""

    async def generation(self, topic: str) -> str:
        """Names this incarnation of the topic: a topic that is deleted and made again has another."""

    def publisher(self, topic: str) -> Publisher: ...

    async def subscribe(self, topic: str, partition: int, subscription: str) -> Subscription:
        """Raises PartitionBusy while another consumer has it."""

    async def share(self, topic: str, partition: int, subscription: str) -> SharedSubscription:
        """Join the consumers of a subscription that is never used exclusively."""

    async def fence(self, topic: str, partition: int) -> FencedLog:
        """Take the right to append to the partition, superseding whoever had it."""

    def read_subscription(
        self, topic: str, partition: int, subscription: str, until: int
    ) -> AsyncGenerator[list[Record], None]:
        """All records after the subscription's cursor up to and including offset ``until``, in pieces of about 1 MiB.

        The cursor stays. Close the generator when it is left early: until then the subscription is taken.
        """

    async def trim(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        """Move the cursor of an otherwise unused subscription past ``offset``: what only it held may be deleted."""

    async def reader(self, topic: str, partition: int, *, after: int | None = None) -> Reader:
        """Read records after offset ``after`` (0: from the earliest), or without one those published from now on."""

    def scan(self, topic: str, partition: int, *, since_ms: int = 0) -> AsyncIterator[Record]:
        """Every record that is retained now and was published at ``since_ms`` or later, without waiting for more."""

    async def committed(self, topic: str, partition: int, subscription: str) -> int:
        """The offset up to which the subscription has acknowledged all, 0 for nothing; it may lag a little behind."""

    async def newest(self, topic: str, partition: int, count: int) -> list[Record]:
        """The last of what is retained now, oldest first: at most ``count``, maybe fewer where the log has a seam."""

    async def backlog(self, topic: str, subscription: str) -> dict[int, Backlog]:
        """By partition."""

    async def join(self, topic: str, member: Member) -> Membership:
        """Be listed as ``member`` of the group that meets at ``topic``, which has one partition."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What ``migrate`` makes and workers check: a topic, its durable subscriptions, and its retention in seconds.

    ``schema`` (see :mod:`schemas.avro`) is for producers in other languages; no record is checked against it.
    """

    name: str
    partitions: int
    subscriptions: tuple[str, ...] = ()
    retention_seconds: int = 0
    schema: str | None = None


class Provisioner(Protocol):
    """Creates and checks topics (``pavilion migrate``)."""

    async def migrate(self, topics: Sequence[TopicSpec]) -> list[str]:
        """Make what is missing and return one line per change; raises NotificationError if partitions differ."""

    async def check(self, topics: Sequence[TopicSpec]) -> list[str]:
        """One line per thing that ``migrate`` would have to make; empty if all is prepared."""

    async def topics(self) -> dict[str, int]:
        """Every topic that is there, ours or not, with its number of partitions."""

    async def subscriptions(self, topic: str) -> list[str]:
        """The durable subscriptions of a topic, in order of names; none of a topic that is not there."""
