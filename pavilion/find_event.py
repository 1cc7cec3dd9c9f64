"""Finds an event in the topics: where it was published, and where it went when it failed."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from infra.log.offsets import format_offset
from infra.log.ports import LogClient, Record
from infra.stores.ports import Replays
from schemas.errors import InvalidEventType
from schemas.events import types_of
from schemas.explain import MOST_RECORDS, Attempt, Letter, Searched
from schemas.records import DeadLetter, decode_record
from schemas.times import format_ms
from streams.plan import AgentSpec
from streams.retry import Origin

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SAID_EVERY = 10_000
Progress = Callable[[int, int], None]
"""Told how many records were read, and the publish time of the last."""


class _Head(msgspec.Struct):
    id: str = ""
    source: str = ""
    type: str = ""


class _Wrapped(msgspec.Struct):
    """What our own records carry: an upload's page its event, a notification its id."""

    event: _Head | None = None
    notification: _Head | None = None
    id: str = ""


@dataclass(frozen=True)
class Found:
    """A record with the wanted id, and the agent that reads it."""

    spec: AgentSpec
    record: Record
    source: str
    type: str

    @property
    def place(self) -> tuple[str, int, str]:
        return self.record.topic, self.record.partition, format_offset(self.record.offset)


def since_of(event_id: str, now_ms: int) -> int:
    """Where to begin: an hour before the time in a UUID of version 7, else a day ago."""
    try:
        parsed = UUID(event_id)
    except ValueError:
        return now_ms - DAY_MS
    made = (parsed.int >> 80) - HOUR_MS
    return made if parsed.version == 7 and 0 < made < now_ms else now_ms - DAY_MS


class Bounds(NamedTuple):
    """A search ends after so many records, or seconds."""

    records: int = MOST_RECORDS
    seconds: float = 3600.0


@dataclass
class EventSearch:
    """Looks for ``event_id`` in every topic of events, published at ``since_ms`` or later."""

    log: LogClient
    specs: Sequence[AgentSpec]
    event_id: str
    since_ms: int
    until_ms: int
    bounds: Bounds
    on_progress: Progress = lambda records, at_ms: None
    found: list[Found] = field(default_factory=list)

    async def run(self) -> Searched:
        """Fills ``found``, oldest first; raises ConnectionFailed."""
        started, read, reached, complete = time.monotonic(), 0, self.until_ms, True
        # Decoding each record costs most; an id of these characters is written in one way in every JSON.
        needle = self.event_id.encode() if re.fullmatch(r"[A-Za-z0-9._:-]+", self.event_id) else b""
        lanes = [(spec, topic) for spec in self.specs if types_of(spec.value_type) for topic in spec.topics]
        for spec, topic in lanes:
            for partition in range(await self.log.partitions(topic)):
                if not complete:
                    break
                records: Any = self.log.scan(topic, partition, since_ms=max(1, self.since_ms))
                async with aclosing(records):
                    async for record in records:
                        read += 1
                        if needle in record.value and (head := _head(record.value)).id == self.event_id:
                            self.found.append(Found(spec, record, head.source, head.type))
                        if read % SAID_EVERY == 0:
                            self.on_progress(read, record.publish_ms)
                        if read >= self.bounds.records or time.monotonic() - started > self.bounds.seconds:
                            complete, reached = False, record.publish_ms
                            break
                        if record.publish_ms > self.until_ms:
                            break
        self.found.sort(key=lambda one: (one.record.publish_ms, one.record.offset))
        topics = [topic for _, topic in lanes]
        return Searched(topics, format_ms(self.since_ms), format_ms(reached), read, complete)


def _head(payload: bytes) -> _Head:
    try:
        return msgspec.json.decode(payload, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Head()


class Traces(NamedTuple):
    """What is left of events that failed: ``event`` is the id of the event, ``notification`` that of one it made."""

    attempts: list[tuple[Origin, Attempt]]
    letters: list[tuple[DeadLetter, Letter]]


@dataclass(frozen=True)
class TraceSearch:
    """Looks through retries and dead letters since a time for what carries an event, or a notification, by its id."""

    log: LogClient
    replays: Replays
    dead_letters: str
    retries: Sequence[str]
    since_ms: int

    async def run(self, event_id: str, notifications: frozenset[str]) -> Traces:
        """Raises ConnectionFailed."""

        def concerns(payload: bytes) -> bool:
            try:
                wrapped = msgspec.json.decode(payload, type=_Wrapped)
            except (msgspec.DecodeError, UnicodeDecodeError):  # of bytes that are no event the id is a guess
                return b'"' + event_id.encode() + b'"' in payload
            event = wrapped.event.id if wrapped.event is not None else wrapped.id
            return event == event_id or (wrapped.notification is not None and wrapped.notification.id in notifications)

        attempts = []
        for topic in self.retries:
            async for record in self._all(topic):
                if concerns(record.value):
                    try:
                        origin = Origin.carried(record)
                    except InvalidEventType:  # nobody sent it round
                        continue
                    at = format_ms(record.publish_ms)
                    attempts.append((origin, Attempt(origin.agent, origin.attempt, at, origin.error)))
        letters: dict[str, DeadLetter] = {}
        async for record in self._all(self.dead_letters):
            letter: DeadLetter = decode_record(record.value, DeadLetter)
            if concerns(letter.payload_bytes):
                letters[letter.id] = letter
        replays = await self.replays.latest(list(letters)) if letters else {}
        shown = []
        for letter in letters.values():
            replay = replays.get(letter.id)
            pending = replay is None or not replay.settles(letter.attempts)
            one = Letter(letter.id, letter.agent, letter.time, letter.error, letter.attempts, pending)
            shown.append((letter, one))
        return Traces(attempts, shown)

    async def _all(self, topic: str) -> AsyncIterator[Record]:
        for partition in range(await self.log.partitions(topic)):
            records: Any = self.log.scan(topic, partition, since_ms=max(1, self.since_ms))
            async with aclosing(records):
                async for record in records:
                    yield record
