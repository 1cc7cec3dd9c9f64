"""The stores as everything above sees them. Each port has two adapters, Redis or Scylla and SQLite.

One contract suite runs on both.

Ids and user ids are UUID text in lower case; times are milliseconds since 1970 unless they are wire text. What cannot
be reached in time raises :class:`schemas.errors.ConnectionFailed`; calls are idempotent and may be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from schemas.errors import Dependency
from schemas.notifications import MarkState, Notification
from schemas.preferences import Preferences
from schemas.records import InboxEntry, NotificationRecord, Position, StateChanged

if TYPE_CHECKING:
    from infra.stores.marks import Kept


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification for the inbox and where its record came from.

    ``lane`` names the topic, its generation and the partition; ``source`` is the record's offset there, as fixed-width
    hexadecimal text.
    Within one lane, a source at or below the last one applied for the user is a redelivery.
    """

    record: NotificationRecord
    lane: str
    source: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a notification stands in its inbox: its own position, also when it was there before (``known``).

    ``position`` is None when it is in history only: older than the ids that the inbox remembers, or deleted. It is None
    too for one that an earlier epoch placed, and that was among the items when this epoch began.
    ``before`` is the tail of the entry before it, empty once the log no longer has it. ``unseen`` and ``unread`` are
    the counts after the call.
    """

    position: Position | None
    before: str
    unseen: int
    unread: int
    known: bool


class Summary(NamedTuple):
    """The top of a user's inbox log and the exact counts. An inbox never used has offset 0 and an empty tail.

    ``owed`` is the offset of the first entry that quiet hours withheld and that no release came after; 0 for none.
    """

    position: Position
    unseen: int
    unread: int
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A user's change of state; ``id`` makes it idempotent. Of ``notifications`` and ``up_to`` one is given."""

    id: str
    user_id: str
    state: MarkState
    at_ms: int
    notifications: tuple[str, ...] | None = None
    up_to: str | None = None


class Filter(NamedTuple):
    """What a list shows; None shows all. Deleted ones are never shown, archived ones only for ``archived``."""

    state: str | None = None  # unseen, unread, read, archived
    type: str | None = None


class Inbox(Protocol):
    """The recent inbox of every user: items, a log of entries with offsets from 1, and exact counts."""

    dependency: ClassVar[Dependency]

    async def append(self, deliveries: Sequence[Delivery]) -> list[Placed]:
        """Apply in order (per user) and answer in the same order; any number, sent in calls of at most 200."""

    async def mark(self, mark: Mark) -> StateChanged:
        """Apply a mark; the same ``mark.id`` again answers the same entry (with the counts of now)."""

    async def withhold(self, user_id: str, position: Position) -> None:
        """Keep that the entry at ``position`` was withheld, so that a release is owed.

        Nothing is kept for a position of another epoch, or before the last release.
        """

    async def release(self, user_id: str, at_ms: int) -> StateChanged | None:
        """If a release is owed, append one entry that names what was added since the first entry withheld.

        It changes neither states nor counts. None if nothing is owed (any more): of several callers one gets the
        entry, so whoever lost an answer compares positions.
        """

    async def summaries(self, user_ids: Sequence[str]) -> list[Summary]: ...

    async def entries(self, user_id: str, after_offset: int, limit: int) -> tuple[Summary, list[InboxEntry]]:
        """Read at one moment: the top, and up to ``limit`` log entries after ``after_offset`` in offset order.

        Entries already trimmed from the log are missing at the front: the caller checks contiguity. An added entry
        whose notification is no longer among the items ends the list before it (it cannot be replayed).
        """

    async def page(
        self, user_id: str, before: str | None, limit: int, filter: Filter
    ) -> tuple[list[Notification], str]:
        """Up to ``limit`` items with an id below ``before``, newest first, and the floor.

        Everything above the id ``floor`` is among the items, or was deleted; what lies below it is in history only.
        It is empty if the inbox holds everything.
        """

    async def get(self, user_id: str, notification_id: str) -> Notification | None: ...

    async def erase(self, user_id: str) -> None:
        """Take the inbox away: the next use begins a new epoch, with what history has then."""


class History(Protocol):
    """Every notification for as long as it is retained; the user's marks are kept apart, so replays undo nothing."""

    dependency: ClassVar[Dependency]

    async def insert(self, records: Sequence[NotificationRecord]) -> None:
        """Write with the time of the first publish and a TTL of retention minus age; again changes nothing."""

    async def mark(self, mark: Mark) -> None:
        """Keep the marks, each with the time of the action; the later action wins, an equal one changes nothing."""

    async def page(self, user_id: str, before: str | None, limit: int, filter: Filter) -> list[Notification]:
        """Up to ``limit`` with an id below ``before``, newest first, marks merged in, deleted left out."""

    async def get(self, user_id: str, notification_id: str) -> Notification | None: ...

    async def kept(self, user_id: str, notification_id: str) -> Kept | None:
        """As it is stored, with the user's marks: also what the user deleted, and what cannot be read any more."""

    async def erase(self, user_id: str, before_ms: int) -> None:
        """Take away what was first published, and what the user marked, before a time."""

    async def renew(self, user_id: str, generations: Collection[int]) -> int:
        """Encrypt again, under the current data key, what is encrypted under others; how many that were."""


class Follow(NamedTuple):
    """``follower`` follows ``followed`` since ``at_ms``, or stopped then (``active`` false); the later one wins."""

    follower: str
    followed: str
    at_ms: int
    active: bool = True


class Profile(NamedTuple):
    user_id: str
    name: str
    at_ms: int


class People(Protocol):
    """Followers and names."""

    dependency: ClassVar[Dependency]

    async def put_follows(self, follows: Sequence[Follow]) -> None: ...

    async def followers(self, user_id: str, after: str, limit: int) -> list[str]:
        """Ids of active followers above ``after`` (empty text for the start), ascending; fewer than ``limit`` ends."""

    async def put_profiles(self, profiles: Sequence[Profile]) -> None:
        """The later ``at_ms`` wins."""

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The known names among ``user_ids``; cached with a bound, so a change shows within a minute."""

    async def erase(self, user_id: str, before_ms: int) -> None:
        """Take away the user's name, who follows him and, where that can be found, whom he follows, as of a time."""


class PreferencesVersion(NamedTuple):
    """What a user chose since ``at_ms``. Versions count from 1; ``changed`` names what differs from the one before:
    types of notifications, and ``quiet_hours``.
    """

    user_id: str
    version: int
    at_ms: int
    by: str
    preferences: Preferences
    changed: tuple[str, ...]


class PreferencesStore(Protocol):
    """Every version of every user's preferences, durable, for good: the newest holds, all are the audit."""

    dependency: ClassVar[Dependency]

    async def newest(self, user_ids: Sequence[str]) -> dict[str, PreferencesVersion]:
        """The newest version of each user who ever chose anything. Never cached: what was put is seen at once."""

    async def put(self, version: PreferencesVersion) -> bool:
        """Add a version; False, and nothing is changed, if the user has another one of that number.

        The same version again is True.
        """

    async def page(self, user_id: str, below: int | None, limit: int) -> list[PreferencesVersion]:
        """Up to ``limit`` versions below a number (None: from the newest), newest first."""


class Session(NamedTuple):
    """A session family: opened by a service for a user, kept alive by single-use refresh tokens (stored as digests)."""

    id: str
    user_id: str
    refresh_digest: str
    previous_digest: str
    rotated_ms: int
    expires_ms: int
    revoked: bool


class Sessions(Protocol):
    """Session families, durable."""

    async def put(self, session: Session) -> None: ...

    async def get(self, session_id: str) -> Session | None: ...

    async def rotate(self, session: Session, new_digest: str, now_ms: int) -> bool:
        """Replace the refresh digest if it still is ``session.refresh_digest``; False if another call was first."""

    async def revoke(self, session_id: str) -> None: ...

    async def of_user(self, user_id: str) -> list[Session]:
        """All families of a user that have not expired, revoked ones too, the one that lasts longest first."""

    async def revoke_all(self, user_id: str) -> list[Session]:
        """Revoke them all, and return them: those that were revoked before as well, so that it can be repeated."""


class WrappedKey(NamedTuple):
    """A user's data key as it is stored: wrapped under the configured key ``key_id``; both None once it is destroyed.

    ``generation`` counts the user's keys from 1. With ``retired_ms``, the time of an erasure, nobody encrypts anything
    with it any more.
    """

    user_id: str
    generation: int
    key_id: str | None
    wrapped: bytes | None
    retired_ms: int = 0


class UserKeyStore(Protocol):
    """The data keys of users, durable, for good. A generation is never used twice: what is destroyed stays counted."""

    async def get(self, user_ids: Sequence[str], *, settled: bool = False) -> dict[str, list[WrappedKey]]:
        """The keys of those who have any, by user, generations ascending.

        With ``settled`` it sees what another process has just been told to be stored, too.
        """

    async def add(self, keys: Sequence[WrappedKey]) -> list[bool]:
        """Keep each that is the first of its user and generation, everywhere; which ones were."""

    async def retire(self, user_id: str, generation: int, at_ms: int) -> None:
        """Set the time if none is set."""

    async def destroy(self, user_id: str, generation: int) -> None:
        """Forget the key, but not that there was one."""

    async def rewrap(self, key: WrappedKey, before: WrappedKey) -> bool:
        """Replace how a key is wrapped, if it still is as ``before``; whether it was."""

    async def page(self, after: WrappedKey | None, limit: int) -> list[WrappedKey]:
        """Up to ``limit`` keys of all users after one of them, in an order that stays; none is the end."""


REPLAYED = "replayed"


class Replay(NamedTuple):
    """That a dead letter was published again: which attempt of it, when, by whom, and what came of it.

    ``result`` is ``begun`` before it is published, then ``replayed``, or ``failed: `` and the reason.
    """

    letter_id: str
    attempts: int
    at_ms: int
    by: str
    result: str

    def settles(self, attempts: int) -> bool:
        """Whether the attempt of that number was replayed: a letter that failed again since then has a higher one."""
        return self.result == REPLAYED and self.attempts >= attempts


class Replays(Protocol):
    """The audit of replayed dead letters, durable, for good."""

    async def put(self, replays: Sequence[Replay]) -> None:
        """Of one letter and time the later put replaces the earlier."""

    async def latest(self, letter_ids: Sequence[str]) -> dict[str, Replay]:
        """The last one of each letter that was ever replayed."""

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[Replay]:
        """Up to ``limit``, newest first, of those before a time and letter id (None: from the newest)."""


class AuditLine(NamedTuple):
    """Who did what to whom, when, from where, and what came of it. Never a token, a key or what a notification says.

    ``role`` is the actor's, ``actor`` his user id or the name that he gave, ``session_id`` of whom has one. ``user_id``
    is whose data or session it concerns, ``subject`` the ids of it; empty where there is none. ``times`` is above 1 for
    what is kept summed up.
    """

    id: str
    at_ms: int
    role: str
    actor: str
    session_id: str
    action: str
    user_id: str
    subject: str
    result: str
    address: str
    times: int = 1


class AuditFilter(NamedTuple):
    """None is any; ``since_ms`` is included, ``until_ms`` is not."""

    user_id: str | None = None
    action: str | None = None
    since_ms: int = 0
    until_ms: int = 1 << 62


class AuditPage(NamedTuple):
    """``following`` is the time and id before which the next page begins, None at the end. A page may be empty and yet
    not be the last."""

    lines: list[AuditLine]
    following: tuple[int, str] | None


class Audit(Protocol):
    """What happened to sessions, and what was done by those who may do more than users; each line for a set time."""

    async def put(self, line: AuditLine) -> None:
        """Of one id and time the later put replaces the earlier: an action that had begun has ended."""

    async def page(self, before: tuple[int, str] | None, limit: int, filter: AuditFilter) -> AuditPage:
        """Up to ``limit``, newest first, of those before a time and id (None: from the newest)."""
