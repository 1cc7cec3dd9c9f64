"""The demo: one user, the actors around him, and random events that tell him something. Knows nothing of HTTP."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import msgspec

from schemas.events import CloudEvent, decode_event
from schemas.times import format_ms, now_ms

DEMO_USER = "0d3a0000-0000-4000-8000-000000000001"

DEMO_ACTORS: dict[str, str] = {
    "0d3a0000-0000-4000-8000-00000000000a": "Ada Okafor",
    "0d3a0000-0000-4000-8000-00000000000b": "Bruno Keller",
    "0d3a0000-0000-4000-8000-00000000000c": "Chiara Rossi",
    "0d3a0000-0000-4000-8000-00000000000d": "Dev Patel",
    "0d3a0000-0000-4000-8000-00000000000e": "Elif Yıldız",
    "0d3a0000-0000-4000-8000-00000000000f": "Freya Lund",
}

_TITLES = ("Holiday", "First snow", "How to bake rye bread", "Night train to Lisbon", "Unboxing nothing")
_TEXTS = ("Where was this?", "Made my day.", "More of these, please!", "The light at 1:20 is unreal.", "Agreed.")

_FIELDS: dict[str, tuple[str, ...]] = {
    "video.liked": ("video_id", "owner_id", "title"),
    "video.shared": ("video_id", "owner_id", "title"),
    "video.commented": ("video_id", "owner_id", "title", "comment_id", "commented_at", "text"),
    "comment.created": ("comment_id", "commented_at", "video_id", "owner_id", "text"),
    "comment.replied": ("comment_id", "parent_id", "parent_author_id", "video_id", "text"),
    "comment.liked": ("comment_id", "author_id", "video_id"),
    "user.followed": ("followed_id",),
    "user.mentioned": ("mentioned_id", "video_id", "text"),
    "user.tagged": ("tagged_id", "video_id", "title"),
}
_DEMO_USERS_OWN = {"owner_id", "parent_author_id", "author_id", "followed_id", "mentioned_id", "tagged_id"}


def random_event(rng: random.Random | None = None) -> CloudEvent:
    """An event of any type but an upload (which would tell followers), about DEMO_USER, by one of DEMO_ACTORS."""
    rng = rng or random.Random()
    verb, fields = rng.choice(list(_FIELDS.items()))
    actor, name = rng.choice(list(DEMO_ACTORS.items()))
    now = format_ms(now_ms())
    values = {"title": rng.choice(_TITLES), "text": rng.choice(_TEXTS), "commented_at": now}
    data: dict[str, Any] = {"actor_id": actor, "actor_name": name}
    for field in fields:
        data[field] = values.get(field) or (DEMO_USER if field in _DEMO_USERS_OWN else _uuid(rng))
    event = {"specversion": "1.0", "type": f"pavilion.{verb}.v1", "id": _uuid(rng), "source": "/demo", "time": now}
    return decode_event(msgspec.json.encode({**event, "data": data}))


def _uuid(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
