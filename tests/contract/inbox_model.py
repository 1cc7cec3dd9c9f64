"""Builders for the store contracts, and the inbox by brute force: lists and sums where the adapters keep counters."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field

from infra.stores.ports import Delivery, Mark
from schemas.notifications import Notification, make_notification
from schemas.records import NotificationRecord
from schemas.times import format_ms

START_MS = 1_795_000_000_000
DAY_MS = 86_400_000
_numbers = itertools.count(1)


@dataclass
class Clock:
    """A clock that stands still unless a test moves it."""

    ms: int = START_MS

    def __call__(self) -> int:
        return self.ms


def new_user() -> str:
    return str(uuid.uuid4())


def make(user_id: str, created_ms: int, *, type: str = "video.liked", content: str = "hello") -> Notification:
    """A notification with an id of its own."""
    return make_notification(
        recipient=user_id,
        type=type,
        content=content,
        subject="video/1",
        subject_key=f"event {next(_numbers)}",
        family="likes",
        created_ms=created_ms,
    )


def record(notification: Notification, published_ms: int | None = None) -> NotificationRecord:
    published_ms = notification.created_ms if published_ms is None else published_ms
    return NotificationRecord(notification=notification, published_ms=published_ms)


def source(number: int) -> str:
    return f"{number:032x}"


def delivery(notification: Notification, number: int | None = None, lane: str = "notifications-1") -> Delivery:
    """A delivery from offset ``number``, or from the next offset that no test used yet."""
    return Delivery(record(notification), lane, source(next(_numbers) if number is None else number))


def mark(user_id: str, state: str, at_ms: int, *ids: str, up_to: str | None = None, id: str | None = None) -> Mark:
    return Mark(
        id=id or str(uuid.uuid4()),
        user_id=user_id,
        state=state,  # type: ignore[arg-type]
        at_ms=at_ms,
        notifications=None if up_to else ids,
        up_to=up_to,
    )


@dataclass
class Item:
    notification: Notification
    seen: int = 0
    read: int = 0
    unread: int = 0
    archived: int = 0

    @property
    def wire(self) -> tuple[str, str | None, str | None, str | None]:
        times = (self.seen, self.read if self.read > self.unread else 0, self.archived)
        return self.notification.id, *(format_ms(ms) if ms else None for ms in times)  # type: ignore[return-value]


@dataclass
class Model:
    """One user's inbox, counted anew after every step."""

    limit: int
    items: list[Item] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    floor: str = ""

    @property
    def counts(self) -> tuple[int, int]:
        shown = [item for item in self.items if not item.archived]
        return sum(not item.seen for item in shown), sum(not item.read > item.unread for item in shown)

    @property
    def top(self) -> tuple[int, str]:
        return len(self.log), self.log[-1] if self.log else ""

    @property
    def newest_first(self) -> list[tuple[str, str | None, str | None, str | None]]:
        shown = sorted((item for item in self.items if not item.archived), key=lambda item: item.wire[0], reverse=True)
        return [item.wire for item in shown]

    def append(self, delivery: Delivery) -> tuple[int | None, bool]:
        """The offset and whether it was known."""
        notification = delivery.record.notification
        identifier = notification.id
        redelivered = delivery.source <= self.applied.get(delivery.lane, "")
        self.applied[delivery.lane] = max(delivery.source, self.applied.get(delivery.lane, ""))
        if identifier in self.places:
            deleted = identifier > self.floor and all(item.notification.id != identifier for item in self.items)
            return None if deleted else self.places[identifier], True
        if redelivered:
            return None, True
        if identifier > self.floor:
            self.items.append(Item(notification))
        self.log.append(identifier)
        self.places[identifier] = len(self.log)
        while len(self.items) > self.limit:
            oldest = min(self.items, key=lambda item: item.notification.id)
            self.items.remove(oldest)
            self.floor = max(self.floor, oldest.notification.id)
        return self.places[identifier], False

    def mark(self, mark: Mark) -> int:
        """The offset of the mark's entry."""
        if mark.id in self.marks:
            return self.marks[mark.id]
        for item in list(self.items):
            identifier = item.notification.id
            if identifier not in (mark.notifications or ()) and not (mark.up_to and identifier <= mark.up_to):
                continue
            if mark.state == "deleted":
                self.items.remove(item)
                continue
            for state in ("seen", "read") if mark.state == "read" else (mark.state,):
                setattr(item, state, max(getattr(item, state), mark.at_ms))
        self.log.append(mark.id)
        self.marks[mark.id] = len(self.log)
        return self.marks[mark.id]
