"""Builds valid events of every type; what a test does not name has a value of its own here."""

import itertools
from datetime import datetime
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from schemas.events import CloudEvent

ADA, BOB, CYD = (UUID(int=0xA0000 + number) for number in range(3))
"""Ada acts; Bob is told; Cyd is someone else."""
VIDEO, COMMENT, PARENT = (UUID(int=0xB0000 + number) for number in range(3))

TOLD = ("owner_id", "parent_author_id", "author_id", "followed_id", "mentioned_id", "tagged_id")
SOURCE = "/tests"

EventT = TypeVar("EventT", bound=CloudEvent)
_numbers = itertools.count(1)


def event(kind: type[EventT], at: datetime, *, id: str | None = None, source: str = SOURCE, **data: Any) -> EventT:
    """An event of ``kind`` that happened ``at``; ``data`` overrides fields of its data."""
    defaults: dict[str, Any] = {
        "video_id": VIDEO,
        "actor_id": ADA,
        "actor_name": "Ada",
        "title": "Holiday",
        "text": "Lovely",
        "comment_id": COMMENT,
        "commented_at": at,
        "parent_id": PARENT,
        **dict.fromkeys(TOLD, BOB),
        **data,
    }
    shape = get_type_hints(kind)["data"]
    fields = {name: value for name, value in defaults.items() if name in shape.__struct_fields__}
    return kind(specversion="1.0", id=id or f"event-{next(_numbers)}", source=source, time=at, data=shape(**fields))


def by_the_told(kind: type[EventT], at: datetime, **data: Any) -> EventT:
    """As :func:`event`, but done by the one who would be told."""
    return event(kind, at, **{"actor_id": BOB, **data})
