"""A little app of one agent, for what the declared topologies do not do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from schemas.events import CloudEvent
from schemas.notifications import Notification, make_notification
from streams import App, Dedup, Lookup, Retry, Suppressed, plan, profiles
from streams.windows import LatePolicy


class VisitData(Struct, frozen=True, kw_only=True):
    actor_id: UUID
    owner_id: UUID


class Visited(CloudEvent, frozen=True, kw_only=True, tag="test.visited.v1"):
    data: VisitData


@dataclass
class Small:
    """The app, and the functions that a test may replace."""

    app: App
    key: Callable[[Visited], str] = lambda event: event.identity
    of: Callable[[Visited], Any] = lambda event: event.actor
    rule: Callable[[Visited], Any] = field(default=lambda event: None)


def told(event: Visited, **changes: Any) -> Notification:
    return make_notification(
        recipient=event.data.owner_id,
        type="visit",
        subject="visit",
        subject_key=event.identity,
        family="visit",
        created_ms=event.time_ms,
        **{"content": event.id, **changes},
    )


def small(
    *, late: LatePolicy = "accept", window: timedelta = timedelta(minutes=1), retry: Retry | None = None
) -> Small:
    app = App("small")
    this = Small(app)
    visits = app.topic("visits", value_type=Visited)
    seen = app.WindowTable("visits-seen", window=window, late=late)

    @app.agent(visits)
    @plan(
        dedup=Dedup(seen, key=lambda event: this.key(event)),
        lookup=Lookup(profiles, of=lambda event: this.of(event)),
        emit=app.topic("notifications"),
        retry=retry,
        dead_letter=app.topic("dead-letters"),
    )
    def visit(event: Visited, found: object) -> Iterator[Notification | Suppressed]:
        replaced = this.rule(event)
        yield from [told(event)] if replaced is None else replaced

    return this


def visited(at: datetime, id: str) -> Visited:
    data = VisitData(actor_id=UUID(int=1), owner_id=UUID(int=2))
    return Visited(specversion="1.0", id=id, source="/tests", time=at, partitionkey="one", data=data)
