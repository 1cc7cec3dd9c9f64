"""What the typed producers share: an event is built, checked by its schema, numbered, and published by its key."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypedDict, TypeVar
from uuid import UUID

import msgspec

from infra.log.ports import LogClient, Outgoing, Publisher
from infra.log.pulsar import PulsarLog
from infra.tracing import sent_with
from schemas.decoding import find_bad_text
from schemas.errors import ConnectionFailed, InvalidEventType
from schemas.events import CloudEvent, Name, check_size, encode_event
from schemas.registry import event_types
from schemas.settings import Settings, SettingsError, load_settings
from schemas.times import from_ms, now_ms

Id = UUID | str
"""A UUID, or its text."""

AnyEvent = TypeVar("AnyEvent", bound=CloudEvent)
GroupEvent = TypeVar("GroupEvent", bound=CloudEvent)


class Attributes(TypedDict, total=False):
    """What every method takes besides the event's data.

    Without them ``id`` is a new UUID, ``time`` is now, and ``partitionkey`` is the id of what the event is about. A
    second try after ConnectionFailed is the same event only with the ``id`` and ``time`` of the first: a service
    that tries again gives its own.
    """

    id: str
    time: datetime
    partitionkey: str
    subject: str
    traceparent: str
    tracestate: str


class Producer(Generic[GroupEvent]):
    """Publishes the events of one group in the name of ``source``, each with the next ``sequence`` number from 1.

    On a log of the caller's, or with :meth:`connect` on a connection of its own; an ``async with`` starts and closes
    it. Calls that are awaited one after another reach a partition in that order.
    """

    event_types: ClassVar[tuple[type[CloudEvent], ...]]

    def __init__(self, log: LogClient, settings: Settings, *, source: str, sequence: int = 1) -> None:
        self._log = log
        self._own_log: LogClient | None = None
        self._source = _check_source(source)
        self._sequence = sequence
        self._topics = {kind: settings.topics.of_group(kind.group_of_type()) for kind in self.event_types}
        self._publishers: dict[str, Publisher] = {}
        self._closed = False

    @classmethod
    def connect(cls, *, source: str, settings: Settings | None = None, sequence: int = 1) -> Self:
        """A producer with a connection of its own to the broker of ``settings``, or else of the environment.

        ``sequence`` is the first number it gives: a service that remembers its last one goes on from there.

        Raises:
            SettingsError: naming the variable that is wrong; the embedded log is none to connect to.
        """
        settings = settings or load_settings()
        if settings.broker.embedded:
            raise SettingsError(
                "PAVILION_BROKER__URL: the embedded log belongs to one process, services post to /v1/events instead"
            )
        log = PulsarLog(settings)
        producer = cls(log, settings, source=source, sequence=sequence)
        producer._own_log = log
        return producer

    async def start(self) -> None:
        """Open the connection and find the topics; raises ConnectionFailed, naming what is not there."""
        if self._own_log is not None:
            await self._own_log.start()
        for topic in dict.fromkeys(self._topics.values()):
            await self._log.partitions(topic)

    async def close(self) -> None:
        """Publish nothing more; a log of the caller's stays open."""
        self._closed = True
        publishers = list(self._publishers.values())
        self._publishers.clear()
        try:
            for publisher in publishers:
                await publisher.close()
        finally:
            if self._own_log is not None:
                await self._own_log.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def publish(self, events: Sequence[GroupEvent]) -> None:
        """Publish ready events as they are, in one run; return once the broker has all of them.

        Raises:
            InvalidEventType: for an event of another group or one that breaks its schema; nothing was published then.
            ConnectionFailed: when receipts stay out; any part may have been published, and the same again is harmless.
        """
        runs: defaultdict[str, list[Outgoing]] = defaultdict(list)
        for index, event in enumerate(events):
            topic = self._topics.get(type(event))
            if topic is None:
                name = event.type if isinstance(event, CloudEvent) else type(event).__name__
                cause = f"{name} is not an event of {type(self).__name__} - at `$.type`"
                raise InvalidEventType("publish events", cause, {"index": index})
            context = {"index": index}
            checked = _build(type(event), _fields(event), context)
            runs[topic].append(_outgoing(checked, _encode(checked, context)))
        for topic, records in runs.items():
            await self._send(topic, records)

    async def _emit(self, kind: type[AnyEvent], attributes: Attributes, **data: object) -> AnyEvent:
        """Build, check and publish one event. Only an event that is valid takes a number."""
        unknown = sorted(attributes.keys() - Attributes.__annotations__.keys())
        if unknown:
            raise InvalidEventType("build event", f"there is no such attribute - at `$.{unknown[0]}`")
        given: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": self._source,
            "time": from_ms(now_ms()),
            "sequence": self._sequence,
            **attributes,
            "data": data,
        }
        context = {"type": kind.verb_of_type()}
        event = _build(kind, given, context)
        event = msgspec.structs.replace(event, partitionkey=event.key)
        value = _encode(event, context)
        self._sequence += 1
        await self._send(self._topics[kind], [_outgoing(event, value)])
        return event

    async def _send(self, topic: str, records: list[Outgoing]) -> None:
        if self._closed:
            raise ConnectionFailed("publish events", f"the {type(self).__name__} is closed")
        publisher = self._publishers.get(topic)
        if publisher is None:
            publisher = self._publishers[topic] = self._log.publisher(topic)
        await publisher.publish(records)


class EventProducer(Producer[CloudEvent]):
    """Publishes ready events of any group: what a file of events, or the demo, goes through."""

    event_types = event_types()


def _outgoing(event: CloudEvent, value: bytes) -> Outgoing:
    """A trace that the event is part of goes beside it too, where it is seen without decoding."""
    trace = sent_with(event)
    return Outgoing(event.key, value, {} if trace is None else trace.properties())


def _check_source(source: str) -> str:
    try:
        checked: str = msgspec.convert(source, Name)
    except msgspec.ValidationError as error:
        raise InvalidEventType("open producer", f"{error} - at `$.source`") from error
    return checked


def _fields(event: CloudEvent) -> dict[str, Any]:
    """A struct checks nothing when it is made: its fields go through the schema once more."""
    data = msgspec.structs.asdict(event.data) if isinstance(event.data, msgspec.Struct) else event.data
    return {**msgspec.structs.asdict(event), "data": data}


def _build(kind: type[AnyEvent], fields: Mapping[str, Any], context: dict[str, Any]) -> AnyEvent:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise InvalidEventType("build event", str(error), context) from error


def _encode(event: CloudEvent, context: dict[str, Any]) -> bytes:
    try:
        value = encode_event(event)
    except UnicodeEncodeError as error:
        cause = f"Half of a surrogate pair - at `{find_bad_text(_fields(event))}`"
        raise InvalidEventType("build event", cause, context) from error
    check_size(value, "build event")
    return value
