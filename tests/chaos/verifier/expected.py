"""What the input calls for, by the design: which records are events, who is told of them, and what stays in windows."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.chaos.verifier.evidence import Input
from tests.e2e.model import fact_of_event, kind_of, told

UUIDS = {
    "video.uploaded": ("video_id", "actor_id"),
    "video.liked": ("video_id", "actor_id", "owner_id"),
    "video.shared": ("video_id", "actor_id", "owner_id"),
    "video.commented": ("video_id", "actor_id", "owner_id", "comment_id"),
    "comment.created": ("comment_id", "video_id", "actor_id", "owner_id"),
    "comment.replied": ("comment_id", "parent_id", "parent_author_id", "video_id", "actor_id"),
    "comment.liked": ("comment_id", "author_id", "video_id", "actor_id"),
    "user.followed": ("followed_id", "actor_id"),
    "user.mentioned": ("mentioned_id", "actor_id", "video_id"),
    "user.tagged": ("tagged_id", "actor_id", "video_id"),
}
TEXTS = {
    "video.uploaded": ("title",),
    "video.liked": ("title",),
    "video.shared": ("title",),
    "video.commented": ("title", "text", "commented_at"),
    "comment.created": ("text", "commented_at"),
    "comment.replied": ("text",),
    "user.mentioned": ("text",),
    "user.tagged": ("title",),
}
WINDOW_MS = 10 * 60 * 1000
SKEW_MS = 5 * 60 * 1000

Told = tuple[str, str]
"""A user and a fact that he is told of."""
Place = tuple[str, int]


@dataclass
class Window:
    """What a partition's window table must hold: times (ms) by identity, and its stream time."""

    stream_ms: int = 0
    keys: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, identity: tuple[str, str], event_ms: int, publish_ms: int) -> None:
        moment = min(max(event_ms, publish_ms - SKEW_MS), publish_ms + SKEW_MS)
        self.stream_ms = max(self.stream_ms, moment)
        held = self.keys.get(identity)
        if held is None or held <= self.stream_ms - WINDOW_MS:
            self.keys[identity] = moment

    def after(self, ms: int) -> int:
        return sum(moment > ms for moment in self.keys.values())


@dataclass
class Expected:
    """``must`` are told, by the record that says so; ``may`` are followers who came while uploads were under way."""

    must: dict[Told, Input] = field(default_factory=dict)
    may: set[Told] = field(default_factory=set)
    own: set[Told] = field(default_factory=set)
    accepted: list[Input] = field(default_factory=list)
    bad: list[Input] = field(default_factory=list)
    duplicates: int = 0
    windows: dict[Place, Window] = field(default_factory=lambda: defaultdict(Window))
    told_by: dict[Input, set[Told]] = field(default_factory=dict)
    """Of each accepted record, duplicates included."""


def read_event(payload: bytes) -> dict[str, Any] | None:
    """The event, or None for bytes that are none."""
    try:
        event = json.loads(payload.decode())
        kind, data = kind_of(event), event["data"]
        texts = [event["id"], event["source"], *(data[name] for name in TEXTS.get(kind, ()))]
        if event["specversion"] != "1.0" or not all(isinstance(text, str) for text in texts):
            return None
        for name in UUIDS[kind]:
            UUID(data[name])
        datetime.fromisoformat(event["time"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    found: dict[str, Any] = event
    return found


def expect(inputs: list[Input], follows_settled_at: float) -> Expected:
    """In any order of ``inputs`` of different partitions; those of one partition are in theirs."""
    expected = Expected()
    events = [(record, read_event(record.payload)) for record in inputs]
    settled: defaultdict[str, set[str]] = defaultdict(set)
    later: defaultdict[str, set[str]] = defaultdict(set)
    for record, event in events:
        if event is not None and kind_of(event) == "user.followed":
            followers = settled if record.published <= follows_settled_at else later
            followers[event["data"]["followed_id"]].add(event["data"]["actor_id"])
    seen: set[tuple[str, str]] = set()
    for record, event in events:
        if event is None:
            expected.bad.append(record)
            continue
        expected.accepted.append(record)
        identity = (event["source"], event["id"])
        expected.duplicates += identity in seen
        seen.add(identity)
        event_ms = round(datetime.fromisoformat(event["time"]).timestamp() * 1000)
        window = expected.windows[record.topic, record.partition]
        window.add(identity, event_ms, round(record.published * 1000))
        fact, actor = fact_of_event(event), event["data"]["actor_id"]
        facts = {(user, fact) for user in told(event, settled)}
        expected.told_by[record] = facts
        for one in facts:
            expected.must.setdefault(one, record)
        if kind_of(event) == "video.uploaded":
            expected.may |= {(user, fact) for user in told(event, later)}
        elif not facts:
            expected.own.add((actor, fact))
    return expected
