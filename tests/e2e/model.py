"""The input of a run and what it calls for, computed from the input alone."""

import json
import random
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

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
CREATORS = 5
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


def fact_of_event(event: dict[str, Any]) -> str:
    return fact(kind_of(event), event["id"], event["data"])


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
    run = Run([new_id(rng) for _ in range(users)])
    run.follows = make_follows(rng, run.users)
    for follow in run.follows:
        data: Any = follow["data"]
        run.followers[data["followed_id"]].add(data["actor_id"])
        run.expected[data["followed_id"]].add(fact_of_event(follow))
    while len(run.events) < events:
        if run.events and rng.random() < duplicates:
            run.events.append(rng.choice(run.events[-50:]))
            continue
        for event in make_events(rng, run.users, uploads=uploads):
            run.events.append(event)
            for user in told(event, run.followers):
                run.expected[user].add(fact_of_event(event))
    return run


def new_id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def make_follows(rng: random.Random, users: list[str]) -> list[dict[str, object]]:
    """Up to twenty followers for each of the first users, who are the only ones to upload."""
    return [
        _event("user.followed", {"followed_id": creator, "actor_id": follower}, new_id(rng))
        for creator in users[:CREATORS]
        for follower in rng.sample(users[CREATORS:], min(20, len(users) - CREATORS))
    ]


def make_events(rng: random.Random, users: list[str], *, uploads: float) -> list[dict[str, object]]:
    """One event of now, some of them own actions; or two that tell of the same comment."""
    creators = users[:CREATORS]
    kind = "video.uploaded" if rng.random() < uploads else rng.choice(TYPES[:-1])
    actor = rng.choice(creators if kind == "video.uploaded" else users)
    # Who is told of an upload must not depend on which of two events was processed first: no more follows of creators.
    other = actor if rng.random() < 0.05 else rng.choice(users[CREATORS:] if kind == "user.followed" else users)
    data: dict[str, object] = {"actor_id": actor}
    if kind != "user.followed":
        data["video_id"] = new_id(rng)
    if kind in RECIPIENT:
        data[RECIPIENT[kind]] = other
    if kind.startswith("video.") or kind == "user.tagged":
        data["title"] = rng.choice(["Holiday", "Первый снег", "夜行列車", "A 👩‍🚀 in space"])
    if kind.startswith("comment.") or kind == "video.commented":
        data["comment_id"] = new_id(rng)
    if kind in ("video.commented", "comment.created"):
        data["commented_at"] = now()
    if kind == "comment.replied":
        data["parent_id"] = new_id(rng)
    if kind in ("video.commented", "comment.created", "comment.replied", "user.mentioned"):
        data["text"] = rng.choice(["Nice!", "Où est-ce ?", "x" * 400])
    events = [_event(kind, data, new_id(rng))]
    if kind == "video.commented" and rng.random() < 0.3:  # the comment service tells of it too
        shared = ("comment_id", "commented_at", "video_id", "actor_id", "owner_id", "text")
        events.append(_event("comment.created", {name: data[name] for name in shared}, new_id(rng)))
    return events


def told(event: dict[str, Any], followers: Mapping[str, set[str]]) -> set[str]:
    """Who must have a notification of it; nobody is told of what they did themselves."""
    kind, data = kind_of(event), event["data"]
    return (followers.get(data["actor_id"], set()) if kind == "video.uploaded" else {data[RECIPIENT[kind]]}) - {
        data["actor_id"]
    }


def kind_of(event: dict[str, Any]) -> str:
    return str(event["type"]).removeprefix("pavilion.").removesuffix(".v1")


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
