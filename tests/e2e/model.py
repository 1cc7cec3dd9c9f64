"""The input of a run and what it calls for, computed from the input alone."""

import json
import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

TYPES = (
    "video.liked",
    "video.shared",
    "video.commented",
    "comment.created",
    "comment.replied",
    "comment.liked",
    "user.followed",
    "user.mentioned",
    "user.tagged",
    "video.uploaded",
)
RECIPIENT = {
    "video.liked": "owner_id",
    "video.shared": "owner_id",
    "video.commented": "owner_id",
    "comment.created": "owner_id",
    "comment.replied": "parent_author_id",
    "comment.liked": "author_id",
    "user.followed": "followed_id",
    "user.mentioned": "mentioned_id",
    "user.tagged": "tagged_id",
}


@dataclass
class Run:
    """``expected`` has, by user, the key of each fact that he is told of, once."""

    users: list[str]
    follows: list[dict[str, object]] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    expected: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    followers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def fact(kind: str, event_id: str, data: dict[str, object]) -> str:
    """A posted comment is one fact, whichever service tells of it; else a fact is an event."""
    return f"comment {data['comment_id']}" if kind in ("video.commented", "comment.created") else f"event {event_id}"


def fact_of(notification: dict[str, object]) -> str:
    """The same key, read from a notification."""
    metadata = notification["metadata"]
    assert isinstance(metadata, dict)
    return fact(str(notification["type"]), metadata["event_id"], metadata)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def make_run(seed: int, *, users: int, events: int, uploads: float = 0.01, duplicates: float = 0.1) -> Run:
    """Follows come first, apart. About ``duplicates`` of the events are sent again, and some are own actions."""
    rng = random.Random(seed)

    def new() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    run = Run([new() for _ in range(users)])
    for creator in run.users[:5]:
        for follower in rng.sample(run.users[5:], min(20, users - 5)):
            run.follows.append(_event("user.followed", {"followed_id": creator, "actor_id": follower}, new()))
            run.followers[creator].add(follower)
            run.expected[creator].add(f"event {run.follows[-1]['id']}")
    while len(run.events) < events:
        if run.events and rng.random() < duplicates:
            run.events.append(rng.choice(run.events[-50:]))
            continue
        kind = "video.uploaded" if rng.random() < uploads else rng.choice(TYPES[:-1])
        actor = rng.choice(run.users[:5] if kind == "video.uploaded" else run.users)
        other = actor if rng.random() < 0.05 else rng.choice(run.users)
        if kind == "user.followed" and other in run.users[:5]:
            continue  # who is told of an upload must not depend on which of two events was processed first
        video, comment = new(), new()
        data: dict[str, object] = {"actor_id": actor}
        if kind != "user.followed":
            data["video_id"] = video
        if kind in RECIPIENT:
            data[RECIPIENT[kind]] = other
        if kind.startswith("video.") or kind == "user.tagged":
            data["title"] = rng.choice(["Holiday", "Первый снег", "夜行列車", "A 👩‍🚀 in space"])
        if kind.startswith("comment.") or kind == "video.commented":
            data["comment_id"] = comment
        if kind in ("video.commented", "comment.created"):
            data["commented_at"] = now()
        if kind == "comment.replied":
            data["parent_id"] = new()
        if kind in ("video.commented", "comment.created", "comment.replied", "user.mentioned"):
            data["text"] = rng.choice(["Nice!", "Où est-ce ?", "x" * 400])
        event = _event(kind, data, new())
        run.events.append(event)
        if kind == "video.commented" and rng.random() < 0.3:  # the comment service tells of it too
            shared = ("comment_id", "commented_at", "video_id", "actor_id", "owner_id", "text")
            twin = {name: data[name] for name in shared}
            run.events.append(_event("comment.created", twin, new()))
        told = run.followers[actor] if kind == "video.uploaded" else {other}
        for user in told - {actor}:
            run.expected[user].add(fact(kind, str(event["id"]), data))
    return run


def _event(kind: str, data: dict[str, object], id: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "type": f"pavilion.{kind}.v1",
        "source": "/e2e",
        "id": id,
        "time": now(),
        "data": data,
    }


def encode(event: dict[str, object]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def topic_of(event: dict[str, object]) -> str:
    return f"{str(event['type']).split('.')[1]}-events"
