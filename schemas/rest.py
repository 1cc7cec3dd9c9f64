"""What REST takes and answers, besides notifications and problems: for the gateway, its documents and its clients."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.consent import TypeClass
from schemas.dead_letters import State
from schemas.frames import MAX_MARKED_IDS, MarkId
from schemas.notifications import Actor, MarkState, Priority, Timestamp
from schemas.preferences import QuietHours
from schemas.records import Position

T = TypeVar("T")

UuidText = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
"""The text of a UUID; what is none is answered with 422."""


class Page(Struct, frozen=True):
    """``next`` is the cursor of the page after this one, null on the last page."""

    next: str | None


class Listed(Struct, Generic[T], frozen=True):
    """One page of a list."""

    data: list[T]
    page: Page


# -- sessions


class OpenSession(Struct, frozen=True):
    user_id: UuidText


class RefreshSession(Struct, frozen=True):
    refresh_token: str


class OpenedSession(Struct, frozen=True):
    """The tokens of a session; ``expires_in`` is the access token's, in seconds."""

    session_id: str
    access_token: str
    refresh_token: str
    expires_in: int


class StandingSession(Struct, frozen=True):
    """A session that stands. ``current`` is the one whose token asks."""

    session_id: str
    opened_at: Timestamp
    refreshed_at: Timestamp
    expires_at: Timestamp
    current: bool


# -- notifications


class ChangeState(Struct, frozen=True):
    state: MarkState


class MarkNotifications(Struct, frozen=True, kw_only=True):
    """Of ``notifications`` (ids), ``up_to`` (an id, and all before it) and ``position`` (all that was told up to it)
    one is given.

    ``id`` is the client's own, and makes a repeated request harmless; without one each request is a mark of its own.
    """

    state: MarkState
    notifications: Annotated[list[UuidText], Meta(min_length=1, max_length=MAX_MARKED_IDS)] | None = None
    up_to: UuidText | None = None
    position: Position | None = None
    id: MarkId | None = None


class Counts(Struct, frozen=True):
    """How many notifications are unseen and unread, and the ``position`` in the inbox at which that is so."""

    unseen: int
    unread: int
    position: Position


class SetPreferences(Struct, frozen=True):
    """What is given is set, what is left out stays: a client that does not know a type must not undo the user's word
    on it. Null takes quiet hours away.
    """

    types: dict[str, bool] = {}
    quiet_hours: QuietHours | UnsetType | None = UNSET


class ShownPreferences(Struct, frozen=True):
    """Consent and class of every declared type."""

    types: dict[str, bool]
    quiet_hours: QuietHours | None
    classes: dict[str, TypeClass]


class PreferencesChange(Struct, frozen=True):
    """A version of the audit: when, by whom, and what changed, to what."""

    version: int
    at: Timestamp
    by: str
    types: dict[str, bool]
    quiet_hours: QuietHours | UnsetType | None = UNSET


# -- support


class SeenBySupport(Struct, frozen=True, kw_only=True):
    """A notification as support sees it: of its metadata the names alone."""

    id: str
    type: str
    content: str
    metadata_fields: list[str]
    actor: Actor | None
    subject: str
    priority: Priority
    created_at: Timestamp
    expires_at: Timestamp | None
    seen_at: Timestamp | None
    read_at: Timestamp | None
    archived_at: Timestamp | None


class OpenSocket(Struct, frozen=True):
    """An open socket; ``position`` is how far it was told, null while it connects, ``queued`` the frames that wait."""

    session_id: str
    since: Timestamp | None
    position: Position | None
    queued: int


class UserInbox(Struct, frozen=True, kw_only=True):
    """Where a user's inbox is. ``withheld_since`` is the offset of the first entry that quiet hours withheld and did
    not release yet. ``sockets`` are those of the gateway that answers.
    """

    user_id: str
    name: str | None
    unseen: int
    unread: int
    position: Position
    withheld_since: int | None
    preferences: ShownPreferences
    sockets: list[OpenSocket]


# -- services and operators


class CallerShown(Struct, frozen=True, kw_only=True):
    """Who asks: the role, the user where a token names one, until when, and the actions that the role may do."""

    role: str
    user_id: str
    expires_at: Timestamp | None
    may: list[str]


class NameProfile(Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class Accepted(Struct, frozen=True):
    """How many events the log has now."""

    accepted: int


class ShownLetter(Struct, frozen=True, kw_only=True):
    """A dead letter and what became of it. ``payload`` is base64 of the original bytes.

    ``state`` is pending until the letter, as it failed last, is replayed. ``replayed_at``, ``replayed_by`` and
    ``replay_result`` are of its last replay, null if there was none.
    """

    id: str
    topic: str
    partition: int
    offset: str
    time: Timestamp
    agent: str
    error: str
    message: str
    payload: str
    key: str
    attempts: int
    published_ms: int
    properties: dict[str, str]
    state: State
    replayed_at: Timestamp | None
    replayed_by: str | None
    replay_result: str | None


class ShownReplay(Struct, frozen=True, kw_only=True):
    """That the letter ``id``, after so many attempts, was replayed: when, by whom, and what came of it."""

    id: str
    attempts: int
    time: Timestamp
    by: str
    result: str


class Health(Struct, frozen=True):
    status: Literal["ok", "ready", "starting", "draining"]
