"""Choosing dead letters and replaying them: the same for REST, the command line and what answers them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.errors import InvalidNotification
from schemas.notifications import Timestamp
from schemas.records import DeadLetter
from schemas.times import parse_ms

MAX_REPLAYED = 1000
"""Letters that one call replays at most; it answers how many more there are."""

MAX_LISTED = 10_000
"""Ids that a dry run lists at most."""

State = Literal["pending", "replayed"]


class _Typed(Struct):
    type: str = ""


class _Told(Struct):
    notification: _Typed | None = None
    event: _Typed | None = None


class LetterFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a letter must have; what is null does not matter.

    ``type`` is an event's (``pavilion.video.liked.v1``, or short ``video.liked``) or a notification's; bytes that say
    none have none. ``text`` is somewhere in the original bytes, the message, the key or the id, in whatever case.
    ``error`` is the name of the error. ``since`` and ``until`` are RFC 3339, the latter excluded.
    """

    topic: str | None = None
    type: str | None = None
    error: str | None = None
    agent: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    state: State | None = None
    text: str | None = None

    def check(self) -> None:
        """Raise InvalidNotification for a time that is none."""
        for name in ("since", "until"):
            try:
                parse_ms(getattr(self, name) or "2000-01-01T00:00:00Z")
            except ValueError as error:
                raise InvalidNotification("choose dead letters", f"`{name}`: {error}") from None

    def takes(self, letter: DeadLetter) -> bool:
        """All but ``state``, which the letter does not know."""
        at = parse_ms(letter.time)
        return (
            self.topic in (None, letter.topic)
            and self.error in (None, letter.error)
            and self.agent in (None, letter.agent)
            and (self.since is None or at >= parse_ms(self.since))
            and (self.until is None or at < parse_ms(self.until))
            and (self.type is None or _short(self.type) == type_of(letter))
            and (self.text is None or self.text.casefold() in _text_of(letter))
        )


ALL = LetterFilter()


def type_of(letter: DeadLetter) -> str:
    """Group and verb of the event or notification in a letter; empty if its bytes do not say."""
    try:
        typed = msgspec.json.decode(letter.payload_bytes, type=_Typed).type
        inner = msgspec.json.decode(letter.payload_bytes, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return _short(typed or (inner.notification or inner.event or _Typed()).type)


def _text_of(letter: DeadLetter) -> str:
    return "\n".join((letter.payload_bytes.decode(errors="replace"), letter.message, letter.key, letter.id)).casefold()


def _short(type: str) -> str:
    return type.removeprefix("pavilion.").removesuffix(".v1")


class ReplayRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /v1/dead-letters/replay``: of ``ids`` and ``filters`` one is given; ``{}`` as filters are all.

    Filters without a state take what is pending; ids take letters that were replayed before, too. ``rate`` is in
    letters a second. ``by`` says who asks, for the audit.
    """

    ids: Annotated[list[str], Meta(max_length=MAX_REPLAYED)] | None = None
    filters: LetterFilter | None = None
    dry_run: bool = False
    rate: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    by: Annotated[str, Meta(min_length=1, max_length=200)] | None = None

    def check(self) -> None:
        """Raise InvalidNotification unless it says which."""
        if (self.ids is None) == (self.filters is None):
            raise InvalidNotification("replay dead letters", "give either `ids` or `filters`")
        if self.filters is not None:
            self.filters.check()


class ReplayFailure(Struct, frozen=True):
    id: str
    reason: str


class ReplayReport(Struct, frozen=True, kw_only=True):
    """What a replay did. ``remaining`` matched too, and are left for the next call; a dry run lists their ``ids``."""

    matched: int
    replayed: int
    failed: list[ReplayFailure]
    remaining: int
    dry_run: bool = False
    ids: list[str] = []
