"""Why a user was told of an event, or was not: ids, types, times and reasons, never what a notification says."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from schemas.notifications import Timestamp
from schemas.preferences import QuietHours
from schemas.records import SuppressionReason

MOST_RECORDS = 2_000_000
"""Records that a search for an event reads at most, unless it is told otherwise."""

StageState = Literal["ok", "no", "wait", "note"]
Fate = Literal["told", "suppressed", "waiting", "retrying", "dead-letter", "expired", "missing"]
"""``missing`` is what should be there and is not, for no reason that is known."""
Standing = Literal["unseen", "seen", "read", "archived", "deleted"]


class Stage(Struct, frozen=True):
    """One line of the story. ``no`` is where it ended, ``wait`` where it is now."""

    name: str
    state: StageState
    text: str


class Searched(Struct, frozen=True):
    """Where the event was looked for. Not ``complete`` if it took too long: ``until`` is how far it came."""

    topics: list[str]
    since: Timestamp
    until: Timestamp
    records: int
    complete: bool


class Copy(Struct, frozen=True):
    """A record of the event in its topic; a ``duplicate`` came within the window of one before."""

    topic: str
    partition: int
    offset: str
    published_at: Timestamp
    duplicate: bool
    processed: bool


class Attempt(Struct, frozen=True):
    """That ``agent`` sent a record round to be tried again, for the ``attempt`` th time, after the first ``error``."""

    agent: str
    attempt: int
    at: Timestamp
    error: str


class Letter(Struct, frozen=True):
    """A dead letter, to be read with ``pavilion dead-letters show ID``."""

    id: str
    agent: str
    at: Timestamp
    error: str
    attempts: int
    pending: bool


class Recipient(Struct, frozen=True, kw_only=True):
    """What became of one recipient.

    A ``suppression`` is decided anew, from the rules and stores of now: suppressions are counted, and not kept.
    ``standing`` is that in history, null if it is not there; ``inbox`` says whether it is among the inbox's items.
    """

    user_id: str
    notification_id: str | None
    type: str | None
    fate: Fate
    suppression: SuppressionReason | None = None
    standing: Standing | None = None
    inbox: bool = False
    text: str = ""


class EventStory(Struct, frozen=True, kw_only=True):
    """One event by its identity, which is ``source`` and ``id``; some of its recipients if it is not ``complete``."""

    id: str
    source: str
    type: str
    time: Timestamp | None
    agent: str
    copies: list[Copy]
    stages: list[Stage]
    attempts: list[Attempt]
    dead_letters: list[Letter]
    recipients: list[Recipient]
    complete: bool


class Received(Struct, frozen=True):
    """A notification of a user and the event that it came from, if it says so."""

    notification_id: str
    type: str
    created_at: Timestamp
    event_id: str | None
    standing: Standing
    inbox: bool


class UserStory(Struct, frozen=True, kw_only=True):
    """What is stored about a user: newest notifications, what is not delivered, when it is quiet, who is signed in."""

    user_id: str
    known: bool
    unseen: int
    unread: int
    received: list[Received]
    opted_out: list[str]
    quiet_hours: QuietHours | None
    quiet_until: Timestamp | None
    release_owed: bool
    sessions: int


class Explanation(Struct, frozen=True, kw_only=True):
    """``told`` is null where no event was asked about. ``verdict`` is the answer in a sentence."""

    verdict: str
    told: bool | None
    searched: Searched | None = None
    events: list[EventStory] = []
    user: UserStory | None = None
