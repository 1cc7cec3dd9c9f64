"""What a user did to a notification, and how that shows: the one set of rules behind every inbox and history adapter.

Each state keeps the time of its latest action, so that actions may arrive in any order and any number of times: the
merge is a maximum. Reading is undone by a later ``unread``; on a tie the notification stays unread, since showing it
once more costs less than hiding it. Nothing undoes seen, archived or deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from infra.stores.ports import Filter, Mark
from schemas.errors import InvalidNotification
from schemas.frames import MAX_MARKED_IDS
from schemas.notifications import MarkState, Notification, id_time_ms
from schemas.times import format_ms

FLOOR_SKEW_MS = 10_000
"""How far the clock that dates events may run ahead of the clock that dates marks."""

MAX_ROWS = 500
"""Rows that a page reads at a time."""

_FILTER_STATES = (None, "unseen", "unread", "read", "archived")


class States(NamedTuple):
    """Milliseconds of the latest action per state; 0 for none. The field names are the states of a mark."""

    seen: int = 0
    read: int = 0
    unread: int = 0
    archived: int = 0
    deleted: int = 0

    @property
    def is_read(self) -> bool:
        return self.read > self.unread

    @property
    def counted(self) -> tuple[int, int]:
        """What it adds to unseen and to unread: archived and deleted ones add nothing."""
        if self.archived or self.deleted:
            return 0, 0
        return int(not self.seen), int(not self.is_read)

    def merged(self, other: States) -> States:
        return States(*map(max, self, other))


def action(state: MarkState, at_ms: int) -> States:
    """The states that one mark sets; reading implies having seen."""
    return States(**dict.fromkeys(implied(state), at_ms))


def implied(state: MarkState) -> tuple[str, ...]:
    """The states whose time a mark sets."""
    return ("seen", "read") if state == "read" else (state,)


class Floor(NamedTuple):
    """A mark of everything up to the id ``up_to``."""

    state: MarkState
    up_to: str
    at_ms: int


def covering(floors: Iterable[Floor], notification_id: str, published_ms: int) -> States:
    """The states that floors give to one notification.

    A floor does not reach what was published after it: an event that reports its time late gets an id below the
    floor, but its notification did not exist when the user acted.
    """
    states = States()
    for floor in floors:
        existed = published_ms <= floor.at_ms + FLOOR_SKEW_MS or notification_id == floor.up_to
        if notification_id <= floor.up_to and existed:
            states = states.merged(action(floor.state, floor.at_ms))
    return states


class Kept(NamedTuple):
    """A notification as a store keeps it: without state, and its states beside it.

    Of one that is not ``readable`` (its user was erased, or it is damaged) only the ids are right: nobody is shown it.
    """

    notification: Notification
    states: States
    readable: bool = True

    @property
    def shown(self) -> Notification:
        """The notification with its states as wire times."""
        states = self.states
        return msgspec.structs.replace(
            self.notification,
            seen_at=_wire(states.seen),
            read_at=_wire(states.read if states.is_read else 0),
            archived_at=_wire(states.archived),
        )

    def passes(self, filter: Filter) -> bool:
        states = self.states
        if not self.readable or states.deleted or bool(states.archived) != (filter.state == "archived"):
            return False
        if filter.type is not None and self.notification.type != filter.type:
            return False
        if filter.state == "unseen":
            return not states.seen
        if filter.state in ("read", "unread"):
            return states.is_read == (filter.state == "read")
        return True


def _wire(ms: int) -> str | None:
    return format_ms(ms) if ms else None


def check_mark(mark: Mark) -> None:
    """Raise InvalidNotification unless ``mark`` names at most 200 ids, or one notification id to mark up to."""
    context: dict[str, Any] = {"mark": mark.id}
    if (mark.notifications is None) == (mark.up_to is None):
        raise InvalidNotification("mark", "give either notifications or up_to", context)
    if mark.notifications is not None and not 1 <= len(mark.notifications) <= MAX_MARKED_IDS:
        raise InvalidNotification("mark", f"{len(mark.notifications)} ids are not 1 to {MAX_MARKED_IDS}", context)
    if mark.up_to is not None and time_of(mark.up_to) is None:
        raise InvalidNotification("mark", f"up_to {mark.up_to!r} is not a notification id", context)


def check_filter(filter: Filter) -> None:
    """Raise InvalidNotification for a state that lists do not know."""
    if filter.state not in _FILTER_STATES:
        raise InvalidNotification("list", f"{filter.state!r} is not unseen, unread, read or archived")


def time_of(notification_id: str) -> int | None:
    """Milliseconds in an id; None for text that is not a UUID in its canonical form, which no notification has."""
    try:
        ms = id_time_ms(notification_id)
    except ValueError:
        return None
    return ms if len(notification_id) == 36 and notification_id == notification_id.lower() else None


async def fill_page(
    rows: Callable[[str | None, int], Awaitable[Sequence[Kept]]], before: str | None, limit: int, filter: Filter
) -> list[Notification]:
    """Read ``rows(before, count)`` (newest first; fewer than ``count`` is the end) until ``limit`` of them pass."""
    check_filter(filter)
    found: list[Notification] = []
    while len(found) < limit:
        count = min(max(limit - len(found), 50) if found or filter != Filter() else limit, MAX_ROWS)
        read = await rows(before, count)
        found += [kept.shown for kept in read if kept.passes(filter)]
        if len(read) < count:
            break
        before = read[-1].notification.id
    return found[:limit]
