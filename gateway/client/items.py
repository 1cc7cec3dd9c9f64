"""What a stream yields."""

from __future__ import annotations

from msgspec import Struct

from schemas.notifications import Notification
from schemas.rest import Counts


class Arrived(Struct, frozen=True):
    """A new notification; the counts are exact after it."""

    notification: Notification
    counts: Counts


class Changed(Struct, frozen=True):
    """A mark, by any device of the user: of ``notifications`` (ids), or of all up to the id ``up_to``."""

    id: str
    state: str
    at: str
    notifications: list[str] | None
    up_to: str | None
    counts: Counts


class Reloaded(Struct, frozen=True):
    """What was missed cannot be told one by one: the newest notifications as they are, in place of those held so far.

    What the stream yields next may be among them already: a notification with an id that is held replaces it.
    ``more`` says whether there are older ones, which :meth:`UserClient.notifications` goes on to.
    """

    notifications: list[Notification]
    more: bool
    counts: Counts


Item = Arrived | Changed | Reloaded
