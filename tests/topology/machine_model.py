"""What a run of the state machine must come to, computed from the records of the input topics alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from infra.log.offsets import format_offset
from infra.log.ports import Record
from schemas.errors import InvalidEventType
from schemas.events import CloudEvent, decode_event
from schemas.notifications import notification_id
from schemas.times import to_ms
from tests.e2e.model import RECIPIENT, fact

INPUT = {"video": "video-events", "comment": "comment-events", "user": "user-events"}
SKEW_MS = timedelta(minutes=5) // timedelta(milliseconds=1)
Letter = tuple[str, int, str, bytes]


def event_of(record: Record) -> CloudEvent | None:
    """The event in a record of an input topic; None for what must become a dead letter."""
    try:
        event: CloudEvent = decode_event(record.value)
    except InvalidEventType:
        return None
    return event if INPUT[event.group] == record.topic else None


def letter_of(record: Record) -> Letter:
    return record.topic, record.partition, format_offset(record.offset), record.value


def facts(event: CloudEvent, followers: Mapping[UUID, set[UUID]]) -> dict[str, UUID]:
    """Id and recipient of each notification that an event calls for, its times being plausible."""
    data = event.data
    told = followers[event.actor] if event.verb == "video.uploaded" else {getattr(data, RECIPIENT[event.verb])}
    at, key, family = event.time_ms, event.identity, event.verb
    if fact(event.verb, "", {"comment_id": ""}).startswith("comment"):
        at, key, family = to_ms(data.commented_at), f"comment/{data.comment_id}", "comment.posted"
    return {notification_id(at, key, user, family): user for user in told - {event.actor}}


@dataclass
class Expected:
    """``told`` has the ids by user; ``own`` counts the events about their own actor, each once."""

    told: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    letters: set[Letter] = field(default_factory=set)
    own: int = 0


def expected(records: Iterable[Record], followers: Mapping[UUID, set[UUID]]) -> Expected:
    found, own = Expected(), set[str]()
    for record in records:
        event = event_of(record)
        if event is None:
            found.letters.add(letter_of(record))
            continue
        for id, user in facts(event, followers).items():
            found.told[user].add(id)
        if event.actor == getattr(event.data, RECIPIENT.get(event.verb, ""), None):
            own.add(event.identity)
    found.own = len(own)
    return found


@dataclass
class Window:
    """One partition of a window table: what it holds, and how often it let each key through."""

    window: timedelta
    stream_ms: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)

    def take(self, key: str, time_ms: int, publish_ms: int) -> None:
        at = max(publish_ms - SKEW_MS, min(publish_ms + SKEW_MS, time_ms))
        self.stream_ms = max(self.stream_ms, at)
        since = self.stream_ms - self.window // timedelta(milliseconds=1)
        self.keys = {one: when for one, when in self.keys.items() if when > since}
        if key not in self.keys:
            self.passed[key] += 1
            if at > since:
                self.keys[key] = at


def windows(records: Iterable[Record], window: timedelta, decode: Any) -> dict[int, Window]:
    """By partition, after all of ``records``, whose order in each partition is that of the log."""
    found: dict[int, Window] = defaultdict(lambda: Window(window))
    for record in records:
        value = decode(record)
        if value is not None:
            at = getattr(value, "time_ms", record.publish_ms)
            found[record.partition].take(value.identity, at, record.publish_ms)
    return found
