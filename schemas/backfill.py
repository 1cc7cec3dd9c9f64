"""Reading events again from their topics: the same for REST, the command line and what answers them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from schemas.notifications import Timestamp

MAX_EVENTS = 1000
"""Events that one call publishes at most; it answers how to go on."""
DEFAULT_RATE = 200.0


class BackfillRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Events published at ``from`` or later, and before ``to`` (null: now), go to their agents once more.

    ``agent`` and ``topic`` narrow it down to what one agent reads, or one topic has. ``rate`` is in events a second.
    ``after`` is the ``next`` of the call before, with everything else as it was. A dry run publishes nothing.
    """

    since: Timestamp = field(name="from")
    until: Timestamp | None = field(name="to", default=None)
    agent: str | None = None
    topic: str | None = None
    rate: Annotated[float, Meta(ge=1, le=100_000)] = DEFAULT_RATE
    after: dict[str, str] | None = None
    dry_run: bool = False


class BackfillReport(Struct, frozen=True, kw_only=True):
    """What was done with the events of one call: ``published`` (in a dry run: would be), and what was left out.

    ``duplicates`` had come within the window before, ``late`` are those that a table of their agent drops or puts
    aside, ``unreadable`` are dead letters. ``at`` is the publish time that was reached, ``to`` where it ends. ``next``
    goes on from there; null says that all is done. ``waiting`` says which agent is too far behind to be given more.
    """

    published: int
    duplicates: int
    late: int
    unreadable: int
    at: Timestamp
    to: Timestamp
    next: dict[str, str] | None
    waiting: str | None = None
    dry_run: bool = False
